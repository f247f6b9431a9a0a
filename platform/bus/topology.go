package bus

import (
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill"
	wamqp "github.com/ThreeDotsLabs/watermill-amqp/v2/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"marketplace/platform/db"
)

// What there is on the broker:
//
//	exchange order.placed.v1         fanout, one for each topic: whoever hears it has a queue behind it
//	queue    chat.order.placed.v1    quorum, one for each module and topic; one consumer at a time, of all replicas, so
//	                                 that order holds
//	exchange dead, queue chat.dead   quorum, where the broker puts what it delivered to the module again and again
//	queue    watch.<random>          exclusive, one for each process with live pages
const deadExchange = "dead"

// deliveryLimit is after how many deliveries without an answer the broker gives an event up: each time the process died
// over it, or lost its connection. What a handler refuses is never given back, so it does not count.
const deliveryLimit = 20

// prefetch is how many events the broker sends ahead.
const prefetch = 32

func queueOf(module, topic string) string { return module + "." + topic }

func deadQueueOf(module string) string { return module + ".dead" }

// declareAll makes everything that any module of the marketplace needs, wherever it runs: a broker confirms, and drops,
// an event whose queue does not exist yet.
func declareAll(ch *amqp.Channel, routes *db.Routes) error {
	for _, topic := range routes.Heard() {
		for _, module := range routes.Subscribers(topic) {
			if err := errors.Join(declareDead(ch, module), declareQueue(ch, module, topic)); err != nil {
				return err
			}
		}
	}
	return nil
}

func declareQueue(ch *amqp.Channel, module, topic string) error {
	if err := declareExchange(ch, topic); err != nil {
		return err
	}
	return declareQuorum(ch, queueOf(module, topic), topic, amqp.Table{
		"x-single-active-consumer":  true,
		"x-delivery-limit":          deliveryLimit,
		"x-dead-letter-exchange":    deadExchange,
		"x-dead-letter-routing-key": module,
		"x-dead-letter-strategy":    "at-least-once", // which needs the next
		"x-overflow":                "reject-publish",
	})
}

func declareDead(ch *amqp.Channel, module string) error {
	if err := ch.ExchangeDeclare(deadExchange, amqp.ExchangeDirect, true, false, false, false, nil); err != nil {
		return fmt.Errorf("declare the exchange %s: %w", deadExchange, err)
	}
	if err := declareQuorum(ch, deadQueueOf(module), deadExchange, amqp.Table{"x-single-active-consumer": true}, module); err != nil {
		return err
	}
	return nil
}

func declareQuorum(ch *amqp.Channel, queue, exchange string, arguments amqp.Table, key ...string) error {
	arguments["x-queue-type"] = "quorum"
	if _, err := ch.QueueDeclare(queue, true, false, false, false, arguments); err != nil {
		return fmt.Errorf("declare the queue %s: %w", queue, err)
	}
	return bind(ch, queue, exchange, append(key, "")[0])
}

func declareExchange(ch *amqp.Channel, topic string) error {
	if err := ch.ExchangeDeclare(topic, amqp.ExchangeFanout, true, false, false, false, nil); err != nil {
		return fmt.Errorf("declare the exchange %s: %w", topic, err)
	}
	return nil
}

// declareWatch makes the queue of one process's live pages. It goes with the connection; a process that does not keep
// up loses the oldest.
func declareWatch(ch *amqp.Channel, queue string, topics []string) error {
	_, err := ch.QueueDeclare(queue, false, true, true, false, amqp.Table{"x-max-length": 10000, "x-message-ttl": 60000})
	if err != nil {
		return fmt.Errorf("declare the queue %s: %w", queue, err)
	}
	for _, topic := range topics {
		if err := errors.Join(declareExchange(ch, topic), bind(ch, queue, topic, "")); err != nil {
			return err
		}
	}
	return nil
}

func bind(ch *amqp.Channel, queue, exchange, key string) error {
	if err := ch.QueueBind(queue, key, exchange, false, nil); err != nil {
		return fmt.Errorf("bind the queue %s to %s: %w", queue, exchange, err)
	}
	return nil
}

// builder declares what a subscription needs, before each time it begins to consume. Watermill's own would bind without
// a dead letter exchange, and by the name of the queue.
type builder func(ch *amqp.Channel) error

// BuildTopology is called with a channel of its own.
func (b builder) BuildTopology(ch *amqp.Channel, _, _ string, _ wamqp.Config, _ watermill.LoggerAdapter) error {
	return b(ch)
}

// ExchangeDeclare is what publishers of Watermill call; ours is not one.
func (b builder) ExchangeDeclare(*amqp.Channel, string, wamqp.Config) error { return nil }

// marshaler is how an event looks on the broker: its JSON, with its headers. Unlike Watermill's it takes headers that are
// not text, which brokers and operators' tools add: the event would come back for ever.
type marshaler struct{}

// Marshal makes what is published.
func (marshaler) Marshal(msg *message.Message) (amqp.Publishing, error) {
	headers := make(amqp.Table, len(msg.Metadata))
	for k, v := range msg.Metadata {
		headers[k] = v
	}
	return amqp.Publishing{MessageId: msg.UUID, ContentType: "application/json", DeliveryMode: amqp.Persistent,
		Type: msg.Metadata.Get(headerTopic), Headers: headers, Body: msg.Payload}, nil
}

// Unmarshal fails only for what is no delivery: the end of a consumer that the broker has cancelled.
func (marshaler) Unmarshal(d amqp.Delivery) (*message.Message, error) {
	if d.Acknowledger == nil {
		return nil, errors.New("the broker has ended the consumer")
	}
	id := storableText(d.MessageId)
	if id == "" { // somebody else's; it must get through to be shown as a dead letter
		id = uuid.NewString()
	}
	msg := message.NewMessage(id, d.Body)
	for k, v := range d.Headers {
		if text, ok := v.(string); ok {
			msg.Metadata.Set(k, storableText(text))
		}
	}
	return msg, nil
}
