package orderimpl

import (
	"math/rand/v2"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
)

// The clock jumps by an hour, by thirty days, forwards and backwards, over the change to summer time and a leap day:
// nothing is done before its time, nothing twice, and nothing is lost.
func TestAClockThatJumpsMakesNothingHappenEarlyTwiceOrNever(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 0))
		for _, begin := range []time.Time{
			time.Date(2027, 3, 27, 23, 30, 0, 0, time.UTC), // an hour is missing in Berlin
			time.Date(2027, 10, 30, 22, 30, 0, 0, time.UTC),
			time.Date(2028, 2, 28, 22, 0, 0, 0, time.UTC), // a leap year
		} {
			b.Clock.Advance(begin.Sub(b.Clock.Now()))
			working, delivered := b.working(), b.delivered()
			late, done := *working.DueAt, *delivered.Next.At
			for range 12 {
				b.pass([]time.Duration{time.Hour, -time.Hour, 30 * day, -30 * day, day, -2 * day}[random.IntN(6)])
				now := b.Clock.Now()
				b.early(t, working, "mark_late", late, now)
				b.early(t, delivered, "auto_complete", done, now)
			}
			b.Clock.Advance(begin.Add(400 * day).Sub(b.Clock.Now()))
			b.tasks()
			b.pass(20 * day) // what was completed just now clears
			b.tasks()
			b.is(b.get(working), order.StatusCancelled)
			b.is(b.get(delivered), order.StatusCompleted)
			b.once(t, delivered, "auto_complete")
			b.once(t, working, "late_auto_cancel")
		}
		if completed, cleared := len(apptest.Emitted[order.Completed](t, b.Harness)), len(apptest.Emitted[order.Cleared](t, b.Harness)); completed != 3 || cleared != 3 {
			t.Errorf("%d completed, %d cleared", completed, cleared)
		}
		b.sound()
	})
}

// early fails if a step was made before its time.
func (b *bed) early(t *testing.T, o order.Order, event string, due, now time.Time) {
	t.Helper()
	for _, line := range b.get(o).Timeline {
		if line.Event == event && line.At.Before(due) {
			t.Errorf("%s at %s, before %s; it is %s", event, line.At, due, now)
		}
	}
}

// once fails unless a step was made exactly once.
func (b *bed) once(t *testing.T, o order.Order, event string) {
	t.Helper()
	n := 0
	for _, line := range b.get(o).Timeline {
		if line.Event == event {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%s was made %d times", event, n)
	}
}
