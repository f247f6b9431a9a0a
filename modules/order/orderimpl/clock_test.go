package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
)

// due is a step that an order takes by itself, and when, by the times of docs/orders.md. The time follows from what has happened
// to the order; nil: it is not known yet.
type due struct {
	event  event
	at     func(orderRow) *time.Time
	notice bool // left out when something later is due as well
}

func fromPlaced(d time.Duration) func(orderRow) *time.Time {
	return func(r orderRow) *time.Time { return after(&r.PlacedAt, d) }
}

func from(what func(orderRow) *time.Time, d time.Duration) func(orderRow) *time.Time {
	return func(r orderRow) *time.Time { return after(what(r), d) }
}

func paidAt(r orderRow) *time.Time      { return r.PaidAt }
func deliveredAt(r orderRow) *time.Time { return r.DeliveredAt }
func askedAt(r orderRow) *time.Time     { return r.AskedAt }
func disputedAt(r orderRow) *time.Time  { return r.DisputedAt }
func clearedAt(r orderRow) *time.Time   { return r.ClearedAt }
func tippedAt(r orderRow) *time.Time    { return r.TippedAt }
func endedAt(r orderRow) *time.Time {
	if r.Status != order.StatusCompleted {
		return nil
	}
	return r.EndedAt
}

// waiting is an order that nobody does anything with any more.
type waiting struct {
	name  string
	make  func(b *bed) order.Order
	steps []due
}

// waitings are orders in all the states in which time does something.
func waitings() []waiting {
	lateFrom := func(start func(orderRow) *time.Time, length time.Duration) []due {
		return []due{{markLate, from(start, length), true}, {markVeryLate, from(start, length+day), true}, {lateAutoCancel, from(start, length+14*day), false}}
	}
	clears := due{earningCleared, from(endedAt, 14*day), false}
	reserve := due{"reserve_ended", from(clearedAt, 30*day), false}
	return []waiting{
		{"unpaid", func(b *bed) order.Order { return b.place("plain") }, []due{{paymentExpired, fromPlaced(15 * time.Minute), false}}},
		{"unanswered", func(b *bed) order.Order { return b.pay(b.place("logo")) },
			[]due{{requirementsReminder, from(paidAt, day), true}, {requirementsReminder, from(paidAt, 3*day), true}, {requirementsTimeout, from(paidAt, 7*day), false}}},
		{"never delivered", (*bed).working, lateFrom(paidAt, 3*day)},
		{"delivered", (*bed).delivered, []due{{completionReminder, from(deliveredAt, 2*day), true}, {autoComplete, from(deliveredAt, 3*day), false}, clears, reserve}},
		{"completed and tipped", func(b *bed) order.Order { o := b.completed(); b.tip(o); return o },
			[]due{clears, reserve, {tipCleared, from(tippedAt, 14*day), false}}},
		{"asked for more days", asked(order.AskRequest{Kind: order.ChangeExtension, Days: 2}), append(lateFrom(paidAt, 3*day), due{requestLapsed, from(askedAt, 2*day), false})},
		{"agreed on a higher price", func(b *bed) order.Order { o := b.working(); b.raise(o, 5000, 0, 0); return o },
			append(lateFrom(paidAt, 3*day), due{requestLapsed, from(askedAt, 2*day), false})},
		{"late, asked to cancel", asked(order.AskRequest{Kind: order.ChangeCancel}, "express"),
			[]due{{markLate, from(paidAt, day), true}, {markVeryLate, from(paidAt, 2*day), true}, {requestGranted, from(askedAt, 2*day), false}}},
		{"disputed", func(b *bed) order.Order {
			return must(b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: b.delivered().ID, Reason: "quality", Text: "x"}))(b.t)
		}, []due{{escalateDispute, from(disputedAt, 2*day), true}, {disputeBackstop, from(disputedAt, 60*day), false}}},
		{"contested", func(b *bed) order.Order {
			return must(b.orders.OpenDispute(b.buyer, order.OpenDisputeRequest{OrderID: b.completed().ID, Reason: "quality", Text: "x"}))(b.t)
		}, []due{{escalateDispute, from(disputedAt, 2*day), true}, {disputeBackstop, from(disputedAt, 60*day), false}}},
	}
}

func asked(q order.AskRequest, gigID ...string) func(b *bed) order.Order {
	return func(b *bed) order.Order {
		o := b.pay(b.place(append(gigID, "plain")[0]))
		q.OrderID, q.Reason = o.ID, "x"
		return must(b.orders.Ask(b.buyer, q))(b.t)
	}
}

// watch follows waiting orders while the clock moves.
type watch struct {
	*bed
	orders map[string]waiting // by id
	ids    []string
	high   time.Time // the latest time that the process has seen
	leaps  bool      // notices may have been overtaken
}

func (b *bed) watch(begin time.Time, leaps bool) *watch {
	b.t.Helper()
	w := &watch{bed: b, orders: map[string]waiting{}, leaps: leaps}
	b.Clock.Advance(begin.Sub(b.Clock.Now()))
	for _, x := range waitings() {
		o := x.make(b)
		w.orders[o.ID], w.ids = x, append(w.ids, o.ID)
	}
	return w
}

// rows are the orders as they are, and how often each step was made.
func (w *watch) rows() ([]orderRow, map[string]int) {
	w.t.Helper()
	var rows []orderRow
	read := w.DB.Read(w.t.Context())
	if err := read.Where("id IN ?", w.ids).Order("id").Find(&rows).Error; err != nil {
		w.t.Fatal(err)
	}
	var made []struct {
		OrderID, Event string
		Times          int
	}
	err := read.Raw(`SELECT order_id, event, COUNT(*) AS times FROM history WHERE order_id IN ? AND actor = 'marketplace' GROUP BY order_id, event
		UNION ALL SELECT order_id, kind, COUNT(*) FROM journals WHERE order_id IN ? AND kind = 'reserve_ended' GROUP BY order_id, kind`, w.ids, w.ids).Scan(&made).Error
	if err != nil {
		w.t.Fatal(err)
	}
	var asked []changeRow // which the order forgets when it is settled
	if err := read.Where("order_id IN ?", w.ids).Find(&asked).Error; err != nil {
		w.t.Fatal(err)
	}
	for _, c := range asked {
		i := slices.IndexFunc(rows, func(r orderRow) bool { return r.ID == c.OrderID })
		if rows[i].AskedAt = &c.AskedAt; c.AgreedAt != nil {
			rows[i].AskedAt = c.AgreedAt
		}
	}
	times := map[string]int{}
	for _, m := range made {
		times[m.OrderID+" "+m.Event] = m.Times
	}
	return rows, times
}

// to moves the clock, lets everything happen that is due, and fails if a step was made that was not due, or twice, or not at all.
func (w *watch) to(at time.Time) {
	w.t.Helper()
	w.Clock.Advance(at.Sub(w.Clock.Now()))
	begun := w.Clock.Now()
	s := w.bed.orders.(*service)
	for _, task := range []func(context.Context) error{s.fireTimers, s.endReserves} {
		if err := task(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
	before := w.high
	if now := w.Clock.Now(); now.After(w.high) {
		w.high = now
	}
	rows, times := w.rows()
	for _, r := range rows {
		least, most := map[event]int{}, map[event]int{}
		for _, d := range w.orders[r.ID].steps {
			at := d.at(r)
			if at == nil {
				continue
			}
			if over := !at.After(begun) || !at.After(before); over && !(w.leaps && d.notice) && !w.overtaken(r, d) {
				least[d.event]++
			}
			if !at.After(w.high) {
				most[d.event]++
			}
		}
		for _, d := range w.orders[r.ID].steps {
			if n := times[r.ID+" "+string(d.event)]; n < least[d.event] || n > most[d.event] {
				w.t.Fatalf("%s: %s was made %d times, not %d to %d; it is %s, and was %s before", w.orders[r.ID].name, d.event, n, least[d.event], most[d.event], w.Clock.Now(), before)
			}
		}
	}
}

// overtaken says whether the order has ended before the step, or in the same minutes, so that nobody was told any more.
func (w *watch) overtaken(r orderRow, d due) bool {
	if r.EndedAt == nil || r.Status == order.StatusCompleted {
		return false
	}
	left := r.EndedAt.Sub(*d.at(r))
	return left < 0 || d.notice && left < 10*time.Minute
}

// next are the first times at which something is due that was not yet; false at the end.
func (w *watch) next() (first, last time.Time, more bool) {
	w.t.Helper()
	rows, _ := w.rows()
	var coming []time.Time
	for _, r := range rows {
		for _, d := range w.orders[r.ID].steps {
			if at := d.at(r); at != nil && at.After(w.high) && (r.EndedAt == nil || r.Status == order.StatusCompleted) {
				coming = append(coming, *at)
			}
		}
	}
	if len(coming) == 0 {
		return first, last, false
	}
	slices.SortFunc(coming, time.Time.Compare)
	last = coming[0]
	for _, at := range coming { // what was made at about the same time is due at about the same time
		if at.Sub(last) < 10*time.Minute {
			last = at
		}
	}
	return coming[0], last, true
}

// Rows O6, O11, O14, Z6: the clock goes on step by step, back by an hour, back by thirty days, and on; it leaps by thirty days and
// back; all of it over both changes of summer time and a leap day. Whatever waits for its time, nothing is done early, nothing
// twice, nothing is lost.
func TestAClockThatJumpsMakesNothingHappenEarlyTwiceOrNever(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.change(map[string]int64{"reserve_basis_points": 1000, "reserve_period": 30 * 86400, "reserve_orders": 0})
		express := b.gigs.gigs["plain"]
		express.ID, express.Packages = "express", slices.Clone(express.Packages)
		express.Packages[0].DeliveryDays = 1
		b.gigs.gigs["express"] = express
		begins := []time.Time{
			time.Date(2027, 3, 27, 23, 30, 0, 0, time.UTC), // an hour is missing in Berlin
			time.Date(2027, 10, 30, 22, 30, 0, 0, time.UTC),
			time.Date(2028, 2, 28, 22, 0, 0, 0, time.UTC), // a leap year
		}
		if b.DB.Postgres() {
			begins = begins[2:] // the same code, and slower
		}
		for i, begin := range begins {
			w := b.watch(begin, false)
			for first, last, more := w.next(); more; first, last, more = w.next() {
				w.to(first.Add(-time.Second))
				w.to(last.Add(time.Second))
				w.to(last.Add(-time.Hour))
				w.to(last.Add([]time.Duration{-30 * day, -31 * day, -400 * day}[i]))
			}
			w = b.watch(begin.Add(200*day), true)
			for _, at := range []time.Duration{30 * day, 0, time.Hour, -30 * day, 30*day - time.Hour, 61 * day, 31 * day, 400 * day, 430 * day, 460 * day} {
				w.to(begin.Add(200*day + at))
			}
			if _, _, more := w.next(); more {
				t.Error("something waits for ever")
			}
		}
		b.tasks()
		b.sound()
	})
}

// The table above has every step that the process takes by itself, so that a new one is not forgotten.
func TestEveryTimerIsTriedWithAClockThatJumps(t *testing.T) {
	var tried []event
	for _, w := range waitings() {
		for _, d := range w.steps {
			tried = append(tried, d.event)
		}
	}
	for _, r := range process() {
		if r.When != "" && !slices.Contains(tried, r.Event) {
			t.Errorf("%s at %s is not tried", r.Event, r.When)
		}
	}
}

// Days are 24 hours of the clock on the wall of nobody: what a moment is does not depend on where the times were written.
func TestMomentsAreTheSameEverywhere(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip("there are no time zones here")
	}
	for _, begin := range []time.Time{time.Date(2027, 3, 27, 23, 30, 0, 0, time.UTC), time.Date(2027, 10, 30, 22, 30, 0, 0, time.UTC), time.Date(2028, 2, 28, 22, 0, 0, 0, time.UTC)} {
		here, there := allTimes(begin), allTimes(begin.In(berlin))
		for _, m := range everyMoment() {
			a, b := m.in(here), m.in(there)
			if a == nil || b == nil || !a.Equal(*b) {
				t.Errorf("%s is %v, in Berlin %v", m, a, b)
				continue
			}
			if m.past(here, *a) || !m.past(here, a.Add(time.Microsecond)) || m.past(there, *a) || !m.past(there, a.Add(time.Microsecond)) {
				t.Errorf("%s is over too early, or too late", m)
			}
		}
		for _, c := range []clock{deliveryClock, revisionClock, extensionClock, reviewClock, longerReview, respite, resume, raiseClock} {
			c.set(&here, begin)
			c.set(&there, begin.In(berlin))
			if !here.DueAt.Equal(*there.DueAt) || !here.ReviewEndsAt.Equal(*there.ReviewEndsAt) {
				t.Errorf("%s: due %s and %s, review until %s and %s", c, here.DueAt, there.DueAt, here.ReviewEndsAt, there.ReviewEndsAt)
			}
		}
	}
}

// allTimes is an order to which everything has happened at once.
func allTimes(at time.Time) life {
	return life{Terms: defaults().terms(), DeliveryDays: 7, AskedDays: 3, PlacedAt: at, PaidAt: &at, StartedAt: &at, DueAt: &at, DeliveredAt: &at, EndedAt: &at,
		ReviewEndsAt: &at, AskedAt: &at, DisputedAt: &at, TippedAt: &at}
}

func everyMoment() []moment {
	all := []moment{disputeTarget}
	for _, r := range process() {
		for _, m := range append([]moment{r.When, r.At}, r.Sets...) {
			if m != "" && !slices.Contains(all, m) {
				all = append(all, m)
			}
		}
	}
	return all
}

// Rows 10, 13, 17a, 21, 24: what people may do until a time, or from it on, they may do to the microsecond.
func TestWhatPeopleMayDoEndsAndBeginsAtItsTime(t *testing.T) {
	p := process()
	const until, since = true, false
	for _, c := range []struct {
		who     actor
		action  order.Action
		status  order.Status
		length  time.Duration
		ends    bool // it may be done until then, that moment included; else after it
		because string
	}{
		{buyer, order.ActionReview, order.StatusCompleted, 14 * day, until, "the time to review"},
		{seller, order.ActionReview, order.StatusCompleted, 14 * day, until, "the time to review"},
		{buyer, order.ActionTip, order.StatusCompleted, 30 * day, until, "the time for a tip"},
		{buyer, order.ActionDispute, order.StatusCompleted, 14 * day, until, "the clearing period"},
		{buyer, order.ActionCancel, order.StatusInProgress, day, since, "very late"},
		{buyer, order.ActionDispute, order.StatusInProgress, 0, since, "late"},
		{seller, order.ActionDispute, order.StatusInProgress, 0, since, "late"},
	} {
		for _, begin := range []time.Time{time.Date(2027, 3, 27, 23, 30, 0, 0, time.UTC), time.Date(2028, 2, 28, 22, 0, 0, 0, time.UTC)} {
			l := life{Status: c.status, Terms: defaults().terms(), Price: 10000, EndedAt: &begin, DueAt: &begin}
			for _, off := range []time.Duration{-time.Microsecond, 0, time.Microsecond} {
				may := slices.Contains(p.allowed(l, c.who, begin.Add(c.length+off)), c.action)
				if want := c.ends == (off <= 0); may != want {
					t.Errorf("%s, %s by the %s, %s from the end: %v", c.because, c.action, c.who, off, may)
				}
			}
		}
	}
}

// The late steps are told apart by when they are due, not by when somebody looks.
func TestWhatIsNextIsToldToTheMicrosecond(t *testing.T) {
	at := time.Date(2028, 2, 28, 22, 0, 0, 0, time.UTC)
	l := life{Status: order.StatusInProgress, Terms: defaults().terms(), Price: 10000, DueAt: &at}
	var told []string
	for _, off := range []time.Duration{0, time.Microsecond, day, day + time.Microsecond} {
		n := process().upcoming(l, at.Add(off))
		told = append(told, fmt.Sprintf("%s %s", n.Event, n.At.Sub(at)))
	}
	if got := strings.Join(told, ", "); got != "deliver 0s, buyer_cancel_very_late 24h0m0s, buyer_cancel_very_late 24h0m0s, late_auto_cancel 336h0m0s" {
		t.Error(got)
	}
}
