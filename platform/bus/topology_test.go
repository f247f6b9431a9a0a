package bus_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/db"
)

// What other programs and operators find on the broker: to declare a thing again is allowed only as it is.
func TestEveryTopicHasAFanoutAndEachModuleThatHearsItADurableQuorumQueue(t *testing.T) {
	t.Parallel()
	h := withRabbitMQ(onSQLite)(t)
	p := h.process(t, bus.Options{}, "order")
	p.routes.Add("chat", placed{})
	p.routes.Add("review", placed{}, answered{})
	p.start()
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	queue := func(durable bool, change string, value any) error {
		arguments := amqp.Table{"x-queue-type": "quorum", "x-delivery-limit": 20, "x-single-active-consumer": true,
			"x-dead-letter-exchange": "dead", "x-dead-letter-routing-key": "chat", "x-dead-letter-strategy": "at-least-once",
			"x-overflow": "reject-publish"}
		if change != "" {
			arguments[change] = value
		}
		_, err := wiretap(t, h.amqp).QueueDeclare("chat.order.placed.v1", durable, false, false, false, arguments)
		return err
	}
	if err := queue(true, "", nil); err != nil {
		t.Errorf("the queue is another one: %v", err)
	}
	for change, value := range map[string]any{"x-delivery-limit": 21, "x-single-active-consumer": false} {
		if err := queue(true, change, value); err == nil {
			t.Errorf("the broker does not mind another %s, this test shows nothing", change)
		}
	}
	tap := wiretap(t, h.amqp)
	for _, topic := range []string{"order.placed.v1", "chat.answered.v1"} {
		if err := tap.ExchangeDeclare(topic, "fanout", true, false, false, false, nil); err != nil {
			t.Errorf("the exchange %s is another one: %v", topic, err)
		}
	}
	for _, name := range []string{"review.order.placed.v1", "review.chat.answered.v1", "chat.dead", "review.dead"} {
		if _, err := tap.QueueDeclarePassive(name, true, false, false, false, nil); err != nil {
			t.Errorf("the queue %s: %v", name, err)
		}
	}
}

func TestTheQueueOfLivePagesGoesWithItsProcess(t *testing.T) {
	t.Parallel()
	h := withRabbitMQ(onSQLite)(t)
	p := h.process(t, bus.Options{}, "order")
	bus.Watch(p.Module("web", nil), func(context.Context, answered) {})
	stop := p.start()
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	deleteUnused := func() error { return wiretap(t, h.amqp).ExchangeDelete("chat.answered.v1", true, false) }
	if err := deleteUnused(); err == nil {
		t.Error("no queue is behind the exchange")
	}
	stop()
	apptest.Eventually(t, deleteUnused)
}

func TestTheBrokerSendsEventsAhead(t *testing.T) {
	t.Parallel()
	h := withRabbitMQ(onSQLite)(t)
	p := h.process(t, bus.Options{})
	end := make(chan struct{})
	release := sync.OnceFunc(func() { close(end) })
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		<-end
		return record(ctx, tx, e)
	})
	p.start()
	t.Cleanup(release)                                                  // before the bus stops
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) }) // the queue is there
	placeInBulk(t, p, 50, 1)
	tap := wiretap(t, h.amqp)
	apptest.Eventually(t, func() error {
		q, err := tap.QueueDeclarePassive("chat.order.placed.v1", true, false, false, false, nil)
		if err == nil && q.Messages != 50-32 { // those that nobody has been sent
			err = errors.New("not yet")
		}
		return err
	})
	release()
	p.drain()
	p.want("chat", 50, 1)
}

func TestABrokerThatIsAwayIsTriedAfterEverLongerPauses(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	knocks := make(chan time.Time, 100)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // the test ends
			}
			knocks <- time.Now()
			_ = conn.Close()
		}
	}()
	h := onSQLite(t)
	h.amqp = "amqp://guest:guest@" + l.Addr().String()
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	last := <-knocks
	for _, least := range []int64{75, 150, 300, 600} { // of 100, 200, 400 and 800 ms a quarter is chance
		knock := <-knocks
		if pause := knock.Sub(last); pause.Milliseconds() < least {
			t.Errorf("tried again after %v, want %d ms at least", pause, least)
		}
		last = knock
	}
}

// The broker ends connections now and then, and the next one stands before the last one is closed. A process that took the
// last one's end for the next one's would never be ready again.
func TestAConnectionThatIsClosedLateDoesNotTakeTheNextAlong(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var c bus.Consumers
	var dialled []net.Conn
	for range 2 {
		conn, err := c.Dial(l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		dialled = append(dialled, conn)
	}
	_ = dialled[0].Close()
	if !c.Attached() {
		t.Error("the second connection stands, and is taken for lost")
	}
	_ = dialled[1].Close()
	if c.Attached() {
		t.Error("no connection stands any more")
	}
}
