package orderimpl

import (
	"errors"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/fault"
)

// got is what the buyer has of a payment: from the provider, from the bank, and as credit; minor units.
func (b *bed) got(p *order.Payment) (provider, bank, credit int64) {
	b.t.Helper()
	q := b.DB.Read(b.t.Context())
	for into, sql := range map[*int64]string{
		&provider: "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM simulator_refunds WHERE payment_id = ?",
		&bank:     "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM simulator_disputes WHERE status <> 'won' AND payment_id = ?"} {
		if err := q.Raw(sql, p.ID).Scan(into).Error; err != nil {
			b.t.Fatal(err)
		}
	}
	return provider, bank, b.balance(b.buyer).Credit.Minor
}

// buyerHas fails unless the buyer has exactly this, and the books are in order.
func (b *bed) buyerHas(p *order.Payment, provider, bank, credit int64) {
	b.t.Helper()
	b.sound()
	if a, c, d := b.got(p); a != provider || c != bank || d != credit {
		b.t.Fatalf("the buyer has %d from the provider, %d from the bank, %d of credit; want %d, %d, %d", a, c, d, provider, bank, credit)
	}
}

// bears fails unless the marketplace's loss is so much.
func (b *bed) bears(minor int64) {
	b.t.Helper()
	var lost int64
	if err := b.DB.Read(b.t.Context()).Raw("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM postings WHERE account LIKE 'expense:bad_debt:%'").Scan(&lost).Error; err != nil || lost != minor {
		b.t.Fatalf("the marketplace bears %d, want %d: %v", lost, minor, err)
	}
}

// Rows P13, Z14: whatever sends money back while the buyer's bank is deciding, it is sent when the bank has given the money back,
// and not at all when it keeps it. The buyer has what they paid once.
func TestARefundWaitsWhileTheBuyersBankDecides(t *testing.T) {
	ways := map[string]struct {
		order func(b *bed) order.Order
		back  func(t *testing.T, b *bed, o order.Order)
		sent  int64 // of the 105.50 that were paid
		left  int64 // the seller's, when the case is won
	}{
		"cancelled": {(*bed).waitingForAnswers, func(t *testing.T, b *bed, o order.Order) {
			must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID}))(t)
		}, 10550, 0},
		"by staff": {(*bed).working, func(t *testing.T, b *bed, o order.Order) {
			must(b.orders.StaffCancel(b.staff, order.StaffCancelRequest{OrderID: o.ID, Reason: "x"}))(t)
		}, 10550, 0},
		"too late": {(*bed).working, func(_ *testing.T, b *bed, _ order.Order) { b.pass(18 * day) }, 10550, 0},
		"in part": {(*bed).delivered, func(t *testing.T, b *bed, o order.Order) {
			must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 3000, Reason: "x"}))(t)
			must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		}, 3165, 5600},
		"decided": {(*bed).delivered, func(t *testing.T, b *bed, o order.Order) {
			must(b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: o.ID, Reason: "quality", Text: "x"}))(t)
			must(b.orders.Resolve(b.staff, order.ResolveRequest{OrderID: o.ID, Refund: 4000, Reason: "x"}))(t)
		}, 4220, 4800},
	}
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		for name, way := range ways {
			for _, decision := range []string{"won", "lost"} {
				o := way.order(b)
				b.reversed(o.Payment, "")
				if !b.get(o).BankDecides {
					t.Errorf("%s: the order does not say that the bank decides", name)
				}
				way.back(t, b, o)
				b.pass(time.Minute)
				b.buyerHas(o.Payment, 0, 10550, 0)
				b.holds(0, 0, way.left, 0)
				b.pass(5 * day) // nothing is stuck
				b.buyerHas(o.Payment, 0, 10550, 0)
				b.decideCase(o.Payment, decision)
				b.tasks()
				if now := b.get(o); now.BankDecides || way.sent == 10550 && now.Payment.Status != "refunded" {
					t.Errorf("%s, %s: the payment is %s, the bank decides: %t", name, decision, now.Payment.Status, now.BankDecides)
				}
				if decision == "lost" {
					b.buyerHas(o.Payment, 0, 10550, 0)
					b.holds(0, 0, 0, 0)
				} else {
					b.buyerHas(o.Payment, way.sent, 0, 0)
					b.pass(15 * day)
					b.frees(way.left)
				}
				b.bears(0)
				if r := b.reconciled(); len(r.Differences) != 0 {
					t.Errorf("%s, %s: the provider reports something else: %+v", name, decision, r.Differences)
				}
			}
		}
	})
}

// frees has what can be withdrawn sent to the seller, who must have so much of it.
func (b *bed) frees(minor int64) {
	b.t.Helper()
	b.holds(0, minor, 0, 0)
	if minor > 0 {
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
	}
}

func (b *bed) waitingForAnswers() order.Order { b.t.Helper(); return b.pay(b.place("logo")) }

// A refund that was asked for before the case was heard of: the provider knows the case, and does not send it.
func TestARefundThatTheProviderHoldsBackIsNotCredit(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		for _, decision := range []string{"lost", "won"} {
			b.hooks.lost.Store(true)
			o := b.waitingForAnswers2()
			b.simulate("chargeback", o.Payment.ID, "")
			must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID}))(t)
			b.pass(time.Minute) // the provider is asked, more than once
			b.buyerHas(o.Payment, 0, 10550, 0)
			b.hooks.lost.Store(false)
			b.pass(2 * time.Hour)
			if c := b.cases()[0]; c.Stage != "needs_response" {
				t.Fatalf("the case is %+v", c)
			}
			b.buyerHas(o.Payment, 0, 10550, 0)
			b.decideCase(o.Payment, decision)
			b.pass(time.Minute)
			if decision == "lost" {
				b.buyerHas(o.Payment, 0, 10550, 0)
			} else {
				b.buyerHas(o.Payment, 10550, 0, 0)
			}
			b.bears(0)
		}
	})
}

// waitingForAnswers2 pays an order while the webhooks do not come.
func (b *bed) waitingForAnswers2() order.Order {
	b.t.Helper()
	o := b.place("logo")
	must(b.orders.DecideSimulatedPayment(b.buyer, order.DecideSimulatedPaymentRequest{ID: o.Payment.ID, Succeed: true}))(b.t)
	b.pass(15 * time.Second)
	b.is(b.get(o), order.StatusAwaitingRequirements)
	return o
}

// A refund was under way when the bank took the payment, and comes to nothing after the bank has kept it: the buyer has no credit
// for money that they have.
func TestARefundThatComesToNothingAfterALostCaseMakesTheLossGood(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		m := &moody{state: payment.RefundMoving}
		b.upset(m)
		o := b.waitingForAnswers()
		must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID}))(t)
		b.tasks()
		b.reversed(o.Payment, "lost")
		b.bears(10550)
		m.state = payment.RefundRejected
		b.pass(time.Minute)
		b.buyerHas(o.Payment, 0, 10550, 0)
		b.bears(0)
		if got := b.get(o).Payment.Status; got != "refunded" {
			t.Errorf("the payment is %s", got)
		}

		m.state, m.err = "", errors.New("the provider is away") // asked, and not answered
		o = b.waitingForAnswers()
		must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID}))(t)
		b.tasks()
		b.reversed(o.Payment, "")
		m.err = nil
		b.pass(time.Hour)
		b.buyerHas(o.Payment, 0, 10550, 0)
		b.decideCase(o.Payment, "lost")
		b.tasks()
		b.buyerHas(o.Payment, 0, 10550, 0)
		b.bears(0)
	})
}

// The bank has kept a part of the payment of an order in work: it is settled when the order ends, whichever way.
func TestAPartOfAPaymentThatTheBankKeepsIsSettledWhenTheOrderEnds(t *testing.T) {
	const half = 5275
	both(t, func(t *testing.T, b *bed) {
		begin := func() order.Order {
			o := b.delivered()
			b.simulate("chargeback-half", o.Payment.ID, "")
			b.decideCase(o.Payment, "lost")
			if c := b.cases()[0]; c.Stage != "lost" || c.ClosedAt != nil || c.Amount.Minor != half || c.Frozen.Minor != 0 {
				t.Fatalf("the case is %+v", c)
			}
			b.is(b.get(o), order.StatusDelivered)
			b.simulate("again", "dp_"+o.Payment.ID, "") // heard once more
			b.pass(time.Hour)
			b.sound()
			return o
		}
		closed := func(frozen int64) {
			if c := b.cases()[0]; c.ClosedAt == nil || c.Frozen.Minor != frozen {
				t.Errorf("the case is %+v", c)
			}
			b.bears(0)
		}
		o := begin()
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.holds(4000, 0, 0, 0) // half of it, and half of the fees
		b.buyerHas(o.Payment, 0, half, 0)
		closed(4000)
		b.pass(15 * day)
		b.holds(0, 4000, 0, 0)

		o = begin()
		must(b.orders.StaffCancel(b.staff, order.StaffCancelRequest{OrderID: o.ID, Reason: "x"}))(t)
		b.tasks()
		b.buyerHas(o.Payment, half, half, 0)
		closed(0)

		o = begin()
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 3000, Reason: "x"}))(t)
		b.pass(time.Minute)
		b.buyerHas(o.Payment, 0, half, 0) // it waits, since it may be what the bank has kept
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.tasks()
		b.buyerHas(o.Payment, 0, half, 0)
		if c := b.cases()[0]; c.ClosedAt == nil || c.Frozen.Minor != 1600 { // 31.65 of 52.75 was the buyer's anyway, and 21.10 of 73.85 were not
			t.Errorf("the case is %+v", c)
		}
		b.holds(4000, 4000, 0, 0)

		o = begin()
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 6000, Reason: "x"}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.tasks()
		b.buyerHas(o.Payment, 6330-half, half, 0) // what the bank has kept is less than what was to go back: the rest is sent
		closed(0)
		b.holds(4000+3200, 4000, 0, 0)
	})
}

// Each higher price has its own line: the bank keeps one of two, and the order goes on for the other.
func TestALostCaseEndsOneOfTwoHigherPrices(t *testing.T) {
	b := onSQLite(t)
	o, first := b.raised()
	changes := b.raise(o, 3000, 0, 0).Changes
	second := changes[len(changes)-1].Payment
	b.paid(second)
	b.reversed(second, "lost")
	if now := b.get(o); now.Status != order.StatusInProgress || now.Refunded != usd(3000) || now.Earnings != usd(12000) {
		t.Errorf("%s went back, %s are earned", now.Refunded, now.Earnings)
	}
	b.reversed(first, "lost")
	if now := b.get(o); now.Status != order.StatusInProgress || now.Refunded != usd(8000) || now.Earnings != usd(8000) {
		t.Errorf("%s went back, %s are earned", now.Refunded, now.Earnings)
	}
}

// Row Ps6: what was paid from credit and is credit again does not come back a second time.
func TestALostCaseReturnsTheCreditThatIsLeft(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working() // for the order that the credit is given for
		must(b.orders.Adjust(clerk(), order.AdjustRequest{RequestID: b.key(), Kind: "goodwill", Order: o.Number, Minor: 9000, Reason: "x"}))(t)
		o = must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", UseCredit: true}))(t).Order
		o = b.pay(o)
		if o.Payment.Amount.Minor != 1550 {
			t.Fatalf("the card pays %s", o.Payment.Amount)
		}
		b.reversed(o.Payment, "")
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 3000, Reason: "x"}))(t)
		b.buyerHas(o.Payment, 0, 1550, 1615) // the card's part of 31.65 waits
		b.decideCase(o.Payment, "lost")
		b.tasks()
		b.is(b.get(o), order.StatusCancelled)
		b.buyerHas(o.Payment, 0, 1550, 9000)
		b.bears(0)
	})
}

// Money of a completed order that staff want to give back is refused with the reason, as long as the bank has it.
func TestStaffAreToldThatTheBankDecides(t *testing.T) {
	b := onSQLite(t)
	o := b.completed()
	b.reversed(o.Payment, "")
	_, err := b.orders.StaffRefund(b.staff, order.StaffRefundRequest{RequestID: b.key(), OrderID: o.ID, Amount: 1000, Reason: "x"})
	if f := refused(t, err, fault.Conflict); !strings.Contains(f.Message, "bank") {
		t.Errorf("told is %q", f.Message)
	}
	b.sound()
}

// Two refunds wait, and the bank keeps less than both: the older one pays first, and the rest is sent.
func TestOfSeveralRefundsThatWaitTheOldestPaysFirst(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	b.simulate("chargeback-half", o.Payment.ID, "")
	for range 2 {
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{RequestID: b.key(), OrderID: o.ID, Amount: 3000, Reason: "x"}))(t)
	}
	must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
	b.decideCase(o.Payment, "lost")
	b.tasks()
	b.buyerHas(o.Payment, 2*3165-5275, 5275, 0)
	b.bears(0)
	b.holds(3200, 0, 0, 0)
}

// Nothing of a completed order is the seller's any more, and the bank takes the payment as well: the marketplace bears it, until it
// is known that the refund was not sent.
func TestACaseAboutWhatWentBackCompletelyTakesNothingFromTheSeller(t *testing.T) {
	b := onSQLite(t)
	o := b.completed()
	b.set("refunds", "wait")
	must(b.orders.StaffRefund(b.staff, order.StaffRefundRequest{RequestID: b.key(), OrderID: o.ID, Amount: 10000, Reason: "x"}))(t)
	b.tasks()
	b.reversed(o.Payment, "lost")
	b.holds(0, 0, 0, 0)
	b.bears(10550)
	b.set("refunds", "arrive")
	b.pass(time.Hour)
	b.buyerHas(o.Payment, 0, 10550, 0)
	b.bears(0)
}

// What the bank has kept is kept from the buyer's refunds once: the rest of those that come to nothing is credit.
func TestRefundsBeyondWhatTheBankHasKeptBecomeCredit(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	b.set("refunds", "wait")
	for _, amount := range []int64{5500, 500} {
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{RequestID: b.key(), OrderID: o.ID, Amount: amount, Reason: "x"}))(t)
	}
	b.tasks() // both are under way
	b.simulate("chargeback-half", o.Payment.ID, "")
	b.decideCase(o.Payment, "lost")
	b.is(b.get(o), order.StatusCancelled) // it is more than was left
	b.set("refunds", "reject")
	b.pass(time.Hour)
	b.buyerHas(o.Payment, 0, 5275, 6330-5275)
}
