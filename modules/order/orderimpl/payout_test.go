package orderimpl

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func clerk() context.Context { return apptest.As("op", "Op", operator) }

// known makes the seller's payout account, as the provider wants it.
func (b *bed) known(who context.Context, userID string) {
	b.t.Helper()
	must(b.orders.Onboard(who, order.OnboardRequest{}))(b.t)
	b.simulate("account", "acct_"+userID, string(payment.AccountReady))
}

func (b *bed) simulate(action, id, value string) {
	b.t.Helper()
	must(b.orders.Simulate(b.buyer, order.SimulateRequest{Action: action, ID: id, Value: value}))(b.t)
}

func (b *bed) set(name, value string) {
	b.t.Helper()
	must(b.orders.Simulate(b.buyer, order.SimulateRequest{Action: "set", Name: name, Value: value}))(b.t)
}

// completed is an order whose money is pending.
func (b *bed) completed() order.Order {
	b.t.Helper()
	o := b.delivered()
	return must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(b.t)
}

// rich gives the seller 80.00 to withdraw.
func (b *bed) rich() order.Order {
	b.t.Helper()
	o := b.completed()
	b.pass(15 * day)
	if got := b.balance(b.seller).Available.Minor; got < 8000 {
		b.t.Fatalf("the seller has %d to withdraw", got)
	}
	return o
}

func (b *bed) withdraw(minor int64) order.Payout {
	b.t.Helper()
	return must(b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{Minor: minor}))(b.t)
}

func (b *bed) decided(id, decision string) order.Payout {
	b.t.Helper()
	return must(b.orders.DecidePayout(clerk(), order.DecidePayoutRequest{ID: id, Decision: decision, Reason: "Call us.", Reference: "SEPA-1"}))(b.t)
}

// is fails unless the seller's newest withdrawal is in the status, and returns it.
func (b *bed) payoutIs(status string) order.Payout {
	b.t.Helper()
	list := must(b.orders.ListPayouts(b.seller, order.ListPayoutsRequest{}))(b.t)
	if len(list.Items) == 0 || list.Items[0].Status != status {
		b.t.Fatalf("the withdrawals are %+v, want the newest %s", list.Items, status)
	}
	return list.Items[0]
}

// has fails unless the seller has this to withdraw, and has withdrawn this.
func (b *bed) has(available, withdrawn int64) {
	b.t.Helper()
	if got := b.balance(b.seller); got.Available.Minor != available || got.Withdrawn.Minor != withdrawn {
		b.t.Fatalf("the seller has %s and has withdrawn %s, want %d and %d", got.Available, got.Withdrawn, available, withdrawn)
	}
	b.sound()
}

// Rows P9, P10, Ps3: journals 6 and 7.
func TestASellerWithdrawsOnceTheProviderKnowsThem(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.rich()
		_, err := b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{})
		refused(t, err, fault.Conflict)
		if a := must(b.orders.PayoutAccount(b.seller, order.PayoutAccountRequest{}))(t); a.Status != "none" {
			t.Errorf("the account is %+v", a)
		}
		if a := must(b.orders.Onboard(b.seller, order.OnboardRequest{}))(t); a.Status != "incomplete" || !strings.Contains(a.URL, "/simulator/onboarding/acct_seller") {
			t.Errorf("the account is %+v", a)
		}
		for _, state := range []string{"review", "restricted"} {
			b.simulate("account", "acct_seller", state)
			if a := must(b.orders.PayoutAccount(b.seller, order.PayoutAccountRequest{}))(t); a.Status != state || a.Message == "" {
				t.Errorf("the account is %+v, want %s", a, state)
			}
			_, err := b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{})
			refused(t, err, fault.Conflict)
		}
		b.simulate("account", "acct_seller", "ready")
		for field, minor := range map[string]int64{"at least": 999, "at most": 8001} {
			_, err := b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{Minor: minor})
			if f := refused(t, err, fault.Invalid); !strings.Contains(f.Fields[0].Message, field) {
				t.Errorf("%d: %+v", minor, f)
			}
		}
		p := b.withdraw(0)
		if p.Amount.Minor != 8000 || p.Fee.Minor != 100 || p.Net.Minor != 7900 || p.Status != "requested" {
			t.Errorf("the withdrawal is %+v", p)
		}
		b.has(0, 0)
		b.pass(time.Hour)
		b.payoutIs("requested") // nothing leaves before an operator has looked
		if got := b.decided(p.ID, "approve"); got.Status != "approved" {
			t.Errorf("it is %+v", got)
		}
		b.tasks()
		if got := b.payoutIs("paid"); got.Reference != "po_"+p.ID || got.EndedAt == nil {
			t.Errorf("it is %+v", got)
		}
		b.has(0, 8000)
		b.pass(time.Hour)
		b.has(0, 8000)
		if got := apptest.Emitted[order.PayoutChanged](t, b.Harness); len(got) != 3 || got[1].Status != "approved" || got[2].Status != "paid" || got[2].Net.Minor != 7900 || got[2].Reference != "po_"+p.ID {
			t.Errorf("it was told %+v", got)
		}
	})
}

// Row P10: the queue, a rejection with its reason, a payment by hand.
func TestOperatorsDecideAboutWithdrawals(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.rich()
		b.known(b.seller, "seller")
		p := b.withdraw(5000)
		_, err := b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{Minor: 2000})
		refused(t, err, fault.Conflict)
		for _, who := range []context.Context{b.seller, b.buyer, apptest.Visitor()} {
			_, err := b.orders.DecidePayout(who, order.DecidePayoutRequest{ID: p.ID, Decision: "approve"})
			refused(t, err, fault.Forbidden)
		}
		_, err = b.orders.ListPayouts(b.seller, order.ListPayoutsRequest{All: true})
		refused(t, err, fault.Forbidden)
		_, err = b.orders.DecidePayout(apptest.As("seller", "Sam", operator), order.DecidePayoutRequest{ID: p.ID, Decision: "approve"})
		refused(t, err, fault.Forbidden)
		_, err = b.orders.DecidePayout(clerk(), order.DecidePayoutRequest{ID: p.ID, Decision: "reject"})
		refused(t, err, fault.Invalid)
		_, err = b.orders.DecidePayout(clerk(), order.DecidePayoutRequest{ID: "nothing", Decision: "approve"})
		refused(t, err, fault.NotFound)
		queue := must(b.orders.ListPayouts(clerk(), order.ListPayoutsRequest{All: true, Status: []string{"requested"}}))(t)
		if len(queue.Items) != 1 || queue.Items[0].Username != "Sam" {
			t.Errorf("the queue is %+v", queue)
		}
		b.has(3000, 0)
		if got := b.decided(p.ID, "reject"); got.Status != "rejected" || got.Reason != "Call us." {
			t.Errorf("it is %+v", got)
		}
		b.has(8000, 0)
		_, err = b.orders.DecidePayout(clerk(), order.DecidePayoutRequest{ID: p.ID, Decision: "approve"})
		refused(t, err, fault.Conflict)

		p = b.withdraw(3000)
		if got := b.decided(p.ID, "pay"); got.Status != "paid" || got.Reference != "SEPA-1" {
			t.Errorf("it is %+v", got)
		}
		b.has(5000, 3000)
		b.pass(time.Hour)
		if got := len(must(b.orders.Simulator(b.buyer, order.SimulatorRequest{}))(t).Payouts); got != 0 {
			t.Errorf("the provider has sent %d as well", got)
		}
		b.has(5000, 3000)
	})
}

// Journal 8, from the provider: at once, after a while, and after it was paid.
func TestAWithdrawalThatFailsIsTheSellersAgain(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.rich()
		b.known(b.seller, "seller")
		b.set("payouts", "fail")
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		if got := b.payoutIs("failed"); !strings.Contains(got.Reason, "refused") {
			t.Errorf("it is %+v", got)
		}
		b.has(8000, 0)

		b.set("payouts", "wait")
		p := b.withdraw(0)
		b.decided(p.ID, "approve")
		b.tasks()
		b.payoutIs("sending")
		b.pass(time.Hour)
		b.payoutIs("sending")
		b.simulate("pay", p.ID, "")
		b.payoutIs("paid")
		b.has(0, 8000)
		b.simulate("fail", p.ID, "") // the receiving bank sends it back
		b.payoutIs("failed")
		b.has(8000, 0)
		b.simulate("pay", p.ID, "")
		b.simulate("fail", p.ID, "")
		b.has(8000, 0)
	})
}

// down is a provider that fails before or after it has done the work.
type down struct {
	payment.Provider
	before, after bool
	asked         int
}

func (d *down) Payout(ctx context.Context, p payment.Payout) (payment.PayoutResult, error) {
	d.asked++
	if d.before {
		return payment.PayoutResult{}, errors.New("the provider is away")
	}
	r, err := d.Provider.Payout(ctx, p)
	if d.after {
		return payment.PayoutResult{}, errors.New("the answer was lost")
	}
	return r, err
}

func TestAWithdrawalIsSentOnceHoweverOftenTheProviderIsAsked(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.rich()
		b.known(b.seller, "seller")
		s := b.orders.(*service)
		d := &down{Provider: s.provider, before: true}
		s.provider = d
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		if err := s.sendPayouts(t.Context()); err != nil { // too early
			t.Fatal(err)
		}
		d.before, d.after = false, true
		b.pass(11 * time.Second)
		b.payoutIs("approved")
		b.sound()
		d.after = false
		b.pass(21 * time.Second)
		b.payoutIs("paid")
		if b.has(0, 8000); d.asked != 3 || b.count("simulator_payouts") != 1 {
			t.Errorf("asked %d times, sent %d", d.asked, b.count("simulator_payouts"))
		}
	})
}

// Row Ps2.
func TestAScheduleWithdrawsByItselfWhatIsWorthIt(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		_, err := b.orders.SchedulePayouts(b.seller, order.SchedulePayoutsRequest{Every: "week"})
		refused(t, err, fault.Conflict)
		b.known(b.seller, "seller")
		a := must(b.orders.SchedulePayouts(b.seller, order.SchedulePayoutsRequest{Every: "week", Minor: 8001}))(t)
		if a.NextAt == nil || a.NextAt.Weekday() != time.Monday || a.NextAt.Sub(b.Clock.Now()) > 7*day {
			t.Fatalf("the schedule is %+v", a)
		}
		b.rich()
		b.pass(7 * day)
		b.has(8000, 0) // less than is worth it
		must(b.orders.SchedulePayouts(b.seller, order.SchedulePayoutsRequest{Every: "week", Minor: 8000}))(t)
		b.pass(7 * day)
		p := b.payoutIs("requested")
		if !p.Automatic || p.Amount.Minor != 8000 {
			t.Errorf("it is %+v", p)
		}
		b.pass(7 * day) // one is under way
		b.has(0, 0)
		must(b.orders.SchedulePayouts(b.seller, order.SchedulePayoutsRequest{}))(t)
		b.decided(p.ID, "reject")
		b.pass(40 * day)
		b.has(8000, 0)
		_, err = b.orders.SchedulePayouts(b.seller, order.SchedulePayoutsRequest{Every: "day", Minor: -1})
		if f := refused(t, err, fault.Invalid); len(f.Fields) != 2 {
			t.Errorf("refused with %+v", f)
		}
	})
}

func TestSchedulesFallOnMondaysAndFirsts(t *testing.T) {
	for at, want := range map[string][2]string{
		"2026-03-02T00:00:00Z": {"2026-03-09", "2026-04-01"}, // a Monday
		"2026-03-08T23:59:59Z": {"2026-03-09", "2026-04-01"},
		"2027-12-31T12:00:00Z": {"2028-01-03", "2028-01-01"},
		"2028-02-29T12:00:00Z": {"2028-03-06", "2028-03-01"},
	} {
		now, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		week, month := nextPayout("week", now), nextPayout("month", now)
		if week.Format(time.DateOnly) != want[0] || month.Format(time.DateOnly) != want[1] || nextPayout("", now) != nil {
			t.Errorf("after %s: %s and %s, want %v", at, week, month, want)
		}
	}
}

func TestTwoWithdrawalsAtOnceAreOne(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.rich()
		b.known(b.seller, "seller")
		answers := make(chan error)
		for range 8 {
			go func() {
				_, err := b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{Minor: 2000})
				answers <- err
			}()
		}
		good := 0
		for range 8 {
			if err := <-answers; err == nil {
				good++
			} else if !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		}
		if b.has(6000, 0); good != 1 {
			t.Errorf("%d withdrawals were taken", good)
		}
	})
}
