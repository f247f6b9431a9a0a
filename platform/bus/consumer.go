package bus

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	wamqp "github.com/ThreeDotsLabs/watermill-amqp/v2/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill/message"
	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/zap"

	"marketplace/platform/db"
)

// consumers are this process's subscriptions, on one connection that comes back by itself.
type consumers struct {
	url      string
	log      *zap.Logger
	hangUp   atomic.Bool          // nothing is said to the broker any more
	standing atomic.Pointer[wire] // nil while no connection stands
	conn     *wamqp.ConnectionWrapper
}

func (c *consumers) attached() bool { return c.standing.Load() != nil }

// subscription is a queue and what is done with its events.
type subscription struct {
	queue   string
	declare builder
	take    func(ctx context.Context, e db.Emitted) error // nil: the event is done with; otherwise it is tried again
}

// connect waits until the broker is there; false when ctx ended first.
func (c *consumers) connect(ctx context.Context) bool {
	config := wamqp.ConnectionConfig{
		AmqpURI:    c.url,
		AmqpConfig: &amqp.Config{Dial: c.dial, Properties: properties("consumers")},
		Reconnect: &wamqp.ReconnectConfig{BackoffInitialInterval: reconnectMin, BackoffRandomizationFactor: 0.25,
			BackoffMultiplier: 2, BackoffMaxInterval: reconnectMax},
	}
	for pause := reconnectMin; ; pause = min(2*pause, reconnectMax) {
		conn, err := wamqp.NewConnection(config, watermill.NopLogger{})
		if err == nil {
			c.conn = conn
			return true
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// subscribe waits until the queue is consumed; false when ctx ended first.
func (c *consumers) subscribe(ctx context.Context, s subscription) (<-chan *message.Message, bool) {
	name := func(string) string { return s.queue }
	config := wamqp.Config{
		Marshaler:       marshaler{},
		TopologyBuilder: s.declare,
		Exchange:        wamqp.ExchangeConfig{GenerateName: name},
		Queue:           wamqp.QueueConfig{GenerateName: name},
		Consume:         wamqp.ConsumeConfig{Qos: wamqp.QosConfig{PrefetchCount: prefetch}},
	}
	for pause := reconnectMin; ; pause = min(2*pause, reconnectMax) {
		subscriber, err := wamqp.NewSubscriberWithConnection(config, watermill.NopLogger{}, c.conn)
		var messages <-chan *message.Message
		if err == nil {
			messages, err = subscriber.Subscribe(context.WithoutCancel(ctx), s.queue)
		}
		if err == nil {
			return messages, true
		}
		if c.attached() { // otherwise it is the link's to say that the broker is away
			c.log.Warn("a queue cannot be consumed", zap.String("labels.queue", s.queue), zap.Error(err))
		}
		if !sleep(ctx, pause) {
			return nil, false
		}
	}
}

// pump takes one event after the other until ctx ends and the one in hand is finished. An event is never given back:
// those that the broker has sent ahead would overtake it.
func (c *consumers) pump(ctx context.Context, messages <-chan *message.Message, s subscription) {
	for {
		select {
		case <-ctx.Done():
			return
		case msg, ok := <-messages:
			if !ok || !c.finish(ctx, msg, s) {
				return
			}
			msg.Ack()
		}
	}
}

// finish tries until it can be done: the module's database may be away for a while. false when ctx ended first; then the
// broker sends the event again to whoever comes next.
func (c *consumers) finish(ctx context.Context, msg *message.Message, s subscription) bool {
	e, told := emittedOf(msg), false
	for pause := reconnectMin; ; pause = min(2*pause, reconnectMax) {
		if ctx.Err() != nil {
			return false
		}
		err := s.take(context.WithoutCancel(ctx), e)
		if err == nil {
			return true
		}
		if !told {
			told = true
			c.log.Error("events of a queue cannot be handled", zap.String("labels.queue", s.queue), zap.Error(err))
		}
		if !sleep(ctx, pause) {
			return false
		}
	}
}

// close ends the connection. Watermill gives back what it has in hand, one by one; the broker would send each of them
// once more, behind those that it had sent ahead, and the order would be lost. So from here on nothing more is said:
// the first word ends the connection, and the broker puts everything back in its place.
func (c *consumers) close() error {
	c.hangUp.Store(true)
	if c.conn == nil {
		return nil
	}
	if conn := c.conn.Connection(); conn != nil {
		// Watermill's wrapper shares a field without a lock; this one orders what was done before what Close does.
		conn.NotifyClose(make(chan *amqp.Error, 1))
	}
	return c.conn.Close()
}

func (c *consumers) dial(network, address string) (net.Conn, error) {
	if c.hangUp.Load() {
		return nil, net.ErrClosed
	}
	conn, err := amqp.DefaultDial(connectTimeout)(network, address)
	if err != nil {
		return nil, err
	}
	w := &wire{Conn: conn, consumers: c}
	c.standing.Store(w)
	return w, nil
}

// wire is a connection that ends with the first word after hangUp.
type wire struct {
	net.Conn
	consumers *consumers
}

// Write sends, or ends the connection.
func (w *wire) Write(p []byte) (int, error) {
	if w.consumers.hangUp.Load() {
		return 0, errors.Join(net.ErrClosed, w.Close())
	}
	return w.Conn.Write(p)
}

// Close ends the connection. Its successor may stand already: whoever is told that a connection is lost dials again before
// the lost one is closed.
func (w *wire) Close() error {
	w.consumers.standing.CompareAndSwap(w, nil)
	return w.Conn.Close()
}

// takeEvent hands a module's event to its handler, or parks it.
func (r *rabbit) takeEvent(ev *Events, topic string) func(context.Context, db.Emitted) error {
	own := outbox{ev.module, ev.db}
	return func(ctx context.Context, e db.Emitted) error {
		e.Topic = topic
		f := failure{row: rowOf(e), due: ev.db.Now()}
		waits, err := own.waits(ctx, e.Aggregate)
		if err != nil {
			return err
		}
		if !waits {
			if f.err = r.hand(ctx, ev.module, e); f.err == nil {
				r.underway.done(ev.module, e.Topic, e.ID)
				return nil
			}
			f = r.own[ev.module].failure(f.row, f.err)
		}
		if err := own.park(ctx, ev.handler(topic), e, f); err != nil {
			return errors.Join(f.err, err)
		}
		r.underway.done(ev.module, e.Topic, e.ID)
		if f.err != nil {
			r.own[ev.module].tell(f)
		}
		time.AfterFunc(f.due.Sub(ev.db.Now()), r.own[ev.module].wakeUp)
		return nil
	}
}

// takeDead makes a dead letter of what the broker has given up.
func (r *rabbit) takeDead(ev *Events) func(context.Context, db.Emitted) error {
	own := outbox{ev.module, ev.db}
	return func(ctx context.Context, e db.Emitted) error {
		f := failure{row: rowOf(e), due: ev.db.Now(), dead: true,
			err: errors.New("the broker gave it up: whoever it was delivered to ended, or lost the connection, again and again")}
		f.Attempts = deliveryLimit
		if err := own.park(ctx, ev.handler(e.Topic), e, f); err != nil {
			return err
		}
		r.underway.done(ev.module, e.Topic, e.ID)
		r.own[ev.module].tell(f)
		return nil
	}
}

// takeWatched tells the live pages of this process.
func (r *rabbit) takeWatched(_ context.Context, e db.Emitted) error {
	r.bus.mu.RLock()
	defer r.bus.mu.RUnlock()
	r.bus.show(e)
	return nil
}
