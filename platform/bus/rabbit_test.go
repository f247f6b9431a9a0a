package bus_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/db"
)

// wiretap is a channel to the broker for what others do there.
func wiretap(t *testing.T, url string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// Row trap 3: a broker confirms, and drops, an event whose queue does not exist yet.
func TestAnEventWaitsForAModuleThatHasNeverRun(t *testing.T) {
	h := withRabbitMQ(onSQLite)(t)
	first := h.process(t, bus.Options{}, "order")
	first.routes.Add("chat", placed{})
	stop := first.start()
	first.place("o1")
	first.place("o1")
	first.drain()
	stop()
	second := h.process(t, bus.Options{}, "chat")
	hear(second, "chat", record)
	second.start()
	apptest.Eventually(t, func() bool { return len(second.effects("chat")["o1"]) == 2 })
	second.want("chat", 1, 2)
}

func TestAnEventThatNobodyHearsHoldsUpNothing(t *testing.T) {
	p := withRabbitMQ(onSQLite)(t).process(t, bus.Options{})
	hear(p, "review", record)
	p.start()
	if err := p.dbs["chat"].Tx(t.Context(), func(tx *db.Tx) error { return tx.Emit(answered{"o1"}) }); err != nil {
		t.Fatal(err)
	}
	p.place("o1")
	p.drain()
	p.want("review", 1, 1)
}

func TestAWatcherIsToldOfEventsOfOtherProcessesOnce(t *testing.T) {
	h := withRabbitMQ(onPostgres)(t)
	var seen [2]atomic.Int64
	var processes []*process
	for i := range 2 {
		p := h.process(t, bus.Options{}, "order")
		bus.Watch(p.Module("web", nil), func(context.Context, placed) { seen[i].Add(1) })
		p.start()
		processes = append(processes, p)
	}
	for _, p := range processes {
		apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	}
	for range 5 {
		processes[0].place("o1")
		processes[1].place("o2")
	}
	apptest.Eventually(t, func() bool { return seen[0].Load() >= 10 && seen[1].Load() >= 10 })
	if seen[0].Load() != 10 || seen[1].Load() != 10 {
		t.Errorf("told %d and %d times, want 10", seen[0].Load(), seen[1].Load())
	}
	for i := range 5 { // signals reach both, too
		signal(t, processes[i%2])
	}
	apptest.Eventually(t, func() bool { return seen[0].Load() == 15 && seen[1].Load() == 15 })
}

// Row trap 2: given back to the broker, a failed event would come again thousands of times a second.
func TestAFailedEventComesAgainAfterAPause(t *testing.T) {
	p := withRabbitMQ(onSQLite)(t).process(t, bus.Options{Attempts: 1000, RetryMin: 100 * time.Millisecond})
	attempts := make(chan time.Time, 1000)
	hear(p, "chat", func(context.Context, *db.Tx, placed) error {
		attempts <- time.Now()
		return errors.New("not yet")
	})
	p.start()
	p.place("o1")
	first := <-attempts
	<-attempts
	if third := <-attempts; third.Sub(first) < 200*time.Millisecond { // 75 and 150 at least
		t.Errorf("three attempts within %v", third.Sub(first))
	}
}

// Row trap 2: Watermill's own marshaler would refuse the header, and the event would come back for ever.
func TestAnEventWithHeadersThatAreNoTextIsHandled(t *testing.T) {
	h := withRabbitMQ(onSQLite)(t)
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
	err := wiretap(t, h.amqp).Publish("order.placed.v1", "", false, false, amqp.Publishing{MessageId: "e1",
		Headers: amqp.Table{"aggregate": "o1", "hops": int32(3), "nested": amqp.Table{"a": true}}, Body: []byte(`{"order_id":"o1","n":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	apptest.Eventually(t, func() bool { return len(p.effects("chat")) == 1 })
	p.want("chat", 1, 1)
}

func TestWhatIsNoEventBecomesADeadLetterAndHoldsUpNothing(t *testing.T) {
	for name, newHarness := range map[string]func(testing.TB) *harness{"SQLite": onSQLite, "PostgreSQL": onPostgres} {
		t.Run(name, func(t *testing.T) {
			h := withRabbitMQ(newHarness)(t)
			p := h.process(t, bus.Options{Attempts: 2})
			hear(p, "chat", record)
			p.start()
			apptest.Eventually(t, func() error { return p.Ready(t.Context()) })
			err := wiretap(t, h.amqp).Publish("order.placed.v1", "", false, false, amqp.Publishing{
				Headers: amqp.Table{"aggregate": "a\x00\xff"}, Body: []byte("nonsense\x00\xff")})
			if err != nil {
				t.Fatal(err)
			}
			p.place("o1")
			var letters []bus.DeadLetter
			apptest.Eventually(t, func() bool {
				letters, err = p.DeadLetters(t.Context(), "", 0)
				return err == nil && len(letters) == 1
			})
			if _, err := json.Marshal(letters); err != nil || letters[0].Subscriber != "chat" || letters[0].Attempts != 2 {
				t.Errorf("%+v, %v", letters[0], err)
			}
			p.drain()
			p.want("chat", 1, 1)
		})
	}
}

// An event over which its process dies each time is given up by the broker, and is a dead letter like any other.
func TestAnEventThatTheBrokerGivesUpIsADeadLetter(t *testing.T) {
	h := withRabbitMQ(onSQLite)(t)
	first := h.process(t, bus.Options{}, "order")
	first.routes.Add("chat", placed{})
	first.start()
	first.place("o1")
	first.drain()

	dying := wiretap(t, h.amqp)
	deliveries, err := dying.Consume("chat.order.placed.v1", "", false, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	gone := wiretap(t, h.amqp)
	dead := func() int {
		q, err := gone.QueueDeclarePassive("chat.dead", true, false, false, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		return q.Messages
	}
	for n := 0; dead() == 0; {
		select {
		case d := <-deliveries:
			if n++; n > 100 {
				t.Fatal("the broker never gives up")
			}
			if err := d.Nack(false, true); err != nil {
				t.Fatal(err)
			}
		case <-time.After(50 * time.Millisecond):
		}
	}
	_ = dying.Close()

	second := h.process(t, bus.Options{}, "chat")
	hear(second, "chat", record)
	second.start()
	var letters []bus.DeadLetter
	apptest.Eventually(t, func() bool {
		letters, err = second.DeadLetters(t.Context(), "", 0)
		return err == nil && len(letters) == 1
	})
	if l := letters[0]; l.Publisher != "order" || l.Subscriber != "chat" || l.Topic != "order.placed.v1" || l.Aggregate != "o1" || l.LastError == "" {
		t.Errorf("%+v", l)
	}
	if err := second.Retry(t.Context(), letters[0].ID); err != nil {
		t.Fatal(err)
	}
	second.drain()
	second.want("chat", 1, 1)
}

func TestAQueueThatAnOperatorDeletesIsMadeAgain(t *testing.T) {
	h := withRabbitMQ(onSQLite)(t)
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	p.place("before")
	p.drain()
	tap := wiretap(t, h.amqp)
	if _, err := tap.QueueDelete("chat.order.placed.v1", false, false, false); err != nil {
		t.Fatal(err)
	}
	apptest.Eventually(t, func() bool {
		p.place("after")
		return len(p.effects("chat")["after"]) > 0
	})
}

func TestWhatWasEmittedBeforeTheBrokerCameIsDeliveredFirst(t *testing.T) {
	h := onSQLite(t)
	before := h.process(t, bus.Options{})
	hear(before, "chat", func(context.Context, *db.Tx, placed) error { return errors.New("not yet") })
	stop := before.start()
	for range 5 {
		before.place("o1")
	}
	apptest.Eventually(t, func() bool { return before.count("order", "SELECT MAX(attempts) FROM outbox_deliveries") > 2 })
	stop()
	before.close()

	h.amqp = apptest.RabbitMQ(t)
	after := h.process(t, bus.Options{})
	hear(after, "chat", record)
	for range 5 {
		after.place("o1")
	}
	after.start()
	after.drain()
	after.want("chat", 1, 10)
}

func TestWhatWaitsForTheRelayIsDeliveredWithoutABrokerToo(t *testing.T) {
	h := onPostgres(t)
	h.amqp = "amqp://guest:guest@127.0.0.1:1"
	before := h.process(t, bus.Options{})
	hear(before, "chat", record)
	hear(before, "review", record)
	for range 5 {
		before.place("o1")
		before.place("o2")
	}
	before.close()

	h.amqp = ""
	after := h.process(t, bus.Options{})
	hear(after, "chat", record)
	hear(after, "review", record)
	after.start()
	after.place("o1")
	after.place("o2")
	apptest.Eventually(t, func() bool { return after.count("chat", "SELECT COUNT(*) FROM effects") == 12 })
	after.drain()
	if n := after.count("order", "SELECT COUNT(*) FROM outbox_deliveries"); n != 0 {
		t.Errorf("%d deliveries are left", n)
	}
	if n := after.count("review", "SELECT COUNT(*) FROM effects"); n != 12 {
		t.Errorf("%d effects in the second module, want 12", n)
	}
}

func TestABrokerNeedsAnAddressAndRoutes(t *testing.T) {
	for _, o := range []bus.Options{{AMQP: "amqp://h"}, {AMQP: "kafka://h", Routes: &db.Routes{}}} {
		if _, err := bus.New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}
