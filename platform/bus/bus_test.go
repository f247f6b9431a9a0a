package bus_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/db"
)

func TestAWatcherThatIsStuckHoldsUpNoCommit(t *testing.T) {
	p := onSQLite(t).process(t, bus.Options{})
	end := make(chan struct{})
	bus.Watch(p.Module("web", nil), func(context.Context, placed) { <-end })
	hear(p, "chat", record)
	p.start()
	t.Cleanup(func() { close(end) }) // before the bus stops
	placeInBulk(t, p, 400, 1)        // more than may wait
	p.drain()
	p.want("chat", 400, 1)
}

func TestAWatcherThatPanicsIsToldOfTheNextEvent(t *testing.T) {
	p := onSQLite(t).process(t, bus.Options{})
	var seen atomic.Int64
	bus.Watch(p.Module("web", nil), func(_ context.Context, e placed) {
		if seen.Add(1) == 1 {
			panic("broken")
		}
	})
	p.start()
	p.place("o1")
	p.place("o1")
	apptest.Eventually(t, func() bool { return seen.Load() == 2 })
}

func TestASignalIsShownAndNotKept(t *testing.T) {
	p := onSQLite(t).process(t, bus.Options{})
	seen := make(chan placed, 2)
	bus.Watch(p.Module("web", nil), func(_ context.Context, e placed) { seen <- e })
	hear(p, "chat", record)
	signal(t, p) // nobody carries it yet
	p.start()
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	signal(t, p)
	if e := <-seen; e.OrderID != "o7" || e.N != 7 {
		t.Errorf("shown was %+v", e)
	}
	if kept := p.count("order", "SELECT COUNT(*) FROM outbox_events"); kept != 0 || len(seen) != 0 {
		t.Errorf("%d are kept, %d more were shown", kept, len(seen))
	}
}

// signal signals from the module order.
func signal(t *testing.T, p *process) {
	t.Helper()
	if err := p.Module("order", p.dbs["order"]).Signal(t.Context(), placed{OrderID: "o7", N: 7}); err != nil {
		t.Error(err)
	}
}

func TestRunRefusesRoutesThatAreNotTheHandlers(t *testing.T) {
	p := onSQLite(t).process(t, bus.Options{})
	p.routes.Add("chat", placed{})
	bus.Handle(p.Module("review", nil), func(context.Context, *db.Tx, answered) error { return nil })
	err := p.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "chat says that it hears order.placed.v1") ||
		!strings.Contains(err.Error(), "review handles chat.answered.v1") {
		t.Errorf("run: %v", err)
	}
}

func TestRunTwiceAtOnceIsRefused(t *testing.T) {
	p := onSQLite(t).process(t, bus.Options{})
	p.start()
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	if err := p.Run(t.Context()); err == nil {
		t.Error("a second Run")
	}
}

func TestMistakesOfTheProgramPanicWhenItStarts(t *testing.T) {
	p := onSQLite(t).process(t, bus.Options{})
	nothing := func(context.Context, *db.Tx, placed) error { return nil }
	hear(p, "chat", nothing)
	refused := func(name string, fn func()) {
		t.Helper()
		defer func() {
			if recover() == nil {
				t.Errorf("%s must panic", name)
			}
		}()
		fn()
	}
	refused("a second handler", func() { bus.Handle(p.Module("chat", nil), nothing) })
	refused("a handler without a database", func() { bus.Handle(p.Module("web", nil), nothing) })
	p.start()
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	refused("a late handler", func() { bus.Handle(p.Module("review", nil), nothing) })
	refused("a late watcher", func() { bus.Watch(p.Module("web", nil), func(context.Context, placed) {}) })
}

func TestTheMetricsCountWhatWasHandledFailedAndDied(t *testing.T) {
	registry := prometheus.NewRegistry()
	p := onSQLite(t).process(t, bus.Options{Attempts: 2, Metrics: registry})
	hear(p, "chat", func(_ context.Context, _ *db.Tx, e placed) error {
		if e.N == 2 {
			return context.DeadlineExceeded
		}
		return nil
	})
	p.start()
	for range 3 {
		p.place("o1")
	}
	p.drain()
	want := map[string]float64{"marketplace_events_handled_total": 2, "marketplace_events_failed_total": 2,
		"marketplace_events_dead_total": 1, "marketplace_events_lag_seconds": 2}
	for name, n := range want {
		apptest.Eventually(t, func() bool { return value(t, registry, name) == n })
	}
	if _, err := bus.New(bus.Options{Metrics: registry}); err == nil {
		t.Error("two buses with one registry must be refused")
	}
}

// value is a counter's value, or how often a histogram was told something.
func value(t *testing.T, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name {
				return m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return 0
}

func TestPausesDoubleUpToTheLongest(t *testing.T) {
	for attempt, want := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 5: 1600 * time.Millisecond,
		10: 51200 * time.Millisecond, 11: time.Minute, 1000: time.Minute} {
		if got := bus.PauseAfter(attempt, 100*time.Millisecond, time.Minute, 0); got != want {
			t.Errorf("after attempt %d: %v, want %v", attempt, got, want)
		}
		if got := bus.PauseAfter(attempt, 100*time.Millisecond, time.Minute, 0.999); got >= want || got < want*3/4 {
			t.Errorf("after attempt %d with the most of chance: %v", attempt, got)
		}
	}
}

func TestStoppingLeavesNothingRunning(t *testing.T) {
	t.Run("in memory", func(t *testing.T) { stopping(t, onSQLite(t)) })
	t.Run("on RabbitMQ", func(t *testing.T) { stopping(t, withRabbitMQ(onSQLite)(t)) })
}

func stopping(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	bus.Watch(p.Module("web", nil), func(context.Context, placed) {})
	round := func() {
		stop := p.start()
		p.place("o1")
		p.drain()
		stop()
	}
	round()
	before := runtime.NumGoroutine()
	for range 5 {
		round()
	}
	apptest.Eventually(t, func() bool { return runtime.NumGoroutine() <= before })
	p.want("chat", 1, 6)
}
