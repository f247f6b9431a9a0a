package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// Checkout is documented in the contract.
func (s *service) Checkout(ctx context.Context, q order.CheckoutRequest) (order.CheckoutPage, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.CheckoutPage{}, err
	}
	var rows []simulatedPayment
	if isText(q.PaymentID, mostID) {
		err = s.db.Read(ctx).Raw(`SELECT p.id, p.order_id, p.status, p.amount AS total, o.currency, o.buyer_id, o.gig_title, o.package_title, o.quantity, p.kind
			FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.id = ? AND o.buyer_id = ?`, q.PaymentID, who.UserID).Scan(&rows).Error
	}
	if err != nil {
		return order.CheckoutPage{}, fmt.Errorf("read the payment: %w", err)
	}
	if len(rows) == 0 {
		return order.CheckoutPage{}, fault.NotFoundf("There is no such payment.")
	}
	p := rows[0]
	back := s.publicURL + "/orders/" + p.OrderID
	if p.Status != paymentPending && p.Status != paymentDeclinedStatus {
		return order.CheckoutPage{URL: back}, nil
	}
	page := p.with(payment.Charge{State: payment.State(p.Status)})
	url, err := s.provider.Checkout(ctx, payment.Checkout{PaymentID: p.ID, Amount: page.Amount, Description: page.Description, ReturnURL: back})
	if err != nil {
		return order.CheckoutPage{}, fmt.Errorf("make the page to pay: %w", err)
	}
	return order.CheckoutPage{URL: url}, nil
}

func (s *service) needSimulator() error {
	if s.simulator == nil {
		return fault.NotFoundf("There is no payment simulator here.")
	}
	return nil
}

// Simulator is documented in the contract.
func (s *service) Simulator(ctx context.Context, _ order.SimulatorRequest) (order.Simulator, error) {
	if err := s.needSimulator(); err != nil {
		return order.Simulator{}, err
	}
	page := order.Simulator{Payouts: []order.Payout{}}
	for name, choices := range payment.Modes() {
		value, err := s.simulator.Mode(ctx, name)
		if err != nil {
			return page, err
		}
		page.Modes = append(page.Modes, order.SimulatorMode{Name: name, Value: value, Choices: choices})
	}
	slices.SortFunc(page.Modes, func(a, b order.SimulatorMode) int { return strings.Compare(b.Name, a.Name) })
	payments, err := s.simulator.Payments(ctx)
	if err != nil {
		return page, err
	}
	if page.Payments, err = s.unpaid(ctx); err != nil {
		return page, err
	}
	for _, p := range payments {
		if p.State == payment.Declined { // it is among the unpaid ones, if it can be tried again
			continue
		}
		page.Payments = append(page.Payments, order.SimulatorPayment{ID: p.ID, Status: string(p.State), Amount: p.Amount, Refunded: p.Refunded,
			Chargeback: p.Chargeback.Reference, Stage: string(p.Chargeback.Stage)})
	}
	var rows []payoutRow
	if err := s.db.Read(ctx).Where("provider = ? AND attempts > 0", s.simulator.Name()).Order("created_at DESC, id DESC").Limit(50).Find(&rows).Error; err != nil {
		return page, fmt.Errorf("list the withdrawals: %w", err)
	}
	for _, r := range rows {
		page.Payouts = append(page.Payouts, r.payout())
	}
	return page, nil
}

// Simulate is documented in the contract.
func (s *service) Simulate(ctx context.Context, q order.SimulateRequest) (order.Done, error) {
	if err := s.needSimulator(); err != nil {
		return order.Done{}, err
	}
	if !isText(q.ID, 2*mostID) {
		return order.Done{}, fault.NotFoundf("There is nothing like that at the simulator.")
	}
	var err error
	switch q.Action {
	case "set":
		if !slices.Contains(payment.Modes()[q.Name], q.Value) {
			return order.Done{}, fault.Wrong("value", "Use one of %s.", strings.Join(payment.Modes()[q.Name], ", "))
		}
		err = s.simulator.SetMode(ctx, q.Name, q.Value)
	case "succeed", "decline", "challenge":
		err = s.simulatePayment(ctx, q)
	case "refund":
		err = s.simulator.RefundByHand(ctx, q.ID)
	case "stray":
		err = s.simulator.Stray(ctx, money.Of(strayMinor, s.settings.Currency))
	case "again":
		err = s.simulator.Again(ctx, q.ID)
	case "chargeback":
		_, err = s.simulator.ChargeBack(ctx, q.ID, "The card's owner does not know this payment.", 1)
	case "chargeback-half":
		_, err = s.simulator.ChargeBack(ctx, q.ID, "The card's owner has not got all that was ordered.", 2)
	case "won", "lost":
		err = s.simulator.DecideChargeback(ctx, q.ID, q.Action == "won")
	case "pay", "fail":
		err = s.simulator.DecidePayout(ctx, q.ID, q.Action == "pay")
	case "account":
		err = s.decideAccount(ctx, q)
	default:
		err = fault.Wrong("action", "There is no such action.")
	}
	return order.Done{}, err
}

// strayMinor is what a stray transfer brings.
const strayMinor = 2500

// simulatePayment decides about anybody's payment, as its card form does.
func (s *service) simulatePayment(ctx context.Context, q order.SimulateRequest) error {
	p, err := s.simulatedBy(ctx, q.ID)
	if err != nil {
		return err
	}
	if q.Action == "challenge" {
		_, err = s.simulator.Challenge(ctx, q.ID)
		return err
	}
	_, err = s.simulator.Decide(ctx, q.ID, money.Of(p.Total, p.Currency), q.Action == "succeed")
	return err
}

// unpaid lists the payments that wait for somebody to fill in the card form, newest first.
func (s *service) unpaid(ctx context.Context) ([]order.SimulatorPayment, error) {
	var rows []paymentRow
	err := s.db.Read(ctx).Where("provider = ? AND status IN ?", s.simulator.Name(), []string{paymentPending, paymentDeclinedStatus}).
		Order("created_at DESC, id DESC").Limit(20).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list the unpaid payments: %w", err)
	}
	list := []order.SimulatorPayment{}
	for _, r := range rows {
		list = append(list, order.SimulatorPayment{ID: r.ID, Status: r.Status, Amount: money.Of(r.Amount, r.Currency), Refunded: money.Of(0, r.Currency), Open: true})
	}
	return list, nil
}

func (s *service) decideAccount(ctx context.Context, q order.SimulateRequest) error {
	states := []payment.AccountStatus{payment.AccountIncomplete, payment.AccountReview, payment.AccountRestricted, payment.AccountReady}
	if !slices.Contains(states, payment.AccountStatus(q.Value)) {
		return fault.Wrong("value", "There is no such state.")
	}
	return s.simulator.DecideAccount(ctx, q.ID, payment.AccountStatus(q.Value))
}
