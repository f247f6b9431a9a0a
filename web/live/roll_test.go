package live

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/user"
	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// registry stands in for the module user: it knows who is at which gateway.
type registry struct {
	user.Service
	at       map[string]map[string]bool // people by gateway
	calls    []user.AttendRequest
	away     bool // it does not answer, though it may have heard
	forgets  bool
	unasked  int  // calls by somebody else than the marketplace
	tooLarge bool // a call had more people than it may
}

func (r *registry) Attend(ctx context.Context, q user.AttendRequest) (user.Attendance, error) {
	r.calls = append(r.calls, q)
	if !identity.From(ctx).System {
		r.unasked++
	}
	r.tooLarge = r.tooLarge || len(q.Arrived)+len(q.Left) > 500
	if r.forgets {
		clear(r.at)
		r.forgets = false
	}
	if q.Begins {
		r.at[q.Gateway] = map[string]bool{}
	}
	people := r.at[q.Gateway]
	if people == nil {
		return user.Attendance{}, nil
	}
	for _, id := range q.Arrived {
		people[id] = true
	}
	for _, id := range q.Left {
		delete(people, id)
	}
	if r.away {
		return user.Attendance{}, fault.Unavailablef(1, "away")
	}
	return user.Attendance{Known: true}, nil
}

// people are those of the gateway that spoke last.
func (r *registry) people() string {
	if len(r.calls) == 0 {
		return ""
	}
	var ids []string
	for id := range r.at[r.calls[len(r.calls)-1].Gateway] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func newRegistry() (*registry, *roll, *clock.Clock) {
	reg, c := &registry{at: map[string]map[string]bool{}}, clock.New()
	return reg, newRoll(reg, c, zap.NewNop()), c
}

// Row U10.
func TestWhoIsHereIsToldWhenTheyComeAndGoAndNotBetween(t *testing.T) {
	reg, r, c := newRegistry()
	r.enter("ana")
	r.glance("ben")
	r.tell(t.Context())
	if reg.people() != "ana ben" || !reg.calls[0].Begins {
		t.Fatalf("told were %q in %+v", reg.people(), reg.calls)
	}
	for range 100 { // requests and connections of who is here already
		r.glance("ana")
		r.enter("ana")
		r.leave("ana")
		r.tell(t.Context())
	}
	if len(reg.calls) != 1 {
		t.Errorf("there were %d calls", len(reg.calls))
	}
	c.Advance(renewal)
	r.tell(t.Context())
	if len(reg.calls) != 2 || len(reg.calls[1].Arrived)+len(reg.calls[1].Left) != 0 || reg.calls[1].Begins {
		t.Errorf("the renewal was %+v", reg.calls[1:])
	}
	c.Advance(glanced - renewal)
	r.tell(t.Context())
	if reg.people() != "ana" {
		t.Errorf("after the last request of one, here are %q", reg.people())
	}
	r.leave("ana")
	c.Advance(lingers - time.Millisecond)
	r.enter("ana") // the next page
	c.Advance(time.Minute)
	r.tell(t.Context())
	if reg.people() != "ana" {
		t.Errorf("from page to page, here are %q", reg.people())
	}
	r.leave("ana")
	c.Advance(lingers)
	r.tell(t.Context())
	if reg.people() != "" || len(r.here) != 0 || len(r.told) != 0 {
		t.Errorf("after all, here are %q, %v, %v", reg.people(), r.here, r.told)
	}
	if worst := lingers + renewal; worst > time.Minute || glanced+renewal > time.Minute || user.Lease+renewal > time.Minute || renewal*2+tellTakes > user.Lease {
		t.Error("it is not right within a minute, or the lease ends between two calls")
	}
	if reg.unasked > 0 {
		t.Error("somebody asked who is not the marketplace")
	}
}

// Nobody knows whether a call without an answer was heard: what was said under the old name ends with its lease.
func TestAfterACallWithoutAnAnswerAGatewayBeginsANewLife(t *testing.T) {
	reg, r, c := newRegistry()
	r.enter("ana")
	r.enter("ben")
	r.tell(t.Context())
	first := r.gateway
	reg.away = true
	r.leave("ben")
	c.Advance(lingers)
	r.tell(t.Context())
	r.enter("ben") // meanwhile
	calls := len(reg.calls)
	r.tell(t.Context())
	if len(reg.calls) != calls {
		t.Error("who does not answer is asked again at once")
	}
	reg.away = false
	c.Advance(pause)
	r.tell(t.Context())
	if last := reg.calls[len(reg.calls)-1]; !last.Begins || last.Gateway == first || reg.people() != "ana ben" {
		t.Errorf("here are %q by %+v", reg.people(), last)
	}
	reg.forgets = true // its lease had ended
	c.Advance(renewal)
	r.tell(t.Context())
	r.tell(t.Context())
	if reg.people() != "ana ben" {
		t.Errorf("after it was forgotten, here are %q", reg.people())
	}
}

func TestACrowdIsToldInPieces(t *testing.T) {
	reg, r, c := newRegistry()
	for i := range 1200 {
		r.glance(fmt.Sprint("a", i))
	}
	r.tell(t.Context())
	if n := len(reg.at[r.gateway]); n != 1200 || len(reg.calls) != 3 || reg.calls[1].Begins {
		t.Errorf("%d are told of in %d calls", n, len(reg.calls))
	}
	c.Advance(glanced)
	for i := range 700 {
		r.enter(fmt.Sprint("b", i))
	}
	r.tell(t.Context())
	if n := len(reg.at[r.gateway]); n != 700 || reg.tooLarge {
		t.Errorf("%d are told of, too many at once: %v", n, reg.tooLarge)
	}
}
