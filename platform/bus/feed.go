package bus

import (
	"context"
	"sync"

	"github.com/ThreeDotsLabs/watermill/message"

	"marketplace/platform/db"
)

// transport carries events from the outboxes to the router.
type transport interface {
	// subscriber feeds the router's handler of a module's topic.
	subscriber(module, topic string) message.Subscriber
	// workers are those that commits and retries wake.
	workers() []*worker
	// run carries until ctx ends and what is in hand is finished.
	run(ctx context.Context) error
	// ready says what keeps it from carrying now.
	ready() error
	// signal tells the watchers of every process, if they can be reached now.
	signal(ctx context.Context, e db.Emitted) error
	// settled says whether nothing is on its way between the outboxes and the handlers.
	settled(ctx context.Context) (bool, error)
	// close comes last, when the router has closed.
	close() error
}

// feeds are the ways into the router, by subscriber and topic.
type feeds map[route]*feed

func newFeeds(subscribers []*Events) feeds {
	f := feeds{}
	for _, ev := range subscribers {
		for topic := range ev.reactions {
			f[route{ev.module, topic}] = &feed{messages: make(chan *message.Message)}
		}
	}
	return f
}

func (f feeds) subscriber(module, topic string) message.Subscriber { return f[route{module, topic}] }

// hand gives the events, all of one topic, to the subscriber's handler and returns how that went.
func (f feeds) hand(ctx context.Context, subscriber string, events ...db.Emitted) error {
	d := &delivery{events: events}
	msg := message.NewMessage(events[0].ID, events[0].Payload)
	msg.SetContext(context.WithValue(ctx, deliveryKey{}, d))
	f[route{subscriber, events[0].Topic}].messages <- msg
	select {
	case <-msg.Acked():
		return nil
	case <-msg.Nacked():
		return d.err
	}
}

// delivery is what a message brings through the router: Watermill's has room for one event, and its Nack has none for a reason.
type delivery struct {
	events []db.Emitted
	err    error // the handler's
}

type deliveryKey struct{}

func deliveryOf(msg *message.Message) *delivery {
	d, _ := msg.Context().Value(deliveryKey{}).(*delivery) // hand makes all of them
	return d
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
