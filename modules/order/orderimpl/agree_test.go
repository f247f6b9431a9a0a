package orderimpl

import (
	"context"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

func usd(minor int64) money.Amount { return money.Of(minor, "USD") }

func (b *bed) ask(who context.Context, o order.Order, q order.AskRequest) order.Order {
	b.t.Helper()
	q.OrderID, q.Reason = o.ID, "Because."
	return must(b.orders.Ask(who, q))(b.t)
}

func (b *bed) agrees(who context.Context, o order.Order) order.Order {
	b.t.Helper()
	return must(b.orders.Agree(who, order.AnswerRequest{OrderID: o.ID, Note: "Fine."}))(b.t)
}

func (b *bed) dispute(who context.Context, o order.Order) order.Order {
	b.t.Helper()
	return must(b.orders.OpenDispute(who, order.OpenDisputeRequest{OrderID: o.ID, Reason: "quality", Text: "It is crooked."}))(b.t)
}

// Row O16.
func TestBothSidesCancelTogetherAndTheMoneyGoesBack(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		o = b.ask(b.seller, o, order.AskRequest{Kind: order.ChangeCancel})
		if c := o.Changes[0]; c.Status != "open" || c.AskedBy != "seller" || c.Reason != "Because." || !c.AnswerBy.Equal(c.AskedAt.Add(48*time.Hour)) {
			t.Errorf("the request is %+v", c)
		}
		if n := b.get(o).Next; n.Actor != "buyer" || !strings.Contains(n.Text, "answers the seller's request") {
			t.Errorf("next is %+v", n)
		}
		_, err := b.orders.Ask(b.buyer, order.AskRequest{OrderID: o.ID, Kind: order.ChangeCancel, Reason: "Me too."})
		refused(t, err, fault.Conflict)
		_, err = b.orders.Agree(b.seller, order.AnswerRequest{OrderID: o.ID})
		refused(t, err, fault.Conflict)
		o = b.agrees(b.buyer, o)
		b.is(o, order.StatusCancelled)
		if o.Changes[0].Status != "accepted" || o.Changes[0].Note != "Fine." || o.Payment.Status != "refunding" || o.Earnings != usd(0) {
			t.Errorf("%+v, payment %s, %s earned", o.Changes[0], o.Payment.Status, o.Earnings)
		}
		b.tasks()
		b.sound()
		if e := apptest.Emitted[order.Cancelled](t, b.Harness); len(e) != 1 || e[0].Refunded != usd(10550) {
			t.Errorf("the events are %+v", e)
		}
	})
}

// Row O15.
func TestAnExtensionMovesTheDeadlineAndItsTimers(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	due := *o.DueAt
	b.ask(b.seller, o, order.AskRequest{Kind: order.ChangeExtension, Days: 2})
	if o = b.agrees(b.buyer, o); !o.DueAt.Equal(due.Add(2 * day)) {
		t.Errorf("due at %s, want two days after %s", o.DueAt, due)
	}
	b.pass(3*day + day) // late by the old deadline
	if n := len(apptest.Emitted[order.Late](t, b.Harness)); n != 0 {
		t.Errorf("%d times late", n)
	}
	b.pass(day + time.Minute)
	b.pass(day)
	e := apptest.Emitted[order.Late](t, b.Harness)
	if len(e) != 2 || e[0].VeryLate || !e[1].VeryLate || !e[0].DueAt.Equal(due.Add(2*day)) {
		t.Errorf("the events are %+v", e)
	}
	if o = b.get(o); !o.Late || !o.VeryLate {
		t.Error("the order does not say that it is very late")
	}
}

// Row O20, journal 10 with the numbers of docs/orders.md.
func TestALowerPriceGivesItsPartBackWithTheFees(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		b.ask(b.buyer, o, order.AskRequest{Kind: order.ChangePrice, Amount: 3000})
		_, err := b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 100, Reason: "Too."})
		refused(t, err, fault.Conflict) // it is about the same money
		o = b.agrees(b.seller, o)
		if o.Refunded != usd(3000) || o.Earnings != usd(5600) {
			t.Errorf("refunded %s, earnings %s", o.Refunded, o.Earnings)
		}
		if e := apptest.Emitted[order.PartlyRefunded](t, b.Harness); len(e) != 1 || e[0].Amount != usd(3165) {
			t.Errorf("the events are %+v", e)
		}
		b.tasks()
		if p := b.get(o).Payment; p.Status != "succeeded" {
			t.Errorf("the payment is %s", p.Status)
		}
		b.sound()
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		if got := b.balance(b.seller); got.Pending != usd(5600) {
			t.Errorf("the seller has %+v", got)
		}
		b.pass(15 * day)
		if got := b.balance(b.seller); got.Available != usd(5600) || got.Pending != usd(0) {
			t.Errorf("the seller has %+v", got)
		}
		b.sound()
	})
}

// Row O16: silence is consent only where the buyer of a late order asks to cancel.
func TestSilenceGrantsABuyersCancellationOfALateOrderAndNothingElse(t *testing.T) {
	b := onSQLite(t)
	late, early := b.working(), b.working()
	b.ask(b.buyer, early, order.AskRequest{Kind: order.ChangeCancel})
	b.pass(2*day + time.Minute)
	b.is(b.get(early), order.StatusInProgress)
	if c := b.get(early).Changes[0]; c.Status != "lapsed" {
		t.Errorf("the request is %+v", c)
	}
	b.pass(day)
	b.ask(b.buyer, late, order.AskRequest{Kind: order.ChangeCancel})
	b.pass(2*day + time.Minute)
	b.is(b.get(late), order.StatusCancelled)
	b.tasks()
	b.sound()
}

func TestARequestOutlivesADelivery(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	b.ask(b.buyer, o, order.AskRequest{Kind: order.ChangeCancel})
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
	b.pass(2*day + time.Minute)
	if c := b.get(o).Changes[0]; c.Status != "lapsed" {
		t.Errorf("the request is %+v", c)
	}
	b.pass(day)
	b.is(b.get(o), order.StatusCompleted)
}

// Row O14: who asks in the last hour is not answered by the clock.
func TestADeliveryDoesNotCompleteWhileARequestIsOpenAndLeavesADayAfterIt(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	b.pass(3*day - time.Hour)
	b.ask(b.buyer, o, order.AskRequest{Kind: order.ChangePrice, Amount: 500})
	b.pass(5 * time.Hour)
	b.is(b.get(o), order.StatusDelivered)
	must(b.orders.Decline(b.seller, order.AnswerRequest{OrderID: o.ID}))(t)
	b.pass(23 * time.Hour)
	b.is(b.get(o), order.StatusDelivered)
	b.pass(time.Hour + time.Minute)
	b.is(b.get(o), order.StatusCompleted)
	b.sound()
}

// Row Os1.
func TestTheBuyerTakesMoreTimeToLookTwice(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	for range 2 {
		o = must(b.orders.ExtendReview(b.buyer, order.ExtendReviewRequest{OrderID: o.ID}))(t)
	}
	if !o.Next.At.Equal(o.DeliveredAt.Add(9 * day)) {
		t.Errorf("it completes at %s", o.Next.At)
	}
	_, err := b.orders.ExtendReview(b.buyer, order.ExtendReviewRequest{OrderID: o.ID})
	refused(t, err, fault.Conflict)
	b.pass(8*day + time.Minute)
	if n := len(apptest.Emitted[order.CompletionNear](t, b.Harness)); n != 1 {
		t.Errorf("%d reminders", n)
	}
	b.is(b.get(o), order.StatusDelivered)
	b.pass(day)
	b.is(b.get(o), order.StatusCompleted)
}

// Row 20 of the process: at most 60 %, in parts that add up.
func TestASellerGivesBackPartsUpToTheLimit(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	for _, amount := range []int64{3333, 2000, 667} {
		o = must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: amount, Reason: "One is missing."}))(t)
	}
	_, err := b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 1, Reason: "More."})
	refused(t, err, fault.Conflict)
	must(b.orders.StaffCancel(b.staff, order.StaffCancelRequest{OrderID: o.ID, Reason: "Both left."}))(t)
	b.tasks()
	var back int64
	if err := b.DB.Read(t.Context()).Raw("SELECT SUM(amount) FROM refunds").Scan(&back).Error; err != nil || back != 10550 {
		t.Errorf("%d went back in all, %v", back, err)
	}
	if p := b.get(o).Payment; p.Status != "refunded" {
		t.Errorf("the payment is %s", p.Status)
	}
	b.sound()
}

// Rows O18, Z10, journal 11 with the numbers of docs/orders.md.
func TestADisputeIsDecidedByASplit(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.dispute(b.buyer, b.delivered())
		b.is(o, order.StatusDisputed)
		if d := o.Dispute; d.Status != "open" || d.OpenedBy != "buyer" || d.Statements[0].Text != "It is crooked." {
			t.Errorf("the dispute is %+v", d)
		}
		b.pass(30 * day) // nothing moves by itself
		b.is(b.get(o), order.StatusDisputed)
		files := []order.Upload{{Name: "proof.txt", Content: []byte("straight")}}
		o = must(b.orders.State(b.seller, order.StateRequest{OrderID: o.ID, Text: "It is straight.", Files: files}))(t)
		evidence := o.Dispute.Statements[1].Files[0]
		for _, who := range []context.Context{b.buyer, b.staff} {
			if f := must(b.orders.File(who, order.FileRequest{OrderID: o.ID, FileID: evidence.ID}))(t); string(f.Content) != "straight" {
				t.Errorf("the evidence says %q", f.Content)
			}
		}
		_, err := b.orders.Resolve(b.seller, order.ResolveRequest{OrderID: o.ID, Reason: "Mine."})
		refused(t, err, fault.Conflict)
		_, err = b.orders.Resolve(b.another, order.ResolveRequest{OrderID: o.ID, Reason: "x"})
		refused(t, err, fault.NotFound)
		_, err = b.orders.Resolve(b.staff, order.ResolveRequest{OrderID: o.ID, Refund: 10001, Reason: "x"})
		refused(t, err, fault.Invalid)
		must(b.orders.Resolve(b.staff, order.ResolveRequest{OrderID: o.ID, Refund: 4000, Reason: "Half of it is there."}))(t)
		o = b.get(o)
		b.is(o, order.StatusCompleted)
		if d := o.Dispute; d.Status != "resolved" || d.Refund != usd(4000) || d.Decision != "Half of it is there." {
			t.Errorf("the dispute is %+v", d)
		}
		if got := b.balance(b.seller); got.Pending != usd(4800) {
			t.Errorf("the seller has %+v", got)
		}
		if e := apptest.Emitted[order.DisputeSettled](t, b.Harness); len(e) != 1 || e[0].Refunded != usd(4220) || e[0].Earned != usd(4800) {
			t.Errorf("the events are %+v", e)
		}
		b.pass(15 * day)
		if got := b.balance(b.seller); got.Available != usd(4800) {
			t.Errorf("the seller has %+v", got)
		}
		b.sound()
	})
}

// Row O18: timers freeze, and resume with the time that was left.
func TestAWithdrawnDisputeLeavesTheTimeThatWasLeft(t *testing.T) {
	b := onSQLite(t)
	delivered, working := b.delivered(), b.working()
	due := *working.DueAt
	b.pass(3*day + time.Minute) // completes one, makes the other late
	b.is(b.get(delivered), order.StatusCompleted)
	b.dispute(b.buyer, working)
	_, err := b.orders.WithdrawDispute(b.seller, order.WithdrawDisputeRequest{OrderID: working.ID})
	refused(t, err, fault.Conflict)
	b.pass(20 * day)
	o := must(b.orders.WithdrawDispute(b.buyer, order.WithdrawDisputeRequest{OrderID: working.ID}))(t)
	b.is(o, order.StatusInProgress)
	if o.DueAt.Sub(due.Add(20*day)).Abs() > time.Minute || o.VeryLate || o.Dispute.Status != "withdrawn" {
		t.Errorf("due at %s, very late %v, %+v", o.DueAt, o.VeryLate, o.Dispute)
	}
	b.pass(day)
	if n := len(apptest.Emitted[order.Late](t, b.Harness)); n != 2 {
		t.Errorf("%d times late, want once before the dispute and very late after it", n)
	}
	second := b.delivered()
	b.pass(2 * day)
	b.dispute(b.seller, second)
	b.pass(10 * day)
	must(b.orders.WithdrawDispute(b.seller, order.WithdrawDisputeRequest{OrderID: second.ID}))(t)
	b.pass(day - time.Minute)
	b.is(b.get(second), order.StatusDelivered)
	b.pass(2 * time.Minute)
	b.is(b.get(second), order.StatusCompleted)
	b.sound()
}

func TestADisputeThatNobodyDecidesIsRefunded(t *testing.T) {
	b := onSQLite(t)
	o := b.dispute(b.buyer, b.delivered())
	b.pass(60*day - time.Minute)
	b.is(b.get(o), order.StatusDisputed)
	b.pass(time.Minute)
	b.tasks()
	b.is(b.get(o), order.StatusCancelled)
	b.sound()
}

func TestWorkInProgressIsDisputedOnlyWhenLateOrAfterARefusal(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	_, err := b.orders.OpenDispute(b.seller, order.OpenDisputeRequest{OrderID: o.ID, Reason: "other", Text: "x"})
	refused(t, err, fault.Conflict)
	b.ask(b.seller, o, order.AskRequest{Kind: order.ChangeCancel})
	must(b.orders.Decline(b.buyer, order.AnswerRequest{OrderID: o.ID}))(t)
	b.is(b.dispute(b.seller, o), order.StatusDisputed)
}

// Row 18 of the process: above the limit, two have to say the same.
func TestTwoModeratorsDecideAboutMuchMoney(t *testing.T) {
	t.Parallel()
	b := newBed(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) }, map[string]any{"moderator_limit": 9999})
	o := b.dispute(b.buyer, b.delivered())
	q := order.ResolveRequest{OrderID: o.ID, Refund: 4000, Reason: "Half of it is there."}
	for range 2 {
		got := must(b.orders.Resolve(b.staff, q))(t)
		if b.is(got, order.StatusDisputed); got.Dispute.Draft == nil || !got.Dispute.Draft.ByMe || got.Dispute.Draft.Refund != usd(4000) {
			t.Errorf("the proposal is %+v", got.Dispute.Draft)
		}
	}
	if b.get(o).Dispute.Draft != nil {
		t.Error("the buyer sees the proposal")
	}
	second := apptest.As("second", "Theo", "operator")
	q.Refund = 5000
	b.is(must(b.orders.Resolve(second, q))(t), order.StatusDisputed) // another decision: another proposal
	b.is(must(b.orders.Resolve(b.staff, q))(t), order.StatusCompleted)
	b.sound()
}

// ASVS 8.2.1, 8.2.2: staff see every order and decide none of their own; nobody else sees anything.
func TestStaffSeeEveryOrderAndOnlyStaff(t *testing.T) {
	b := onSQLite(t)
	o := b.delivered()
	if list := must(b.orders.List(b.staff, order.ListRequest{Role: "staff"}))(t); len(list.Items) != 1 || list.Items[0].ID != o.ID {
		t.Errorf("staff see %+v", list)
	}
	if got := must(b.orders.Get(b.staff, order.GetRequest{ID: o.ID}))(t); got.Payment != nil || len(got.Allowed) != 1 || got.Allowed[0] != order.ActionStaffCancel {
		t.Errorf("payment %+v, allowed %v", got.Payment, got.Allowed)
	}
	_, err := b.orders.List(b.buyer, order.ListRequest{Role: "staff"})
	refused(t, err, fault.Forbidden)
	own := apptest.As("buyer", "Bea", "moderator")
	_, err = b.orders.StaffCancel(own, order.StaffCancelRequest{OrderID: o.ID, Reason: "I like it."})
	refused(t, err, fault.Conflict)
	_, err = b.orders.Deliver(b.staff, order.DeliverRequest{OrderID: o.ID, Message: "x"})
	refused(t, err, fault.Conflict)
}

// Row O7.
func TestASellerDeclinesBeforeTheWorkBegins(t *testing.T) {
	b := onSQLite(t)
	o := b.pay(b.place("logo"))
	must(b.orders.Cancel(b.seller, order.CancelRequest{OrderID: o.ID, Reason: "Fully booked."}))(t)
	o = b.get(o)
	b.is(o, order.StatusCancelled)
	if e := apptest.Emitted[order.Cancelled](t, b.Harness); len(e) != 1 || e[0].By != "seller" || e[0].Refunded != o.Total {
		t.Errorf("the events are %+v", e)
	}
	b.tasks()
	b.sound()
}

func TestWhatIsAskedForHasLimits(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	long := strings.Repeat("x", 5001)
	for name, call := range map[string]func() error{
		"kind": func() error {
			_, err := b.orders.Ask(b.buyer, order.AskRequest{OrderID: o.ID, Kind: "gift", Reason: "x"})
			return err
		},
		"reason": func() error {
			_, err := b.orders.Ask(b.buyer, order.AskRequest{OrderID: o.ID, Kind: order.ChangeCancel})
			return err
		},
		"days": func() error {
			_, err := b.orders.Ask(b.buyer, order.AskRequest{OrderID: o.ID, Kind: order.ChangeExtension, Days: 91, Reason: "x"})
			return err
		},
		"amount": func() error {
			_, err := b.orders.Ask(b.buyer, order.AskRequest{OrderID: o.ID, Kind: order.ChangePrice, Amount: 10000, Reason: "x"})
			return err
		},
		"refund": func() error {
			_, err := b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: -1, Reason: "x"})
			return err
		},
		"text": func() error {
			_, err := b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: o.ID, Reason: "other", Text: long})
			return err
		},
		"about": func() error {
			_, err := b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: o.ID, Reason: "revenge", Text: "x"})
			return err
		},
		"staff": func() error {
			_, err := b.orders.StaffCancel(b.staff, order.StaffCancelRequest{OrderID: o.ID})
			return err
		},
	} {
		if err := call(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if b.count("changes")+b.count("disputes")+b.count("refunds") != 0 {
		t.Error("something was stored")
	}
}
