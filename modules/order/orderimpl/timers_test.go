package orderimpl

import (
	"context"
	"sync"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
)

func (b *bed) last(o order.Order) order.Entry {
	b.t.Helper()
	timeline := b.get(o).Timeline
	return timeline[len(timeline)-1]
}

// Row O14.
func TestADeliveredOrderCompletesByItselfAfterAReminder(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.delivered()
		b.pass(2*day - time.Minute)
		if n := len(apptest.Emitted[order.CompletionNear](t, b.Harness)); n != 0 {
			t.Error("reminded too early")
		}
		b.pass(time.Minute)
		b.tasks()
		if e := apptest.Emitted[order.CompletionNear](t, b.Harness); len(e) != 1 || !e[0].CompletesAt.Equal(o.DeliveredAt.Add(3*day)) {
			t.Fatalf("the reminders are %+v", e)
		}
		b.is(b.get(o), order.StatusDelivered)
		b.pass(day)
		b.is(b.get(o), order.StatusCompleted)
		if last := b.last(o); last.Event != "auto_complete" || last.Actor != "marketplace" || last.Late {
			t.Errorf("the timeline ends with %+v", last)
		}
		e := apptest.Emitted[order.Completed](t, b.Harness)
		if len(e) != 1 || !e[0].Automatic || !e[0].ClearsAt.Equal(b.get(o).EndedAt.Add(14*day)) {
			t.Errorf("the events are %+v", e)
		}
		b.sound()
	})
}

// Row Z6: nobody was there at the moment.
func TestAStepWhoseTimeCameWhileTheProcessWasDownIsMadeOnceAndMarkedAsLate(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.delivered()
		b.Clock.Advance(5 * day)
		var wait sync.WaitGroup
		for range 4 { // as many processes start at once
			wait.Go(func() {
				if err := b.orders.(*service).fireTimers(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		b.is(b.get(o), order.StatusCompleted)
		if last := b.last(o); !last.Late || last.Event != "auto_complete" {
			t.Errorf("the timeline ends with %+v", last)
		}
		if n := len(apptest.Emitted[order.CompletionNear](t, b.Harness)); n != 0 {
			t.Errorf("%d reminders of what happened in the same moment", n)
		}
		if n := len(apptest.Emitted[order.Completed](t, b.Harness)); n != 1 || b.count("journals") != 2 {
			t.Errorf("%d events, %d journals", n, b.count("journals"))
		}
		b.sound()
	})
}

// Row O6.
func TestAnOrderWithoutAnswersIsRemindedTwiceAndCancelledWithItsMoneyBack(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.pay(b.place("logo"))
		for i, d := range []time.Duration{day, 2 * day} {
			b.pass(d)
			if n := len(apptest.Emitted[order.RequirementsDue](t, b.Harness)); n != i+1 {
				t.Fatalf("%d reminders, want %d", n, i+1)
			}
		}
		b.pass(4 * day)
		b.is(b.get(o), order.StatusCancelled)
		if e := apptest.Emitted[order.Cancelled](t, b.Harness); len(e) != 1 || e[0].By != "marketplace" || e[0].Refunded != o.Total {
			t.Errorf("the events are %+v", e)
		}
		b.tasks()
		if got := b.get(o); got.Payment.Status != "refunded" {
			t.Errorf("the payment is %s", got.Payment.Status)
		}
		b.sound()
	})
}

func TestAnOrderThatIsNeverDeliveredIsCancelled(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	b.pass(3*day + 14*day - time.Minute)
	b.is(b.get(o), order.StatusInProgress)
	b.pass(time.Minute)
	b.tasks()
	b.is(b.get(o), order.StatusCancelled)
	if last := b.last(o); last.Event != "late_auto_cancel" {
		t.Errorf("the timeline ends with %+v", last)
	}
	b.sound()
}

func TestAnUnpaidOrderExpires(t *testing.T) {
	b := onSQLite(t)
	o := b.place("plain")
	b.decide(o, false)
	b.pass(15*time.Minute + time.Second)
	got := b.get(o)
	b.is(got, order.StatusExpired)
	if got.Payment.Status != "expired" || got.Next != nil || len(got.Allowed) != 0 {
		t.Errorf("payment %s, next %+v, allowed %v", got.Payment.Status, got.Next, got.Allowed)
	}
	if n := len(apptest.Emitted[order.Expired](t, b.Harness)); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestATimerOfAnEarlierStateDoesNothing(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	stale := timerRow{OrderID: o.ID, Kind: completionEnd, OrderVersion: 3}
	must(b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "x"}))(t)
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "y"}))(t)
	b.Clock.Advance(4 * day)
	s := b.orders.(*service)
	for range 2 {
		if err := s.fire(t.Context(), stale); err != nil {
			t.Fatal(err)
		}
	}
	b.is(b.get(o), order.StatusDelivered)
}

func TestATimerIsClaimedByOneProcessAtATime(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	s := b.orders.(*service)
	b.Clock.Advance(3 * day)
	timer := timerRow{OrderID: o.ID, Kind: completionEnd, OrderVersion: 3}
	now := b.Clock.Now()
	if !must(s.claim(t.Context(), timer, now))(t) || must(s.claim(t.Context(), timer, now))(t) {
		t.Error("claimed by none or by both")
	}
	if must(s.claim(t.Context(), timer, now.Add(59*time.Second)))(t) || !must(s.claim(t.Context(), timer, now.Add(leaseTime)))(t) {
		t.Error("the lease is not a minute long")
	}
	ahead := now.Add(30 * day) // a clock that was wrong took it
	if !must(s.claim(t.Context(), timer, ahead))(t) || must(s.claim(t.Context(), timer, ahead))(t) || !must(s.claim(t.Context(), timer, now))(t) || must(s.claim(t.Context(), timer, now))(t) {
		t.Error("a lease from the future is not void")
	}
}

// A clock that was far ahead for a moment has had a refund and a withdrawal tried, in vain: they are tried again now, and not then.
func TestWhatWaitsForATimeFarAheadIsTriedNow(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		b.rich()
		b.set("refunds", "wait")
		b.set("payouts", "wait")
		refund := b.refunding()
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		b.Clock.Advance(30 * day)
		s := b.orders.(*service)
		for _, task := range []func(context.Context) error{s.sendRefunds, s.sendPayouts} {
			if err := task(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		b.Clock.Advance(-30 * day)
		b.set("refunds", "arrive")
		b.simulate("pay", b.payoutIs("sending").ID, "")
		b.pass(2 * time.Hour)
		if got := b.get(refund).Payment.Status; got != "refunded" {
			t.Errorf("the payment is %s", got)
		}
		b.payoutIs("paid")
		b.sound()
	})
}

func TestNothingHappensBeforeItsTimeWhenTheClockGoesBack(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	b.pass(-30 * day)
	b.is(b.get(o), order.StatusDelivered)
	b.pass(32 * day)
	b.is(b.get(o), order.StatusDelivered)
	b.pass(day)
	b.is(b.get(o), order.StatusCompleted)
}

// Row Z6: the earning clears once, also when the order was completed by itself.
func TestAnEarningClearsOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.delivered()
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.pass(14*day - time.Minute)
		if b.balance(b.seller).Available.Minor != 0 {
			t.Error("it cleared too early")
		}
		b.pass(time.Minute)
		b.pass(time.Minute)
		if got := b.balance(b.seller); got.Available.Minor != 8000 || got.Pending.Minor != 0 {
			t.Errorf("the balance is %+v", got)
		}
		for _, line := range b.get(o).Timeline {
			if line.Event == string(earningCleared) {
				t.Error("the buyer is told of the seller's money")
			}
		}
		if n := len(apptest.Emitted[order.Cleared](t, b.Harness)); n != 1 {
			t.Errorf("%d events", n)
		}
		b.sound()
	})
}
