package db_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"marketplace/platform/db"
	"marketplace/platform/identity"
)

func TestEmitWritesTheEventAndOneRowForEachThatHears(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		o.Routes = &db.Routes{}
		o.Routes.Add("chat", happened{})
		o.Routes.Add("review", happened{}, happened{})
		var committed []db.Emitted
		var d *db.DB
		o.Committed = func(e []db.Emitted) {
			committed = append(committed, e...)
			if count(t, d, "SELECT COUNT(*) FROM outbox_events") != 2 {
				t.Error("told before the commit")
			}
		}
		d = open(t, o)
		ctx := identity.WithRequest(identity.With(t.Context(), identity.Actor{UserID: "u1"}), "r1")
		if err := d.Tx(ctx, func(tx *db.Tx) error { return tx.Emit(happened{"1"}, happened{"2"}) }); err != nil {
			t.Fatal(err)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM outbox_deliveries WHERE subscriber IN ('chat', 'review')"); n != 4 {
			t.Errorf("%d deliveries, want 4", n)
		}
		var e happened
		if len(committed) != 2 || json.Unmarshal(committed[1].Payload, &e) != nil || e.ID != "2" {
			t.Fatalf("committed: %+v", committed)
		}
		c := committed[1]
		if c.Module != "test" || c.Topic != "test.happened.v1" || c.Aggregate != "2" || c.ID <= committed[0].ID {
			t.Errorf("the second event is %+v", c)
		}
		if want := map[string]string{db.HeaderRequest: "r1", db.HeaderActor: "u1"}; !reflect.DeepEqual(c.Headers, want) {
			t.Errorf("its headers are %v", c.Headers)
		}
	})
}

func TestAnEventThatNobodyHearsIsKeptWithoutDeliveries(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		must(t, d, func(tx *db.Tx) error { return tx.Emit(happened{"1"}) })
		if e, n := count(t, d, "SELECT COUNT(*) FROM outbox_events"), count(t, d, "SELECT COUNT(*) FROM outbox_deliveries"); e != 1 || n != 0 {
			t.Errorf("%d events, %d deliveries", e, n)
		}
	})
}

func TestRoutesKnowWhoHearsWhat(t *testing.T) {
	var r db.Routes
	r.Add("chat", happened{})
	r.Add("chat", happened{})
	if got := r.Subscribers("test.happened.v1"); !reflect.DeepEqual(got, []string{"chat"}) {
		t.Errorf("subscribers: %v", got)
	}
	if got := r.Topics("chat"); !reflect.DeepEqual(got, []string{"test.happened.v1"}) {
		t.Errorf("topics: %v", got)
	}
	r.Add("auth", happened{})
	if heard, hearers := r.Heard(), r.Hearers(); !reflect.DeepEqual(heard, []string{"test.happened.v1"}) || !reflect.DeepEqual(hearers, []string{"auth", "chat"}) {
		t.Errorf("%v is heard by %v", heard, hearers)
	}
	if len(r.Subscribers("x")) != 0 || len(r.Topics("x")) != 0 {
		t.Error("somebody hears what nobody said")
	}
}

func TestWithARelayItAloneGetsEveryEventHeardOrNot(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		o.Routes = &db.Routes{}
		for _, routes := range []func(){func() { o.Routes.Via("relay") }, func() { o.Routes.Add("chat", happened{}) }} {
			routes()
			d := open(t, o)
			must(t, d, func(tx *db.Tx) error { return tx.Emit(happened{"1"}) })
		}
		d := open(t, o)
		if r, n := count(t, d, "SELECT COUNT(*) FROM outbox_deliveries WHERE subscriber = 'relay'"), count(t, d, "SELECT COUNT(*) FROM outbox_deliveries"); r != 2 || n != 2 {
			t.Errorf("%d of %d deliveries are for the relay, want 2 of 2", r, n)
		}
	})
}
