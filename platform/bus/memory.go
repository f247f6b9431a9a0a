package bus

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"marketplace/platform/db"
)

// memory is the transport inside one process: a worker for each publisher and subscriber hands the rows of the outbox
// directly to the router and waits for its answer. Nothing is kept in memory that is not in the outbox.
type memory struct {
	feeds
	bus    *Bus
	all    []*worker
	outbox map[outbox][]*worker
}

func newMemory(b *Bus) *memory {
	m := &memory{feeds: newFeeds(b.hosted()), bus: b, outbox: map[outbox][]*worker{}}
	for _, o := range b.outboxes() {
		for _, ev := range b.hosted() {
			if len(ev.reactions) > 0 {
				w := newWorker(b, o, ev.module, ev.Topics(), cap(ev.slots), m.hand)
				w.together = ev.together
				m.all, m.outbox[o] = append(m.all, w), append(m.outbox[o], w)
			}
		}
	}
	return m
}

func (m *memory) workers() []*worker { return m.all }

func (m *memory) run(ctx context.Context) error {
	if err := m.bus.takeBack(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	var g errgroup.Group
	for _, w := range m.all {
		g.Go(func() error { w.run(ctx); return nil })
	}
	for o, workers := range m.outbox {
		g.Go(func() error { o.lookAfter(ctx, workers); return nil })
	}
	return g.Wait()
}

// ready answers nil: what is in memory is never away.
func (m *memory) ready() error { return nil }

// signal tells the watchers, who are all here.
func (m *memory) signal(_ context.Context, e db.Emitted) error {
	m.bus.mu.RLock()
	defer m.bus.mu.RUnlock()
	m.bus.show(e)
	return nil
}

// settled: what is on its way is in the outbox.
func (m *memory) settled(context.Context) (bool, error) { return true, nil }

func (m *memory) close() error { return nil }

// lookAfter is the safety net under the wake-up of the commit: at the start and then once a second it looks for deliveries
// that wait, of an earlier run or another replica, and wakes the workers. One small question an outbox, however many hear it.
func (o outbox) lookAfter(ctx context.Context, workers []*worker) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ctx.Err() == nil {
		busy, err := o.busy(ctx)
		for _, w := range workers {
			if busy || err != nil { // the workers say why when the database does not answer
				w.wakeUp()
			} else {
				w.foundNothing()
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}
