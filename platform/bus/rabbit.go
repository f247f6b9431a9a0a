package bus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
	"golang.org/x/sync/errgroup"

	"marketplace/platform/db"
)

// relay is the one subscriber of an outbox whose events go through a broker.
const relay = "relay"

// relayParallel is how many aggregates the relay publishes at once. Those of one follow each other's confirms, so that
// order holds even when the broker refuses one.
const relayParallel = 256

// checkBroker refuses what can be seen without connecting.
func checkBroker(o Options) error {
	if o.Routes == nil {
		return errors.New("bus: events that go through a broker need to know who hears what")
	}
	if _, err := amqp.ParseURI(o.AMQP); err != nil {
		return fmt.Errorf("bus: read the address of the broker: %w", err)
	}
	return nil
}

// rabbit is the transport over RabbitMQ, between any number of processes.
type rabbit struct {
	feeds
	bus       *Bus
	link      *link
	consumers *consumers
	underway  *underway
	relays    []*relaying
	own       map[string]*worker // by module: what is parked
	all       []*worker
	hears     atomic.Bool // the queues of this process are consumed
	linked    sync.WaitGroup
	unlink    context.CancelFunc
}

// relaying is an outbox with those who empty it.
type relaying struct {
	outbox
	relay  *worker
	former []*worker // for what was emitted for a module itself, before events went through a broker
	all    []*worker
}

func newRabbit(b *Bus) *rabbit {
	r := &rabbit{feeds: newFeeds(b.hosted()), bus: b, underway: &underway{steps: &b.steps}, own: map[string]*worker{}}
	r.consumers = &consumers{url: b.options.AMQP, log: b.log}
	r.link = &link{url: b.options.AMQP, log: b.log, up: r.wakeRelays, first: make(chan struct{}),
		declare: func(ch *amqp.Channel) error { return declareAll(ch, b.options.Routes) }}
	for _, ev := range b.hosted() {
		r.addOutbox(ev)
	}
	return r
}

func (r *rabbit) addOutbox(ev *Events) {
	o := &relaying{outbox: outbox{ev.module, ev.db}}
	o.relay = newWorker(r.bus, o.outbox, relay, nil, relayParallel, r.publish)
	o.relay.attempts, o.relay.ready = math.MaxInt, r.canPublish
	o.all = append(o.all, o.relay)
	if len(ev.reactions) > 0 {
		r.own[ev.module] = newWorker(r.bus, o.outbox, ev.module, ev.Topics(), cap(ev.slots), r.hand)
		r.own[ev.module].quiet = true
		o.all = append(o.all, r.own[ev.module])
	}
	for _, module := range r.bus.options.Routes.Hearers() {
		if module == ev.module {
			continue
		}
		w := newWorker(r.bus, o.outbox, module, r.bus.options.Routes.Topics(module), relayParallel, r.publishTo)
		w.attempts, w.ready, w.quiet = math.MaxInt, r.canPublish, true
		o.former = append(o.former, w)
	}
	o.all = append(o.all, o.former...)
	r.relays, r.all = append(r.relays, o), append(r.all, o.all...)
}

func (r *rabbit) workers() []*worker { return r.all }

// ready says whether the broker is there for those who publish and those who consume.
func (r *rabbit) ready() error {
	if !r.hears.Load() || !r.consumers.attached() {
		return ErrAway
	}
	return r.link.ready()
}

// canPublish: not before the live pages of this process are told of what it publishes.
func (r *rabbit) canPublish() error {
	if !r.hears.Load() {
		return ErrAway
	}
	return r.link.ready()
}

func (r *rabbit) wakeRelays() {
	for _, o := range r.relays {
		o.relay.wakeUp()
		for _, w := range o.former {
			w.wakeUp()
		}
	}
}

// publish brings events to whoever hears them.
func (r *rabbit) publish(ctx context.Context, _ string, events ...db.Emitted) error {
	for _, e := range events {
		r.underway.begin(r.bus, e, r.bus.options.Routes.Subscribers(e.Topic)...)
		if err := r.link.publish(ctx, e.Topic, "", e); err != nil {
			return err
		}
	}
	return nil
}

// publishTo brings events to one module's queue.
func (r *rabbit) publishTo(ctx context.Context, module string, events ...db.Emitted) error {
	for _, e := range events {
		r.underway.begin(r.bus, e, module)
		if err := r.link.publish(ctx, "", queueOf(module, e.Topic), e); err != nil {
			return err
		}
	}
	return nil
}

// run begins with the queues, then empties the outboxes. It ends when the events in hand are finished; the connections
// stay until close.
func (r *rabbit) run(ctx context.Context) error {
	linked, unlink := context.WithCancel(context.WithoutCancel(ctx))
	r.unlink = unlink
	r.linked.Go(func() { r.link.run(linked) })
	var g errgroup.Group
	g.Go(func() error { r.consume(ctx); return nil })
	for _, w := range r.own {
		g.Go(func() error { w.run(ctx); return nil })
	}
	for _, o := range r.relays {
		g.Go(func() error { r.empty(ctx, o); return nil })
		g.Go(func() error { o.lookAfter(ctx, o.all); return nil })
	}
	return g.Wait()
}

// empty brings what was emitted for modules themselves first, then works for the relay.
func (r *rabbit) empty(ctx context.Context, o *relaying) {
	for o.hurry(ctx) != nil {
		if !sleep(ctx, reconnectMax) {
			return
		}
	}
	var g errgroup.Group
	for _, w := range o.former {
		g.Go(func() error { w.run(ctx); return nil })
	}
	for _, w := range o.former {
		select {
		case <-w.caughtUp:
		case <-ctx.Done():
		}
	}
	o.relay.run(ctx)
	_ = g.Wait()
}

// consume takes events from the queues of the hosted modules until ctx ends. It comes after the link, which has declared
// them all.
func (r *rabbit) consume(ctx context.Context) {
	select {
	case <-r.link.first:
	case <-ctx.Done():
		return
	}
	if !r.consumers.connect(ctx) {
		return
	}
	var subscribed, pumps sync.WaitGroup
	for _, s := range r.subscriptions() {
		subscribed.Add(1)
		pumps.Go(func() {
			messages, ok := r.consumers.subscribe(ctx, s)
			subscribed.Done()
			if ok {
				r.consumers.pump(ctx, messages, s)
			}
		})
	}
	subscribed.Wait()
	r.hears.Store(true)
	r.wakeRelays()
	pumps.Wait()
}

func (r *rabbit) subscriptions() []subscription {
	var all []subscription
	for _, ev := range r.bus.hosted() {
		for _, topic := range ev.Topics() {
			declare := func(ch *amqp.Channel) error {
				return errors.Join(declareDead(ch, ev.module), declareQueue(ch, ev.module, topic))
			}
			all = append(all, subscription{queueOf(ev.module, topic), declare, r.takeEvent(ev, topic)})
		}
		if len(ev.reactions) > 0 {
			declare := func(ch *amqp.Channel) error { return declareDead(ch, ev.module) }
			all = append(all, subscription{deadQueueOf(ev.module), declare, r.takeDead(ev)})
		}
	}
	if topics := r.bus.watched(); len(topics) > 0 {
		queue := "watch." + uuid.NewString()
		declare := func(ch *amqp.Channel) error { return declareWatch(ch, queue, topics) }
		all = append(all, subscription{queue, declare, r.takeWatched})
	}
	return all
}

// signal goes to whoever watches the topic, and does not wait for the broker's word.
func (r *rabbit) signal(ctx context.Context, e db.Emitted) error {
	return r.link.send(ctx, e.Topic, "", e)
}

func (r *rabbit) settled(ctx context.Context) (bool, error) { return r.underway.settled(ctx, r.bus) }

func (r *rabbit) close() error {
	err := r.consumers.close()
	if r.unlink != nil {
		r.unlink()
	}
	r.linked.Wait()
	return err
}

// handles says whether a module that is hosted here handles the topic.
func (b *Bus) handles(module, topic string) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	ev := b.modules[module]
	return ev != nil && ev.db != nil && ev.handles(topic)
}

// watched returns the topics that somebody here watches, sorted.
func (b *Bus) watched() []string {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return slices.Sorted(maps.Keys(b.watchers))
}
