// Package bus carries events from the outbox of the module that emitted them to the modules that hear
// them: delivered at least once, effective exactly once, in order for each aggregate. It is the one place that knows
// Watermill.
//
// An event's way: db.Tx.Emit writes it with the change, and one delivery row for each module that hears it; the commit
// wakes the worker of that publisher and subscriber (worker.go), which reads the due rows in order (outbox.go) and hands
// them to Watermill's Router (memory.go, feed.go); the handler writes the inbox row and its effect in one transaction (handle.go);
// then the delivery row is deleted. What fails comes again after a while, at last as a dead letter (deadletters.go).
//
// With RabbitMQ (rabbit.go) there is one delivery row, for the relay, whose worker publishes the event and deletes the row
// when the broker has confirmed it (link.go); the modules consume from their queues into the same Router and handlers
// (consumer.go). An event that a module could not handle is parked as a row of that module's own outbox, from where a
// worker brings it again (parking.go), so failures look the same with both.
package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"marketplace/platform/db"
	"marketplace/platform/trace"
)

// Options say how the bus behaves. The zero value is what production wants, without logs and metrics.
type Options struct {
	Log      *zap.Logger           // nil: silence
	Metrics  prometheus.Registerer // nil: none
	Tracer   *trace.Tracer         // nil: no traces
	Routes   *db.Routes            // who should hear what; Run compares it with the handlers. nil: no comparison
	AMQP     string                // the amqp:// URL of a RabbitMQ that carries the events between processes; needs Routes. Empty: they stay in this one
	Attempts int                   // how often a handler is tried before its event is a dead letter; 0 is 10
	RetryMin time.Duration         // the pause after the first failure, doubled after each further one; 0 is 100 ms
	RetryMax time.Duration         // the longest pause; 0 is a minute
	Timeout  time.Duration         // how long one handler may take; 0 is 30 s
}

// Bus is one process's end of the event system.
type Bus struct {
	options Options
	log     *zap.Logger
	metrics *metrics
	running atomic.Bool
	ready   atomic.Bool
	steps   atomic.Int64 // what has happened to events here: commits, and what moves outside of the outboxes

	mu        sync.RWMutex
	modules   map[string]*Events
	watchers  map[string][]*watcher // by topic
	transport transport             // while it runs, like the next
	woken     map[route][]*worker   // by a commit
}

// route is a module and a topic: of a commit, whose events they are and what they say, the topic empty for whoever
// carries all; of a feed, who hears what.
type route struct{ module, topic string }

// New makes a bus without modules. It fails when the metrics are registered already or the address of the broker cannot
// be read; it does not connect. With a broker, events are emitted for the relay from here on.
func New(o Options) (*Bus, error) {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Attempts <= 0 {
		o.Attempts = 10
	}
	if o.RetryMin <= 0 {
		o.RetryMin = 100 * time.Millisecond
	}
	if o.RetryMax <= 0 {
		o.RetryMax = time.Minute
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.AMQP != "" {
		if err := checkBroker(o); err != nil {
			return nil, err
		}
		o.Routes.Via(relay)
	}
	m, err := newMetrics(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("register the metrics of the bus: %w", err)
	}
	return &Bus{options: o, log: o.Log, metrics: m, modules: map[string]*Events{}, watchers: map[string][]*watcher{}}, nil
}

// Events is one module's end of the bus: its database is the outbox of what it emits and the inbox of what it hears.
type Events struct {
	bus       *Bus
	module    string
	db        *db.DB
	reactions map[string]reaction // by topic
	slots     chan struct{}       // limits the handlers that run at once
}

// Module gives a hosted module its end of the bus. The database may be nil for one that only watches. A second call
// returns the same.
func (b *Bus) Module(name string, d *db.DB) *Events {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ev := b.modules[name]; ev != nil {
		return ev
	}
	ev := &Events{bus: b, module: name, db: d, reactions: map[string]reaction{}, slots: make(chan struct{}, parallel(d))}
	b.modules[name] = ev
	return ev
}

// parallel is how many handlers of a module may run at once: one on SQLite, which has one writer; on PostgreSQL half
// of the module's connections, so that people always find one.
func parallel(d *db.DB) int {
	if d == nil || !d.Postgres() {
		return 1
	}
	write, _ := d.Stats()
	return max(1, write.MaxOpenConnections/2)
}

// Committed is what every module's database calls after a commit that emitted (db.Options.Committed). It wakes the
// workers and tells the watchers; it never blocks.
func (b *Bus) Committed(emitted []db.Emitted) {
	b.steps.Add(1)
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, e := range emitted {
		for _, w := range b.woken[route{e.Module, e.Topic}] {
			w.wakeUp()
		}
		for _, w := range b.woken[route{e.Module, ""}] {
			w.wakeUp()
		}
		if b.options.AMQP == "" { // the broker tells every process
			b.show(e)
		}
	}
}

// show tells the watchers of this process; b.mu is held.
func (b *Bus) show(e db.Emitted) {
	for _, w := range b.watchers[e.Topic] {
		w.tell(e)
	}
}

// Run delivers events until ctx ends. Then, in this order: each worker finishes the event in hand, the router closes,
// the transport closes; nothing is lost, the rest waits in the outbox for the next Run. One Run at a time.
func (b *Bus) Run(ctx context.Context) error {
	if !b.running.CompareAndSwap(false, true) {
		return errors.New("bus: it runs already")
	}
	defer b.running.Store(false)
	if err := b.check(); err != nil {
		return err
	}
	var t transport = newMemory(b)
	if b.options.AMQP != "" {
		t = newRabbit(b)
	}
	router, stop, err := b.startRouter(context.WithoutCancel(ctx), t)
	if err != nil {
		return err
	}
	b.setTransport(t)
	b.ready.Store(true)
	g, tasks := errgroup.WithContext(ctx)
	g.Go(func() error { return t.run(tasks) })
	g.Go(func() error { return b.keepHouse(tasks) })
	for _, w := range b.allWatchers() {
		g.Go(func() error { return w.run(tasks) })
	}
	g.Go(func() error { // a router that ends by itself is a fault of the process
		select {
		case <-tasks.Done():
			return nil
		case err := <-router:
			return errors.Join(errors.New("bus: the router has ended"), err)
		}
	})
	err = g.Wait()
	b.ready.Store(false)
	b.setTransport(nil)
	return errors.Join(err, stop(), t.close())
}

// startRouter starts Watermill's router with every module's reactions, fed by the transport. ended gets the router's
// error if it ends by itself; stop closes it when what it has begun is finished.
func (b *Bus) startRouter(ctx context.Context, t transport) (ended <-chan error, stop func() error, err error) {
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: b.options.Timeout}, watermill.NopLogger{})
	if err != nil {
		return nil, nil, fmt.Errorf("make the router: %w", err)
	}
	for _, ev := range b.hosted() {
		for topic, r := range ev.reactions {
			router.AddConsumerHandler(ev.handler(topic), topic, t.subscriber(ev.module, topic), ev.handle(topic, r))
		}
	}
	done := make(chan error, 1)
	go func() { done <- router.Run(ctx) }()
	select {
	case <-router.Running():
		return done, router.Close, nil
	case err := <-done:
		return nil, nil, fmt.Errorf("start the router: %w", err)
	}
}

// Ready answers nil while events are delivered. An error that is ErrAway says that the broker cannot be reached:
// everything else works, and events wait in the outbox.
func (b *Bus) Ready(context.Context) error {
	if t := b.carrier(); b.ready.Load() && t != nil {
		return t.ready()
	}
	return errors.New("bus: events are not delivered now")
}

// Idle says whether no delivery of the hosted modules' events is outstanding; dead letters do not count. With a broker
// it speaks of the modules hosted here and of what this process has brought there.
func (b *Bus) Idle(ctx context.Context) (bool, error) {
	for {
		// A handler may emit into an outbox already looked at; its commit is counted before its delivery is done.
		before := b.steps.Load()
		for _, o := range b.outboxes() {
			if busy, err := o.busy(ctx); busy || err != nil {
				return false, err
			}
		}
		if t := b.carrier(); t != nil {
			if settled, err := t.settled(ctx); !settled || err != nil {
				return false, err
			}
		}
		if b.steps.Load() == before {
			return true, nil
		}
	}
}

// Drained waits until Idle: every event emitted by the hosted modules has had its effect or is a dead letter. It ends
// with the context's error if that comes first.
func (b *Bus) Drained(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		idle, err := b.Idle(ctx)
		if idle || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// check compares the handlers with the routes: a route without a handler keeps its events for ever, a handler without
// a route hears nothing.
func (b *Bus) check() error {
	if b.options.Routes == nil {
		return nil
	}
	var errs []error
	for _, ev := range b.hosted() {
		hears, handles := b.options.Routes.Topics(ev.module), ev.Topics()
		for _, topic := range hears {
			if !slices.Contains(handles, topic) {
				errs = append(errs, fmt.Errorf("bus: %s says that it hears %s but has no handler", ev.module, topic))
			}
		}
		for _, topic := range handles {
			if !slices.Contains(hears, topic) {
				errs = append(errs, fmt.Errorf("bus: %s handles %s but does not say that it hears it", ev.module, topic))
			}
		}
	}
	return errors.Join(errs...)
}

// hosted returns the modules that have a database, sorted by name.
func (b *Bus) hosted() []*Events {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var found []*Events
	for _, ev := range b.modules {
		if ev.db != nil {
			found = append(found, ev)
		}
	}
	slices.SortFunc(found, func(x, y *Events) int { return strings.Compare(x.module, y.module) })
	return found
}

func (b *Bus) outboxes() []outbox {
	var found []outbox
	for _, ev := range b.hosted() {
		found = append(found, outbox{ev.module, ev.db})
	}
	return found
}

func (b *Bus) carrier() transport {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.transport
}

func (b *Bus) setTransport(t transport) {
	woken := map[route][]*worker{}
	if t != nil {
		for _, w := range t.workers() {
			for _, topic := range w.wakers() {
				r := route{w.outbox.module, topic}
				woken[r] = append(woken[r], w)
			}
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.transport, b.woken = t, woken
}
