package web

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/platform/clock"
	"marketplace/platform/fault"
)

// held are live connections by session.
type held struct{ open, ended, dropped []string }

func (h *held) Sessions() []string { return slices.Clone(h.open) }

func (h *held) End(id string) { h.ended, h.open = append(h.ended, id), without(h.open, id) }

func (h *held) Drop(id string) { h.dropped, h.open = append(h.dropped, id), without(h.open, id) }

func without(ids []string, id string) []string {
	return slices.DeleteFunc(ids, func(other string) bool { return other == id })
}

// ASVS 4.4.3: also when the signal of the end is lost.
func TestASVS_V4_4_3_TheConnectionsOfAnEndedSessionAreCut(t *testing.T) {
	d, c := newDoorkeeper(), clock.New()
	w, h := d.gateway(c), &held{}
	for i := range 250 {
		id := fmt.Sprintf("session-%d", i)
		h.open = append(h.open, id)
		d.open[id] = auth.Identity{SessionID: id}
	}
	confirmed, err := w.checkConnections(t.Context(), h, nil)
	if err != nil || len(h.ended)+len(h.dropped) != 0 || len(confirmed) != 250 {
		t.Fatalf("ended %v, dropped %v, confirmed %d", h.ended, h.dropped, len(confirmed))
	}
	if want := []string{"ListOpenSessions of 100", "ListOpenSessions of 100", "ListOpenSessions of 50"}; !slices.Equal(d.asked, want) {
		t.Errorf("asked %v", d.asked)
	}
	delete(d.open, "session-7")
	c.Advance(recheck)
	_, _ = w.checkConnections(t.Context(), h, confirmed)
	if !slices.Equal(h.ended, []string{"session-7"}) || len(h.open) != 249 {
		t.Errorf("ended %v, %d are open", h.ended, len(h.open))
	}
}

// Nobody can say that a session has ended while auth does not answer, so in the end nobody listens.
func TestConnectionsThatNobodyCanConfirmAreDroppedToComeBack(t *testing.T) {
	d, c := newDoorkeeper(), clock.New()
	w, h := d.gateway(c), &held{open: []string{"s1"}}
	confirmed, _ := w.checkConnections(t.Context(), h, nil)
	d.away = true
	h.open = append(h.open, "new") // let in just before auth went away
	c.Advance(recheck)
	confirmed, err := w.checkConnections(t.Context(), h, confirmed)
	if !fault.Is(err, fault.Unavailable) || !slices.Equal(h.dropped, []string{"new"}) || !slices.Equal(h.open, []string{"s1"}) {
		t.Errorf("at first %v are dropped", h.dropped)
	}
	c.Advance(recheck)
	confirmed, _ = w.checkConnections(t.Context(), h, confirmed)
	if !slices.Equal(h.dropped, []string{"new", "s1"}) || len(h.ended) != 0 || len(confirmed) != 0 {
		t.Errorf("dropped are %v, ended %v", h.dropped, h.ended)
	}
	d.asked = nil
	for i := range 300 {
		h.open = append(h.open, fmt.Sprint(i))
	}
	_, _ = w.checkConnections(t.Context(), h, map[string]time.Time{})
	if len(d.asked) != 1 {
		t.Errorf("auth was asked %d times though it does not answer", len(d.asked))
	}
}
