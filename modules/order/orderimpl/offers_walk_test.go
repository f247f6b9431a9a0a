package orderimpl

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// bargain is what should be true of an offer, by the table in docs/orders.md.
type bargain struct {
	id      string
	status  order.OfferStatus
	by      string // who has sent it
	expires time.Time
	paid    int  // milestones
	waits   bool // the next one for its payment
	unpaid  order.Order
}

// walker does at random what people do with offers, and knows what should come of it.
type walker struct {
	*bed
	random *rand.Rand
	offers []*bargain
	legal  map[string]int
	barred map[string]int
}

// Row O7 to O9: whatever people do in whatever order, an offer is what the table says, and the books are in order.
func TestBargainingGoesByTheTable(t *testing.T) {
	t.Parallel()
	b := onSQLite(t)
	seed := uint64(b.Clock.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := &walker{bed: b, random: rand.New(rand.NewPCG(seed, 1)), legal: map[string]int{}, barred: map[string]int{}}
	for range 600 {
		w.step()
	}
	for _, x := range w.offers {
		w.compare(x)
	}
	for _, action := range []string{"accept", "decline", "counter", "withdraw", "order"} {
		if w.legal[action] == 0 || w.barred[action] == 0 {
			t.Errorf("%s was possible %d times and refused %d times", action, w.legal[action], w.barred[action])
		}
	}
	b.sound()
}

func (w *walker) step() {
	w.t.Helper()
	if len(w.offers) == 0 || w.random.IntN(8) == 0 {
		w.pass(time.Duration(w.random.IntN(30)) * time.Hour)
		w.expire()
		if open := slices.DeleteFunc(slices.Clone(w.offers), func(x *bargain) bool { return x.status != order.OfferSent || x.by != "seller" }); len(open) < mostOpenOffers {
			o := w.offer(three())
			w.offers = append(w.offers, &bargain{id: o.ID, status: order.OfferSent, by: "seller", expires: o.ExpiresAt})
		}
		return
	}
	x := w.offers[max(0, len(w.offers)-1-w.random.IntN(6))]
	role, who := "buyer", w.buyer
	if w.random.IntN(2) == 0 {
		role, who = "seller", w.seller
	}
	switch w.random.IntN(6) {
	case 0:
		w.did("accept", x.isOpenTo(role), func() error { return w.command(w.orders.AcceptOffer, who, x) }, func() { w.agree(x) })
	case 1:
		w.did("decline", x.isOpenTo(role), func() error { return w.command(w.orders.DeclineOffer, who, x) }, func() { x.status = order.OfferDeclined })
	case 2:
		w.counters(x, role, who)
	case 3:
		may := x.status == order.OfferSent && x.by == role || x.status == order.OfferAccepted && x.taken() < 3
		w.did("withdraw", may, func() error { return w.command(w.orders.WithdrawOffer, who, x) }, func() { x.status = order.OfferWithdrawn })
	case 4:
		w.orderNext(x)
	case 5:
		if x.waits && w.random.IntN(3) > 0 {
			w.pay(x.unpaid)
			x.paid, x.waits = x.paid+1, false
		}
	}
	w.compare(x)
}

func (x *bargain) isOpenTo(role string) bool { return x.status == order.OfferSent && x.by != role }

func (x *bargain) taken() int {
	if x.waits {
		return x.paid + 1
	}
	return x.paid
}

func (w *walker) command(f func(context.Context, order.AnswerOfferRequest) (order.Offer, error), who context.Context, x *bargain) error {
	_, err := f(who, order.AnswerOfferRequest{OfferID: x.id})
	return err
}

func (w *walker) agree(x *bargain) {
	x.status = order.OfferAccepted
	if least := w.Clock.Now().Add(3 * day); x.expires.Before(least) {
		x.expires = least
	}
}

// did fails unless an action is possible just when the table says so.
func (w *walker) did(action string, may bool, do func() error, then func()) {
	w.t.Helper()
	err := do()
	switch {
	case may && err != nil:
		w.t.Fatalf("%s is possible, and refused: %v", action, err)
	case may:
		w.legal[action]++
		then()
	default:
		w.barred[action]++
		refused(w.t, err, fault.Conflict)
	}
}

func (w *walker) counters(x *bargain, role string, who context.Context) {
	w.t.Helper()
	open := 0
	for _, y := range w.offers {
		if y.status == order.OfferSent && y.by == role {
			open++
		}
	}
	var made order.Offer
	w.did("counter", x.isOpenTo(role) && open < mostOpenOffers, func() (err error) {
		made, err = w.orders.CounterOffer(who, order.CounterOfferRequest{RequestID: w.key(), OfferID: x.id, OfferTerms: three()})
		return err
	}, func() {
		x.status = order.OfferCountered
		w.offers = append(w.offers, &bargain{id: made.ID, status: order.OfferSent, by: role, expires: made.ExpiresAt})
	})
}

func (w *walker) orderNext(x *bargain) {
	w.t.Helper()
	n := 1 + w.random.IntN(3)
	open := x.status == order.OfferAccepted || x.status == order.OfferSent && x.by == "seller"
	again := x.waits && n == x.paid+1
	var placed order.Order
	w.did("order", again || open && !x.waits && n == x.paid+1, func() error {
		p, err := w.orders.Place(w.buyer, order.PlaceRequest{RequestID: w.key(), OfferID: x.id, Milestone: n})
		placed = p.Order
		return err
	}, func() {
		if again && placed.ID != x.unpaid.ID {
			w.t.Fatal("a milestone that waits for its payment was ordered twice")
		}
		if x.status == order.OfferSent {
			w.agree(x)
		}
		x.waits, x.unpaid = true, placed
	})
}

// expire is what time does: what waited for its payment ends after fifteen minutes, what nobody answered or paid at its time.
func (w *walker) expire() {
	w.pass(time.Minute) // what was being paid for is looked at again
	now := w.Clock.Now()
	for _, x := range w.offers {
		if x.waits && w.get(x.unpaid).Status == order.StatusExpired {
			x.waits = false
		}
		if open := x.status == order.OfferSent || x.status == order.OfferAccepted && x.paid == 0 && !x.waits; open && !now.Before(x.expires) {
			x.status = order.OfferExpired
		}
	}
}

func (w *walker) compare(x *bargain) {
	w.t.Helper()
	o := w.seen(apptest.As("buyer", "Bea"), order.Offer{ID: x.id})
	paid := 0
	for _, m := range o.Milestones {
		if m.OrderID != "" && m.OrderStatus != order.StatusPendingPayment {
			paid++
		}
	}
	if o.Status != x.status || paid != x.paid || o.ExpiresAt.Sub(x.expires).Abs() > time.Second { // the clock went on since the acceptance
		w.t.Fatalf("it is %s until %s with %d paid, want %s until %s with %d", o.Status, o.ExpiresAt, paid, x.status, x.expires, x.paid)
	}
}
