package bus

import (
	"context"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"marketplace/platform/db"
)

// transport carries events from the outboxes to the router.
type transport interface {
	// subscriber feeds the router's handler of a module's topic.
	subscriber(module, topic string) message.Subscriber
	// run carries until ctx ends and what is in hand is finished.
	run(ctx context.Context) error
	// close comes last, when the router has closed.
	close() error
}

// memory is the transport inside one process: a worker for each publisher and subscriber hands the rows of the outbox
// directly to the router and waits for its answer. Nothing is kept in memory that is not in the outbox.
type memory struct {
	feeds   map[route]*feed // by subscriber and topic
	workers []*worker
	outbox  map[outbox][]*worker
}

func newMemory(b *Bus) *memory {
	m := &memory{feeds: map[route]*feed{}, outbox: map[outbox][]*worker{}}
	subscribers := b.hosted()
	for _, ev := range subscribers {
		for topic := range ev.reactions {
			m.feeds[route{ev.module, topic}] = &feed{messages: make(chan *message.Message)}
		}
	}
	for _, o := range b.outboxes() {
		for _, ev := range subscribers {
			if len(ev.reactions) > 0 {
				w := newWorker(b, o, ev.module, ev.Topics(), cap(ev.slots), m.hand)
				m.workers, m.outbox[o] = append(m.workers, w), append(m.outbox[o], w)
			}
		}
	}
	return m
}

func (m *memory) subscriber(module, topic string) message.Subscriber {
	return m.feeds[route{module, topic}]
}

// hand gives the event to the subscriber's handler and returns how that went.
func (m *memory) hand(ctx context.Context, subscriber string, e db.Emitted) error {
	msg, v := newMessage(ctx, e)
	m.feeds[route{subscriber, e.Topic}].messages <- msg
	select {
	case <-msg.Acked():
		return nil
	case <-msg.Nacked():
		return v.err
	}
}

func (m *memory) run(ctx context.Context) error {
	var g errgroup.Group
	for _, w := range m.workers {
		g.Go(func() error { w.run(ctx); return nil })
	}
	for o, workers := range m.outbox {
		g.Go(func() error { o.lookAfter(ctx, workers); return nil })
	}
	return g.Wait()
}

func (m *memory) close() error { return nil }

// lookAfter is the safety net under the wake-up of the commit: once a second it looks for deliveries that wait, such as
// another replica's, and wakes the workers. One small question an outbox, however many hear it.
func (o outbox) lookAfter(ctx context.Context, workers []*worker) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		// The workers say why when the database does not answer.
		if busy, err := o.busy(ctx); busy || err != nil {
			for _, w := range workers {
				w.wakeUp()
			}
		}
	}
}

// feed is a message.Subscriber of one handler: what the workers put into it.
type feed struct {
	messages chan *message.Message
	closing  sync.Once
}

// Subscribe returns the messages; the router asks once.
func (f *feed) Subscribe(context.Context, string) (<-chan *message.Message, error) {
	return f.messages, nil
}

// Close ends them. The router closes it after the workers have stopped.
func (f *feed) Close() error {
	f.closing.Do(func() { close(f.messages) })
	return nil
}
