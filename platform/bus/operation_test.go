package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"marketplace/platform/bus"
	"marketplace/platform/db"
)

// What the operator sees and does; part of conformance.

func deadLetterAndReplay(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 3})
	var mended atomic.Bool
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if e.N == 1 && !mended.Load() {
			return errors.New("the reason\x00 with a byte that databases refuse")
		}
		return record(ctx, tx, e)
	})
	p.start()
	p.place("o1")
	p.place("o1")
	p.drain()
	if got := p.effects("chat")["o1"]; len(got) != 1 || got[0] != 2 {
		t.Errorf("the later event must pass a dead letter: %v", got)
	}
	letters, err := p.DeadLetters(t.Context(), "", 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("dead letters: %v, %v", letters, err)
	}
	l := letters[0]
	if l.Publisher != "order" || l.Subscriber != "chat" || l.Topic != "order.placed.v1" || l.Aggregate != "o1" || l.Attempts != 3 ||
		!strings.Contains(l.LastError, "the reason") || !strings.Contains(string(l.Payload), `"o1"`) || l.DeadAt.Before(l.EmittedAt) {
		t.Errorf("the dead letter says %+v", l)
	}
	mended.Store(true)
	if err := p.Retry(t.Context(), l.ID); err != nil {
		t.Fatal(err)
	}
	p.drain()
	if got := p.effects("chat")["o1"]; len(got) != 2 || got[1] != 1 {
		t.Errorf("after the replay: %v", got)
	}
	for _, id := range []string{l.ID, "nobody/1", "order"} {
		if err := p.Retry(t.Context(), id); err == nil {
			t.Errorf("retrying %q must be refused", id)
		}
	}
}

func deadLettersInPages(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1})
	var mended atomic.Bool
	refuse := func() error {
		if mended.Load() {
			return nil
		}
		return errors.New("no")
	}
	hear(p, "chat", func(context.Context, *db.Tx, placed) error { return refuse() })
	hear(p, "review", func(context.Context, *db.Tx, answered) error { return refuse() })
	p.start()
	for i := range 4 {
		p.place(fmt.Sprint("o", i))
		err := p.dbs["chat"].Tx(t.Context(), func(tx *db.Tx) error { return tx.Emit(answered{fmt.Sprint("o", i)}) })
		if err != nil {
			t.Fatal(err)
		}
	}
	p.drain()
	var all []string
	for after := ""; ; {
		page, err := p.DeadLetters(t.Context(), after, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range page {
			all = append(all, l.ID)
			after = l.ID
		}
		if len(page) < 3 {
			break
		}
	}
	first, second := h.keeper("chat", "review"), h.keeper("order", "chat")
	if first > second {
		first, second = second, first
	}
	for i, keeper := range []string{first, first, first, first, second, second, second, second} {
		if len(all) != 8 || !strings.HasPrefix(all[i], keeper+"/") || i > 0 && all[i-1] >= all[i] {
			t.Fatalf("the pages list %v", all)
		}
	}
	mended.Store(true)
	if n, err := p.RetryAll(t.Context()); n != 8 || err != nil {
		t.Errorf("retry all: %d, %v", n, err)
	}
	p.drain()
	if left, err := p.DeadLetters(t.Context(), "", 0); len(left) != 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

func swept(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1})
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if e.OrderID == "bad" {
			return errors.New("no")
		}
		return record(ctx, tx, e)
	})
	p.start()
	p.place("bad")
	err := p.dbs["order"].Tx(t.Context(), func(tx *db.Tx) error {
		for i := range 600 { // more than one small transaction of the sweep
			err := tx.Exec(`INSERT INTO outbox_events (id, topic, aggregate, payload, headers, created_at)
				VALUES (?, 'order.placed.v1', 'o', '{}', '{}', ?)`, fmt.Sprint("old", i), h.clock.Now()).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	p.place("o1")
	p.drain()
	keeper := h.keeper("order", "chat")
	sweep := func(delivered, dead, inbox int) {
		t.Helper()
		if err := p.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		of := "SELECT COUNT(*) FROM outbox_events WHERE aggregate "
		e, d, i := p.count("order", of+"<> 'bad'"), p.count(keeper, of+"= 'bad'"), p.count("chat", "SELECT COUNT(*) FROM inbox")
		if e != delivered || d != dead || i != inbox {
			t.Errorf("%d events, %d of dead letters and %d inbox rows are left, want %d, %d and %d", e, d, i, delivered, dead, inbox)
		}
	}
	h.clock.Advance(6 * 24 * time.Hour)
	sweep(601, 1, 1)
	h.clock.Advance(2 * 24 * time.Hour)
	sweep(0, 1, 1) // the dead letter keeps its event
	h.clock.Advance(30 * 24 * time.Hour)
	sweep(0, 1, 0)
}

func lagCounts(t *testing.T, h *harness) {
	p := h.process(t, bus.Options{Attempts: 1})
	hear(p, "chat", func(context.Context, *db.Tx, placed) error { return errors.New("no") })
	stop := p.start()
	p.place("o1")
	p.drain()
	stop()
	for range 3 {
		p.place("o2")
	}
	h.clock.Advance(time.Minute)
	lags, err := p.Lag(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range lags {
		if lags[i].Pending > 0 && lags[i].Oldest < time.Minute {
			t.Errorf("lag: %+v", lags[i])
		}
		lags[i].Oldest = 0
	}
	want := []bus.Lag{{Publisher: "order", Subscriber: "chat", Pending: 3, Dead: 1}}
	if h.amqp != "" {
		want = []bus.Lag{{Publisher: "chat", Subscriber: "chat", Dead: 1}, {Publisher: "order", Subscriber: "relay", Pending: 3}}
	}
	if !slices.Equal(lags, want) {
		t.Errorf("lag: %+v", lags)
	}
	if idle, err := p.Idle(t.Context()); idle || err != nil {
		t.Errorf("idle: %v, %v", idle, err)
	}
}
