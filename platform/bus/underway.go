package bus

import (
	"context"
	"sync"
	"sync/atomic"

	"marketplace/platform/db"
)

// mostUnderway is how many events are remembered as long as nobody has handled them: enough for tests and commands that
// wait for what they have caused, and no more than a few megabytes where modules are slow or other replicas handle.
const mostUnderway = 20_000

// underway remembers what this process has brought to the broker for modules that it hosts, until they have handled it:
// the outbox is done with it, so only this can say that it has not had its effect.
type underway struct {
	steps *atomic.Int64 // of the bus

	mu     sync.Mutex
	events map[reaching]bool
	seen   int64 // steps when sample was last asked
}

// reaching is an event on its way to a module.
type reaching struct{ module, topic, event string }

// begin notes it for those of the modules that this process hosts.
func (u *underway) begin(b *Bus, e db.Emitted, modules ...string) {
	for _, module := range modules {
		if b.handles(module, e.Topic) {
			u.add(reaching{module, e.Topic, e.ID})
		}
	}
}

func (u *underway) add(r reaching) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.events == nil {
		u.events = map[reaching]bool{}
	}
	if len(u.events) < mostUnderway {
		u.events[r] = true
	}
	u.steps.Add(1)
}

func (u *underway) done(module, topic, event string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.events, reaching{module, topic, event})
	u.steps.Add(1)
}

// settled says whether nothing is on its way. While nothing happens here it asks the databases about a few: another
// replica may be the one that handles them.
func (u *underway) settled(ctx context.Context, b *Bus) (bool, error) {
	some, moving := u.sample(100)
	if len(some) == 0 || moving {
		return len(some) == 0, nil
	}
	for _, ev := range b.hosted() {
		for _, topic := range ev.Topics() {
			events := some[route{ev.module, topic}]
			if len(events) == 0 {
				continue
			}
			found, err := outbox{ev.module, ev.db}.settledOf(ctx, ev.handler(topic), events)
			if err != nil {
				return false, err
			}
			for _, event := range found {
				u.done(ev.module, topic, event)
			}
		}
	}
	return false, nil
}

// sample returns a few of the events by module and topic, and whether anything has happened since it was last asked.
func (u *underway) sample(most int) (some map[route][]string, moving bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.steps.Load()
	moving, u.seen = u.seen != now, now
	some = map[route][]string{}
	for r := range u.events {
		to := route{r.module, r.topic}
		some[to] = append(some[to], r.event)
		if most--; most == 0 {
			break
		}
	}
	return some, moving
}
