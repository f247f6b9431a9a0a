package bus_test

import (
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/pubsub/gochannel"

	"marketplace/platform/apptest"
)

// These tests say why Watermill's channel in memory does not carry our events (row trap 1). When one fails, the library
// has changed, and the reasons should be looked at again.

func goChannel(t *testing.T, c gochannel.Config) *gochannel.GoChannel {
	t.Helper()
	pubsub := gochannel.NewGoChannel(c, watermill.NopLogger{})
	t.Cleanup(func() { _ = pubsub.Close() })
	return pubsub
}

func event(id string) *message.Message { return message.NewMessage(id, nil) }

func subscribe(t *testing.T, g *gochannel.GoChannel) <-chan *message.Message {
	t.Helper()
	messages, err := g.Subscribe(t.Context(), "order.placed.v1")
	if err != nil {
		t.Fatal(err)
	}
	return messages
}

func TestGoChannelLosesAnEventThatNobodyHearsYet(t *testing.T) {
	g := goChannel(t, gochannel.Config{BlockPublishUntilSubscriberAck: true})
	if err := g.Publish("order.placed.v1", event("1")); err != nil {
		t.Fatalf("it has begun to say so: %v", err)
	}
	messages := subscribe(t, g)
	if err := g.Publish("order.placed.v1"); err != nil {
		t.Fatal(err)
	}
	select {
	case m := <-messages:
		t.Fatalf("it has begun to keep events: %s", m.UUID)
	default:
	}
}

func TestGoChannelLosesAnEventWhenItIsClosedBeforeTheAck(t *testing.T) {
	g := goChannel(t, gochannel.Config{BlockPublishUntilSubscriberAck: true})
	messages := subscribe(t, g)
	published := make(chan error, 1)
	go func() { published <- g.Publish("order.placed.v1", event("1")) }()
	<-messages // taken, neither acked nor nacked
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-published:
		if err != nil {
			t.Fatalf("it has begun to say so: %v", err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Publish does not return any more")
	}
}

func TestGoChannelLetsOneSubscriberThatNacksHoldUpAllOthers(t *testing.T) {
	g := goChannel(t, gochannel.Config{BlockPublishUntilSubscriberAck: true})
	bad, good := subscribe(t, g), subscribe(t, g)
	nacked := make(chan struct{}, 1000)
	go func() {
		for m := range bad { // until the test closes it
			m.Nack()
			select {
			case nacked <- struct{}{}:
			default:
			}
		}
	}()
	second := make(chan struct{})
	go func() {
		_ = g.Publish("order.placed.v1", event("1"))
		_ = g.Publish("order.placed.v1", event("2"))
		close(second)
	}()
	m := <-good
	m.Ack()
	apptest.Eventually(t, func() bool { return len(nacked) > 100 }) // it has had every chance
	select {
	case m := <-good:
		t.Fatalf("it has begun to go on: %s", m.UUID)
	case <-second:
		t.Fatal("it has begun to go on")
	default:
	}
}

func TestGoChannelDeadlocksWhenAHandlerPublishesToItsOwnTopic(t *testing.T) {
	g := goChannel(t, gochannel.Config{BlockPublishUntilSubscriberAck: true})
	messages := subscribe(t, g)
	handled := make(chan struct{})
	go func() {
		m := <-messages
		_ = g.Publish("order.placed.v1", event("2")) // waits for the ack of 2, which waits for this handler
		m.Ack()
		close(handled)
	}()
	go func() { _ = g.Publish("order.placed.v1", event("1")) }()
	select {
	case <-handled:
		t.Fatal("it has begun to manage")
	case <-time.After(300 * time.Millisecond):
	}
}
