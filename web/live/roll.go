package live

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/modules/user"
	"marketplace/platform/clock"
	"marketplace/platform/identity"
)

// How long somebody is here (row U10: within a minute), and how often the module user is told.
const (
	lingers   = 10 * time.Second       // after the last connection: the next page brings another one
	glanced   = 45 * time.Second       // after a request without a connection, as of people without scripts
	renewal   = 10 * time.Second       // a call at least so often, or the lease ends (user.Lease)
	looking   = 500 * time.Millisecond // a look at who has come and left at least so often
	tellTakes = 5 * time.Second        // at most
	pause     = 3 * time.Second        // after a call that failed
	mostTold  = 500                    // people in one call
)

var errForgotten = errors.New("the lease has ended")

// roll is who is here, in this process, and what the module user knows of it (ADR 15).
type roll struct {
	users user.Service
	clock *clock.Clock
	log   *zap.Logger

	mu   sync.Mutex
	here map[string]*stay // by user id

	// Of tell, which runs once at a time.
	gateway string          // empty: the module user knows nothing
	told    map[string]bool // who is here as far as it knows
	renewed time.Time
	next    time.Time // not before
	failing bool
}

// stay is why somebody is here: by connections, or until a time.
type stay struct {
	connections int
	until       time.Time
}

func newRoll(users user.Service, c *clock.Clock, log *zap.Logger) *roll {
	return &roll{users: users, clock: c, log: log, here: map[string]*stay{}}
}

// enter notes a connection of the person.
func (r *roll) enter(userID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stayOf(userID).connections++
}

// leave notes the end of a connection.
func (r *roll) leave(userID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stayOf(userID)
	s.connections--
	s.until = r.clock.Now().Add(lingers)
}

// glance notes a request of the person.
func (r *roll) glance(userID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stayOf(userID)
	s.until = r.clock.Now().Add(glanced)
}

// stayOf needs r.mu.
func (r *roll) stayOf(userID string) *stay {
	s := r.here[userID]
	if s == nil {
		s = &stay{}
		r.here[userID] = s
	}
	return s
}

// run tells the module user who is here until ctx ends. Nothing is said at the end: who was here is let in elsewhere before
// the lease ends, or is not there any more.
func (r *roll) run(ctx context.Context) {
	tick := time.NewTicker(looking)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if ctx.Err() == nil { // both may have come
				r.tell(ctx)
			}
		}
	}
}

// tell brings the module user up to date. After a call of which nobody knows whether it was heard, this gateway begins a
// new life under a new name, and what was said under the old one ends with its lease.
func (r *roll) tell(ctx context.Context) {
	now := r.clock.Now()
	arrived, left := r.changes(now)
	if now.Before(r.next) || len(arrived)+len(left) == 0 && now.Before(r.renewed.Add(renewal)) {
		return
	}
	for {
		some := user.AttendRequest{Arrived: arrived[:min(len(arrived), mostTold)]}
		some.Left = left[:min(len(left), mostTold-len(some.Arrived))]
		if err := r.attend(ctx, some); err != nil {
			r.begin(err, now)
			return
		}
		arrived, left = arrived[len(some.Arrived):], left[len(some.Left):]
		if len(arrived)+len(left) == 0 {
			r.failing = false
			return
		}
	}
}

// changes are who is here and was not told of, and the other way round; who left is forgotten here.
func (r *roll) changes(now time.Time) (arrived, left []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, s := range r.here {
		switch {
		case s.connections <= 0 && !s.until.After(now):
			delete(r.here, id)
		case !r.told[id]:
			arrived = append(arrived, id)
		}
	}
	for id := range r.told {
		if r.here[id] == nil {
			left = append(left, id)
		}
	}
	slices.Sort(arrived)
	slices.Sort(left)
	return arrived, left
}

func (r *roll) attend(ctx context.Context, q user.AttendRequest) error {
	ctx, cancel := context.WithTimeout(identity.System(ctx), tellTakes)
	defer cancel()
	if q.Begins = r.gateway == ""; q.Begins {
		r.gateway, r.told = uuid.NewString(), map[string]bool{}
	}
	q.Gateway = r.gateway
	asked := r.clock.Now()
	answer, err := r.users.Attend(ctx, q)
	if err != nil {
		return err
	}
	if !answer.Known {
		return errForgotten
	}
	r.renewed = asked
	for _, id := range q.Arrived {
		r.told[id] = true
	}
	for _, id := range q.Left {
		delete(r.told, id)
	}
	return nil
}

// begin forgets what was told: at once when the module user has forgotten it too, after a moment when it does not answer.
func (r *roll) begin(why error, now time.Time) {
	r.gateway, r.told, r.renewed = "", nil, time.Time{}
	if errors.Is(why, errForgotten) {
		return
	}
	r.next = now.Add(pause)
	if !r.failing && !errors.Is(why, context.Canceled) {
		r.failing = true
		r.log.Warn("nobody is told who is here", zap.Error(why))
	}
}
