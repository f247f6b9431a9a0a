package orderimpl

import (
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// stages are the chargebacks of the seller, newest first.
func (b *bed) cases() []order.Chargeback {
	b.t.Helper()
	return must(b.orders.ListChargebacks(b.seller, order.ListChargebacksRequest{}))(b.t).Items
}

func (b *bed) chargedBack(o order.Order) order.Chargeback {
	b.t.Helper()
	b.simulate("chargeback", o.Payment.ID, "")
	return b.cases()[0]
}

// Row P13: the case opens, freezes, has stages that the seller sees, and is won.
func TestAChargebackFreezesTheSellersShareUntilItIsWon(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.completed()
		c := b.chargedBack(o)
		if c.Stage != "needs_response" || c.Amount != o.Total || c.Frozen.Minor != 8000 || c.OrderNumber != o.Number || c.Reason == "" {
			t.Fatalf("the case is %+v", c)
		}
		if got := b.balance(b.seller); got.Held.Minor != 8000 || got.Pending.Minor != 0 {
			t.Errorf("the seller has %+v", got)
		}
		b.simulate("chargeback", o.Payment.ID, "") // once is enough
		b.sound()
		_, err := b.orders.AnswerChargeback(b.another, order.AnswerChargebackRequest{ID: c.ID, Evidence: "x"})
		refused(t, err, fault.NotFound)
		_, err = b.orders.AnswerChargeback(b.seller, order.AnswerChargebackRequest{ID: c.ID})
		refused(t, err, fault.Invalid)
		if got := must(b.orders.AnswerChargeback(b.seller, order.AnswerChargebackRequest{ID: c.ID, Evidence: "The delivery was accepted."}))(t); got.Stage != "under_review" {
			t.Errorf("after the answer: %+v", got)
		}
		_, err = b.orders.AnswerChargeback(b.seller, order.AnswerChargebackRequest{ID: c.ID, Evidence: "More."})
		refused(t, err, fault.Conflict)
		b.pass(15 * day) // the clearing period ends meanwhile, and nothing clears
		if got := b.balance(b.seller); got.Held.Minor != 8000 || got.Available.Minor != 0 {
			t.Errorf("the seller has %+v", got)
		}
		b.sound()
		b.simulate("won", "dp_"+o.Payment.ID, "")
		b.has(8000, 0)
		b.simulate("lost", "dp_"+o.Payment.ID, "") // it has ended
		b.has(8000, 0)
		stages := ""
		for _, e := range apptest.Emitted[order.ChargebackChanged](t, b.Harness) {
			stages += e.Stage + " "
		}
		if stages != "needs_response under_review won " {
			t.Errorf("it was told %s", stages)
		}
	})
}

// Journal 16, and 18: negative balances are worked off.
func TestALostChargebackAfterTheWithdrawalIsADebtThatEarningsPay(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		o := b.rich()
		b.decided(b.withdraw(5000).ID, "approve")
		b.tasks()
		b.has(3000, 5000)
		c := b.chargedBack(o)
		if got := b.balance(b.seller); got.Held.Minor != 8000 || got.Available.Minor != 0 || got.Owed.Minor != 5000 || c.Frozen.Minor != 8000 {
			t.Errorf("the seller has %+v, the case is %+v", got, c)
		}
		b.sound()
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		if got := b.balance(b.seller); got.Held.Minor != 0 || got.Owed.Minor != 5000 {
			t.Errorf("the seller has %+v", got)
		}
		b.sound()
		b.completed()
		b.pass(15 * day)
		if got := b.balance(b.seller); got.Owed.Minor != 0 || got.Available.Minor != 3000 {
			t.Errorf("the next earning leaves %+v", got)
		}
		b.has(3000, 5000)
	})
}

// A case that is won after its debt was worked off gives money, not a negative debt.
func TestAWonChargebackReturnsWhatWasWorkedOff(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		o := b.rich()
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		b.chargedBack(o)
		b.completed()
		b.pass(15 * day)
		if got := b.balance(b.seller); got.Owed.Minor != 0 || got.Available.Minor != 0 || got.Held.Minor != 8000 {
			t.Errorf("the seller has %+v", got)
		}
		b.simulate("won", "dp_"+o.Payment.ID, "")
		b.has(8000, 8000)
	})
}

// News in any order: the end of a case is heard before its beginning, or all of it at once, or twice.
func TestAChargebackWhoseWebhooksComeLateTwiceBackwardsOrNever(t *testing.T) {
	for _, how := range []string{"late", "twice", "backwards", "lost"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			b := onSQLite(t)
			o := b.completed()
			b.set("webhooks", how)
			b.simulate("chargeback", o.Payment.ID, "")
			b.simulate("lost", "dp_"+o.Payment.ID, "")
			if how == "lost" {
				b.pass(time.Hour)
				if len(b.cases()) != 0 {
					t.Error("somebody told")
				}
				b.simulate("again", "dp_"+o.Payment.ID, "")
			}
			for range 3 {
				b.pass(2 * time.Minute)
			}
			if c := b.cases(); len(c) != 1 || c[0].Stage != "lost" || c[0].ClosedAt == nil {
				t.Errorf("the cases are %+v", c)
			}
			if got := b.balance(b.seller); got.Pending.Minor != 0 || got.Held.Minor != 0 {
				t.Errorf("the seller has %+v", got)
			}
			b.sound()
		})
	}
}

func TestAPaymentThatWasTakenBackBeforeTheWorkIsTakenFromEscrow(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		if c := b.chargedBack(o); c.Frozen.Minor != 0 {
			t.Errorf("the case is %+v", c)
		}
		b.sound()
		b.simulate("won", "dp_"+o.Payment.ID, "")
		b.is(b.get(o), order.StatusInProgress)
		b.sound()
	})
}

func TestALostChargebackEndsWorkAndFollowsMoneyThatWasReleasedMeanwhile(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		b.chargedBack(o)
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		got := b.get(o)
		b.is(got, order.StatusCancelled)
		if last := got.Timeline[len(got.Timeline)-1]; last.Event != "payment_reversed" || last.Note == "" {
			t.Errorf("the timeline ends with %+v", last)
		}
		b.sound()

		o = b.delivered()
		b.chargedBack(o)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.sound()
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		if got := b.balance(b.seller); got.Pending.Minor != 0 || got.Held.Minor != 0 || b.cases()[0].Frozen.Minor != 8000 {
			t.Errorf("the seller has %+v", got)
		}
		b.sound()
		b.pass(30 * day)
		b.has(0, 0)

		o = b.refunding()
		b.simulate("chargeback", o.Payment.ID, "") // before the refund was sent
		b.pass(30 * day)
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		b.sound()
	})
}

// Row Z8: authentication by the buyer's bank.
func TestACardThatNeedsAuthenticationIsDecidedAfterwards(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.place("plain")
		b.simulate("challenge", o.Payment.ID, "")
		page := must(b.orders.SimulatedPayment(b.buyer, order.SimulatedPaymentRequest{ID: o.Payment.ID}))(t)
		if page.Status != "authentication" {
			t.Errorf("the page says %s", page.Status)
		}
		b.is(b.get(o), order.StatusPendingPayment)
		b.decide(o, false)
		b.simulate("challenge", o.Payment.ID, "")
		b.is(b.pay(o), order.StatusInProgress)
		b.simulate("challenge", o.Payment.ID, "") // too late
		if page := must(b.orders.SimulatedPayment(b.buyer, order.SimulatedPaymentRequest{ID: o.Payment.ID}))(t); page.Status != "succeeded" {
			t.Errorf("the page says %s", page.Status)
		}
		b.sound()
	})
}

func TestWhatTheControlPageSetsIsChecked(t *testing.T) {
	b := onSQLite(t)
	for _, q := range []order.SimulateRequest{{Action: "set", Name: "webhooks", Value: "strange"}, {Action: "set", Name: "weather", Value: "fine"}, {Action: "dance"},
		{Action: "account", ID: "acct_seller", Value: "rich"}} {
		_, err := b.orders.Simulate(b.buyer, q)
		refused(t, err, fault.Invalid)
	}
	b.set("webhooks", "twice")
	b.working()
	page := must(b.orders.Simulator(b.buyer, order.SimulatorRequest{}))(t)
	if len(page.Payments) != 1 || page.Payments[0].Status != "succeeded" || len(page.Modes) != 3 || page.Modes[0].Value != "twice" || !strings.Contains(strings.Join(page.Modes[0].Choices, " "), "lost") {
		t.Errorf("the page shows %+v", page)
	}
	if n := b.hooks.arrived.Load(); n != 2 {
		t.Errorf("%d webhooks have arrived", n)
	}
	b.sound()
}
