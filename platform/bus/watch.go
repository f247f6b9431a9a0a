package bus

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
)

// Watch tells this instance of every such event soon after it was committed: a best-effort signal for live
// pages, which may be lost, and never changes a database. fn must return quickly: what comes while 256 events wait is
// dropped. Watch while the bus runs is a mistake of the program and panics.
func Watch[E db.Event](ev *Events, fn func(ctx context.Context, e E)) {
	var zero E
	ev.bus.watch(zero.Topic(), func(ctx context.Context, payload []byte) error {
		var e E
		if err := json.Unmarshal(payload, &e); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		fn(ctx, e)
		return nil
	})
}

// Signal tells the watchers of every instance of the event now, and keeps nothing: for what is true for seconds only and
// worth no row, such as that somebody is writing. Where a broker is away it is lost, without an error; modules cannot hear
// it. It fails when the event cannot be written as JSON.
func (ev *Events) Signal(ctx context.Context, e db.Event) error {
	payload, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("signal %s: %w", e.Topic(), err)
	}
	t := ev.bus.carrier()
	if t == nil {
		return nil
	}
	signal := db.Emitted{ID: uuid.NewString(), Module: ev.module, Topic: e.Topic(), Aggregate: e.Aggregate(), Payload: payload,
		Headers: map[string]string{db.HeaderRequest: identity.Request(ctx)}, CreatedAt: ev.db.Now()}
	if err := t.signal(context.WithoutCancel(ctx), signal); err != nil {
		ev.bus.log.Debug("a signal was lost", zap.String("labels.topic", signal.Topic), zap.Error(err))
	}
	return nil
}

// watcher tells one function of the events of one topic, in the order of their commits.
type watcher struct {
	bus   *Bus
	topic string
	see   func(ctx context.Context, payload []byte) error
	queue chan db.Emitted
}

func (b *Bus) watch(topic string, see func(context.Context, []byte) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running.Load() {
		panic("bus: somebody begins to watch " + topic + " while the bus runs")
	}
	w := &watcher{bus: b, topic: topic, see: see, queue: make(chan db.Emitted, 256)}
	b.watchers[topic] = append(b.watchers[topic], w)
}

func (b *Bus) allWatchers() []*watcher {
	b.mu.RLock()
	defer b.mu.RUnlock()
	var all []*watcher
	for _, of := range b.watchers {
		all = append(all, of...)
	}
	return all
}

// tell never blocks: it is called by whoever has just committed.
func (w *watcher) tell(e db.Emitted) {
	select {
	case w.queue <- e:
	default:
		w.bus.metrics.dropped.WithLabelValues(w.topic).Inc()
	}
}

func (w *watcher) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-w.queue:
			ctx := identity.WithRequest(identity.System(ctx), e.Headers[db.HeaderRequest])
			ctx, span := w.bus.options.Tracer.Continue(ctx, e.Headers[db.HeaderTrace], trace.Consumer, "show "+w.topic)
			err := safely(func() error { return w.see(ctx, e.Payload) })
			if span.End(err); err != nil {
				telemetry.For(ctx, w.bus.log).Warn("an event was not shown", zap.String("labels.topic", w.topic), zap.String("event.id", e.ID), zap.Error(err))
			}
		}
	}
}
