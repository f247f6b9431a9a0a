package orderimpl

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// moody is the simulator on a bad day.
type moody struct {
	payment.Provider
	err   error
	state payment.RefundState
	asked []string
}

func (m *moody) Refund(ctx context.Context, r payment.Refund) (payment.RefundState, error) {
	m.asked = append(m.asked, r.ID)
	if m.err != nil || m.state != "" {
		return m.state, m.err
	}
	return m.Provider.Refund(ctx, r)
}

func (b *bed) upset(m *moody) {
	s := b.orders.(*service)
	m.Provider = s.provider
	s.provider = m
}

// refunding is an order that was cancelled: the money is on its way.
func (b *bed) refunding() order.Order {
	b.t.Helper()
	o := b.pay(b.place("logo"))
	return must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID}))(b.t)
}

func TestARefundIsAskedForUntilTheProviderTakesIt(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		m := &moody{err: errors.New("the provider is away")}
		b.upset(m)
		o := b.refunding()
		b.tasks()
		if err := b.orders.(*service).sendRefunds(t.Context()); err != nil { // too early to ask again
			t.Fatal(err)
		}
		b.pass(11 * time.Second)
		m.err, m.state = nil, payment.RefundMoving
		b.pass(21 * time.Second)
		if got := b.get(o); got.Payment.Status != "refunding" {
			t.Errorf("the payment is %s", got.Payment.Status)
		}
		b.sound()
		m.state = ""
		b.pass(time.Minute)
		b.pass(time.Hour)
		if got := b.get(o); got.Payment.Status != "refunded" {
			t.Errorf("the payment is %s", got.Payment.Status)
		}
		if len(m.asked) != 4 || len(slices.Compact(m.asked)) != 1 {
			t.Errorf("asked with %v, want four times the same id", m.asked)
		}
		if r := b.sound(); r.Journals != 3 {
			t.Errorf("%d journals", r.Journals)
		}
	})
}

func TestARefundThatTheProviderRejectsBecomesTheBuyersCredit(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.upset(&moody{state: payment.RefundRejected})
		o := b.refunding()
		b.tasks()
		if got := b.get(o); got.Payment.Status != "refunded" {
			t.Errorf("the payment is %s", got.Payment.Status)
		}
		if got := b.balance(b.buyer).Credit; got != o.Total {
			t.Errorf("the buyer's credit is %s", got)
		}
		b.sound()
	})
}

func TestARefundThatIsStuckIsReported(t *testing.T) {
	b := onSQLite(t)
	b.upset(&moody{err: errors.New("the provider is away")})
	b.refunding()
	b.Clock.Advance(73 * time.Hour)
	r := must(b.orders.VerifyLedger(apptest.System(), order.VerifyLedgerRequest{}))(t)
	if len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "more than three days") {
		t.Errorf("the problems are %q", r.Problems)
	}
}

func TestTheBooksAreForOperators(t *testing.T) {
	b := onSQLite(t)
	for _, ctx := range []context.Context{b.buyer, apptest.Visitor()} {
		_, err := b.orders.VerifyLedger(ctx, order.VerifyLedgerRequest{})
		refused(t, err, fault.Forbidden)
	}
	must(b.orders.VerifyLedger(apptest.As("op", "Op", "operator"), order.VerifyLedgerRequest{}))(t)
}

// Buyer, seller and clock at the same time: each order leaves each state once, and its versions have no gap.
func TestWhoeverFightsOverAnOrderOneWinsEachStep(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		var orders []order.Order
		for range 12 {
			orders = append(orders, b.delivered())
		}
		b.Clock.Advance(3 * day)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for _, o := range orders {
					for _, err := range b.fight(o) {
						if err != nil && !fault.Is(err, fault.Conflict) {
							t.Error(err)
						}
					}
				}
			})
			wait.Go(func() {
				if err := b.orders.(*service).fireTimers(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		for _, o := range orders {
			got := must(b.orders.Get(b.seller, order.GetRequest{ID: o.ID}))(t)
			for i, line := range got.Timeline {
				if line.Number != i+1 || i > 0 && line.From != got.Timeline[i-1].To {
					t.Fatalf("the timeline does not fit together: %+v", got.Timeline)
				}
			}
			if got.Version != len(got.Timeline) {
				t.Errorf("version %d with %d lines", got.Version, len(got.Timeline))
			}
		}
		b.sound()
	})
}

func (b *bed) fight(o order.Order) []error {
	_, accept := b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID})
	_, revise := b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "x"})
	_, deliver := b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"})
	_, cancel := b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: o.ID})
	return []error{accept, revise, deliver, cancel}
}
