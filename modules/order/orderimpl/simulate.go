package orderimpl

import (
	"context"
	"fmt"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// SimulatedPayment is documented in the contract.
func (s *service) SimulatedPayment(ctx context.Context, q order.SimulatedPaymentRequest) (order.SimulatedPayment, error) {
	p, err := s.simulated(ctx, q.ID)
	if err != nil {
		return order.SimulatedPayment{}, err
	}
	charge, err := s.simulator.Fetch(ctx, q.ID)
	if err != nil {
		return order.SimulatedPayment{}, err
	}
	page := p.with(charge)
	challenged, err := s.simulator.Challenged(ctx, q.ID)
	if challenged && charge.State != payment.Succeeded && page.Status != paymentExpiredStatus {
		page.Status = "authentication"
	}
	return page, err
}

// DecideSimulatedPayment is documented in the contract. An order that has expired or was cancelled meanwhile can still be
// paid, as with a real provider: the money goes back by itself.
func (s *service) DecideSimulatedPayment(ctx context.Context, q order.DecideSimulatedPaymentRequest) (order.SimulatedPayment, error) {
	p, err := s.simulated(ctx, q.ID)
	if err != nil {
		return order.SimulatedPayment{}, err
	}
	charge, err := s.simulator.Decide(ctx, q.ID, money.Of(p.Total, p.Currency), q.Succeed)
	if err != nil {
		return order.SimulatedPayment{}, fmt.Errorf("decide the payment: %w", err)
	}
	if p, err = s.simulated(ctx, q.ID); err != nil { // the webhook may have come back by now
		return order.SimulatedPayment{}, err
	}
	return p.with(charge), nil
}

type simulatedPayment struct {
	ID           string
	OrderID      string
	Status       string
	Total        int64
	Currency     string
	BuyerID      string
	GigTitle     string
	PackageTitle string
	Quantity     int
	Kind         string // of the payment
	ReturnURL    string
}

func (s *service) simulated(ctx context.Context, id string) (simulatedPayment, error) {
	p, err := s.simulatedBy(ctx, id)
	if err != nil {
		return p, err
	}
	// As at a hosted checkout, whoever holds the payment's id may pay; somebody else who is logged in may not.
	if who := identity.From(ctx); who.SignedIn() && p.BuyerID != who.UserID {
		return simulatedPayment{}, fault.NotFoundf("There is no such payment.")
	}
	return p, nil
}

// simulatedBy reads anybody's payment.
func (s *service) simulatedBy(ctx context.Context, id string) (simulatedPayment, error) {
	if s.simulator == nil || !isText(id, mostID) {
		return simulatedPayment{}, fault.NotFoundf("There is no such payment.")
	}
	var rows []simulatedPayment
	err := s.db.Read(ctx).Raw(`SELECT p.id, p.order_id, p.status, p.amount AS total, o.currency, o.buyer_id, o.gig_title, o.package_title, o.quantity, p.kind
		FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.id = ? AND p.provider = 'simulator'`, id).Scan(&rows).Error
	if err != nil {
		return simulatedPayment{}, fmt.Errorf("read the payment: %w", err)
	}
	if len(rows) == 0 {
		return simulatedPayment{}, fault.NotFoundf("There is no such payment.")
	}
	rows[0].ReturnURL = s.publicURL + "/orders/" + rows[0].OrderID
	return rows[0], nil
}

// with is the payment as the pay page shows it: what the simulator knows, unless the order has ended unpaid.
func (p simulatedPayment) with(c payment.Charge) order.SimulatedPayment {
	status := string(c.State)
	if p.Status == paymentExpiredStatus && c.State != payment.Succeeded {
		status = paymentExpiredStatus
	}
	text := p.GigTitle + ", " + p.PackageTitle
	switch {
	case p.Kind == paysTip:
		text = "Tip for " + p.GigTitle
	case p.Kind == paysRaise:
		text = "More for " + p.GigTitle
	case p.Quantity > 1:
		text = fmt.Sprintf("%d × %s", p.Quantity, text)
	}
	return order.SimulatedPayment{ID: p.ID, OrderID: p.OrderID, Description: text, Amount: money.Of(p.Total, p.Currency), Status: status, ReturnURL: p.ReturnURL}
}
