package orderimpl

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
)

// world is the order as the oracle sees it. The oracle is a second, separate writing of docs/orders.md: rows as code in
// place of a table, with the default times as plain hours.
type world struct {
	status                                    string
	asks                                      bool
	allowed, used, days                       int
	placed, paid, due, delivered, ended, free float64 // hours; 0: not yet
}

func (w world) overdue(now, hours float64) bool { return w.due > 0 && now > w.due+hours }

// oracle says what becomes of the world, and which journals are posted.
func oracle(w world, who, what string, now float64) (world, string, bool) {
	refuse := func() (world, string, bool) { return w, "", false }
	end := func(status, money string) (world, string, bool) {
		w.status, w.ended = status, now
		return w, money, true
	}
	start := func(money string) (world, string, bool) {
		w.status, w.due = "in_progress", now+float64(24*w.days)
		return w, money, true
	}
	switch who + " " + what + " when " + w.status {
	case "provider payment_confirmed when pending_payment":
		w.paid = now
		if w.asks {
			w.status = "awaiting_requirements"
			return w, "J1", true
		}
		return start("J1")
	case "provider payment_declined when pending_payment":
		return w, "", true
	case "provider payment_late when expired", "provider payment_late when cancelled":
		if w.paid > 0 {
			return refuse()
		}
		w.paid = now
		return w, "J1 J9", true
	case "marketplace payment_expired when pending_payment":
		if now < w.placed+0.25 {
			return refuse()
		}
		return end("expired", "")
	case "buyer buyer_cancel_unpaid when pending_payment":
		return end("cancelled", "")
	case "buyer submit_requirements when awaiting_requirements", "seller skip_requirements when awaiting_requirements":
		return start("")
	case "marketplace requirements_reminder when awaiting_requirements":
		return w, "", now >= w.paid+24
	case "marketplace requirements_timeout when awaiting_requirements":
		if now < w.paid+7*24 {
			return refuse()
		}
		return end("cancelled", "J9")
	case "buyer buyer_cancel_unstarted when awaiting_requirements":
		return end("cancelled", "J9")
	case "seller deliver when in_progress", "seller deliver when in_revision":
		w.status, w.delivered = "delivered", now
		return w, "", true
	case "buyer buyer_cancel_very_late when in_progress":
		if !w.overdue(now, 24) {
			return refuse()
		}
		return end("cancelled", "J9")
	case "marketplace late_auto_cancel when in_progress":
		if now < w.due+14*24 {
			return refuse()
		}
		return end("cancelled", "J9")
	case "buyer request_revision when delivered":
		if w.allowed >= 0 && w.used >= w.allowed {
			return refuse()
		}
		w.status, w.used, w.due = "in_revision", w.used+1, now+max(48, float64(24*w.days)/2)
		return w, "", true
	case "marketplace completion_reminder when delivered":
		return w, "", now >= w.delivered+48
	case "buyer accept when delivered":
		return end("completed", "J4")
	case "marketplace auto_complete when delivered":
		if now < w.delivered+72 {
			return refuse()
		}
		return end("completed", "J4")
	case "marketplace earning_cleared when completed":
		if w.free > 0 || now < w.ended+14*24 {
			return refuse()
		}
		w.free = now
		return w, "J5", true
	}
	return refuse()
}

// buttons are the oracle's actions of a person.
func buttons(w world, who string, now float64) string {
	could := func(what string) bool { _, _, ok := oracle(w, who, what, now); return ok }
	var b []string
	add := func(ok bool, action string) {
		if ok && !slices.Contains(b, action) {
			b = append(b, action)
		}
	}
	add(who == "buyer" && w.status == "pending_payment", "pay")
	add(could("buyer_cancel_unpaid") || could("buyer_cancel_unstarted") || could("buyer_cancel_very_late"), "cancel")
	add(could("submit_requirements"), "requirements")
	add(could("skip_requirements"), "skip-requirements")
	add(could("deliver"), "deliveries")
	add(could("request_revision"), "revisions")
	add(could("accept"), "accept")
	add(w.status == "completed" && now <= w.ended+14*24 && (who == "buyer" || who == "seller"), "reviews")
	slices.Sort(b)
	return strings.Join(b, " ")
}

func everyone() []actor { return []actor{buyer, seller, provider, marketplace} }

func everything() []event {
	var all []event
	for _, r := range process() {
		if !slices.Contains(all, r.Event) {
			all = append(all, r.Event)
		}
	}
	return append(all, "a_thing_that_does_not_exist")
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func hours(h float64) time.Time { return epoch.Add(time.Duration(h * float64(time.Hour))) }

// newborn is an order just placed, for the rules and for the oracle.
func newborn(random *rand.Rand, now float64) (life, world) {
	w := world{status: "pending_payment", asks: random.IntN(2) == 0, allowed: random.IntN(5) - 1, days: 1 + random.IntN(12), placed: now}
	l := life{Status: order.StatusPendingPayment, Revisions: w.allowed, DeliveryDays: w.days, Terms: defaults().terms(), PlacedAt: hours(now)}
	if w.asks {
		l.Questions = 1 + random.IntN(3)
	}
	return l, w
}

// agree compares one triple, and returns what became of the order if it was legal.
func agree(p table, l life, w world, who actor, what event, now float64) (life, world, bool, error) {
	r, found := p.find(l, who, hours(now), byEvent(what))
	next, money, ok := oracle(w, string(who), string(what), now)
	if found != ok {
		return l, w, false, fmt.Errorf("%s %s when %s: the rules say %v, the oracle says %v", who, what, l.Status, found, ok)
	}
	if !ok {
		return l, w, false, nil
	}
	l = r.follow(l, hours(now))
	var posted []string
	for _, m := range r.Money {
		posted = append(posted, string(m))
	}
	if string(l.Status) != next.status || l.Used != next.used || strings.Join(posted, " ") != money {
		return l, w, true, fmt.Errorf("%s %s: the rules make it %s with %v, the oracle %s with %s", who, what, l.Status, posted, next.status, money)
	}
	if (l.DueAt == nil) != (next.due == 0) || l.DueAt != nil && l.DueAt.Sub(hours(next.due)).Abs() > time.Millisecond {
		return l, w, true, fmt.Errorf("%s %s: the deadline is %v, the oracle's %v", who, what, l.DueAt, hours(next.due))
	}
	return l, next, true, nil
}

func names(actions []order.Action) string {
	var texts []string
	for _, a := range actions {
		texts = append(texts, string(a))
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

// Row O4: every (state, event, actor) at every step of lives that were led at random.
func TestTheRulesAgreeWithAnIndependentOracle(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	p, events, actors := process(), everything(), everyone()
	legal := map[string]int{}
	now := 1.0
	l, w := newborn(random, now)
	for range 100_000 { // the steps of time are exact in binary
		now += []float64{0, 0.125, 1, 13, 24, 60, 400}[random.IntN(7)]
		for _, who := range actors {
			if got, want := names(p.allowed(l, who, hours(now))), buttons(w, string(who), now); got != want {
				t.Fatalf("%s may %q when %s, the oracle says %q", who, got, l.Status, want)
			}
		}
		who, what := actors[random.IntN(len(actors))], events[random.IntN(len(events))]
		if random.IntN(3) > 0 { // mostly something that is possible, so that lives get on
			who, what = possible(random, events, w, now, who, what)
		}
		nl, nw, ok, err := agree(p, l, w, who, what, now)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			legal[fmt.Sprintf("%s %s %s", l.Status, who, what)]++
		}
		if l, w = nl, nw; w.ended > 0 && random.IntN(8) == 0 {
			now = 1
			l, w = newborn(random, now)
		}
	}
	for _, r := range p {
		if at := fmt.Sprintf("%s %s %s", r.From, r.Actor, r.Event); r.From != "" && !r.Else && legal[at] < 20 {
			t.Errorf("%s was done %d times: too seldom to say anything", at, legal[at])
		}
	}
}

func possible(random *rand.Rand, events []event, w world, now float64, who actor, what event) (actor, event) {
	type choice struct {
		who  actor
		what event
	}
	var choices []choice
	for _, a := range everyone() {
		for _, e := range events {
			if _, _, ok := oracle(w, string(a), string(e), now); ok {
				choices = append(choices, choice{a, e})
			}
		}
	}
	if len(choices) == 0 {
		return who, what
	}
	c := choices[random.IntN(len(choices))]
	return c.who, c.what
}

// Row Z5: all triples, with everything a guard looks at on both of its sides.
func TestEveryTripleOfStateEventAndActorIsAllowedOnlyWhereTheOracleAllowsIt(t *testing.T) {
	p, events, triples := process(), everything(), 0
	for _, status := range statuses() {
		for _, now := range []float64{1, 1.2, 1.25, 25, 26, 49, 50, 73, 74, 169, 170, 400, 800, 2000} {
			for variant := range 16 {
				w := world{status: string(status), asks: variant&1 > 0, allowed: variant&2/2 - 1 + variant&4/4, days: 1, placed: 1}
				l := life{Status: status, Revisions: w.allowed, DeliveryDays: 1, Terms: defaults().terms(), PlacedAt: hours(1)}
				if w.asks {
					l.Questions = 1
				}
				if variant&8 > 0 {
					at := hours(1)
					w.paid, w.due, w.delivered, w.ended = 1, 1, 1, 1
					l.PaidAt, l.DueAt, l.DeliveredAt, l.EndedAt = &at, &at, &at, &at
				} else if status != order.StatusPendingPayment && status != order.StatusExpired && status != order.StatusCancelled {
					continue // such an order has been paid
				}
				for _, who := range everyone() {
					for _, what := range events {
						triples++
						if _, _, _, err := agree(p, l, w, who, what, now); err != nil {
							t.Fatalf("at %v: %v", now, err)
						}
					}
				}
			}
		}
	}
	t.Logf("%d triples", triples)
}

func TestARefusalListsWhatIsAllowed(t *testing.T) {
	now := hours(2)
	l := life{Status: order.StatusDelivered, Revisions: 1, Terms: defaults().terms(), DeliveredAt: &now, PaidAt: &now}
	_, err := process().attempt(l, buyer, now, order.ActionCancel)
	f := refused(t, err, "conflict")
	if got := strings.Join(f.Allowed, " "); got != "revisions accept" {
		t.Errorf("allowed is %q", got)
	}
}

// Row Z6.
func TestWhatHappensNextIsToldWithItsTime(t *testing.T) {
	t0 := hours(0)
	at := func(h float64) *time.Time { x := hours(h); return &x }
	l := life{Terms: defaults().terms(), PlacedAt: t0, PaidAt: &t0, DueAt: at(72), DeliveredAt: at(10), DeliveryDays: 3}
	for _, c := range []struct {
		status order.Status
		now    float64
		event  event
		actor  actor
		at     float64
	}{
		{order.StatusPendingPayment, 0, paymentExpired, buyer, 0.25},
		{order.StatusAwaitingRequirements, 0, requirementsTimeout, buyer, 7 * 24},
		{order.StatusInProgress, 72, deliver, seller, 72},
		{order.StatusInProgress, 73, buyerCancelVeryLate, seller, 96},
		{order.StatusInProgress, 97, lateAutoCancel, seller, 72 + 14*24},
		{order.StatusDelivered, 11, autoComplete, buyer, 10 + 72},
		{order.StatusInRevision, 11, deliver, seller, 72},
	} {
		l.Status = c.status
		n := process().upcoming(l, hours(c.now))
		if n == nil || n.Event != string(c.event) || n.Actor != string(c.actor) || n.At == nil || !n.At.Equal(hours(c.at)) || n.Text == "" {
			t.Errorf("%s at hour %v: %+v, want %s by the %s at hour %v", c.status, c.now, n, c.event, c.actor, c.at)
		}
	}
	for _, status := range []order.Status{order.StatusCompleted, order.StatusCancelled, order.StatusExpired} {
		if l.Status = status; process().upcoming(l, t0) != nil {
			t.Errorf("%s: something is still to come", status)
		}
	}
}
