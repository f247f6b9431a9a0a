package bus_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/identity"
)

func TestEventsOnSQLite(t *testing.T)     { conformance(t, onSQLite) }
func TestEventsOnPostgreSQL(t *testing.T) { conformance(t, onPostgres) }

func TestEventsOnSQLiteAndRabbitMQ(t *testing.T)     { conformance(t, withRabbitMQ(onSQLite)) }
func TestEventsOnPostgreSQLAndRabbitMQ(t *testing.T) { conformance(t, withRabbitMQ(onPostgres)) }

// conformance is what every transport on every database must do.
func conformance(t *testing.T, newHarness func(testing.TB) *harness) {
	t.Helper()
	t.Parallel() // the four beside each other and beside the broker's kills; each waits much
	for name, test := range map[string]func(*testing.T, *harness){
		"an event delivered many times has one effect":                     deliveredManyTimes,
		"order holds for each aggregate although handlers fail":            orderHolds,
		"a subscriber that always fails stops nobody else":                 failingStopsNobody,
		"an aggregate that fails holds back only itself":                   failingHoldsItself,
		"after its attempts an event is a dead letter and can be replayed": deadLetterAndReplay,
		"dead letters are listed in pages":                                 deadLettersInPages,
		"nothing is lost when the bus stops in the middle":                 stoppedInTheMiddle,
		"an event of a rolled-back transaction is never delivered":         rolledBack,
		"a handler emits events of its own":                                handlerEmits,
		"a handler that panics is tried again":                             panics,
		"a handler may not take forever":                                   takesForever,
		"fields that the handler does not know are ignored":                unknownFields,
		"events of a process without a bus are found by the tick":          foundByTick,
		"a commit wakes the worker at once":                                wokenAtOnce,
		"a retry comes when it is due":                                     retriedInTime,
		"a slow handler holds neither the publisher nor others up":         slowHandler,
		"the effect and the inbox are one transaction":                     effectWithInbox,
		"a handler cannot begin a second transaction":                      nestedInHandler,
		"old rows are swept and new ones kept":                             swept,
		"the lag counts what waits and what is dead":                       lagCounts,
		"events are browsed":                                               eventsAreBrowsed,
		"dead letters are browsed and discarded":                           deadLettersAreDiscarded,
		"what waits is handled together, and each event once":              handledTogether,
		"one that fails among others holds back only its aggregate":        poisonTogether,
		"one that dies among others harms no other":                        deadTogether,
		"what is interrupted together has its effect later, once":          interruptedTogether,
		"what is emitted together has each its own cause":                  emitsTogether,
	} {
		t.Run(name, func(t *testing.T) { test(t, newHarness(t)) })
	}
}

func deliveredManyTimes(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	for range 5 {
		p.place("o1")
	}
	p.drain()
	for range 3 {
		p.exec("order", `INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, due_at)
			SELECT id, 'chat', topic, aggregate, created_at FROM outbox_events`)
	}
	p.drain()
	p.want("chat", 1, 5)
}

// Row trap 4: 5 % of the attempts fail. Torture makes it 3,000 events.
func orderHolds(t *testing.T, h *harness) {
	aggregates := aggregatesFew
	if h.postgres && h.amqp == "" { // many at a time
		aggregates = aggregatesMany
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	p := h.process(t, bus.Options{Attempts: 1000})
	dice := sometimes(seed)
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		return errors.Join(record(ctx, tx, e), dice())
	})
	hear(p, "review", record)
	p.start()
	placeMany(p, aggregates, eventsEach)
	p.drain()
	p.want("chat", aggregates, eventsEach)
	p.want("review", aggregates, eventsEach)
}

// sometimes fails in one of twenty cases.
func sometimes(seed uint64) func() error {
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(seed, seed))
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		if r.IntN(20) == 0 {
			return errors.New("by chance")
		}
		return nil
	}
}

// placeMany announces that many events for each aggregate, four at a time.
func placeMany(p *process, aggregates, each int) {
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for range each {
				for a := g; a < aggregates; a += 4 {
					p.place(fmt.Sprintf("o%d", a))
				}
			}
		})
	}
	wait.Wait()
}

func failingStopsNobody(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1000, RetryMax: 100 * time.Millisecond})
	hear(p, "chat", func(context.Context, *db.Tx, placed) error { return errors.New("never") })
	hear(p, "review", record)
	p.start()
	placeMany(p, 20, 10)
	apptest.Eventually(t, func() bool { return p.count("review", "SELECT COUNT(*) FROM effects") == 200 })
	p.want("review", 20, 10)
	apptest.Eventually(t, func() error {
		n := p.count(h.keeper("order", "chat"), "SELECT COUNT(*) FROM outbox_deliveries WHERE subscriber = 'chat' AND dead_at IS NULL")
		if n != 200 {
			return fmt.Errorf("%d deliveries wait for the one that fails, want 200", n)
		}
		return nil
	})
}

func failingHoldsItself(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1000, RetryMax: 10 * time.Millisecond})
	var mended atomic.Bool
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if e.OrderID == "bad" && e.N == 2 && !mended.Load() {
			return errors.New("not this one")
		}
		return record(ctx, tx, e)
	})
	p.start()
	for range 5 {
		p.place("bad")
		p.place("good")
	}
	apptest.Eventually(t, func() bool { return len(p.effects("chat")["good"]) == 5 })
	apptest.Eventually(t, func() bool {
		return p.count(h.keeper("order", "chat"), "SELECT COALESCE(MAX(attempts), 0) FROM outbox_deliveries") >= 3
	})
	if err := counts(p.effects("chat")["bad"], 1); err != nil {
		t.Errorf("the failing aggregate: %v", err)
	}
	mended.Store(true)
	p.drain()
	p.want("chat", 2, 5)
}

func stoppedInTheMiddle(t *testing.T, h *harness) {
	const aggregates, each = 20, 15
	for done := 0; done < aggregates*each; {
		p := h.process(t, bus.Options{})
		hear(p, "chat", record)
		if done == 0 {
			placeInBulk(t, p, aggregates, each)
		}
		stop := p.start()
		apptest.Eventually(t, func() bool { return p.count("chat", "SELECT COUNT(*) FROM effects") >= min(done+60, aggregates*each) })
		stop()
		if err := p.Ready(t.Context()); err == nil {
			t.Error("ready although stopped")
		}
		done = p.count("chat", "SELECT COUNT(*) FROM effects")
		p.close()
	}
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	p.drain()
	p.want("chat", aggregates, each)
}

func rolledBack(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	var watched atomic.Int64
	bus.Watch(p.Module("web", nil), func(context.Context, placed) { watched.Add(1) })
	p.start()
	changed := errors.New("changed my mind")
	err := p.dbs["order"].Tx(t.Context(), func(tx *db.Tx) error { return errors.Join(place(tx, "gone"), changed) })
	if !errors.Is(err, changed) {
		t.Fatal(err)
	}
	p.place("o1")
	p.drain()
	apptest.Eventually(t, func() bool { return watched.Load() == 1 })
	p.want("chat", 1, 1)
}

// Row W8: the request's id travels; the actor is the system.
func handlerEmits(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	var request, userID atomic.Value
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if !identity.From(ctx).System {
			return errors.New("a handler runs as the system itself")
		}
		return tx.Emit(answered{e.OrderID})
	})
	hear(p, "review", func(ctx context.Context, tx *db.Tx, e answered) error {
		request.Store(identity.Request(ctx))
		userID.Store(identity.From(ctx).UserID)
		return tx.Exec("INSERT INTO effects (aggregate, n) VALUES (?, 1)", e.OrderID).Error
	})
	p.start()
	ctx := identity.WithRequest(identity.With(t.Context(), identity.Actor{UserID: "u1"}), "request-7")
	if err := p.dbs["order"].Tx(ctx, func(tx *db.Tx) error { return place(tx, "o1") }); err != nil {
		t.Fatal(err)
	}
	p.drain()
	p.want("review", 1, 1)
	if request.Load() != "request-7" || userID.Load() != "" {
		t.Errorf("the second handler saw request %v, user %v", request.Load(), userID.Load())
	}
	if n := p.count("order", `SELECT COUNT(*) FROM outbox_events WHERE headers LIKE '%"actor":"u1"%'`); n != 1 {
		t.Error("the event does not say who caused it")
	}
}

func panics(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	var attempts atomic.Int64
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if attempts.Add(1) < 3 {
			panic("broken")
		}
		return record(ctx, tx, e)
	})
	p.start()
	p.place("o1")
	p.drain()
	p.want("chat", 1, 1)
}

func takesForever(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Timeout: 50 * time.Millisecond})
	var attempts atomic.Int64
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if attempts.Add(1) == 1 {
			<-ctx.Done()
			return ctx.Err()
		}
		return record(ctx, tx, e)
	})
	p.start()
	p.place("o1")
	p.drain()
	p.want("chat", 1, 1)
}

func unknownFields(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	p.exec("order", `INSERT INTO outbox_events (id, topic, aggregate, payload, headers, created_at)
		VALUES ('e1', 'order.placed.v1', 'o1', '{"order_id":"o1","n":1,"since_v2":{"a":[1]}}', '{}', ?)`, h.clock.Now())
	p.exec("order", `INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, due_at)
		VALUES ('e1', 'chat', 'order.placed.v1', 'o1', ?)`, h.clock.Now())
	p.drain()
	p.want("chat", 1, 1)
}

func foundByTick(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	command := h.open(t, "order", p.routes, nil)
	defer func() { _ = command.Close() }()
	if err := command.Tx(t.Context(), func(tx *db.Tx) error { return place(tx, "o1") }); err != nil {
		t.Fatal(err)
	}
	apptest.Eventually(t, func() bool { return len(p.effects("chat")) == 1 })
}

func wokenAtOnce(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	effects := make(chan int, 1)
	hear(p, "chat", func(_ context.Context, _ *db.Tx, e placed) error { effects <- e.N; return nil })
	p.start()
	late := time.After(5 * time.Second) // by the tick it would take ten
	for range 20 {
		p.place("o1")
		select {
		case <-effects:
		case <-late:
			t.Fatal("the commits did not wake the worker")
		}
		p.drain() // it sleeps again
	}
}

func retriedInTime(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	var attempts atomic.Int64
	done := make(chan bool, 1)
	hear(p, "chat", func(context.Context, *db.Tx, placed) error {
		if attempts.Add(1) < 8 {
			return errors.New("not yet")
		}
		done <- true
		return nil
	})
	p.start()
	p.place("o1")
	select {
	case <-done:
	case <-time.After(4 * time.Second): // by the tick it would take seven
		t.Fatal("the retries waited for the tick")
	}
}

func slowHandler(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	began, end := make(chan bool), make(chan bool)
	release := sync.OnceFunc(func() { close(end) })
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if e.OrderID == "slow" {
			began <- true
			<-end
		}
		return record(ctx, tx, e)
	})
	hear(p, "review", record)
	p.start()
	t.Cleanup(release)
	err := p.dbs["order"].Tx(t.Context(), func(tx *db.Tx) error { return errors.Join(place(tx, "slow"), place(tx, "o1")) })
	if err != nil {
		t.Fatal(err)
	}
	<-began
	p.place("o2") // the publisher's database is free to be written
	apptest.Eventually(t, func() bool { return len(p.effects("review")) == 3 })
	if h.postgres && h.amqp == "" { // another aggregate passes; on SQLite the subscriber has one writer, on RabbitMQ one consumer
		apptest.Eventually(t, func() bool { return len(p.effects("chat")["o1"]) == 1 })
	}
	release()
	p.drain()
	p.want("chat", 3, 1)
}

func effectWithInbox(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1})
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		return errors.Join(record(ctx, tx, e), errors.New("after the effect"))
	})
	p.start()
	p.place("o1")
	p.drain()
	if e, i := p.count("chat", "SELECT COUNT(*) FROM effects"), p.count("chat", "SELECT COUNT(*) FROM inbox"); e != 0 || i != 0 {
		t.Errorf("a failed handler left %d effects and %d inbox rows", e, i)
	}
}

func nestedInHandler(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1})
	chat := p.dbs["chat"]
	hear(p, "chat", func(ctx context.Context, _ *db.Tx, _ placed) error {
		return chat.Tx(ctx, func(*db.Tx) error { return nil })
	})
	p.start()
	p.place("o1")
	p.drain()
	letters, err := p.DeadLetters(t.Context(), "", 0)
	if err != nil || len(letters) != 1 || !strings.Contains(letters[0].LastError, db.ErrNested.Error()) {
		t.Errorf("dead letters: %+v, %v", letters, err)
	}
}
