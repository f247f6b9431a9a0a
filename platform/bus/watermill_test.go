package bus_test

import (
	"sync/atomic"
	"testing"

	"github.com/ThreeDotsLabs/watermill"
	wamqp "github.com/ThreeDotsLabs/watermill-amqp/v2/pkg/amqp"
	amqp "github.com/rabbitmq/amqp091-go"

	"marketplace/platform/apptest"
)

// These tests say why watermill-amqp is used with a relay, a marshaler and a topology of ours (row trap 2). When one fails,
// the library has changed, and the reasons should be looked at again.

func durable(url string) wamqp.Config {
	return wamqp.NewDurablePubSubConfig(url, wamqp.GenerateQueueNameConstant("chat"))
}

func TestWatermillDoesNotWaitForConfirms(t *testing.T) {
	if durable("amqp://h").Publish.ConfirmDelivery {
		t.Error("it has begun to")
	}
}

func TestWatermillFailsWhenTheBrokerIsAway(t *testing.T) {
	if _, err := wamqp.NewSubscriber(durable("amqp://guest:guest@127.0.0.1:1"), watermill.NopLogger{}); err == nil {
		t.Error("it has begun to wait")
	}
}

func TestWatermillRefusesHeadersThatAreNoText(t *testing.T) {
	if _, err := (wamqp.DefaultMarshaler{}).Unmarshal(amqp.Delivery{Headers: amqp.Table{"hops": int32(3)}}); err == nil {
		t.Error("it has begun to take them")
	}
}

func TestWatermillBindsATopicExchangeByTheNameOfTheQueue(t *testing.T) {
	config := durable(apptest.RabbitMQ(t))
	config.Exchange.Type, config.Exchange.GenerateName = "topic", func(string) string { return "events" }
	same := func(topic string) string { return topic }
	config.Publish.GenerateRoutingKey, config.QueueBind.GenerateRoutingKey = same, same
	config.Publish.ConfirmDelivery = true
	subscriber, err := wamqp.NewSubscriber(config, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = subscriber.Close() })
	if err := subscriber.SubscribeInitialize("order.placed.v1"); err != nil {
		t.Fatal(err)
	}
	publisher, err := wamqp.NewPublisher(config, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = publisher.Close() })
	if err := publisher.Publish("order.placed.v1", event("1")); err != nil {
		t.Fatalf("it has begun to say so: %v", err)
	}
	q, err := wiretap(t, config.Connection.AmqpURI).QueueDeclarePassive("chat", true, false, false, false, nil)
	if err != nil || q.Messages != 0 {
		t.Errorf("it has begun to arrive: %d, %v", q.Messages, err)
	}
}

func TestWatermillGivesAFailedEventBackAtOnce(t *testing.T) {
	config := durable(apptest.RabbitMQ(t))
	subscriber, err := wamqp.NewSubscriber(config, watermill.NopLogger{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = subscriber.Close() })
	messages, err := subscriber.Subscribe(t.Context(), "order.placed.v1")
	if err != nil {
		t.Fatal(err)
	}
	var came atomic.Int64
	go func() {
		for m := range messages { // until the subscriber closes it
			came.Add(1)
			m.Nack()
		}
	}()
	err = wiretap(t, config.Connection.AmqpURI).Publish("order.placed.v1", "", false, false, amqp.Publishing{
		Headers: amqp.Table{wamqp.DefaultMessageUUIDHeaderKey: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	apptest.Eventually(t, func() bool { return came.Load() > 100 })
}
