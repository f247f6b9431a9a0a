package bus_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/identity"
)

// What handlers that take all that waits must do; part of conformance. In a process the events of these tests come as one lot:
// they wait before the bus starts. From a broker they come one by one, and the same holds.

// company is a handler of several with its memory.
type company struct {
	mu      sync.Mutex
	largest int
	told    map[string]int // by event, how often its AfterCommit was called
	refuse  func(e placed) error
}

// handle records each event, and only then looks whether one of them is refused: so what a lot has done must be undone.
func (c *company) handle(ctx context.Context, tx *db.Tx, all []bus.Heard[placed]) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.largest = max(c.largest, len(all))
	var errs []error
	for _, m := range all {
		errs = append(errs, record(ctx, tx, m.Event), c.refuse(m.Event))
		tx.AfterCommit(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.told[fmt.Sprint(m.Event.OrderID, m.Event.N)]++
		})
	}
	return errors.Join(errs...)
}

// hearTogether makes chat hear orders in company.
func hearTogether(p *process, refuse func(e placed) error) *company {
	c := &company{told: map[string]int{}, refuse: refuse}
	p.routes.Add("chat", placed{})
	bus.HandleTogether(p.Module("chat", p.dbs["chat"]), c.handle)
	return c
}

func (c *company) hasTold() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.told)
}

// want checks that they came together where they can, and that each was told of once.
func (c *company) want(t *testing.T, h *harness, together, told int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if h.amqp != "" {
		together = 1
	}
	if c.largest != together {
		t.Errorf("at most %d came together, want %d", c.largest, together)
	}
	if len(c.told) != told {
		t.Errorf("%d were told of, want %d: %v", len(c.told), told, c.told)
	}
	for event, times := range c.told {
		if times != 1 {
			t.Errorf("%s was told of %d times", event, times)
		}
	}
}

func handledTogether(t *testing.T, h *harness) {
	registry := prometheus.NewRegistry()
	p := h.process(t, bus.Options{Metrics: registry})
	c := hearTogether(p, func(placed) error { return nil })
	placeInBulk(t, p, 20, 5)
	if h.amqp == "" { // each is delivered twice, and both are in the lot
		p.exec("order", `INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, due_at)
			SELECT event_id, subscriber, topic, aggregate, due_at FROM outbox_deliveries ORDER BY seq`)
	}
	p.start()
	p.drain()
	p.want("chat", 20, 5)
	c.want(t, h, 100, 100)
	if n := p.count("chat", "SELECT COUNT(*) FROM inbox"); n != 100 {
		t.Errorf("%d are in the inbox", n)
	}
	if n := value(t, registry, "marketplace_events_failed_total"); n != 0 {
		t.Errorf("%v attempts are said to have failed", n)
	}
}

// One that fails in the middle holds back its aggregate, and nobody else.
func poisonTogether(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1000, RetryMax: 10 * time.Millisecond})
	poisoned := true
	c := hearTogether(p, func(e placed) error {
		if e.OrderID == "o2" && e.N == 3 && poisoned {
			return errors.New("not this one")
		}
		return nil
	})
	placeInBulk(t, p, 5, 5)
	p.start()
	apptest.Eventually(t, func() bool {
		return p.count(h.keeper("order", "chat"), "SELECT COALESCE(MAX(attempts), 0) FROM outbox_deliveries") >= 3 &&
			p.count("chat", "SELECT COUNT(*) FROM effects") == 22 && c.hasTold() == 22 // which it does after the commit
	})
	for aggregate, ns := range p.effects("chat") {
		want := 5
		if aggregate == "o2" {
			want = 2
		}
		if err := counts(ns, want); err != nil {
			t.Errorf("%s: %v", aggregate, err)
		}
	}
	c.want(t, h, 25, 22)
	c.mu.Lock()
	poisoned = false
	c.mu.Unlock()
	p.drain()
	p.want("chat", 5, 5)
	c.want(t, h, 25, 25)
}

// What comes after a dead letter passes it.
func deadTogether(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 3})
	c := hearTogether(p, func(e placed) error {
		if e.OrderID == "o2" && e.N == 3 {
			panic("always")
		}
		return nil
	})
	placeInBulk(t, p, 5, 5)
	p.start()
	p.drain()
	c.want(t, h, 25, 24)
	letters, err := p.DeadLetters(t.Context(), "", 0)
	if err != nil || len(letters) != 1 || letters[0].Aggregate != "o2" || letters[0].Attempts != 3 {
		t.Errorf("dead letters: %+v, %v", letters, err)
	}
	for aggregate, ns := range p.effects("chat") {
		want := []int{1, 2, 3, 4, 5}
		if aggregate == "o2" {
			want = []int{1, 2, 4, 5}
		}
		if fmt.Sprint(ns) != fmt.Sprint(want) {
			t.Errorf("%s: %v", aggregate, ns)
		}
	}
}

// A lot that is given up in the middle, as by a process that ends there, has had no effect; then each event has its own.
func interruptedTogether(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Timeout: time.Second})
	var mu sync.Mutex
	interrupted := false
	p.routes.Add("chat", placed{})
	bus.HandleTogether(p.Module("chat", p.dbs["chat"]), func(ctx context.Context, tx *db.Tx, all []bus.Heard[placed]) error {
		mu.Lock()
		defer mu.Unlock()
		for i, m := range all {
			if err := record(ctx, tx, m.Event); err != nil {
				return err
			}
			if i == len(all)/2 && !interrupted {
				interrupted = true
				<-ctx.Done()
			}
		}
		return ctx.Err()
	})
	placeInBulk(t, p, 5, 4)
	p.start()
	p.drain()
	p.want("chat", 5, 4)
}

// What a handler of several emits has each the cause of its own event (row W8).
func emitsTogether(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	p.routes.Add("chat", placed{})
	bus.HandleTogether(p.Module("chat", p.dbs["chat"]), func(ctx context.Context, tx *db.Tx, all []bus.Heard[placed]) error {
		if !identity.From(ctx).System {
			return errors.New("a handler runs as the system itself")
		}
		var answers []db.Caused
		for _, m := range all {
			answers = append(answers, db.Caused{Event: answered{m.Event.OrderID}, Cause: m.Cause})
		}
		return tx.EmitCaused(answers...)
	})
	var mu sync.Mutex
	requests := map[string]string{}
	hear(p, "review", func(ctx context.Context, tx *db.Tx, e answered) error {
		mu.Lock()
		defer mu.Unlock()
		requests[e.OrderID] = identity.Request(ctx)
		return tx.Exec("INSERT INTO effects (aggregate, n) VALUES (?, 1)", e.OrderID).Error
	})
	for i := range 10 {
		ctx := identity.WithRequest(t.Context(), fmt.Sprint("request of o", i))
		if err := p.dbs["order"].Tx(ctx, func(tx *db.Tx) error { return place(tx, fmt.Sprint("o", i)) }); err != nil {
			t.Fatal(err)
		}
	}
	p.start()
	p.drain()
	p.want("review", 10, 1)
	mu.Lock()
	defer mu.Unlock()
	for order, request := range requests {
		if request != "request of "+order {
			t.Errorf("the answer to %s says that it was caused by %q", order, request)
		}
	}
	if n := p.count("chat", `SELECT COUNT(*) FROM outbox_events WHERE headers LIKE '%"actor":"system"%'`); n != 10 {
		t.Errorf("%d answers say that they are the system's", n)
	}
}

type closed struct {
	OrderID string `json:"order_id"`
	N       int    `json:"n"`
}

func (closed) Topic() string       { return "order.closed.v1" }
func (e closed) Aggregate() string { return e.OrderID }

// A lot overtakes nothing: in a process the order of an aggregate holds across topics.
func TestWhatIsHandledTogetherOvertakesNothingElseOfItsAggregate(t *testing.T) {
	for name, newHarness := range map[string]func(testing.TB) *harness{"SQLite": onSQLite, "PostgreSQL": onPostgres} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t)
			p := h.process(t, bus.Options{})
			c := hearTogether(p, func(placed) error { return nil })
			hear(p, "chat", func(ctx context.Context, tx *db.Tx, e closed) error { return record(ctx, tx, placed(e)) })
			err := p.dbs["order"].Tx(t.Context(), func(tx *db.Tx) error {
				for n := 1; n <= 6; n++ {
					for a := range 4 { // the first begins with the other topic
						var e db.Event = placed{fmt.Sprint("o", a), n}
						if n%4 == a {
							e = closed{fmt.Sprint("o", a), n}
						}
						if err := tx.Emit(e); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			p.start()
			p.drain()
			p.want("chat", 4, 6)
			c.want(t, h, 6, 18) // 3 of o0, none of o1, 1 of o2, 2 of o3
		})
	}
}
