package chatimpl

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Row C1.
func TestTwoPeopleHaveOneConversationWhoeverOpensItAndAboutTheLastThingThatTheyOpenedItFor(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		first := w.open(ana, "bEN")
		if first.With != (chat.Person{ID: "u-ben", Username: "Ben"}) || first.LastMessage != nil || first.GigID != "" || first.UpdatedAt.IsZero() {
			t.Errorf("%+v", first)
		}
		for _, step := range []struct {
			who         string
			q           chat.OpenRequest
			with        string
			gig, orders string
		}{
			{"Ana", chat.OpenRequest{GigID: "g1"}, "Ben", "g1", ""},
			{"Ben", chat.OpenRequest{OrderID: "o1"}, "Ana", "g1", "o1"},
			{"Ana", chat.OpenRequest{OrderID: "o1", GigID: "g1", UserID: "u-ben", Username: "ben"}, "Ben", "g1", "o1"},
			{"Ben", chat.OpenRequest{UserID: "u-ana"}, "Ana", "", ""},
		} {
			c, err := w.Open(as(step.who), step.q)
			if err != nil || c.ID != first.ID || c.With.Username != step.with || c.GigID != step.gig || c.OrderID != step.orders {
				t.Errorf("%s opens %+v: %+v, %v", step.who, step.q, c, err)
			}
		}
		if c := w.open(eve, "Ben"); c.ID == first.ID {
			t.Error("another person is in the conversation of two")
		}
	})
}

func TestNobodyOpensAConversationThatMustNotBe(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		_, err := w.Open(apptest.Visitor(), chat.OpenRequest{GigID: "g1"})
		w.refused(err, fault.Unauthenticated, "a visitor")
		_, err = w.Open(apptest.System(), chat.OpenRequest{GigID: "g1"})
		w.refused(err, fault.Unauthenticated, "the marketplace")
		_, err = w.Open(unverified("Ana"), chat.OpenRequest{GigID: "g1"})
		w.refused(err, fault.Forbidden, "an address that is not confirmed") // row A1
		for _, q := range []chat.OpenRequest{{UserID: "u-ana"}, {Username: "ANA"}} {
			_, err := w.Open(ana, q)
			w.refused(err, fault.Invalid, fmt.Sprintf("oneself, as %+v", q))
		}
		_, err = w.Open(ben, chat.OpenRequest{GigID: "draft"})
		w.refused(err, fault.Invalid, "the own gig")
		for _, q := range []chat.OpenRequest{{GigID: "draft"}, {GigID: "none"}, {OrderID: "none"}, {UserID: "u-nobody"}, {Username: "nobody"}} {
			_, err := w.Open(ana, q)
			w.refused(err, fault.NotFound, fmt.Sprintf("%+v", q))
		}
		_, err = w.Open(eve, chat.OpenRequest{OrderID: "o1"})
		w.refused(err, fault.NotFound, "somebody else's order")
		_, err = w.Open(apptest.As("u-mod", "Mod", "moderator"), chat.OpenRequest{OrderID: "o1"})
		w.refused(err, fault.NotFound, "an order that one only looks after")

		for field, q := range map[string]chat.OpenRequest{
			"user_id": {GigID: "g1", UserID: "u-eve"}, "username": {}, "gig_id": {OrderID: "o1", GigID: "draft"},
		} {
			if _, err := w.Open(ana, q); wrongField(err) != field {
				t.Errorf("%+v is refused for %s, want %s", q, wrongField(err), field)
			}
		}
		if _, err := w.Open(ana, chat.OpenRequest{UserID: "u-ben", Username: "Eve"}); wrongField(err) != "username" {
			t.Errorf("two people are named: %v", err)
		}
		for _, ctx := range []string{"Ana", "Ben", "Eve"} {
			if l := w.list(as(ctx)); len(l) != 0 {
				t.Errorf("%s has %+v", ctx, l)
			}
		}
	})
}

func TestManyWhoOpenItFirstAtTheSameMomentGetOneConversation(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		for round := range 5 {
			one, two := fmt.Sprint("Kim", round), fmt.Sprint("Lea", round)
			ids := make([]string, 20)
			var wait sync.WaitGroup
			for i := range ids {
				me, other := one, two
				if i%2 == 1 {
					me, other = two, one
				}
				wait.Go(func() {
					c, err := w.Open(as(me), chat.OpenRequest{Username: other})
					if err != nil || c.With.Username != other {
						t.Errorf("%+v, %v", c, err)
					}
					ids[i] = c.ID
				})
			}
			wait.Wait()
			for _, id := range ids {
				if id != ids[0] {
					t.Fatalf("two conversations of two people: %v", ids)
				}
			}
		}
	})
}

// Row W5.
func TestWhoBeginsManyConversationsWaitsAndStillOpensThoseThatThereAre(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open opener) {
		w := start(t, func(module string, options ...apptest.Option) *apptest.Harness {
			return open(module, append(options, apptest.Settings(map[string]any{"conversations_per_hour": 3}))...)
		})
		w.open(ben, "Ana") // begun by another
		w.Clock.Advance(time.Minute)
		var wait sync.WaitGroup
		var refused atomic.Int64
		for i := range 8 {
			wait.Go(func() {
				_, err := w.Open(ana, chat.OpenRequest{Username: fmt.Sprint("Kim", i)})
				if f := fault.Of(err); f != nil && f.Code == fault.TooMany && f.RetryAfter > 3500 && f.RetryAfter <= 3600 {
					refused.Add(1)
				}
			})
		}
		wait.Wait()
		if l := w.list(ana); refused.Load() != 5 || len(l) != 3 {
			t.Fatalf("%d are refused, %d begun", refused.Load(), len(l))
		}
		w.open(ana, w.list(ana)[0].With.Username)
		w.open(ana, "Ben")
		w.Clock.Advance(time.Hour)
		w.open(ana, "Lea")
	})
}

func TestALimitOfNothingIsRefusedAtTheStart(t *testing.T) {
	for _, setting := range []string{"messages_per_minute", "conversations_per_hour"} {
		h := apptest.Host(t, "chat", apptest.Settings(map[string]any{setting: 0}))
		if _, err := newService(h.Host, Deps{}); err == nil {
			t.Errorf("%s is 0", setting)
		}
	}
}

func TestAnEmptyConversationIsListedForWhoOpenedItOnly(t *testing.T) {
	everywhere(t, func(t *testing.T, w world) {
		id := w.between()
		if l := w.list(ana); len(l) != 1 || l[0].ID != id || l[0].LastMessage != nil {
			t.Errorf("who opened it sees %+v", l)
		}
		if l := w.list(ben); len(l) != 0 {
			t.Errorf("the other sees %+v", l)
		}
		w.open(ben, "Ana")
		if l := w.list(ben); len(l) != 1 {
			t.Error("who opened it second does not see it")
		}
		if l := w.list(ana); len(l) != 1 {
			t.Error("who opened it first does not see it any more")
		}
		w.open(ana, "Cem")
		w.open(as("Cem"), "Dan")
		w.send(ana, w.open(ana, "Cem").ID, "Hello")
		if l := w.list(as("Cem")); len(l) != 2 {
			t.Errorf("a conversation with a message is not listed: %+v", l)
		}
	})
}
