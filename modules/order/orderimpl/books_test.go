package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// crowd leads orders to random ends and keeps its own account of the money, in its own arithmetic.
type crowd struct {
	*bed
	random *rand.Rand
	open   map[string]int64  // what orders that have not ended are about
	raised map[string]raised // on top of it
	earned int64
	ended  map[order.Status]int
}

// one leads an order to its end; closely: with a look at all invariants after every step.
func (c *crowd) one(closely bool) {
	c.t.Helper()
	price := 500 + c.random.Int64N(1_999_500)
	gigID := []string{"plain", "logo"}[c.random.IntN(2)]
	g := c.gigs.gigs[gigID]
	g.Packages = []gig.Package{{Name: "basic", Price: money.Of(price, "USD"), DeliveryDays: 1 + c.random.IntN(5), Revisions: c.random.IntN(4) - 1}}
	c.gigs.gigs[gigID] = g
	quantity := 1 + c.random.IntN(20)
	o := must(c.orders.Place(c.buyer, order.PlaceRequest{RequestID: c.key(), GigID: gigID, Package: "basic", Quantity: quantity}))(c.t).Order
	subtotal := price * int64(quantity)
	if want := subtotal + (subtotal*550+5000)/10000; o.Total.Minor != want {
		c.t.Fatalf("%d × %d costs %s, want %d", quantity, price, o.Total, want)
	}
	c.open[o.ID] = subtotal
	for range 16 {
		if c.step(o); closely {
			c.sound()
		}
		if o = c.get(o); o.EndedAt != nil {
			break
		}
	}
	if o.Status == order.StatusCompleted {
		c.afterwards(o)
	}
}

// step does one thing at random; what the state does not allow must be refused as a conflict.
func (c *crowd) step(o order.Order) {
	c.t.Helper()
	err := c.together(o)
	switch c.random.IntN(12) {
	case 0, 1, 11:
		_, err = c.orders.DecideSimulatedPayment(c.buyer, order.DecideSimulatedPaymentRequest{ID: o.Payment.ID, Succeed: c.random.IntN(4) > 0})
	case 2:
		_, err = c.orders.SubmitRequirements(c.buyer, order.SubmitRequirementsRequest{OrderID: o.ID, Answers: c.answers()})
	case 3:
		_, err = c.orders.SkipRequirements(c.seller, order.SkipRequirementsRequest{OrderID: o.ID})
	case 4, 5:
		_, err = c.orders.Deliver(c.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"})
	case 6:
		_, err = c.orders.RequestRevision(c.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "x"})
	case 7:
		_, err = c.orders.Accept(c.buyer, order.AcceptRequest{OrderID: o.ID})
	case 8:
		_, err = c.orders.Cancel(c.buyer, order.CancelRequest{OrderID: o.ID})
	case 9, 10:
		c.wait([]time.Duration{0, 0, time.Minute, time.Hour, day, 4 * day, 20 * day}[c.random.IntN(7)])
	}
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) && (o.PaidAt != nil || !fault.Is(err, fault.NotFound)) {
		c.t.Fatal(err)
	}
}

// together is what two sides do who have something to agree on, or do not agree.
func (c *crowd) together(o order.Order) error {
	who, amount := []context.Context{c.buyer, c.seller}[c.random.IntN(2)], 1+c.random.Int64N(o.Subtotal.Minor/2)
	var err error
	switch c.random.IntN(12) {
	case 0:
		kind := []order.ChangeKind{order.ChangeCancel, order.ChangeExtension, order.ChangePrice}[c.random.IntN(3)]
		_, err = c.orders.Ask(who, order.AskRequest{OrderID: o.ID, Kind: kind, Reason: "x", Days: 2, Amount: amount})
	case 1:
		_, err = c.orders.Agree(who, order.AnswerRequest{OrderID: o.ID})
	case 2:
		_, err = c.orders.Decline(who, order.AnswerRequest{OrderID: o.ID})
	case 3:
		_, err = c.orders.RefundPart(c.seller, order.RefundPartRequest{OrderID: o.ID, Amount: amount, Reason: "x"})
	case 4:
		_, err = c.orders.OpenDispute(who, order.OpenDisputeRequest{OrderID: o.ID, Reason: "quality", Text: "x"})
	case 5:
		_, err = c.orders.Resolve(c.staff, order.ResolveRequest{OrderID: o.ID, Refund: amount, Reason: "x"})
	case 7, 8:
		c.raiseOnce(o)
	case 6:
		_, err = c.orders.Resolve(c.staff, order.ResolveRequest{OrderID: o.ID, Refund: o.Subtotal.Minor - o.Refunded.Minor, Reason: "x"})
	}
	if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.Invalid) && (o.PaidAt != nil || !fault.Is(err, fault.NotFound)) {
		c.t.Fatal(err)
	}
	return nil
}

// wait is pass without the check of the books, which takes longer with every order.
func (c *crowd) wait(d time.Duration) {
	c.t.Helper()
	c.Clock.Advance(d)
	s := c.orders.(*service)
	for _, task := range []func(context.Context) error{s.fireTimers, s.checkPayments, s.handleWebhooks, s.sendRefunds, s.simulator.Deliver} {
		if err := task(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
}

// finish delivers what the seller still owes, and lets the rest end by itself.
func (c *crowd) finish() {
	c.t.Helper()
	c.hooks.lost.Store(false)
	c.pass(30 * day)
	for id := range c.open {
		_, err := c.orders.Deliver(c.seller, order.DeliverRequest{OrderID: id, Message: "x"})
		if err != nil && !fault.Is(err, fault.Conflict) && !fault.Is(err, fault.NotFound) {
			c.t.Fatal(err)
		}
	}
	c.pass(30 * day)
	c.pass(70 * day) // disputes that nobody decides end too
	c.pass(30 * day)
}

// check compares the books with the crowd's own account.
func (c *crowd) check() order.LedgerReport {
	c.t.Helper()
	for id, subtotal := range c.open { // also what ended by itself, while others were at work
		o := c.get(order.Order{ID: id})
		if o.EndedAt == nil {
			continue
		}
		delete(c.open, id)
		if c.ended[o.Status]++; o.Status == order.StatusCompleted {
			r := c.raised[id] // what was paid last goes back first
			last := min(o.Refunded.Minor-r.before, r.price)
			c.earned += part(r.price, last) + part(subtotal, o.Refunded.Minor-last)
		}
	}
	if b := c.balance(c.seller); b.Pending.Minor+b.Available.Minor != c.earned {
		c.t.Fatalf("the seller has %+v, want %d", b, c.earned)
	}
	return c.sound()
}

// Row P6: "ledger verify green after 1,000 random orders"; 5,000 on both databases in make torture.
func TestTheBooksAreInOrderAfterAThousandRandomOrders(t *testing.T) {
	t.Parallel()
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		c := &crowd{bed: newBed(t, open, nil), random: rand.New(rand.NewPCG(seed, 0)), open: map[string]int64{}, raised: map[string]raised{}, ended: map[order.Status]int{}}
		orders, closely := 1000, 20 // a look takes longer with every order
		if tortured {
			orders, closely = 5000, 300
		} else if testing.Short() || raceDetector || c.DB.Postgres() { // SQLite is Go here, and a tenth as fast under the detector
			orders = 100
		}
		for i := range orders {
			c.hooks.lost.Store(c.random.IntN(5) == 0)
			c.one(i < closely)
			if i%100 == 0 {
				c.check()
			}
		}
		c.finish()
		report := c.check()
		t.Logf("%d orders, %d journals, %v", report.Orders, report.Journals, c.ended)
		for _, s := range []order.Status{order.StatusCompleted, order.StatusCancelled, order.StatusExpired} {
			if c.ended[s] < orders/100 {
				t.Errorf("only %d orders are %s: too few to say anything", c.ended[s], s)
			}
		}
		if got := c.balance(c.seller); got.Escrow.Minor != 0 || got.Pending.Minor != 0 || len(c.open) != 0 {
			t.Errorf("when all is over the seller has %+v", got)
		}
	})
}

var errInjected = errors.New("injected")

// failing makes the nth statement of the next transactions fail after it was executed, and counts them. What the
// harness does meanwhile is not counted: the bus carries events and looks at its outbox when it likes.
func (b *bed) failing(nth int) (statements func() int) {
	b.t.Helper()
	var n atomic.Int64
	after := func(g *gorm.DB) {
		if !apptest.InBackground(g.Statement.Context) && n.Add(1) == int64(nth) && g.Error == nil {
			_ = g.AddError(errInjected)
		}
	}
	err := b.DB.Tx(b.t.Context(), func(tx *db.Tx) error {
		c := tx.Callback()
		return errors.Join(
			c.Create().After("gorm:create").Replace("test:fail", after), c.Update().After("gorm:update").Replace("test:fail", after),
			c.Raw().After("gorm:raw").Replace("test:fail", after), c.Query().After("gorm:query").Replace("test:fail", after),
			c.Row().After("gorm:row").Replace("test:fail", after), c.Delete().After("gorm:delete").Replace("test:fail", after))
	})
	if err != nil {
		b.t.Fatal(err)
	}
	n.Store(0)
	return func() int { return int(n.Load()) }
}

// snapshot is everything that the module keeps, as text.
func (b *bed) snapshot() string {
	b.t.Helper()
	var text strings.Builder
	for _, table := range []string{"orders", "history", "timers", "deliveries", "files", "earnings", "requests", "accounts", "journals", "postings",
		"unsealed", "payments", "refunds", "webhooks", "outbox_events"} {
		var rows []map[string]any
		if err := b.DB.Read(b.t.Context()).Table(table).Find(&rows).Error; err != nil {
			b.t.Fatal(err)
		}
		lines := make([]string, len(rows))
		for i, r := range rows {
			lines[i] = fmt.Sprint(r)
		}
		slices.Sort(lines)
		fmt.Fprintf(&text, "%s\n%s\n", table, strings.Join(lines, "\n"))
	}
	return text.String()
}

func TestAFailureAfterAnyStatementLeavesTheStateOfBefore(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		accepted, paid, cancelled := b.delivered(), b.place("plain"), b.pay(b.place("logo"))
		for name, do := range map[string]func(ctx context.Context) error{
			"place": func(ctx context.Context) error {
				_, err := b.orders.Place(ctx, order.PlaceRequest{RequestID: "the same key", GigID: "logo", Package: "basic"})
				return err
			},
			"accept": func(ctx context.Context) error {
				_, err := b.orders.Accept(ctx, order.AcceptRequest{RequestID: "the same key", OrderID: accepted.ID})
				return err
			},
			"cancel": func(ctx context.Context) error {
				_, err := b.orders.Cancel(ctx, order.CancelRequest{RequestID: "the same key", OrderID: cancelled.ID})
				return err
			},
			"pay": func(ctx context.Context) error {
				s := b.orders.(*service)
				if _, err := s.simulator.Decide(ctx, paid.Payment.ID, paid.Total, true); err != nil {
					return err
				}
				return s.ask(ctx, paid.Payment.ID)
			},
		} {
			if name == "pay" {
				b.hooks.lost.Store(true)
				b.decide(paid, true)
			}
			before := b.snapshot()
			for nth := 1; ; nth++ {
				ran := b.failing(nth)
				err := do(b.buyer)
				b.failingOff()
				if err == nil {
					if ran() >= nth {
						t.Fatalf("%s: the failure of statement %d was swallowed", name, nth)
					}
					t.Logf("%s: %d statements", name, ran())
					break
				}
				if after := b.snapshot(); !errors.Is(err, errInjected) || after != before {
					t.Fatalf("%s, statement %d (%v): the state has changed\n%s\n%s", name, nth, err, before, after)
				}
			}
			if b.snapshot() == before {
				t.Errorf("%s changed nothing", name)
			}
			b.sound()
		}
	})
}

func (b *bed) failingOff() { b.failing(-1) }
