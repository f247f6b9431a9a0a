package bus_test

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"marketplace/migrations"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/db"
)

type placed struct {
	OrderID string `json:"order_id"`
	N       int    `json:"n"` // counts the order's events from 1
}

func (placed) Topic() string       { return "order.placed.v1" }
func (e placed) Aggregate() string { return e.OrderID }

type answered struct {
	OrderID string `json:"order_id"`
}

func (answered) Topic() string       { return "chat.answered.v1" }
func (e answered) Aggregate() string { return e.OrderID }

// tables are those of every module in these tests: what was changed, and what the handlers did, in their order.
const tables = `-- +goose Up
CREATE TABLE orders (id TEXT PRIMARY KEY, n INTEGER NOT NULL);
CREATE TABLE effects (seq {{.ID}}, aggregate TEXT NOT NULL, n INTEGER NOT NULL);`

// harness is a database system, empty at first, on which processes of the marketplace run, perhaps with a broker.
type harness struct {
	postgres bool
	dir, url string
	urls     map[string]string // by module, for those that have a server of their own
	amqp     string            // empty: events stay in the process
	clock    *clock.Clock
}

func onSQLite(t testing.TB) *harness { return &harness{dir: t.TempDir(), clock: clock.New()} }

func onPostgres(t testing.TB) *harness {
	return &harness{postgres: true, url: apptest.Postgres(t), clock: clock.New()}
}

// withRabbitMQ adds a broker.
func withRabbitMQ(newHarness func(testing.TB) *harness) func(testing.TB) *harness {
	return func(t testing.TB) *harness {
		h := newHarness(t)
		h.amqp = apptest.RabbitMQ(t)
		return h
	}
}

// keeper is the module in whose database an event waits that the subscriber could not handle, and as what.
func (h *harness) keeper(publisher, subscriber string) string {
	if h.amqp != "" {
		return subscriber
	}
	return publisher
}

// process is one process with its modules.
type process struct {
	*bus.Bus
	t       testing.TB
	harness *harness
	routes  *db.Routes
	dbs     map[string]*db.DB
}

// process hosts the modules order, chat and review, or those that are named.
func (h *harness) process(t testing.TB, o bus.Options, modules ...string) *process {
	t.Helper()
	if len(modules) == 0 {
		modules = []string{"order", "chat", "review"}
	}
	p := &process{t: t, harness: h, routes: &db.Routes{}, dbs: map[string]*db.DB{}}
	o.Routes, o.AMQP = p.routes, h.amqp
	if o.Log == nil {
		o.Log = zaptest.NewLogger(t, zaptest.Level(zap.DPanicLevel))
	}
	if o.RetryMin == 0 {
		o.RetryMin = time.Millisecond
	}
	var err error
	if p.Bus, err = bus.New(o); err != nil {
		t.Fatal(err)
	}
	for _, module := range modules {
		p.dbs[module] = h.open(t, module, p.routes, p.Committed)
		t.Cleanup(func() { _ = p.dbs[module].Close() })
		p.Module(module, p.dbs[module])
	}
	return p
}

func (h *harness) open(t testing.TB, module string, routes *db.Routes, committed func([]db.Emitted)) *db.DB {
	t.Helper()
	events, err := migrations.Events()
	if err != nil {
		t.Fatal(err)
	}
	own := fstest.MapFS{"00001_test.sql": {Data: []byte(tables)}}
	url := cmp.Or(h.urls[module], h.url)
	d, err := db.Open(t.Context(), db.Options{Module: module, URL: url, Dir: h.dir, Routes: routes, Committed: committed, Clock: h.clock,
		Migrations: []db.Migration{{Table: "goose_events", Files: events}, {Table: "goose_test", Files: own}}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// hear makes the module hear an event.
func hear[E db.Event](p *process, module string, fn func(ctx context.Context, tx *db.Tx, e E) error) {
	var none E
	p.routes.Add(module, none)
	bus.Handle(p.Module(module, p.dbs[module]), fn)
}

// record is the effect of most handlers here.
func record(_ context.Context, tx *db.Tx, e placed) error {
	return tx.Exec("INSERT INTO effects (aggregate, n) VALUES (?, ?)", e.OrderID, e.N).Error
}

// start runs the bus; stop ends it and waits. It stops with the test at the latest.
func (p *process) start() (stop func()) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				p.t.Errorf("run: %v", err)
			}
		})
	}
	p.t.Cleanup(stop)
	return stop
}

func (p *process) close() {
	for _, d := range p.dbs {
		_ = d.Close()
	}
}

// place changes an order and announces it, the order's next number with it.
func (p *process) place(order string) {
	p.t.Helper()
	if err := p.tryPlace(order); err != nil {
		p.t.Errorf("place: %v", err)
	}
}

func (p *process) tryPlace(order string) error {
	return p.dbs["order"].Tx(p.t.Context(), func(tx *db.Tx) error { return place(tx, order) })
}

func place(tx *db.Tx, order string) error {
	var n int
	err := tx.Raw("INSERT INTO orders (id, n) VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET n = orders.n + 1 RETURNING n", order).Scan(&n).Error
	if err != nil {
		return err
	}
	return tx.Emit(placed{OrderID: order, N: n})
}

func (p *process) drain() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 3*time.Minute) // far longer than it takes on a busy machine
	defer cancel()
	if err := p.Drained(ctx); err != nil {
		p.t.Fatalf("drained: %v", err)
	}
}

// effects returns what the module's handler has done for each aggregate, in order.
func (p *process) effects(module string) map[string][]int {
	p.t.Helper()
	var rows []struct {
		Aggregate string
		N         int
	}
	if err := p.dbs[module].Read(p.t.Context()).Raw("SELECT aggregate, n FROM effects ORDER BY seq").Scan(&rows).Error; err != nil {
		p.t.Fatalf("read the effects: %v", err)
	}
	found := map[string][]int{}
	for _, r := range rows {
		found[r.Aggregate] = append(found[r.Aggregate], r.N)
	}
	return found
}

// want checks that every aggregate had all its effects, once each, in order.
func (p *process) want(module string, aggregates, each int) {
	p.t.Helper()
	found := p.effects(module)
	if len(found) != aggregates {
		p.t.Errorf("%s: effects on %d aggregates, want %d", module, len(found), aggregates)
	}
	for aggregate, ns := range found {
		if err := counts(ns, each); err != nil {
			p.t.Errorf("%s, %s: %v", module, aggregate, err)
		}
	}
}

// wantOrders checks that every order had all its effects, once each, in order.
func (p *process) wantOrders(module string) {
	p.t.Helper()
	var orders []struct {
		ID string
		N  int
	}
	if err := p.dbs["order"].Read(p.t.Context()).Raw("SELECT id, n FROM orders").Scan(&orders).Error; err != nil {
		p.t.Fatalf("read the orders: %v", err)
	}
	found := p.effects(module)
	for _, o := range orders {
		if err := counts(found[o.ID], o.N); err != nil {
			p.t.Errorf("%s, %s: %v", module, o.ID, err)
		}
	}
}

func counts(ns []int, to int) error {
	if len(ns) != to {
		return fmt.Errorf("%d effects, want %d: %v", len(ns), to, ns)
	}
	for i, n := range ns {
		if n != i+1 {
			return fmt.Errorf("out of order at %d: %v", i+1, ns)
		}
	}
	return nil
}

func (p *process) exec(module, statement string, args ...any) {
	p.t.Helper()
	if err := p.dbs[module].Tx(p.t.Context(), func(tx *db.Tx) error { return tx.Exec(statement, args...).Error }); err != nil {
		p.t.Fatalf("%s: %v", statement, err)
	}
}

func (p *process) count(module, query string, args ...any) int {
	p.t.Helper()
	n, err := p.tryCount(module, query, args...)
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return n
}

func (p *process) tryCount(module, query string, args ...any) (n int, err error) {
	err = p.dbs[module].Read(p.t.Context()).Raw(query, args...).Scan(&n).Error
	return n, err
}
