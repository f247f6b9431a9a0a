package orderimpl

import (
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// tip gives a tip of 10.00 for a completed order and returns its payment.
func (b *bed) tip(o order.Order) *order.Payment {
	b.t.Helper()
	p := must(b.orders.Tip(b.buyer, order.TipRequest{RequestID: b.key(), OrderID: o.ID, Amount: 1000}))(b.t).Tip.Payment
	b.paid(p)
	return p
}

// raised is an order in work whose price was raised from 100.00 to 150.00, and the payment of that.
func (b *bed) raised() (order.Order, *order.Payment) {
	b.t.Helper()
	o := b.working()
	changes := b.raise(o, 5000, 0, 0).Changes
	p := changes[len(changes)-1].Payment
	b.paid(p)
	return b.get(o), p
}

// reversed charges one payment back, and lets the bank decide about it; the books must be in order after each.
func (b *bed) reversed(p *order.Payment, decision string) order.Chargeback {
	b.t.Helper()
	b.simulate("chargeback", p.ID, "")
	c := b.cases()[0]
	b.sound()
	if decision != "" {
		b.decideCase(p, decision)
	}
	return c
}

func (b *bed) decideCase(p *order.Payment, decision string) {
	b.t.Helper()
	b.simulate(decision, "dp_"+p.ID, "")
	var stage string
	if err := b.DB.Read(b.t.Context()).Raw("SELECT stage FROM chargebacks WHERE payment_id = ?", p.ID).Scan(&stage).Error; err != nil || stage != decision {
		b.t.Fatalf("the case is %s, not %s: %v", stage, decision, err)
	}
	b.sound()
}

// holds fails unless the seller has this.
func (b *bed) holds(pending, available, held, owed int64) {
	b.t.Helper()
	if got := b.balance(b.seller); got.Pending.Minor != pending || got.Available.Minor != available || got.Held.Minor != held || got.Owed.Minor != owed {
		b.t.Fatalf("the seller has %d pending, %d available, %d held, %d owed; want %d, %d, %d, %d", got.Pending.Minor, got.Available.Minor,
			got.Held.Minor, got.Owed.Minor, pending, available, held, owed)
	}
	b.sound()
}

// Rows O21, P13; journals 15 to 17 of a tip: the tip pays, and what the order has brought stays.
func TestAChargebackOfATipTakesTheTipAndNothingElse(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		o := b.completed()
		spare := must(b.orders.Tip(b.buyer, order.TipRequest{OrderID: o.ID, Amount: 700}))(t).Tip.Payment
		p := b.tip(o)
		b.paid(spare) // the second one goes back
		b.tasks()
		if c := b.reversed(p, ""); c.Amount != usd(1000) || c.Frozen != usd(1000) {
			t.Errorf("the case is %+v", c)
		}
		b.holds(8000, 0, 1000, 0)
		b.pass(15 * day) // the earning clears, the tip does not
		b.holds(0, 8000, 1000, 0)
		b.decideCase(p, "lost")
		b.holds(0, 8000, 0, 0)
		must(b.orders.StaffRefund(b.staff, order.StaffRefundRequest{RequestID: b.key(), OrderID: o.ID, Amount: 1000, Reason: "It was late."}))(t) // the price is other money
		b.holds(0, 7200, 0, 0)

		p = b.tip(b.completed())
		b.reversed(p, "")
		b.pass(15 * day)
		b.decideCase(p, "won")
		b.holds(0, 7200+8000+1000, 0, 0)

		p = b.tip(b.completed())
		b.pass(15 * day)
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		b.reversed(p, "lost") // the seller is paid out: a debt
		b.holds(0, 0, 0, 1000)
		b.tip(b.completed())
		b.pass(15 * day)
		b.holds(0, 8000, 0, 0)
	})
}

// A tip that came when there was one already went back at once: there is nobody but the marketplace to pay for it again.
func TestAChargebackOfASurplusTakesNothingFromTheSeller(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.completed()
		spare := must(b.orders.Tip(b.buyer, order.TipRequest{OrderID: o.ID, Amount: 700}))(t).Tip.Payment
		b.tip(o)
		b.set("refunds", "wait")
		b.paid(spare)
		b.tasks() // it is under way
		if c := b.reversed(spare, "lost"); c.Amount != usd(700) || c.Frozen.Minor != 0 {
			t.Errorf("the case is %+v", c)
		}
		b.holds(9000, 0, 0, 0)

		o = b.working() // nor from an order in work
		late := b.raise(o, 5000, 0, 0).Changes[0].Payment
		must(b.orders.Withdraw(b.seller, order.AnswerRequest{OrderID: o.ID}))(t)
		b.paid(late)
		b.tasks()
		b.reversed(late, "")
		b.reversed(o.Payment, "")
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.holds(9000, 0, 8000, 0) // the case about the surplus does not hide the other one
		b.decideCase(late, "lost")
		b.decideCase(o.Payment, "won")
		b.holds(17000, 0, 0, 0)
	})
}

// Rows O20, P13: the bank keeps the second payment of an order in work. Its own escrow pays; the order goes on for the first price.
func TestALostChargebackOfAHigherPriceIsPaidByItsOwnEscrow(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o, p := b.raised()
		must(b.orders.Ask(b.buyer, order.AskRequest{OrderID: o.ID, Kind: order.ChangePrice, Reason: "x", Amount: 12000}))(t)
		if c := b.reversed(p, "lost"); c.Amount != usd(5275) || c.Frozen.Minor != 0 {
			t.Errorf("the case is %+v", c)
		}
		now := b.get(o)
		b.is(now, order.StatusInProgress)
		if last := now.Timeline[len(now.Timeline)-1]; now.Refunded != usd(5000) || now.Earnings != usd(8000) || last.Event != "payment_reversed" || last.Note == "" {
			t.Errorf("%s went back, %s are earned, %+v", now.Refunded, now.Earnings, last)
		}
		if told := apptest.Emitted[order.ChangeSettled](t, b.Harness); told[len(told)-1].Outcome != "lapsed" || told[len(told)-1].Earnings != usd(8000) {
			t.Errorf("it was told %+v", told)
		}
		if open := now.Changes[len(now.Changes)-1]; open.Status != "lapsed" { // it was about more than is left
			t.Errorf("the request is %+v", open)
		}
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.holds(8000, 0, 0, 0)
		b.pass(15 * day)
		b.holds(0, 8000, 0, 0)
	})
}

// Journals 16 and 9: without the order's own payment there is no order, and the second one goes back.
func TestALostChargebackOfTheFirstPaymentReturnsTheSecond(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o, p := b.raised()
		b.reversed(o.Payment, "lost")
		b.tasks()
		now := b.get(o)
		b.is(now, order.StatusCancelled)
		if now.Refunded != now.Subtotal {
			t.Errorf("%s of %s went back", now.Refunded, now.Subtotal)
		}
		var status []string
		if err := b.DB.Read(t.Context()).Raw("SELECT status FROM payments WHERE id IN ? ORDER BY amount", []string{o.Payment.ID, p.ID}).Scan(&status).Error; err != nil ||
			strings.Join(status, " ") != "refunded succeeded" { // the bank has the first one
			t.Errorf("the payments are %v, %v", status, err)
		}
		b.holds(0, 0, 0, 0)
	})
}

// Two cases about one completed order: each takes its own payment's share, and they end in any order.
func TestTwoChargebacksOfOneOrderDoNotTakeFromEachOther(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		free := int64(0) // to withdraw
		for _, ends := range [][2]string{{"won", "lost"}, {"lost", "won"}, {"won", "won"}, {"lost", "lost"}} {
			o, p := b.raised()
			b.simulate("chargeback", p.ID, "") // opened in work, decided afterwards
			must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
			must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
			b.holds(8000, free, 4000, 0) // the share of the second payment is held from the first moment
			if c := b.reversed(o.Payment, ""); c.Amount != usd(10550) || c.Frozen != usd(8000) {
				t.Errorf("the case is %+v", c)
			}
			b.holds(0, free, 12000, 0)
			b.decideCase(o.Payment, ends[0])
			b.pass(15 * day)
			b.sound()
			b.decideCase(p, ends[1])
			if ends[0] == "won" {
				free += 8000
			}
			if ends[1] == "won" {
				free += 4000
			}
			b.holds(0, free, 0, 0)
		}
	})
}

// The seller gave money back while the bank was deciding: the buyer has it twice, and nobody is left to pay but the marketplace.
func TestTheMarketplaceBearsWhatWentBackWhileTheBankDecided(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		b.reversed(o.Payment, "")
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 3000, Reason: "x"}))(t)
		b.decideCase(o.Payment, "lost")
		b.is(b.get(o), order.StatusCancelled)
		b.holds(0, 0, 0, 0)

		o = b.delivered()
		b.reversed(o.Payment, "")
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 3000, Reason: "x"}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.holds(0, 0, 5600, 0)
		b.decideCase(o.Payment, "lost")
		b.holds(0, 0, 0, 0)
	})
}

// Row 17a: the buyer disputes a completed order and charges it back as well. The money is held once, and the bank's word ends it.
func TestAChargebackOfAContestedOrderFreezesItsMoneyOnce(t *testing.T) {
	contested := func(t *testing.T, b *bed) order.Order {
		o := b.completed()
		return must(b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: o.ID, Reason: "quality", Text: "x"}))(t)
	}
	both(t, func(t *testing.T, b *bed) {
		o := contested(t, b)
		if c := b.reversed(o.Payment, ""); c.Frozen != usd(8000) {
			t.Errorf("the case is %+v", c)
		}
		b.holds(0, 0, 8000, 0)
		_, err := b.orders.Resolve(b.staff, order.ResolveRequest{OrderID: o.ID, Refund: 10000, Reason: "x"})
		refused(t, err, fault.Conflict)
		b.pass(61 * day) // the dispute would end for the buyer now: it waits for the bank
		if now := b.get(o); now.Refunded.Minor != 0 || now.Dispute.Status != "open" {
			t.Errorf("%s went back, the dispute is %s", now.Refunded, now.Dispute.Status)
		}
		b.decideCase(o.Payment, "won")
		b.holds(0, 0, 8000, 0) // the dispute still holds it
		b.pass(2 * day)
		if now := b.get(o); now.Refunded != now.Subtotal || now.Dispute.Status != "resolved" {
			t.Errorf("%s went back, the dispute is %s", now.Refunded, now.Dispute.Status)
		}
		b.holds(0, 0, 0, 0)

		o = contested(t, b)
		b.reversed(o.Payment, "lost")
		if now := b.get(o); now.Dispute.Status != "resolved" || now.Dispute.Decision == "" || now.Status != order.StatusCompleted {
			t.Errorf("the dispute is %+v", now.Dispute)
		}
		b.holds(0, 0, 0, 0)

		o = contested(t, b)
		b.reversed(o.Payment, "")
		must(b.orders.WithdrawDispute(b.buyer, order.WithdrawDisputeRequest{OrderID: o.ID}))(t)
		b.holds(0, 0, 8000, 0) // the bank still holds it
		b.decideCase(o.Payment, "won")
		b.holds(8000, 0, 0, 0)
		b.pass(15 * day)
		b.holds(0, 8000, 0, 0)
	})
}

// Row Z14, journal 12b: what staff give back after the withdrawal is taken from the seller's reserve before it is a debt.
func TestARefundAfterTheWithdrawalTakesTheReserveFirst(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.change(map[string]int64{"reserve_basis_points": 5000, "reserve_orders": 0})
		b.known(b.seller, "seller")
		o := b.rich2(4000)
		b.decided(b.withdraw(3000).ID, "approve")
		b.tasks()
		b.holds(0, 1000, 4000, 0)
		refund := func(amount int64) {
			must(b.orders.StaffRefund(b.staff, order.StaffRefundRequest{RequestID: b.key(), OrderID: o.ID, Amount: amount, Reason: "It was copied."}))(t)
			b.tasks()
		}
		refund(2500)
		b.holds(0, 1000, 2000, 0) // 20.00 of it was the seller's
		refund(7500)
		b.holds(0, 0, 0, 3000) // the rest of the reserve, what was there, and a debt
		if got := b.balance(b.seller); got.Reserved.Minor != 0 {
			t.Errorf("in reserve are %s", got.Reserved)
		}
		b.pass(200 * day) // nothing of the reserve comes back
		b.holds(0, 0, 0, 3000)
	})
}
