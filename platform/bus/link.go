package bus

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/zap"

	"marketplace/platform/db"
)

// How long to wait before the broker is tried again, and how long for its answers.
const (
	reconnectMin   = 100 * time.Millisecond
	reconnectMax   = 2 * time.Second
	connectTimeout = 5 * time.Second
	confirmTimeout = 10 * time.Second
	closeTimeout   = 2 * time.Second
)

// link is the connection on which this process publishes: one channel with confirms, on which any number of events are
// on their way at once. It comes back by itself. Consumers have a connection of their own, because a broker that runs out
// of memory stops listening to those who publish.
type link struct {
	url     string
	log     *zap.Logger
	declare func(ch *amqp.Channel) error // what must exist before the first event
	up      func()                       // called when events can be sent (again)
	first   chan struct{}                // closed when it has been up once
	once    sync.Once

	mu      sync.Mutex
	conn    *amqp.Connection
	channel *amqp.Channel // nil while the broker is away
	blocked bool          // the broker asks for a pause
	known   map[string]bool
}

// ready answers nil while events can be sent.
func (l *link) ready() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.channel == nil:
		return ErrAway
	case l.blocked:
		return fmt.Errorf("%w: it takes no more events until it has room", ErrAway)
	}
	return nil
}

// run keeps the connection until ctx ends.
func (l *link) run(ctx context.Context) {
	pause, told := reconnectMin, false
	for ctx.Err() == nil {
		connected, err := l.session(ctx)
		if ctx.Err() != nil {
			return
		}
		if connected {
			pause, told = reconnectMin, false
		}
		if !told {
			told = true
			l.log.Warn("the broker is away: events wait in the outbox", zap.Error(err))
		}
		if !sleep(ctx, pause-time.Duration(rand.Int64N(int64(pause/4)))) {
			return
		}
		pause = min(2*pause, reconnectMax)
	}
}

// session is one connection from its beginning to its end. connected says whether events could be sent on it.
func (l *link) session(ctx context.Context) (connected bool, err error) {
	conn, hangUp, err := dial(l.url, "relay")
	if err != nil {
		return false, err
	}
	defer hangUp()
	closed := conn.NotifyClose(make(chan *amqp.Error, 1))
	blocked := conn.NotifyBlocked(make(chan amqp.Blocking, 16))
	channel, err := l.prepare(conn)
	if err != nil {
		return false, err
	}
	channelClosed := channel.NotifyClose(make(chan *amqp.Error, 1))
	l.set(conn, channel)
	defer l.set(nil, nil)
	l.log.Info("connected to the broker")
	l.once.Do(func() { close(l.first) })
	l.up()
	for {
		select {
		case <-ctx.Done():
			return true, nil
		case err := <-closed:
			return true, asError(err)
		case err := <-channelClosed:
			return true, asError(err)
		case b, ok := <-blocked:
			if !ok {
				blocked = nil
				continue
			}
			l.block(b)
		}
	}
}

// dial connects. hangUp takes leave of the broker, but does not wait long for its answer.
func dial(url, role string) (conn *amqp.Connection, hangUp func(), err error) {
	var raw net.Conn
	conn, err = amqp.DialConfig(url, amqp.Config{Properties: properties(role), Dial: func(network, address string) (net.Conn, error) {
		raw, err = amqp.DefaultDial(connectTimeout)(network, address)
		return raw, err
	}})
	if err != nil {
		return nil, nil, err
	}
	return conn, func() {
		late := time.AfterFunc(closeTimeout, func() { _ = raw.Close() })
		defer late.Stop()
		_ = conn.Close()
	}, nil
}

// asError keeps a nil pointer from becoming an error that is not nil.
func asError(err *amqp.Error) error {
	if err == nil {
		return errors.New("the connection was closed")
	}
	return err
}

func (l *link) prepare(conn *amqp.Connection) (*amqp.Channel, error) {
	declaring, err := conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("open a channel: %w", err)
	}
	if err := errors.Join(l.declare(declaring), declaring.Close()); err != nil {
		return nil, err
	}
	channel, err := conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("open a channel: %w", err)
	}
	if err := channel.Confirm(false); err != nil {
		return nil, fmt.Errorf("ask for confirms: %w", err)
	}
	return channel, nil
}

func (l *link) set(conn *amqp.Connection, channel *amqp.Channel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conn, l.channel, l.blocked, l.known = conn, channel, false, map[string]bool{}
}

func (l *link) block(b amqp.Blocking) {
	l.mu.Lock()
	l.blocked = b.Active
	l.mu.Unlock()
	if b.Active {
		l.log.Warn("the broker takes no events until it has room: they wait in the outbox", zap.String("event.reason", b.Reason))
		return
	}
	l.up()
}

// publish sends an event to everybody behind an exchange, or, with the exchange "", to the queue key. nil means that
// the broker has it on its disk; ErrAway that nobody knows.
func (l *link) publish(ctx context.Context, exchange, key string, e db.Emitted) error {
	channel, confirmation, err := l.begin(ctx, exchange, key, e)
	if err != nil {
		return err
	}
	late := time.NewTimer(confirmTimeout)
	defer late.Stop()
	select {
	case <-confirmation.Done():
	case <-late.C:
		return fmt.Errorf("the broker has not confirmed the event in %v", confirmTimeout)
	}
	switch {
	case confirmation.Acked():
		return nil
	case channel.IsClosed():
		return ErrAway
	}
	return errors.New("the broker has refused the event")
}

// send publishes an event of which nobody needs to know whether the broker has it.
func (l *link) send(ctx context.Context, exchange, key string, e db.Emitted) error {
	if err := l.ready(); err != nil { // a broker that has no room would hold us up
		return err
	}
	_, _, err := l.begin(ctx, exchange, key, e)
	return err
}

// begin sends an event; the broker's word follows.
func (l *link) begin(ctx context.Context, exchange, key string, e db.Emitted) (*amqp.Channel, *amqp.DeferredConfirmation, error) {
	channel, err := l.open(exchange)
	if err != nil {
		return nil, nil, err
	}
	msg := newMessage(e)
	p, err := marshaler{}.Marshal(msg)
	if err != nil {
		return nil, nil, err
	}
	confirmation, err := channel.PublishWithDeferredConfirm(exchange, key, false, false, p)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	return channel, confirmation, nil
}

// open returns the channel; an exchange that nobody's queue is behind is declared when it is first needed, because
// publishing to one that does not exist ends the channel.
func (l *link) open(exchange string) (*amqp.Channel, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.channel == nil {
		return nil, ErrAway
	}
	if exchange == "" || l.known[exchange] {
		return l.channel, nil
	}
	declaring, err := l.conn.Channel()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	if err := errors.Join(declareExchange(declaring, exchange), declaring.Close()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAway, err)
	}
	l.known[exchange] = true
	return l.channel, nil
}

func properties(role string) amqp.Table {
	p := amqp.NewConnectionProperties()
	p.SetClientConnectionName("marketplace " + role)
	return p
}

// sleep pauses; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
