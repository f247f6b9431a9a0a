package userimpl

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// attend is one call of a gateway, and must be known unless said otherwise.
func (w world) attend(t testing.TB, q user.AttendRequest) {
	t.Helper()
	if answer, err := w.Attend(apptest.System(), q); err != nil || !answer.Known {
		t.Errorf("%+v: known %v, %v", q, answer.Known, err)
	}
}

// online says who of these people is there.
func (w world) online(t testing.TB, ids ...string) (there []string) {
	t.Helper()
	list, err := w.List(apptest.Visitor(), user.ListRequest{IDs: ids})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Items {
		if p.Presence.Online {
			there = append(there, p.ID)
		}
	}
	return there
}

// announced are the changes that were announced of a person: true for online.
func (w world) announced(t testing.TB, id string) (changes []bool) {
	t.Helper()
	for _, e := range apptest.Emitted[user.PresenceChanged](t, w.Harness) {
		if e.UserID == id {
			changes = append(changes, e.Online)
		}
	}
	return changes
}

// Row U10.
func TestSomebodyIsOnlineWhileAnyGatewayHasThem(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.signUp(t, "u1", "Ana", w.Clock.Now())
		w.signUp(t, "u2", "Ben", w.Clock.Now())
		if p := w.get(t, user.GetRequest{ID: "u1"}); p.Presence.Online || p.Presence.LastSeenAt != nil {
			t.Errorf("before: %+v", p.Presence)
		}
		w.attend(t, user.AttendRequest{Gateway: "a", Begins: true, Arrived: []string{"u2", "u1"}})
		w.attend(t, user.AttendRequest{Gateway: "b", Begins: true, Arrived: []string{"u1"}})
		if there := w.online(t, "u1", "u2"); !slices.Equal(there, []string{"u1", "u2"}) {
			t.Errorf("online are %v", there)
		}
		w.Clock.Advance(time.Second)
		left := w.Clock.Now()
		w.attend(t, user.AttendRequest{Gateway: "a", Left: []string{"u1", "u2"}})
		w.Clock.Advance(time.Second)
		if there := w.online(t, "u1", "u2"); !slices.Equal(there, []string{"u1"}) {
			t.Errorf("after the first gateway online are %v", there)
		}
		p := w.get(t, user.GetRequest{Username: "ben"}).Presence
		if p.LastSeenAt == nil || p.LastSeenAt.Sub(left).Abs() > time.Second || p.LastSeenAt.Location() != time.UTC {
			t.Errorf("the one who left was seen at %v, not %v", p.LastSeenAt, left)
		}
		w.attend(t, user.AttendRequest{Gateway: "b", Left: []string{"u1"}})
		w.attend(t, user.AttendRequest{Gateway: "b", Left: []string{"u1", "nobody"}}) // said twice
		if ana, ben := w.announced(t, "u1"), w.announced(t, "u2"); !slices.Equal(ana, []bool{true, false}) || !slices.Equal(ben, []bool{true, false}) {
			t.Errorf("announced were %v and %v", ana, ben)
		}
		headline, err := w.Update(apptest.As("u2", "Ben"), user.UpdateRequest{})
		if err != nil || headline.Presence.LastSeenAt == nil {
			t.Errorf("after an update %+v, %v", headline.Presence, err)
		}
	})
}

// Row U10: a gateway that is killed says nothing.
func TestThePeopleOfADeadGatewayGoWhenItsLeaseEnds(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		var crowd []string
		for i := range 3 * mostAttending / 2 {
			crowd = append(crowd, fmt.Sprintf("x%04d", i))
		}
		w.signUp(t, "u1", "Ana", w.Clock.Now())
		w.signUp(t, "u2", "Ben", w.Clock.Now())
		w.attend(t, user.AttendRequest{Gateway: "dead", Begins: true, Arrived: append([]string{"u1", "u2"}, crowd[:mostAttending-2]...)})
		w.attend(t, user.AttendRequest{Gateway: "dead", Arrived: crowd[mostAttending-2:]})
		seen := w.Clock.Now()
		w.attend(t, user.AttendRequest{Gateway: "alive", Begins: true, Arrived: []string{"u2"}})
		w.Clock.Advance(user.Lease / 2)
		w.attend(t, user.AttendRequest{Gateway: "alive"})
		w.Clock.Advance(user.Lease/2 + time.Second)

		if there := w.online(t, "u1", "u2"); !slices.Equal(there, []string{"u2"}) {
			t.Errorf("before anybody has swept, online are %v", there)
		}
		for range 2 { // says it, and takes what is left of the gateway
			if err := w.RunTasks(t.Context()); err != nil {
				t.Fatal(err)
			}
			p := w.get(t, user.GetRequest{ID: "u1"}).Presence
			if p.Online || p.LastSeenAt == nil || p.LastSeenAt.Sub(seen).Abs() > time.Second {
				t.Errorf("seen at %v, not at %v", p.LastSeenAt, seen)
			}
		}
		gone := 0
		for _, e := range apptest.Emitted[user.PresenceChanged](t, w.Harness) {
			if !e.Online {
				gone++
			}
		}
		if gone != len(crowd)+1 || !slices.Equal(w.announced(t, "u2"), []bool{true}) {
			t.Errorf("%d have gone, and of who is elsewhere %v was announced", gone, w.announced(t, "u2"))
		}
		for what, q := range map[string]user.AttendRequest{"renews": {Gateway: "dead"}, "has somebody": {Gateway: "dead", Arrived: []string{"u1"}}} {
			if answer, err := w.Attend(apptest.System(), q); err != nil || answer.Known {
				t.Errorf("a dead gateway that %s is known: %v %v", what, answer.Known, err)
			}
		}
		if there := w.online(t, "u1", "u2"); !slices.Equal(there, []string{"u2"}) {
			t.Errorf("in the end online are %v", there)
		}
	})
}

func TestGatewaysThatSpeakAtOnceAgree(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.signUp(t, "u1", "Ana", w.Clock.Now())
		w.signUp(t, "u2", "Ben", w.Clock.Now())
		var wait sync.WaitGroup
		for g := range 4 {
			wait.Go(func() {
				name, people := fmt.Sprint("g", g), []string{"u1", "u2"}
				if g%2 == 1 {
					slices.Reverse(people)
				}
				w.attend(t, user.AttendRequest{Gateway: name, Begins: true})
				for range 5 {
					w.attend(t, user.AttendRequest{Gateway: name, Arrived: people})
					w.attend(t, user.AttendRequest{Gateway: name, Left: people})
				}
				if g == 0 {
					w.attend(t, user.AttendRequest{Gateway: name, Arrived: []string{"u1"}})
				}
			})
		}
		wait.Wait()
		if there := w.online(t, "u1", "u2"); !slices.Equal(there, []string{"u1"}) {
			t.Errorf("online are %v", there)
		}
		for id, last := range map[string]bool{"u1": true, "u2": false} {
			changes := w.announced(t, id)
			for i, online := range changes {
				if online != (i%2 == 0) {
					t.Errorf("announced of %s were %v", id, changes)
					break
				}
			}
			if len(changes) == 0 || changes[len(changes)-1] != last {
				t.Errorf("the last that was announced of %s is among %v", id, changes)
			}
		}
	})
}

func TestOnlyTheMarketplaceSaysWhoIsThere(t *testing.T) {
	w := begin(t)
	for _, ctx := range []struct {
		name string
		err  error
	}{
		{"a visitor", second(w.Attend(apptest.Visitor(), user.AttendRequest{Gateway: "a", Begins: true}))},
		{"an operator", second(w.Attend(apptest.As("u1", "ana", "operator"), user.AttendRequest{Gateway: "a", Begins: true}))},
	} {
		if !fault.Is(ctx.err, fault.Forbidden) {
			t.Errorf("%s: %v", ctx.name, ctx.err)
		}
	}
	many := make([]string, mostAttending+1)
	for i := range many {
		many[i] = fmt.Sprint("x", i)
	}
	for _, c := range []struct {
		q    user.AttendRequest
		want string
	}{
		{user.AttendRequest{Begins: true}, "gateway"}, {user.AttendRequest{Gateway: "a b", Arrived: many}, "gateway arrived"},
		{user.AttendRequest{Gateway: "a", Arrived: many[:2], Left: many[2:]}, "arrived"},
		{user.AttendRequest{Gateway: "a", Arrived: []string{"u1"}, Left: []string{"u1"}}, "arrived"},
		{user.AttendRequest{Gateway: "a", Left: []string{"\x00"}}, "arrived"},
	} {
		if _, err := w.Attend(apptest.System(), c.q); fields(err) != c.want {
			t.Errorf("%+v: %q, want %q", c.q, fields(err), c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }
