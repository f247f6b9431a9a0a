package apptest

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"marketplace/platform/db"
)

// patience is how long a test waits for what must happen; far longer than it takes.
const patience = 30 * time.Second

// Emit announces events of other modules, as if they had just committed them. The reactions follow: Eventually sees
// them, Settle waits for all.
func Emit(t testing.TB, h *Harness, events ...db.Event) {
	t.Helper()
	if h.elsewhere == nil {
		t.Fatal("Start the module before Emit")
	}
	err := h.elsewhere.DB.Tx(System(), func(tx *db.Tx) error { return tx.Emit(events...) })
	if err != nil {
		t.Fatalf("emit: %v", err)
	}
}

// Emitted returns the events of one type that the module has announced, oldest first.
func Emitted[E db.Event](t testing.TB, h *Harness) []E {
	t.Helper()
	var none E
	var payloads []string
	err := h.DB.Read(t.Context()).Raw("SELECT payload FROM outbox_events WHERE topic = ? ORDER BY id", none.Topic()).Scan(&payloads).Error
	if err != nil {
		t.Fatalf("read what was emitted: %v", err)
	}
	events := make([]E, len(payloads))
	for i, p := range payloads {
		if err := json.Unmarshal([]byte(p), &events[i]); err != nil {
			t.Fatalf("read a %s: %v", none.Topic(), err)
		}
	}
	return events
}

// Settle waits until every emitted event has had its effect: nothing more will come of them.
func Settle(t testing.TB, h *Harness) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := h.app.Drained(ctx); err != nil {
		t.Fatalf("some events have not had their effect: %v", err)
	}
}

// Eventually asks until check is content, for 30 s at most. check returns a bool, or an error that says what is still
// missing.
func Eventually[R any](t testing.TB, check func() R) {
	t.Helper()
	Within(t, patience, check)
}

// Within is Eventually for what takes longer on a machine that is busy. It is the one place in the tests that waits.
func Within[R any](t testing.TB, limit time.Duration, check func() R) {
	t.Helper()
	deadline := time.After(limit)
	for pause := 2 * time.Millisecond; ; pause = min(pause*3/2, 50*time.Millisecond) { // asking is work too, for a machine that is busy
		missing := verdict(check())
		if missing == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("after %v: %v", limit, missing)
		case <-time.After(pause):
		}
	}
}

func verdict(result any) error {
	switch r := result.(type) {
	case nil: // an error that is nil
		return nil
	case error:
		return r
	case bool:
		if r {
			return nil
		}
		return errors.New("it has not happened")
	}
	return errors.New("check must return a bool or an error")
}
