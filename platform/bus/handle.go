package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/trace"
)

// reaction is a module's handler of one topic.
type reaction struct {
	together bool // it takes all that waits; otherwise one event a transaction
	effect   func(tx *db.Tx, events []arrival) error
}

// arrival is an event that has come to its handler, still encoded.
type arrival struct {
	db.Emitted
	ctx  context.Context // of what follows from it
	step *trace.Span
}

// Handle makes the module react to an event, wherever it was emitted. fn runs in a transaction of the
// module's database together with the inbox row that makes its effect happen once; an error (or a panic) rolls both
// back, and the event comes again later (after several attempts it is a dead letter). fn must not call a
// peer that writes; it may read from peers before it writes. It runs as the system itself (identity.System), with the
// id of the request that caused the event, and must end within Options.Timeout. Fields that E does not know are
// ignored. A second handler of the same event in one module is a mistake of the program, as is Handle while the bus
// runs: both panic.
func Handle[E db.Event](ev *Events, fn func(ctx context.Context, tx *db.Tx, e E) error) {
	ev.react(topicOf[E](), reaction{effect: func(tx *db.Tx, events []arrival) error {
		for _, a := range events { // one
			e, err := decode[E](a)
			if err != nil {
				return err
			}
			if err := fn(tx.Context(), tx, e); err != nil {
				return err
			}
		}
		return nil
	}})
}

// Heard is an event with the cause of what follows from it (db.Caused).
type Heard[E db.Event] struct {
	Event E
	Cause db.Cause
}

// HandleTogether is Handle for events that come in numbers: fn is given those that wait, at most 200, those of an aggregate in
// their order, and handles them in one transaction, best with the statements of a set; what it emits, it emits with their
// causes. An error rolls all of them back, and each comes again at once in a transaction of its own: fn with one event is what
// one event may do and may fail in, as with Handle. From a broker, events come one by one.
func HandleTogether[E db.Event](ev *Events, fn func(ctx context.Context, tx *db.Tx, events []Heard[E]) error) {
	ev.react(topicOf[E](), reaction{together: true, effect: func(tx *db.Tx, events []arrival) error {
		heard := make([]Heard[E], len(events))
		for i, a := range events {
			e, err := decode[E](a)
			if err != nil {
				return err
			}
			heard[i] = Heard[E]{e, db.CauseOf(a.ctx)}
		}
		return fn(tx.Context(), tx, heard)
	}})
}

func topicOf[E db.Event]() string {
	var zero E
	return zero.Topic()
}

func decode[E db.Event](a arrival) (e E, err error) {
	if err = json.Unmarshal(a.Payload, &e); err != nil {
		err = fmt.Errorf("decode %s: %w", a.Topic, err)
	}
	return e, err
}

// Topics returns the topics that the module handles, sorted.
func (ev *Events) Topics() []string { return slices.Sorted(maps.Keys(ev.reactions)) }

func (ev *Events) handles(topic string) bool {
	_, ok := ev.reactions[topic]
	return ok
}

// together says whether the handler of the topic takes all that waits.
func (ev *Events) together(topic string) bool { return ev.reactions[topic].together }

func (ev *Events) react(topic string, r reaction) {
	ev.bus.mu.Lock()
	defer ev.bus.mu.Unlock()
	switch {
	case ev.db == nil:
		panic("bus: " + ev.module + " has no database and cannot handle " + topic)
	case ev.handles(topic):
		panic("bus: " + ev.module + " handles " + topic + " twice")
	case ev.bus.running.Load():
		panic("bus: " + ev.module + " begins to handle " + topic + " while the bus runs")
	}
	ev.reactions[topic] = r
}

// handler names the module's handler of a topic: in the inbox, so it must not change, and in the router.
func (ev *Events) handler(topic string) string { return ev.module + "/" + topic }

// once runs the effect of the events that have not had it: their inbox rows are written in its transaction. A second delivery
// at the same moment waits on those rows until the first has ended.
func (ev *Events) once(ctx context.Context, topic string, events []arrival, effect func(*db.Tx, []arrival) error) error {
	return ev.db.Tx(ctx, func(tx *db.Tx) error {
		news, err := ev.note(tx, topic, events)
		if err != nil || len(news) == 0 {
			return err
		}
		return effect(tx, news)
	})
}

// note writes the inbox rows and returns those of the events that had none, each once.
func (ev *Events) note(tx *db.Tx, topic string, events []arrival) (news []arrival, err error) {
	handler, now := ev.handler(topic), tx.Now()
	args := make([]any, 0, 3*len(events))
	for _, a := range events {
		args = append(args, handler, a.ID, now)
	}
	var noted []string
	err = tx.Raw("INSERT INTO inbox (handler, event_id, handled_at) VALUES "+db.Tuples(len(events), 3)+
		" ON CONFLICT DO NOTHING RETURNING event_id", args...).Scan(&noted).Error
	if err != nil {
		return nil, fmt.Errorf("note in the inbox: %w", err)
	}
	isNew := make(map[string]bool, len(noted))
	for _, id := range noted {
		isNew[id] = true
	}
	for _, a := range events {
		if isNew[a.ID] {
			news, isNew[a.ID] = append(news, a), false
		}
	}
	return news, nil
}

// handle is the reaction as the router calls it.
func (ev *Events) handle(topic string, r reaction) message.NoPublishHandlerFunc {
	return func(msg *message.Message) error {
		ev.slots <- struct{}{}
		defer func() { <-ev.slots }()
		d := deliveryOf(msg)
		events := ev.arrivals(msg.Context(), topic, d.events)
		ctx, cancel := context.WithTimeout(events[0].ctx, ev.bus.options.Timeout)
		defer cancel()
		begun := ev.db.Now()
		d.err = safely(func() error { return ev.once(ctx, topic, events, r.effect) })
		if d.err != nil && !ev.databaseAnswers(msg.Context()) {
			d.err = fmt.Errorf("%w: %w", errNoDatabase, d.err)
		}
		ev.handled(topic, events, begun, d.err)
		return d.err
	}
}

// arrivals are the events, each as a step of its trace.
func (ev *Events) arrivals(ctx context.Context, topic string, events []db.Emitted) []arrival {
	all := make([]arrival, len(events))
	for i, e := range events {
		own := identity.WithRequest(identity.System(ctx), e.Headers[db.HeaderRequest])
		own, step := ev.bus.options.Tracer.Continue(own, e.Headers[db.HeaderTrace], trace.Consumer, "handle "+topic,
			trace.Text("market.module", ev.module), trace.Text("messaging.message.id", e.ID))
		all[i] = arrival{e, own, step}
	}
	return all
}

// handled ends the steps and counts the attempt, of which each event has had its part. Several that have failed together have
// not been tried yet: each will be, by itself.
func (ev *Events) handled(topic string, events []arrival, begun time.Time, err error) {
	now := ev.db.Now()
	for _, a := range events {
		a.step.End(err)
		if err == nil || len(events) == 1 {
			ev.bus.metrics.handled(topic, ev.module, a.CreatedAt, now.Sub(begun)/time.Duration(len(events)), now, err)
		}
	}
}

// errNoDatabase is why an event could not be handled that has nothing to do with the event: it comes again when the
// module's database is back, and no attempt is counted.
var errNoDatabase = errors.New("bus: the database of the module does not answer")

func (ev *Events) databaseAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	return ev.db.Ping(ctx) == nil
}

// safely turns a panic into an error: one broken event must not end the process.
func safely(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// Headers that a message has beside those of its event.
const (
	headerModule    = "module"
	headerTopic     = "topic"
	headerAggregate = "aggregate"
	headerCreatedAt = "created_at"
)

// newMessage is the event as Watermill carries it through a broker.
func newMessage(e db.Emitted) *message.Message {
	msg := message.NewMessage(e.ID, e.Payload)
	for k, v := range e.Headers {
		msg.Metadata.Set(k, v)
	}
	msg.Metadata.Set(headerModule, e.Module)
	msg.Metadata.Set(headerTopic, e.Topic)
	msg.Metadata.Set(headerAggregate, e.Aggregate)
	msg.Metadata.Set(headerCreatedAt, e.CreatedAt.Format(time.RFC3339Nano))
	return msg
}

// emittedOf is the event that a message carries: the opposite of newMessage.
func emittedOf(msg *message.Message) db.Emitted {
	e := db.Emitted{ID: msg.UUID, Module: msg.Metadata.Get(headerModule), Topic: msg.Metadata.Get(headerTopic),
		Aggregate: msg.Metadata.Get(headerAggregate), Payload: msg.Payload, Headers: map[string]string{}, CreatedAt: emittedAt(msg)}
	for k, v := range msg.Metadata {
		switch k {
		case headerModule, headerTopic, headerAggregate, headerCreatedAt:
		default:
			e.Headers[k] = v
		}
	}
	return e
}

// emittedAt is when the event was emitted; the zero time if the message does not say.
func emittedAt(msg *message.Message) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, msg.Metadata.Get(headerCreatedAt))
	return t
}
