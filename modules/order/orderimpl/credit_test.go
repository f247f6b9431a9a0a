package orderimpl

import (
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// give lets an operator give the buyer credit, about some order.
func (b *bed) give(minor int64) {
	b.t.Helper()
	about := b.place("plain")
	must(b.orders.Adjust(clerk(), order.AdjustRequest{Kind: goodwill, Order: about.Number, Minor: minor, Reason: "Sorry."}))(b.t)
	must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: about.ID}))(b.t)
}

// onCredit places an order that credit pays as far as it can, at the price that is shown.
func (b *bed) onCredit() order.Order {
	b.t.Helper()
	q := must(b.orders.Quote(b.buyer, order.QuoteRequest{GigID: "plain", Package: "basic", UseCredit: true}))(b.t)
	o := must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", UseCredit: true, Quote: q.Token}))(b.t).Order
	if o.Total != q.Total || o.Credit != q.Credit || q.Charge.Minor+q.Credit.Minor != q.Total.Minor || q.Charge.Minor > 0 && o.Payment.Amount != q.Charge {
		b.t.Fatalf("shown was %+v, placed %+v", q, o)
	}
	return o
}

// owns fails unless the buyer has so much credit.
func (b *bed) owns(minor int64) {
	b.t.Helper()
	if got := b.balance(b.buyer).Credit.Minor; got != minor {
		b.t.Fatalf("the buyer has a credit of %d, want %d", got, minor)
	}
	b.sound()
}

// Row Ps6, journal 1b: no provider is needed, and the order begins at once.
func TestCreditPaysAWholeOrder(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.give(20000)
		q := order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", UseCredit: true}
		first := must(b.orders.Place(b.buyer, q))(t)
		again := must(b.orders.Place(b.buyer, q))(t)
		o := first.Order
		if !again.Replayed || again.Order.ID != o.ID || o.Credit != o.Total || o.Payment.CheckoutURL != "" || o.Payment.Provider != "credit" || len(o.Timeline) != 2 {
			t.Errorf("placed is %+v, again %+v", o, again)
		}
		b.is(o, order.StatusInProgress)
		b.owns(9450)
		i := must(b.orders.Invoice(b.buyer, order.InvoiceRequest{OrderID: o.ID}))(t)
		if i.Credit != o.Total || i.Total != o.Total {
			t.Errorf("the invoice is %+v", i)
		}
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.pass(15 * day)
		b.has(8000, 0)
		if r := must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(t); len(r.Differences) != 0 {
			t.Errorf("the provider misses %+v", r.Differences)
		}
	})
}

// Journals 1 and 1b in one; what comes back goes to the card first, and the rest is credit again.
func TestCreditAndACardPayOneOrder(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.give(3000)
		o := b.onCredit()
		if o.Credit.Minor != 3000 || o.Payment.Amount.Minor != 7550 {
			t.Fatalf("the order is %+v", o)
		}
		if q := must(b.orders.Quote(b.buyer, order.QuoteRequest{GigID: "plain", Package: "basic", UseCredit: true}))(t); q.Credit.Minor != 0 {
			t.Errorf("the same credit is offered again: %+v", q)
		}
		b.owns(3000) // until the card has paid
		b.is(b.pay(o), order.StatusInProgress)
		b.owns(0)
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 5000, Reason: "Half."}))(t) // 52.75 to the card
		b.tasks()
		b.owns(0)
		must(b.orders.Ask(b.seller, order.AskRequest{OrderID: o.ID, Kind: order.ChangeCancel, Reason: "I cannot."}))(t)
		must(b.orders.Agree(b.buyer, order.AnswerRequest{OrderID: o.ID}))(t) // 22.75 to the card, 30.00 of credit
		b.owns(3000)
		b.tasks()
		if got := b.get(o).Payment; got.Status != "refunded" {
			t.Errorf("the payment is %+v", got)
		}
		b.owns(3000)
		b.pass(2 * time.Hour)
		if r := must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(t); len(r.Differences) != 0 {
			t.Errorf("the provider differs: %+v", r.Differences)
		}
	})
}

// What was promised to an unpaid order is free again when it ends; a card that pays too late gets back what it paid.
func TestCreditOfAnOrderThatIsNotPaidIsNeverTaken(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.give(3000)
		o := b.onCredit()
		b.pass(time.Hour)
		b.is(b.get(o), order.StatusExpired)
		if e := b.get(o).Earnings; e != usd(0) {
			t.Errorf("what has expired earns %s", e)
		}
		b.owns(3000)
		b.is(b.pay(o), order.StatusExpired) // late
		b.tasks()
		b.owns(3000)
		if p := must(b.orders.Simulator(b.buyer, order.SimulatorRequest{}))(t).Payments[0]; p.Amount.Minor != 7550 || p.Refunded != p.Amount {
			t.Errorf("the card has %+v", p)
		}
		b.simulate("chargeback", o.Payment.ID, "") // of nothing
		b.sound()
		must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: b.onCredit().ID}))(t)
		b.onCredit()
		b.owns(3000)
	})
}

func TestAQuoteOnCreditIsForTheCreditThatIsThere(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.give(3000)
		ask := order.QuoteRequest{GigID: "plain", Package: "basic", UseCredit: true}
		shown := must(b.orders.Quote(b.buyer, ask))(t)
		if q := must(b.orders.Quote(apptest.Visitor(), ask))(t); q.Credit.Minor != 0 || q.Charge != q.Total {
			t.Errorf("a visitor is shown %+v", q)
		}
		_, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", Quote: shown.Token})
		refused(t, err, fault.Invalid) // it was shown with credit
		b.give(1000)                   // more than was shown: what was shown is taken
		o := must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", UseCredit: true, Quote: shown.Token}))(t).Order
		if o.Credit.Minor != 3000 {
			t.Errorf("it takes %s", o.Credit)
		}
		_, err = b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", UseCredit: true, Quote: shown.Token})
		refused(t, err, fault.Invalid) // 10.00 are left of it
		b.owns(4000)
	})
}

// Twenty at once: no credit is spent twice.
func TestCreditIsSpentOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.give(15000)
		placed := make(chan order.Order, 20)
		for range cap(placed) {
			key := b.key()
			go func() {
				p, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: key, GigID: "plain", Package: "basic", UseCredit: true})
				if err != nil {
					t.Error(err)
				}
				placed <- p.Order
			}()
		}
		var taken int64
		for range cap(placed) {
			taken += (<-placed).Credit.Minor
		}
		if taken != 15000 {
			t.Errorf("the orders take %d", taken)
		}
		b.owns(15000 - 10550)
	})
}

// Journal 16 in escrow: the bank keeps what the card has paid, and the credit is credit again.
func TestAChargebackOfAnOrderOnCreditTakesOnlyWhatTheCardHasPaid(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.give(3000)
		o := b.pay(b.onCredit())
		if c := b.chargedBack(o); c.Amount.Minor != 7550 {
			t.Errorf("the case is %+v", c)
		}
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		b.is(b.get(o), order.StatusCancelled)
		b.owns(3000)

		for _, end := range []string{"won", "lost"} { // completed: the seller's part of it is frozen, the rest clears
			o = b.onCredit()
			b.pay(o)
			must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
			must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
			before := b.balance(b.seller)
			c := b.chargedBack(o)
			if got := b.balance(b.seller); got.Held != c.Frozen || got.Pending.Minor != before.Pending.Minor-c.Frozen.Minor || got.Owed.Minor != 0 {
				t.Errorf("%s: the seller has %+v, the case is %+v", end, got, c)
			}
			b.sound()
			b.simulate(end, "dp_"+o.Payment.ID, "")
			b.sound()
			b.pass(15 * day)
			want := int64(8000)
			if end == "lost" {
				want += 8000 - c.Frozen.Minor
			}
			b.has(want, 0)
			b.give(3000)
		}
	})
}

// Row Z8: refunds that wait, and that never arrive (journal 9c).
func TestRefundsOfTheSimulatorWaitOrBecomeCredit(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.set("refunds", "wait")
		o := b.refunding()
		b.pass(time.Hour)
		if got := b.get(o).Payment; got.Status != "refunding" {
			t.Errorf("the payment is %+v", got)
		}
		b.set("refunds", "reject")
		b.pass(2 * time.Hour)
		b.owns(10550)
		if got := b.get(o).Payment; got.Status != "refunded" {
			t.Errorf("the payment is %+v", got)
		}
		if state := payment.Modes()["refunds"]; len(state) != 3 {
			t.Errorf("refunds go %v", state)
		}
	})
}
