package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// catalogue is a peer of which orders use one method.
type catalogue struct {
	gig.Service
	gigs  map[string]gig.Gig
	asked atomic.Int64
}

func (c *catalogue) Get(_ context.Context, q gig.GetRequest) (gig.Gig, error) {
	c.asked.Add(1)
	g, ok := c.gigs[q.ID]
	if !ok {
		return g, fault.NotFoundf("There is no such gig.")
	}
	return g, nil
}

// people is a peer of which orders use one method.
type people struct{ user.Service }

func (people) Get(_ context.Context, q user.GetRequest) (user.Profile, error) {
	for id, name := range map[string]string{"buyer": "Bea", "seller": "Sam", "another": "Ann"} {
		if q.ID == id {
			return user.Profile{ID: id, Username: name}, nil
		}
	}
	return user.Profile{}, fault.NotFoundf("There is no such person.")
}

// bed is a module order with everything around it: a catalogue, an address for the webhooks, people.
type bed struct {
	*apptest.Harness
	t       testing.TB
	orders  order.Service
	gigs    *catalogue
	hooks   *hooks
	buyer   context.Context
	seller  context.Context
	another context.Context
	staff   context.Context
	keys    atomic.Int64
}

// hooks is the web's end of the webhooks.
type hooks struct {
	*httptest.Server
	orders  order.Service
	lost    atomic.Bool // nobody is there
	arrived atomic.Int64
	last    atomic.Pointer[order.ReceiveWebhookRequest]
}

func (h *hooks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.lost.Load() {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	q := order.ReceiveWebhookRequest{Provider: "simulator", Headers: map[string]string{}}
	for name := range r.Header {
		q.Headers[strings.ToLower(name)] = r.Header.Get(name)
	}
	q.Body, _ = io.ReadAll(r.Body)
	h.last.Store(&q)
	if _, err := h.orders.ReceiveWebhook(r.Context(), q); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	h.arrived.Add(1)
}

func newBed(t testing.TB, open func(string, ...apptest.Option) *apptest.Harness, settings map[string]any) *bed {
	t.Helper()
	b := &bed{t: t, hooks: &hooks{}, gigs: &catalogue{gigs: gigs()},
		buyer: apptest.As("buyer", "Bea"), seller: apptest.As("seller", "Sam"), another: apptest.As("another", "Ann"),
		staff: apptest.As("staff", "Stella", "moderator")}
	b.hooks.Server = httptest.NewServer(b.hooks)
	t.Cleanup(b.hooks.Close)
	all := map[string]any{"webhook_url": b.hooks.URL, "moderator_limit": 100_000_000}
	for k, v := range settings {
		all[k] = v
	}
	b.Harness = open("order", apptest.Settings(all))
	b.orders = apptest.Start(t, b.Harness, Module, Deps{Gigs: b.gigs, Users: people{}})
	b.hooks.orders = b.orders
	return b
}

// both runs the test with a bed on each database, beside other tests.
func both(t *testing.T, run func(t *testing.T, b *bed)) {
	t.Parallel()
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		run(t, newBed(t, open, nil))
	})
}

func onSQLite(t testing.TB) *bed {
	return newBed(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) }, nil)
}

func gigs() map[string]gig.Gig {
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	logo := gig.Gig{
		ID: "logo", SellerID: "seller", SellerUsername: "Sam", Title: "I will draw a logo", Status: gig.StatusActive,
		Pictures: []gig.PictureRef{{ID: "picture"}},
		Packages: []gig.Package{
			{Name: "basic", Title: "One draft", Price: usd(10000), DeliveryDays: 3, Revisions: 1, Includes: []string{"PNG"}},
			{Name: "premium", Title: "Everything", Price: usd(33333), DeliveryDays: 10, Revisions: gig.Unlimited},
		},
		Requirements: []gig.Requirement{
			{Question: "What is the name?", Type: "text", Required: true},
			{Question: "Which colour?", Type: "choice", Required: true, Choices: []string{"red", "blue"}},
			{Question: "Do you have a sketch?", Type: "file"},
		},
	}
	plain := logo
	plain.ID, plain.Title, plain.Requirements, plain.Pictures = "plain", "I will do it at once", nil, nil
	paused := plain
	paused.ID, paused.Status = "paused", gig.StatusPaused
	yen := plain
	yen.ID, yen.Packages = "yen", []gig.Package{{Name: "basic", Title: "One", Price: money.Of(500, "JPY"), DeliveryDays: 1}}
	return map[string]gig.Gig{"logo": logo, "plain": plain, "paused": paused, "yen": yen}
}

func (b *bed) key() string { return fmt.Sprintf("key-%06d", b.keys.Add(1)) }

// must fails the test at once: what follows would make no sense.
func must[A any](a A, err error) func(testing.TB) A {
	return func(t testing.TB) A {
		t.Helper()
		if err != nil {
			t.Fatalf("%v", err)
		}
		return a
	}
}

func (b *bed) place(gigID string) order.Order {
	b.t.Helper()
	return must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: gigID, Package: "basic"}))(b.t).Order
}

// pay pays an order at the simulator and returns the order as it is then.
func (b *bed) pay(o order.Order) order.Order {
	b.t.Helper()
	must(b.orders.DecideSimulatedPayment(b.buyer, order.DecideSimulatedPaymentRequest{ID: o.Payment.ID, Succeed: true}))(b.t)
	return b.get(o)
}

func (b *bed) get(o order.Order) order.Order {
	b.t.Helper()
	return must(b.orders.Get(b.buyer, order.GetRequest{ID: o.ID}))(b.t)
}

func (b *bed) working() order.Order { b.t.Helper(); return b.pay(b.place("plain")) }

func (b *bed) delivered() order.Order {
	b.t.Helper()
	o := b.working()
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "Here it is."}))(b.t)
	return b.get(o)
}

func (b *bed) answers() []order.Answer {
	return []order.Answer{{Question: "What is the name?", Answer: "Ananas"}, {Question: "Which colour?", Answer: "red"}}
}

// pass moves the clock and lets everything happen that is due then.
func (b *bed) pass(d time.Duration) {
	b.t.Helper()
	b.Clock.Advance(d)
	b.tasks()
}

func (b *bed) tasks() {
	b.t.Helper()
	if err := b.RunTasks(b.t.Context()); err != nil {
		b.t.Fatalf("tasks: %v", err)
	}
}

// sound fails unless the books are in order.
func (b *bed) sound() order.LedgerReport {
	b.t.Helper()
	r := must(b.orders.VerifyLedger(apptest.System(), order.VerifyLedgerRequest{}))(b.t)
	if len(r.Problems) > 0 {
		b.t.Fatalf("the books are not in order:\n%s", strings.Join(r.Problems, "\n"))
	}
	return r
}

// is fails unless the order is in the status.
func (b *bed) is(o order.Order, want order.Status) {
	b.t.Helper()
	if o.Status != want {
		b.t.Fatalf("the order is %s, want %s", o.Status, want)
	}
}

// refused fails unless the error is a fault of the code, and returns it.
func refused(t testing.TB, err error, code fault.Code) *fault.Error {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != code {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	return f
}

func (b *bed) balance(ctx context.Context) order.Balance {
	b.t.Helper()
	return must(b.orders.Balance(ctx, order.BalanceRequest{}))(b.t)
}

// count counts rows of a table of the module.
func (b *bed) count(table string) int {
	b.t.Helper()
	var n int
	if err := b.DB.Read(b.t.Context()).Raw("SELECT COUNT(*) FROM " + table).Scan(&n).Error; err != nil {
		b.t.Fatal(err)
	}
	return n
}

// txExec is one statement as a transaction.
func txExec(statement string, args ...any) func(*db.Tx) error {
	return func(tx *db.Tx) error { return tx.Exec(statement, args...).Error }
}
