package live

import (
	"sync"
	"time"

	"marketplace/platform/clock"
)

// mostPaced is how many are remembered who have something to come back.
const mostPaced = 1 << 16

// pace lets each of many take so many steps in a time, and so many at once when they have rested: a token bucket each, of
// which only the moment is kept at which it is full again.
type pace struct {
	clock *clock.Clock
	step  time.Duration // in which one step comes back
	rest  time.Duration // after which everything is back

	mu   sync.Mutex
	full map[string]time.Time
}

// newPace lets each take steps a period, all of them at once if they like.
func newPace(c *clock.Clock, steps int, period time.Duration) *pace {
	return &pace{clock: c, step: period / time.Duration(steps), rest: period, full: map[string]time.Time{}}
}

// take lets somebody take so many steps, or says how long they have to wait for that.
func (p *pace) take(who string, steps int) (wait time.Duration) {
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tidy(now)
	full := p.full[who]
	if full.Before(now) {
		full = now
	}
	full = full.Add(time.Duration(steps) * p.step)
	if wait = full.Sub(now) - p.rest; wait > 0 {
		return wait
	}
	p.full[who] = full
	return 0
}

// tidy forgets those who have everything back. When too many have not, it forgets all: they gain some steps, and nobody
// fills the memory. It needs p.mu.
func (p *pace) tidy(now time.Time) {
	if len(p.full) < mostPaced {
		return
	}
	for who, full := range p.full {
		if !full.After(now) {
			delete(p.full, who)
		}
	}
	if len(p.full) > mostPaced/2 {
		clear(p.full)
	}
}

// seconds are how long that is for whoever is told to wait, rounded up.
func seconds(wait time.Duration) int { return int((wait + time.Second - 1) / time.Second) }
