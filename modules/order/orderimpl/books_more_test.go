package orderimpl

import (
	"time"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// raised is a price that came on top of an order's own, when so much of that had gone back.
type raised struct{ price, before int64 }

// part is what a seller has of a price of which something went back: the crowd's own arithmetic of fees.
func part(price, back int64) int64 {
	if price == 0 {
		return 0
	}
	fee := (price*2000 + 5000) / 10000
	return price - back - (fee - (2*fee*back+price)/(2*price))
}

// raiseOnce has both sides agree on a higher price, and the buyer pay it: at most once an order.
func (c *crowd) raiseOnce(o order.Order) {
	c.t.Helper()
	if c.raised[o.ID].price > 0 {
		return
	}
	amount := 1 + c.random.Int64N(50_000)
	_, err := c.orders.Ask(c.seller, order.AskRequest{OrderID: o.ID, Kind: order.ChangeRaise, Reason: "x", Amount: amount})
	if err != nil {
		c.tolerate(err)
		return
	}
	agreed := must(c.orders.Agree(c.buyer, order.AnswerRequest{OrderID: o.ID}))(c.t)
	must(c.orders.DecideSimulatedPayment(c.buyer, order.DecideSimulatedPaymentRequest{ID: agreed.Changes[len(agreed.Changes)-1].Payment.ID, Succeed: c.random.IntN(4) > 0}))(c.t)
	c.wait(2 * firstCheck) // also when the webhook is lost
	if now := c.get(o); now.Subtotal.Minor > o.Subtotal.Minor {
		c.raised[o.ID] = raised{amount, o.Refunded.Minor}
	}
}

// afterwards is what happens to an order that is completed: a tip, money that goes back, a dispute.
func (c *crowd) afterwards(o order.Order) {
	c.t.Helper()
	left := o.Subtotal.Minor - o.Refunded.Minor
	switch c.random.IntN(5) {
	case 0:
		amount := 100 + c.random.Int64N(5000)
		tipped, err := c.orders.Tip(c.buyer, order.TipRequest{OrderID: o.ID, Amount: amount})
		if err != nil {
			c.tolerate(err)
			return
		}
		must(c.orders.DecideSimulatedPayment(c.buyer, order.DecideSimulatedPaymentRequest{ID: tipped.Tip.Payment.ID, Succeed: c.random.IntN(4) > 0}))(c.t)
		c.wait(2 * firstCheck)
		if now := c.get(o); now.Tip != nil && now.Tip.PaidAt != nil {
			c.earned += amount
		}
	case 1:
		_, err := c.orders.StaffRefund(c.staff, order.StaffRefundRequest{OrderID: o.ID, Amount: 1 + c.random.Int64N(max(1, left)), Reason: "x"})
		c.tolerate(err)
	case 2:
		if _, err := c.orders.OpenDispute(c.buyer, order.OpenDisputeRequest{OrderID: o.ID, Reason: "rights", Text: "x"}); err != nil {
			c.tolerate(err)
			return
		}
		c.wait([]time.Duration{0, day, 20 * day}[c.random.IntN(3)])
		if c.random.IntN(2) == 0 {
			must(c.orders.WithdrawDispute(c.buyer, order.WithdrawDisputeRequest{OrderID: o.ID}))(c.t)
			return
		}
		must(c.orders.Resolve(c.staff, order.ResolveRequest{OrderID: o.ID, Refund: c.random.Int64N(left + 1), Reason: "x"}))(c.t)
	}
}

// tolerate fails unless an error is a refusal.
func (c *crowd) tolerate(err error) {
	c.t.Helper()
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
		c.t.Fatal(err)
	}
}
