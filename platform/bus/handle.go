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

// reaction is a module's handler of one topic, its event still encoded.
type reaction func(ctx context.Context, msg *message.Message) error

// Handle makes the module react to an event, wherever it was emitted. fn runs in a transaction of the
// module's database together with the inbox row that makes its effect happen once; an error (or a panic) rolls both
// back, and the event comes again later (after several attempts it is a dead letter). fn must not call a
// peer that writes; it may read from peers before it writes. It runs as the system itself (identity.System), with the
// id of the request that caused the event, and must end within Options.Timeout. Fields that E does not know are
// ignored. A second handler of the same event in one module is a mistake of the program, as is Handle while the bus
// runs: both panic.
func Handle[E db.Event](ev *Events, fn func(ctx context.Context, tx *db.Tx, e E) error) {
	var zero E
	topic := zero.Topic()
	ev.react(topic, func(ctx context.Context, msg *message.Message) error {
		var e E
		if err := json.Unmarshal(msg.Payload, &e); err != nil {
			return fmt.Errorf("decode %s: %w", topic, err)
		}
		return ev.once(ctx, topic, msg.UUID, func(tx *db.Tx) error { return fn(tx.Context(), tx, e) })
	})
}

// Topics returns the topics that the module handles, sorted.
func (ev *Events) Topics() []string { return slices.Sorted(maps.Keys(ev.reactions)) }

func (ev *Events) react(topic string, r reaction) {
	ev.bus.mu.Lock()
	defer ev.bus.mu.Unlock()
	switch {
	case ev.db == nil:
		panic("bus: " + ev.module + " has no database and cannot handle " + topic)
	case ev.reactions[topic] != nil:
		panic("bus: " + ev.module + " handles " + topic + " twice")
	case ev.bus.running.Load():
		panic("bus: " + ev.module + " begins to handle " + topic + " while the bus runs")
	}
	ev.reactions[topic] = r
}

// handler names the module's handler of a topic: in the inbox, so it must not change, and in the router.
func (ev *Events) handler(topic string) string { return ev.module + "/" + topic }

// once runs the effect unless it has happened already: the inbox row is written in its transaction. A second delivery
// at the same moment waits on that row until the first has ended.
func (ev *Events) once(ctx context.Context, topic, event string, effect func(tx *db.Tx) error) error {
	return ev.db.Tx(ctx, func(tx *db.Tx) error {
		inserted := tx.Exec("INSERT INTO inbox (handler, event_id, handled_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
			ev.handler(topic), event, tx.Now())
		if inserted.Error != nil {
			return fmt.Errorf("note in the inbox: %w", inserted.Error)
		}
		if inserted.RowsAffected == 0 {
			return nil
		}
		return effect(tx)
	})
}

// handle is the reaction as the router calls it.
func (ev *Events) handle(topic string, react reaction) message.NoPublishHandlerFunc {
	return func(msg *message.Message) error {
		ev.slots <- struct{}{}
		defer func() { <-ev.slots }()
		ctx := identity.WithRequest(identity.System(msg.Context()), msg.Metadata.Get(db.HeaderRequest))
		ctx, span := ev.bus.options.Tracer.Continue(ctx, msg.Metadata.Get(db.HeaderTrace), trace.Consumer, "handle "+topic,
			trace.Text("market.module", ev.module), trace.Text("messaging.message.id", msg.UUID))
		ctx, cancel := context.WithTimeout(ctx, ev.bus.options.Timeout)
		defer cancel()
		begun := ev.db.Now()
		err := safely(func() error { return react(ctx, msg) })
		if err != nil && !ev.databaseAnswers(msg.Context()) {
			err = fmt.Errorf("%w: %w", errNoDatabase, err)
		}
		ev.bus.metrics.handled(topic, ev.module, emittedAt(msg), begun, ev.db.Now(), err)
		span.End(err)
		report(msg, err)
		return err
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

// verdict is where a message's handler leaves its error: Watermill's Nack has no room for a reason.
type verdict struct{ err error }

type verdictKey struct{}

// newMessage is the event as Watermill carries it.
func newMessage(ctx context.Context, e db.Emitted) (*message.Message, *verdict) {
	msg := message.NewMessage(e.ID, e.Payload)
	for k, v := range e.Headers {
		msg.Metadata.Set(k, v)
	}
	msg.Metadata.Set(headerModule, e.Module)
	msg.Metadata.Set(headerTopic, e.Topic)
	msg.Metadata.Set(headerAggregate, e.Aggregate)
	msg.Metadata.Set(headerCreatedAt, e.CreatedAt.Format(time.RFC3339Nano))
	v := &verdict{}
	msg.SetContext(context.WithValue(ctx, verdictKey{}, v))
	return msg, v
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

func report(msg *message.Message, err error) {
	if v, ok := msg.Context().Value(verdictKey{}).(*verdict); ok {
		v.err = err
	}
}

// emittedAt is when the event was emitted; the zero time if the message does not say.
func emittedAt(msg *message.Message) time.Time {
	t, _ := time.Parse(time.RFC3339Nano, msg.Metadata.Get(headerCreatedAt))
	return t
}
