package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/platform/bus"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// What operators look through, on real rows; part of conformance. Rows Z18, Z23.

// browsed is a process in which chat cannot handle what is about an order called bad…, and that has stopped since.
func browsed(t *testing.T, h *harness) *process {
	t.Helper()
	p := h.process(t, bus.Options{Attempts: 2})
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		if strings.HasPrefix(e.OrderID, "bad") {
			return errors.New("chat cannot do " + e.OrderID)
		}
		return record(ctx, tx, e)
	})
	hear(p, "review", record)
	hear(p, "review", func(context.Context, *db.Tx, answered) error { return nil })
	stop := p.start()
	for _, order := range []string{"bad1", "good", "bad2", "bad3"} {
		p.place(order)
	}
	if err := p.dbs["chat"].Tx(t.Context(), func(tx *db.Tx) error { return tx.Emit(answered{"good"}) }); err != nil {
		t.Fatal(err)
	}
	p.drain()
	stop()
	return p
}

// letters are the dead letters that are found so, newest first.
func (p *process) letters(w bus.Wanted) []bus.DeadLetter {
	p.t.Helper()
	found, err := p.LatestDeadLetters(p.t.Context(), w)
	if err != nil {
		p.t.Fatal(err)
	}
	return found
}

func eventsAreBrowsed(t *testing.T, h *harness) {
	p := browsed(t, h)
	p.place("late") // nobody is there to hear of it
	show := func(w bus.Wanted) (found []string, place string) {
		t.Helper()
		records, err := p.Records(t.Context(), w)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			slices.Sort(r.Waiting)
			found = append(found, fmt.Sprintf("%s %s %v %v", r.Topic[:strings.Index(r.Topic, ".")], r.Aggregate, r.Waiting, r.Dead))
			if place = r.Place(); r.EmittedAt.IsZero() || r.Waiting == nil || r.Dead == nil || r.Publisher != r.Topic[:strings.Index(r.Topic, ".")] || !strings.Contains(string(r.Payload), r.Aggregate) {
				t.Errorf("%+v", r)
			}
		}
		return found, place
	}
	late := "order late [chat review] []"
	if h.amqp != "" {
		late = "order late [relay] []"
	}
	all := []string{late, "chat good [] []", "order bad3 [] [chat]", "order bad2 [] [chat]", "order good [] []", "order bad1 [] [chat]"}
	for what, w := range map[string]bus.Wanted{"": {}, "order ": {Topic: "order"}, "order": {Topic: "order.placed.v1"}, "chat": {Topic: "chat.answered.v1"},
		"none": {Topic: "orde"}, "nobody": {Topic: "order.placed"}} {
		var want []string
		for _, line := range all {
			if strings.HasPrefix(line, what) {
				want = append(want, line)
			}
		}
		if got, _ := show(w); !slices.Equal(got, want) {
			t.Errorf("%+v shows\n%q instead of\n%q", w, got, want)
		}
	}
	if got, _ := show(bus.Wanted{Aggregate: "good"}); len(got) != 2 {
		t.Errorf("about one order there are %q", got)
	}
	var paged []string
	for after := ""; ; {
		page, place := show(bus.Wanted{Limit: 2, After: after})
		if paged = append(paged, page...); len(page) < 2 {
			break
		}
		after = place
	}
	if !slices.Equal(paged, all) {
		t.Errorf("the pages show %q", paged)
	}
}

func deadLettersAreDiscarded(t *testing.T, h *harness) {
	p := browsed(t, h)
	all := p.letters(bus.Wanted{})
	if len(all) != 3 || all[0].Aggregate != "bad3" || all[2].Aggregate != "bad1" || all[1].LastError != "chat cannot do bad2" || all[1].Attempts != 2 {
		t.Fatalf("the dead letters are %+v", all)
	}
	first := p.letters(bus.Wanted{Limit: 2})
	if rest := p.letters(bus.Wanted{Limit: 2, After: first[1].Place()}); len(first) != 2 || len(rest) != 1 || rest[0].ID != all[2].ID {
		t.Errorf("the pages are %+v and %+v", first, rest)
	}
	if err := p.Discard(t.Context(), all[1].ID, "olga", "The order\x00 is over."); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{all[1].ID, "order/999999", "nobody/1"} {
		if err := p.Discard(t.Context(), id, "olga", "Again."); !fault.Is(err, fault.NotFound) {
			t.Errorf("discarding %s: %v", id, err)
		}
	}
	if err := p.Discard(t.Context(), "order", "olga", "x"); !fault.Is(err, fault.Invalid) {
		t.Errorf("an id that is none: %v", err)
	}
	if left := p.letters(bus.Wanted{}); len(left) != 2 || left[0].ID != all[0].ID || left[1].ID != all[2].ID {
		t.Errorf("left are %+v", left)
	}
	given, err := p.Discarded(t.Context(), bus.Wanted{})
	if err != nil || len(given) != 1 {
		t.Fatalf("%+v %v", given, err)
	}
	d := given[0]
	if d.EventID != all[1].EventID || d.Subscriber != "chat" || d.By != "olga" || !strings.HasSuffix(d.Reason, "is over.") ||
		d.LastError != "chat cannot do bad2" || string(d.Payload) != string(all[1].Payload) || !d.DeadAt.Equal(all[1].DeadAt) || d.At.IsZero() {
		t.Errorf("what was discarded is %+v", d)
	}
	if n, err := p.RetryAll(t.Context()); n != 2 || err != nil {
		t.Errorf("what was discarded comes back: %d %v", n, err)
	}
	if records, err := p.Records(t.Context(), bus.Wanted{Aggregate: "bad2"}); err != nil || len(records) != 1 || len(records[0].Dead)+len(records[0].Waiting) != 0 {
		t.Errorf("its event is %+v, %v", records, err)
	}
	h.clock.Advance(366 * 24 * time.Hour)
	if err := p.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if given, err := p.Discarded(t.Context(), bus.Wanted{}); len(given) != 0 || err != nil {
		t.Errorf("after a year: %+v %v", given, err)
	}
}
