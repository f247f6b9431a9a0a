package orderimpl

import (
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// paid lets the simulator take the money of a payment.
func (b *bed) paid(p *order.Payment) {
	b.t.Helper()
	if p == nil {
		b.t.Fatal("there is no payment")
	}
	must(b.orders.DecideSimulatedPayment(b.buyer, order.DecideSimulatedPaymentRequest{ID: p.ID, Succeed: true}))(b.t)
}

// Rows O21, P16; journal 13.
func TestATipIsPaidByItselfShownToBothAndClears(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.completed()
		before := b.balance(b.seller)
		for _, wrong := range []int64{0, -500, 99, 50_001} {
			_, err := b.orders.Tip(b.buyer, order.TipRequest{OrderID: o.ID, Amount: wrong})
			refused(t, err, fault.Invalid)
		}
		_, err := b.orders.Tip(b.seller, order.TipRequest{OrderID: o.ID, Amount: 1000})
		refused(t, err, fault.Conflict)
		first := must(b.orders.Tip(b.buyer, order.TipRequest{OrderID: o.ID, Amount: 700}))(t)
		tip := must(b.orders.Tip(b.buyer, order.TipRequest{RequestID: b.key(), OrderID: o.ID, Amount: 1000, Message: "Great work."}))(t)
		if tip.Tip == nil || tip.Tip.Payment.Amount != usd(1000) || tip.Tip.PaidAt != nil || tip.Payment.Amount != o.Payment.Amount {
			t.Fatalf("the tip is %+v, the payment %+v", tip.Tip, tip.Payment)
		}
		if seen := must(b.orders.Get(b.seller, order.GetRequest{ID: o.ID}))(t); seen.Tip != nil {
			t.Errorf("the seller sees a tip that is not paid: %+v", seen.Tip)
		}
		b.paid(tip.Tip.Payment)
		b.paid(first.Tip.Payment) // the buyer pays the first attempt too: it goes back
		b.tasks()
		seen := must(b.orders.Get(b.seller, order.GetRequest{ID: o.ID}))(t)
		if seen.Tip == nil || seen.Tip.Amount != usd(1000) || seen.Tip.Message != "Great work." || seen.Tip.PaidAt == nil || seen.Tip.Payment != nil {
			t.Errorf("the seller sees %+v", seen.Tip)
		}
		if now := b.balance(b.seller); now.Pending.Minor != before.Pending.Minor+1000 {
			t.Errorf("the seller has %+v, had %+v", now, before)
		}
		_, err = b.orders.Tip(b.buyer, order.TipRequest{OrderID: o.ID, Amount: 1000})
		refused(t, err, fault.Conflict)
		i := must(b.orders.Invoice(b.buyer, order.InvoiceRequest{OrderID: o.ID}))(t)
		r := must(b.orders.Invoice(b.seller, order.InvoiceRequest{OrderID: o.ID}))(t)
		if i.Total.Minor != o.Total.Minor+1000 || i.Refunded.Minor != 0 || r.Total.Minor != o.Earnings.Minor+1000 {
			t.Errorf("the invoice %+v, the receipt %+v", i, r)
		}
		if got := apptest.Emitted[order.Tipped](t, b.Harness); len(got) != 1 || got[0].Amount != usd(1000) {
			t.Errorf("told %+v", got)
		}
		s := must(b.orders.Statement(b.seller, order.StatementRequest{Side: "seller"}))(t)
		if line := s.Lines[len(s.Lines)-1]; line.Kind != "tipped" || line.Pending != usd(1000) {
			t.Errorf("the statement ends with %+v", line)
		}
		b.sound()
		b.pass(14*day + time.Minute)
		if now := b.balance(b.seller); now.Pending.Minor != 0 || now.Available.Minor != o.Earnings.Minor+1000 {
			t.Errorf("after the clearing period the seller has %+v", now)
		}
		b.sound()
		late := b.completed()
		b.pass(31 * day)
		_, err = b.orders.Tip(b.buyer, order.TipRequest{OrderID: late.ID, Amount: 1000})
		refused(t, err, fault.Conflict)
	})
}

// raise asks for a higher price as the seller; the buyer agrees.
func (b *bed) raise(o order.Order, amount int64, days, revisions int) order.Order {
	b.t.Helper()
	must(b.orders.Ask(b.seller, order.AskRequest{OrderID: o.ID, Kind: order.ChangeRaise, Reason: "A second page", Amount: amount, Days: days, Revisions: revisions}))(b.t)
	return must(b.orders.Agree(b.buyer, order.AnswerRequest{OrderID: o.ID, Note: "Gladly."}))(b.t)
}

// Rows O20, Z15; journal 14.
func TestAHigherPriceIsPaidByItselfHeldAndReleasedWithTheOrder(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		due := *o.DueAt
		agreed := b.raise(o, 4999, 2, 1)
		c := agreed.Changes[0]
		if c.Status != "open" || c.AgreedAt == nil || c.Payment == nil || c.Payment.Amount != usd(4999+275) || agreed.Subtotal != o.Subtotal || agreed.Next.Actor != "buyer" {
			t.Fatalf("agreed: %+v, next %+v", c, agreed.Next)
		}
		b.paid(c.Payment)
		now := b.get(o)
		if now.Subtotal != usd(14999) || now.Fee != usd(825) || now.Total != usd(15824) || now.Earnings != usd(11999) || !now.DueAt.Equal(due.Add(2*day)) ||
			now.Revisions != o.Revisions+1 || now.Changes[0].Status != "accepted" || len(now.Lines) != 2 || now.Lines[1].Text != "A second page" {
			t.Errorf("paid: %+v", now)
		}
		if got := b.balance(b.seller); got.Escrow != usd(11999) {
			t.Errorf("the seller's escrow is %+v", got)
		}
		b.sound()
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 6000, Reason: "Both were late."}))(t) // the raise, and some of the first price
		b.tasks()
		b.sound()
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
		done := must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		i := must(b.orders.Invoice(b.buyer, order.InvoiceRequest{OrderID: o.ID}))(t)
		r := must(b.orders.Invoice(b.seller, order.InvoiceRequest{OrderID: o.ID}))(t)
		if done.Earnings != usd(7199) || b.balance(b.seller).Pending != usd(7199) || i.Total != usd(15824) || r.Total != usd(7199) {
			t.Errorf("earned %s, pending %s, invoiced %s, received %s", done.Earnings, b.balance(b.seller).Pending, i.Total, r.Total)
		}
		b.sound()
	})
}

func TestAHigherPriceThatNobodyWaitsForAnyMoreGoesBack(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		p := b.raise(o, 5000, 0, 0).Changes[0].Payment
		must(b.orders.Withdraw(b.seller, order.AnswerRequest{OrderID: o.ID}))(t)
		b.paid(p)
		b.tasks()
		if now := b.get(o); now.Subtotal != o.Subtotal || now.Refunded.Minor != 0 || now.Changes[0].Status != "withdrawn" {
			t.Errorf("%+v", now)
		}
		b.sound()
		lapsed := b.raise(o, 5000, 0, 0).Changes[1].Payment
		b.pass(2*day + time.Minute)
		again := b.raise(o, 3000, 0, 0).Changes[2].Payment
		b.paid(lapsed) // of the request before
		b.paid(again)
		if now := b.get(o); now.Subtotal.Minor != o.Subtotal.Minor+3000 {
			t.Errorf("it costs %s", now.Subtotal)
		}
		must(b.orders.StaffCancel(b.staff, order.StaffCancelRequest{OrderID: o.ID, Reason: "x"}))(t) // every payment goes back by itself
		b.tasks()
		var open int
		if err := b.DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM payments WHERE status NOT IN ('refunded', 'expired')").Scan(&open).Error; err != nil || open != 0 {
			t.Errorf("%d payments have not gone back, %v", open, err)
		}
		if now := b.get(o); now.Refunded != now.Subtotal {
			t.Errorf("%s of %s went back", now.Refunded, now.Subtotal)
		}
		b.sound()
	})
}

// Journal 12, and 12b where the seller has withdrawn.
func TestStaffGiveMoneyOfACompletedOrderBack(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.completed()
		refund := func(id string, amount int64) (order.Order, error) {
			return b.orders.StaffRefund(b.staff, order.StaffRefundRequest{RequestID: b.key(), OrderID: id, Amount: amount, Reason: "It was copied."})
		}
		_, err := b.orders.StaffRefund(b.buyer, order.StaffRefundRequest{OrderID: o.ID, Amount: 1, Reason: "x"})
		refused(t, err, fault.Conflict)
		_, err = refund(o.ID, 10001)
		refused(t, err, fault.Invalid)
		part := must(refund(o.ID, 3000))(t)
		if part.Refunded != usd(3000) || part.Earnings != usd(5600) || b.balance(b.seller).Pending != usd(5600) {
			t.Errorf("%s went back, %s are earned, %+v", part.Refunded, part.Earnings, b.balance(b.seller))
		}
		b.sound()
		must(refund(o.ID, 7000))(t)
		b.tasks()
		if got := b.balance(b.seller); got.Pending.Minor != 0 || got.Owed.Minor != 0 {
			t.Errorf("the seller has %+v", got)
		}
		b.pass(15 * day)
		b.sound()
		paidOut := b.completed()
		b.pass(15 * day)
		b.known(b.seller, "seller")
		b.withdraw(7500)
		must(refund(paidOut.ID, 10000))(t)
		if got := b.balance(b.seller); got.Available.Minor != 0 || got.Owed != usd(7500) {
			t.Errorf("the seller has %+v", got)
		}
		if got := apptest.Emitted[order.TakenBack](t, b.Harness); len(got) != 3 || got[2].Amount != usd(10550) {
			t.Errorf("told %+v", got)
		}
	})
}

// Row 17a: a dispute after completion freezes the earning until it is decided.
func TestADisputeAfterCompletionFreezesTheEarning(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		open := func() order.Order {
			o := b.completed()
			_, err := b.orders.OpenDispute(b.seller, order.OpenDisputeRequest{OrderID: o.ID, Reason: "other", Text: "x"})
			refused(t, err, fault.Conflict)
			return must(b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: o.ID, Reason: "rights", Text: "It is stolen."}))(t)
		}
		o := open()
		if got := b.balance(b.seller); got.Held != usd(8000) || got.Pending.Minor != 0 || o.Status != order.StatusCompleted || o.Dispute.Status != "open" {
			t.Errorf("the seller has %+v, the order is %s", got, o.Status)
		}
		b.sound()
		must(b.orders.State(b.seller, order.StateRequest{OrderID: o.ID, Text: "It is mine."}))(t)
		b.pass(20 * day) // the clearing period is over, and nothing clears
		if got := b.balance(b.seller); got.Held != usd(8000) || got.Available.Minor != 0 {
			t.Errorf("the seller has %+v", got)
		}
		must(b.orders.WithdrawDispute(b.buyer, order.WithdrawDisputeRequest{OrderID: o.ID}))(t)
		b.tasks()
		if got := b.balance(b.seller); got.Available != usd(8000) || got.Held.Minor != 0 {
			t.Errorf("withdrawn: the seller has %+v", got)
		}
		_, err := b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: o.ID, Reason: "other", Text: "Again."})
		refused(t, err, fault.Conflict)

		split := open()
		decided := must(b.orders.Resolve(b.staff, order.ResolveRequest{OrderID: split.ID, Refund: 4000, Reason: "Half of it."}))(t)
		if got := b.balance(b.seller); got.Pending != usd(4800) || got.Held.Minor != 0 || decided.Refunded != usd(4000) || decided.Dispute.Refund != usd(4000) || decided.Status != order.StatusCompleted {
			t.Errorf("split: the seller has %+v, the order %+v", got, decided.Dispute)
		}
		_, err = b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: split.ID, Reason: "other", Text: "Again."})
		refused(t, err, fault.Conflict)
		b.sound()
		all := open()
		must(b.orders.Resolve(b.staff, order.ResolveRequest{OrderID: all.ID, Refund: 10000, Reason: "All of it."}))(t)
		undecided := open()
		b.pass(61 * day)
		if got := b.balance(b.seller); got.Pending.Minor != 0 || got.Held.Minor != 0 || got.Available != usd(12800) || b.get(undecided).Refunded != usd(10000) {
			t.Errorf("at the end the seller has %+v", got)
		}
		b.sound()
	})
}
