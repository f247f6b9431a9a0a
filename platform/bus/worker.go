package bus

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"marketplace/platform/db"
	"marketplace/platform/trace"
)

// How much a worker takes at once: so many rows, and no new one after so long, so that the lock is given back, what is
// done is written down, and little is delivered again after a crash.
const (
	batchRows = 200
	batchTime = time.Second
)

// ErrAway is why an event could not be handed on that has nothing to do with the event: it waits in the outbox until its
// carrier is back, and no attempt is counted. Ready returns it too.
var ErrAway = errors.New("bus: the broker is away")

// worker delivers what one module emitted to one that hears it.
type worker struct {
	bus        *Bus
	outbox     outbox
	subscriber string
	topics     []string                // what the subscriber handles; other rows wait for a program that does. nil: everything
	due        string                  // selects what is due of them
	parallel   int                     // how many aggregates at once
	attempts   int                     // how often before a dead letter
	quiet      bool                    // commits do not concern it
	together   func(topic string) bool // whether those of a topic that wait are delivered at once
	ready      func() error
	deliver    func(ctx context.Context, subscriber string, events ...db.Emitted) error
	wake       chan struct{}
	caughtUp   chan struct{} // closed when there was once nothing more to do
	failing    bool          // the last round failed, which was logged

	foundNothing func() // closes caughtUp
}

func newWorker(b *Bus, o outbox, subscriber string, topics []string, parallel int,
	deliver func(context.Context, string, ...db.Emitted) error) *worker {
	w := &worker{bus: b, outbox: o, subscriber: subscriber, topics: topics, due: dueOf(topics), parallel: parallel, deliver: deliver}
	w.attempts, w.ready, w.together = b.options.Attempts, func() error { return nil }, func(string) bool { return false }
	w.wake, w.caughtUp = make(chan struct{}, 1), make(chan struct{})
	w.foundNothing = sync.OnceFunc(func() { close(w.caughtUp) })
	return w
}

// wakers are the topics whose commits wake it; the empty one is all.
func (w *worker) wakers() []string {
	switch {
	case w.quiet:
		return nil
	case w.topics == nil:
		return []string{""}
	}
	return w.topics
}

// wakeUp never blocks.
func (w *worker) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run works whenever it is woken or a retry is due, until ctx ends and the events in hand are finished.
func (w *worker) run(ctx context.Context) {
	retry := time.NewTimer(time.Hour)
	defer retry.Stop()
	var at time.Time // when retry fires, for the earliest of the retries
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		case <-retry.C:
		}
		for some := true; some && ctx.Err() == nil; {
			var next time.Time
			var err error
			some, next, err = w.round(ctx)
			w.complain(ctx, err)
			if !some && err == nil {
				w.foundNothing()
			}
			now := w.outbox.db.Now()
			if !next.IsZero() && (next.Before(at) || !at.After(now)) {
				at = next
				retry.Reset(max(time.Millisecond, at.Sub(now)))
			}
		}
	}
}

// complain logs the first of a row of failures; the tick brings the worker back. Whoever carries says itself when it is
// away.
func (w *worker) complain(ctx context.Context, err error) {
	switch {
	case err == nil:
		w.failing = false
	case errors.Is(err, ErrAway):
	case !w.failing && ctx.Err() == nil:
		w.failing = true
		w.bus.log.Error("events cannot be delivered", zap.String("labels.publisher", w.outbox.module),
			zap.String("labels.subscriber", w.subscriber), zap.Error(err))
	}
}

// round delivers one batch. some says that there may be more, beside what this process emits, which wakes the worker; retry is
// the earliest retry that it has scheduled, zero if none. Only one replica at a time works for a publisher and subscriber: the
// others would do the same work for nothing (the inbox refuses their effects). No lock is asked for, and no connection held,
// without due rows.
func (w *worker) round(ctx context.Context) (some bool, retry time.Time, err error) {
	if err = w.ready(); err != nil {
		return false, retry, err
	}
	if w.outbox.db.Postgres() {
		if some, err = w.outbox.anyDue(ctx, w.due, w.subscriber); !some || err != nil {
			return false, retry, err
		}
	}
	unlock, ok, err := w.outbox.db.TryLock(ctx, "events/"+w.subscriber)
	if !ok || err != nil {
		return false, retry, err
	}
	defer unlock()
	rows, err := w.outbox.due(ctx, w.due, w.subscriber, batchRows)
	if len(rows) == 0 || err != nil {
		return false, retry, err
	}
	done, failed, away := w.carry(ctx, rows)
	// Also when stopping: what is not written down is delivered again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := w.outbox.settle(ctx, done, failed); err != nil {
		return false, retry, fmt.Errorf("write down what was delivered: %w", err)
	}
	for _, f := range failed {
		w.tell(f)
		if !f.dead && (retry.IsZero() || f.due.Before(retry)) {
			retry = f.due
		}
	}
	// A replica that has emitted meanwhile has found the lock taken, and rests.
	some = w.outbox.db.Postgres() || len(rows) == batchRows || len(done) < len(rows)
	return some && away == nil, retry, away
}

// carry delivers the rows: first those that their handlers take together, then those of one aggregate one after another,
// ending at the first failure; different aggregates at once as far as the subscriber allows. away is why all of it ended at
// once: ErrAway or errNoDatabase.
func (w *worker) carry(ctx context.Context, rows []row) (done []int64, failed []failure, away error) {
	batch, cancel := context.WithTimeout(ctx, batchTime)
	defer cancel()
	detached := context.WithoutCancel(ctx)
	var mu sync.Mutex
	deliver := func(some ...row) (delivered bool) {
		if batch.Err() != nil {
			return false
		}
		err := w.hand(detached, some)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err == nil:
			for _, r := range some {
				done = append(done, r.Seq)
			}
		case errors.Is(err, ErrAway), errors.Is(err, errNoDatabase):
			away = err
			cancel()
		case len(some) == 1: // of several nobody knows whose failure it is
			failed = append(failed, w.failure(some[0], err))
		}
		return err == nil
	}
	var g errgroup.Group
	g.SetLimit(w.parallel)
	for _, same := range byAggregate(w.deliverLots(rows, deliver)) {
		g.Go(func() error {
			for _, r := range same {
				if !deliver(r) {
					break
				}
			}
			return nil
		})
	}
	_ = g.Wait()
	return done, failed, away
}

// deliverLots delivers what is taken together and returns, in order, what is to be delivered one by one: the rest, and the lots
// that have failed.
func (w *worker) deliverLots(rows []row, deliver func(...row) bool) []row {
	lots, rest := w.lots(rows)
	for _, lot := range lots {
		if !deliver(lot...) {
			rest = append(rest, lot...)
		}
	}
	slices.SortFunc(rest, func(x, y row) int { return cmp.Compare(x.Seq, y.Seq) })
	return rest
}

// lots are the rows that are delivered together, those of one topic in each: none that has failed before, and none behind a row
// of its aggregate that is not in the same lot.
func (w *worker) lots(rows []row) (lots [][]row, rest []row) {
	byTopic := map[string][]row{}
	lotOf := map[string]string{} // by aggregate, the topic of its lot; empty as soon as one of its rows is in none
	for _, r := range rows {
		topic, seen := lotOf[r.Aggregate]
		if (seen && topic != r.Topic) || r.Attempts > 0 || !w.together(r.Topic) {
			lotOf[r.Aggregate] = ""
			rest = append(rest, r)
			continue
		}
		lotOf[r.Aggregate] = r.Topic
		byTopic[r.Topic] = append(byTopic[r.Topic], r)
	}
	for _, lot := range byTopic {
		if len(lot) > 1 {
			lots = append(lots, lot)
		} else {
			rest = append(rest, lot...)
		}
	}
	return lots, rest
}

// hand delivers events, each as a step of the trace in which it was emitted; whoever handles it continues from there.
func (w *worker) hand(ctx context.Context, rows []row) error {
	events, steps := make([]db.Emitted, len(rows)), make([]*trace.Span, len(rows))
	for i, r := range rows {
		e := r.event(w.outbox.module)
		own, step := w.bus.options.Tracer.Continue(ctx, e.Headers[db.HeaderTrace], trace.Producer, "outbox "+e.Topic,
			trace.Text("market.module", e.Module), trace.Text("market.subscriber", w.subscriber), trace.Text("messaging.message.id", e.ID))
		if parent := trace.Parent(own); parent != "" {
			e.Headers[db.HeaderTrace] = parent
		}
		events[i], steps[i] = e, step
	}
	err := w.deliver(ctx, w.subscriber, events...)
	for _, step := range steps {
		step.End(err)
	}
	return err
}

// byAggregate groups the rows and keeps their order, that of the groups by their first row.
func byAggregate(rows []row) [][]row {
	var groups [][]row
	place := map[string]int{}
	for _, r := range rows {
		i, ok := place[r.Aggregate]
		if !ok {
			i = len(groups)
			place[r.Aggregate] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

// failure is a row whose delivery failed: when it comes again, or that it is dead.
type failure struct {
	row
	err  error
	due  time.Time
	dead bool
}

func (w *worker) failure(r row, err error) failure {
	r.Attempts++
	due := w.outbox.db.Now().Add(pauseAfter(r.Attempts, w.bus.options.RetryMin, w.bus.options.RetryMax, rand.Float64()))
	return failure{row: r, err: err, due: due, dead: r.Attempts >= w.attempts}
}

// pauseAfter doubles the pause with every attempt, up to the longest, and takes away up to a quarter by chance (in
// [0, 1)), so that what failed together does not come back together.
func pauseAfter(attempt int, shortest, longest time.Duration, chance float64) time.Duration {
	pause := shortest
	for range attempt - 1 {
		if pause >= longest {
			break
		}
		pause *= 2
	}
	pause = min(pause, longest)
	return pause - time.Duration(float64(pause)*chance/4)
}

// tell logs and counts a failure.
func (w *worker) tell(f failure) {
	fields := []zap.Field{
		zap.String("http.request.id", f.event("").Headers[db.HeaderRequest]), zap.String("labels.topic", f.Topic), zap.String("labels.subscriber", w.subscriber), zap.String("event.id", f.EventID),
		zap.String("labels.aggregate", f.Aggregate), zap.Int("market.attempts", f.Attempts), zap.Error(f.err),
	}
	if f.dead {
		w.bus.metrics.dead.WithLabelValues(f.Topic, w.subscriber).Inc()
		w.bus.log.Error("an event is a dead letter: mend the cause, then retry it", fields...)
		return
	}
	w.bus.log.Warn("an event was not handled and comes again", fields...)
}
