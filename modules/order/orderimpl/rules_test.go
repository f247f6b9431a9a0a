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

func everyone() []actor { return []actor{buyer, seller, provider, marketplace, moderator} }

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
	w := world{status: "pending_payment", asks: random.IntN(2) == 0, allowed: random.IntN(5) - 1, days: 1 + random.IntN(12), placed: now,
		price: 1000 + random.Int64N(9000)}
	l := life{Status: order.StatusPendingPayment, Revisions: w.allowed, DeliveryDays: w.days, Terms: defaults().terms(), PlacedAt: hours(now), Price: w.price}
	if w.asks {
		l.Questions = 1 + random.IntN(3)
	}
	return l, w
}

// agree compares one triple, and returns what became of the order if it was legal.
func agree(p table, l life, w world, a attempt) (life, world, bool, error) {
	now := hours(a.now)
	r, found := p.find(l, actor(a.who), now, func(r *rule) bool { return string(r.Event) == a.what })
	next, money, ok := oracle(w, a)
	if found != ok {
		return l, w, false, fmt.Errorf("%s %s when %s: the rules say %v, the oracle says %v", a.who, a.what, l.Status, found, ok)
	}
	if !ok {
		return l, w, false, nil
	}
	after := r.follow(l, now, deal{Days: a.days, Amount: a.amount, Revisions: a.revisions})
	if posted := list(r.Money); strings.ReplaceAll(posted, ",", "") != money {
		return after, next, true, fmt.Errorf("%s %s: the rules post %s, the oracle %s", a.who, a.what, posted, money)
	}
	if err := same(after, next); err != nil {
		return after, next, true, fmt.Errorf("%s %s when %s: %w", a.who, a.what, l.Status, err)
	}
	return after, next, true, nil
}

// same says in which of their facts the two differ.
func same(l life, w world) error {
	kinds := map[event]string{"": "", requestCancel: "cancel", requestExtension: "extension", requestPrice: "price", requestRaise: "raise", acceptRaise: "agreed"}
	switch {
	case string(l.Status) != w.status:
		return fmt.Errorf("it is %s, for the oracle %s", l.Status, w.status)
	case l.Used != w.used || l.Extensions != w.extensions || l.Refunded != w.back || l.Pressed != w.pressed:
		return fmt.Errorf("%d revisions, %d extensions, %d back, pressed %v; for the oracle %d, %d, %d, %v",
			l.Used, l.Extensions, l.Refunded, l.Pressed, w.used, w.extensions, w.back, w.pressed)
	case kinds[l.Asked] != w.wish || string(l.AskedBy) != w.wisher:
		return fmt.Errorf("the %s asks for %q, for the oracle the %s for %q", l.AskedBy, l.Asked, w.wisher, w.wish)
	case string(l.DisputedBy) != w.accuser || string(l.DisputedFrom) != w.before || l.Heard != w.heard:
		return fmt.Errorf("disputed by %q from %q, for the oracle by %q from %q", l.DisputedBy, l.DisputedFrom, w.accuser, w.before)
	case l.Price != w.price || l.Revisions != w.allowed || l.Contested != w.contested || l.Judged != w.judged || !at(l.TippedAt, w.tipped) || !at(l.TipClearedAt, w.tipFree):
		return fmt.Errorf("price %d, %d revisions, contested %v, judged %v, tipped %v, %v; for the oracle %d, %d, %v, %v, %v, %v",
			l.Price, l.Revisions, l.Contested, l.Judged, l.TippedAt, l.TipClearedAt, w.price, w.allowed, w.contested, w.judged, hours(w.tipped), hours(w.tipFree))
	case !at(l.DueAt, w.due) || !at(l.reviewEnd(), w.review) || !at(l.EndedAt, w.ended) || !at(l.ClearedAt, w.free):
		return fmt.Errorf("due %v, review until %v, ended %v; for the oracle %v, %v, %v", l.DueAt, l.reviewEnd(), l.EndedAt, hours(w.due), hours(w.review), hours(w.ended))
	}
	return nil
}

func at(t *time.Time, h float64) bool {
	return (t == nil) == (h == 0) && (t == nil || t.Equal(hours(h)))
}

// cell is one of all the triples.
type cell struct {
	status order.Status
	who    actor
	what   event
}

// lead leads random lives, and counts how often each cell was tried, and was legal.
func lead(t *testing.T, steps int) (legal, illegal map[cell]int) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d, %d steps", seed, steps)
	random := rand.New(rand.NewPCG(seed, 0))
	p, events, actors := process(), everything(), everyone()
	legal, illegal = map[cell]int{}, map[cell]int{}
	cells := map[order.Status][]cell{}
	for _, r := range p {
		if c := (cell{r.From, r.Actor, r.Event}); !r.Else && !slices.Contains(cells[r.From], c) {
			cells[r.From] = append(cells[r.From], c)
		}
	}
	now := 1.0
	l, w := newborn(random, now)
	for n := range steps { // the steps of time are exact in binary
		now += []float64{0, 0, 0, 0, 0, 0, 0.125, 1, 13, 24, 60, 400, 1500}[random.IntN(13)]
		if n%256 == 0 {
			compareButtons(t, p, l, w, now)
		}
		c := cell{l.Status, actors[random.IntN(len(actors))], events[random.IntN(len(events))]}
		a := attempt{string(c.who), string(c.what), now, 1 + random.IntN(5), 1 + random.Int64N(300), random.IntN(3)}
		if random.IntN(4) > 0 { // mostly something that is possible, so that lives get on
			a = possible(random, cells[l.Status], w, a)
			c.who, c.what = actor(a.who), event(a.what)
		}
		nl, nw, ok, err := agree(p, l, w, a)
		if err != nil {
			t.Fatalf("at %v: %v", now, err)
		}
		if ok {
			legal[c]++
		} else {
			illegal[c]++
		}
		if l, w = nl, nw; w.ended > 0 && random.IntN(32) == 0 || w.price-w.back < 1000 && random.IntN(8) == 0 {
			now = 1
			l, w = newborn(random, now)
		}
	}
	return legal, illegal
}

// possible picks something that the order's status allows, rather what the oracle allows, and rather what keeps it alive.
func possible(random *rand.Rand, cells []cell, w world, a attempt) attempt {
	if w.status == "delivered" && random.IntN(2) == 0 { // the rarest way
		a.who, a.what = "buyer", "request_revision"
		return a
	}
	switch rare := random.IntN(4); { // ways that need several steps in a row
	case w.wish == "agreed" && rare < 2:
		a.who, a.what = "provider", "raise_paid"
		return a
	case w.wish == "cancel" && w.status == "delivered" && rare == 0:
		a.who, a.what = map[string]string{"buyer": "seller", "seller": "buyer"}[w.wisher], "accept_cancel"
		return a
	case w.wish == "cancel" && w.wisher == "buyer" && w.status == "in_progress" && rare == 0:
		a.who, a.what = "marketplace", "request_granted"
		return a
	case w.status == "completed" && !w.contested && rare == 0:
		a.who, a.what = "buyer", "open_dispute"
		return a
	case w.contested && rare < 2:
		a.who, a.what = "marketplace", []string{"escalate_dispute", "dispute_backstop", "dispute_backstop"}[random.IntN(3)]
		return a
	}
	for range 4 {
		c := cells[random.IntN(len(cells))]
		a.who, a.what = string(c.who), string(c.what)
		if next, _, ok := oracle(w, a); ok && (next.ended == w.ended || random.IntN(3) == 0) {
			break
		}
	}
	return a
}

func compareButtons(t *testing.T, p table, l life, w world, now float64) {
	t.Helper()
	for _, who := range everyone() {
		var got []string
		for _, a := range p.allowed(l, who, hours(now)) {
			got = append(got, string(a))
		}
		slices.Sort(got)
		if want := buttons(w, string(who), now); !slices.Equal(got, want) {
			t.Fatalf("the %s may %v when %s, the oracle says %v", who, got, l.Status, want)
		}
	}
}

// Row O4: lives that were led at random, compared step by step with an independent oracle. Ten million steps, a hundred
// thousand under the race detector; make torture does a hundred million.
func TestTheRulesAgreeWithAnIndependentOracle(t *testing.T) {
	steps := 10_000_000
	if raceDetector || testing.Short() {
		steps = 100_000
	}
	enough(t, steps)
}

// enough also wants every cell to have been tried often, if there were steps enough for that.
func enough(t *testing.T, steps int) {
	t.Helper()
	legal, illegal := lead(t, steps)
	if steps < 10_000_000 {
		return
	}
	p, never, sometimes := process(), 0, 0
	for _, r := range p {
		if n := legal[cell{r.From, r.Actor, r.Event}]; r.From != "" && !r.Else && n < 1000 {
			t.Errorf("%s by the %s when %s was done %d times: too seldom to say anything", r.Event, r.Actor, r.From, n)
		}
	}
	for _, status := range statuses() {
		for _, who := range everyone() {
			for _, what := range everything() {
				c := cell{status, who, what}
				if legal[c] > 0 {
					sometimes++
					continue
				}
				if never++; illegal[c] < 100 {
					t.Errorf("%s by the %s when %s was refused %d times: too seldom to say anything", what, who, status, illegal[c])
				}
			}
		}
	}
	t.Logf("%d cells are legal, %d never", sometimes, never)
}

// Row Z5: all triples, with everything a guard looks at on both of its sides.
func TestEveryTripleOfStateEventAndActorIsAllowedOnlyWhereTheOracleAllowsIt(t *testing.T) {
	p, triples := process(), 0
	random := rand.New(rand.NewPCG(1, 0))
	for range 300 {
		l, w := newborn(random, 1)
		now := 1.0
		for range random.IntN(14) { // somewhere in a life
			r := p[random.IntN(len(p))]
			now += float64(random.IntN(80))
			var err error
			if l, w, _, err = agree(p, l, w, attempt{string(r.Actor), string(r.Event), now, 2, 100, 1}); err != nil {
				t.Fatal(err)
			}
		}
		for _, who := range everyone() {
			for _, what := range everything() {
				triples++
				if _, _, _, err := agree(p, l, w, attempt{string(who), string(what), now, 2, 100, 1}); err != nil {
					t.Fatalf("at %v: %v", now, err)
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
	if got := strings.Join(f.Allowed, " "); got != "revisions accept extend-review changes disputes" {
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

// Row Z6: who has the next word in a dispute.
func TestWhoHasTheNextWordInADispute(t *testing.T) {
	t0 := hours(0)
	for _, c := range []struct {
		opener, waits actor
		heard         bool
		event         event
		at            float64
	}{
		{buyer, seller, false, escalateDispute, 48},
		{seller, buyer, false, resolveRefund, 48},
		{buyer, marketplace, true, resolveSplit, 240},
		{seller, marketplace, true, resolveSplit, 240},
	} {
		l := life{Status: order.StatusDisputed, Terms: defaults().terms(), DisputedAt: &t0, DisputedBy: c.opener, Heard: c.heard, DisputedFrom: order.StatusDelivered}
		if n := process().upcoming(l, hours(1)); n == nil || n.Actor != string(c.waits) || n.Event != string(c.event) || !n.At.Equal(hours(c.at)) {
			t.Errorf("the %s opened it, heard %v: %+v", c.opener, c.heard, n)
		}
	}
	l := life{Status: order.StatusCompleted, Terms: defaults().terms(), DisputedAt: &t0, DisputedBy: buyer, Contested: true, EndedAt: &t0}
	if n := process().upcoming(l, hours(1)); n == nil || n.Actor != string(marketplace) || !n.At.Equal(hours(240)) {
		t.Errorf("after completion: %+v", n)
	}
}

// An open request comes before all else: its answer is waited for, or its payment.
func TestAnOpenRequestComesNext(t *testing.T) {
	t0 := hours(0)
	for _, c := range []struct {
		asked event
		by    actor
		waits actor
	}{{requestCancel, buyer, seller}, {requestExtension, seller, buyer}, {acceptRaise, seller, buyer}, {acceptRaise, buyer, buyer}} {
		l := life{Status: order.StatusInProgress, Terms: defaults().terms(), DueAt: &t0, Asked: c.asked, AskedBy: c.by, AskedAt: &t0}
		if n := process().upcoming(l, hours(1)); n == nil || n.Actor != string(c.waits) || !n.At.Equal(hours(48)) {
			t.Errorf("%s by the %s: %+v", c.asked, c.by, n)
		}
	}
}

// Row 20: how much a seller may give back alone.
func TestASellerMayGiveBackWhatIsLeftOfTheShare(t *testing.T) {
	for _, c := range []struct{ price, refunded, most int64 }{{10000, 0, 6000}, {10000, 2000, 4000}, {10000, 6000, 0}, {10000, 7000, 0}, {1, 0, 1}, {0, 0, 0}} {
		l := life{Price: c.price, Refunded: c.refunded, Terms: defaults().terms()}
		if got := l.mayGoBack(); got != c.most {
			t.Errorf("of %d after %d: %d, want %d", c.price, c.refunded, got, c.most)
		}
	}
	if l := (life{Price: 10000, Asked: requestPrice, Terms: defaults().terms()}); l.mayGoBack() != 0 {
		t.Error("a lower price is asked for, and some of it can go back twice")
	}
}

// Row 24.
func TestOnlyCompletedOrdersAreReviewed(t *testing.T) {
	t0 := hours(0)
	l := life{Status: order.StatusCompleted, Terms: defaults().terms(), EndedAt: &t0}
	if until := l.reviewableUntil(); until == nil || !until.Equal(hours(14*24)) {
		t.Errorf("until %v", until)
	}
	if l.Status = order.StatusCancelled; l.reviewableUntil() != nil {
		t.Error("a cancelled order is reviewed")
	}
}

// Row 19: what was before the dispute goes on; it does not begin anew.
func TestAWithdrawnDisputeBeginsNothingAnew(t *testing.T) {
	p, began := process(), hours(1)
	l := life{Status: order.StatusAwaitingRequirements, Terms: defaults().terms(), Price: 10000, DeliveryDays: 1, Revisions: 1, PaidAt: &began}
	step := func(who actor, what event, h float64) {
		t.Helper()
		r, ok := p.find(l, who, hours(h), byEvent(what))
		if !ok {
			t.Fatalf("%s at hour %v is not allowed when %s", what, h, l.Status)
		}
		l = r.follow(l, hours(h), deal{})
	}
	check := func(startedAt, deliveredAt float64, used int) {
		t.Helper()
		if !at(l.StartedAt, startedAt) || !at(l.DeliveredAt, deliveredAt) || l.Used != used {
			t.Errorf("%s: started %v, delivered %v, %d revisions", l.Status, l.StartedAt, l.DeliveredAt, l.Used)
		}
	}
	step(buyer, submitRequirements, 2)
	check(2, 0, 0)
	for i, h := range []float64{40, 60} { // late
		step(buyer, openDispute, h)
		step(buyer, withdrawDispute, h+10)
		check(2, 0, 0)
		if want := hours(2 + 24 + 10*float64(i+1)); !l.DueAt.Equal(want) {
			t.Errorf("due %v, want %v", l.DueAt, want)
		}
	}
	step(seller, deliver, 80)
	step(seller, openDispute, 90)
	step(seller, withdrawDispute, 95)
	check(2, 80, 0)
	if !l.reviewEnd().Equal(hours(80 + 72 + 5)) {
		t.Errorf("the review ends %v", l.reviewEnd())
	}
	step(buyer, requestRevision, 100)
	step(buyer, openDispute, 101)
	step(buyer, withdrawDispute, 102)
	check(2, 80, 1)
}

// Rows 17a, 22a: where all has gone back, there is nothing to decide about.
func TestWhatHasGoneBackIsNotDisputed(t *testing.T) {
	t0 := hours(0)
	for refunded, want := range map[int64]bool{9999: true, 10000: false} {
		l := life{Status: order.StatusCompleted, Terms: defaults().terms(), Price: 10000, Refunded: refunded, EndedAt: &t0}
		if got := slices.Contains(process().allowed(l, buyer, t0), order.ActionDispute); got != want {
			t.Errorf("after %d it can be disputed: %v", refunded, got)
		}
		if got := slices.Contains(process().allowed(l, moderator, t0), order.ActionStaffRefund); got != want {
			t.Errorf("after %d staff can give more back: %v", refunded, got)
		}
	}
}
