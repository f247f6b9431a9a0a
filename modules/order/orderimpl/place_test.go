package orderimpl

import (
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// Row O1.
func TestThePriceComesFromTheCatalogueAndEverythingIsCopied(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "logo", Package: "premium", Quantity: 3}))(t).Order
		want := order.Order{
			ID: o.ID, Number: o.Number, Status: order.StatusPendingPayment, Version: 1,
			BuyerID: "buyer", BuyerUsername: "Bea", SellerID: "seller", SellerUsername: "Sam",
			GigID: "logo", GigTitle: "I will draw a logo", GigPictureID: "picture", Package: "premium", PackageTitle: "Everything", Includes: []string{},
			DeliveryDays: 10, Revisions: gig.Unlimited, Quantity: 3, Extras: []order.Extra{},
			Lines: []order.Line{{Text: "Everything", Quantity: 3, Price: usd(33333), Amount: usd(99999)}},
			Price: money.Of(33333, "USD"), Subtotal: money.Of(99999, "USD"), Fee: money.Of(5500, "USD"), Total: money.Of(105499, "USD"), Credit: money.Of(0, "USD"), Earnings: money.Of(79999, "USD"), Refunded: money.Of(0, "USD"), Changes: []order.Change{},
			Payment: &order.Payment{ID: o.Payment.ID, Provider: "simulator", Status: "pending", Amount: money.Of(105499, "USD"),
				CheckoutURL: "http://marketplace.test/simulator/pay/" + o.Payment.ID},
			Requirements: []order.Requirement{
				{Question: "What is the name?", Type: "text", Required: true, Files: []order.FileRef{}},
				{Question: "Which colour?", Type: "choice", Required: true, Choices: []string{"red", "blue"}, Files: []order.FileRef{}},
				{Question: "Do you have a sketch?", Type: "file", Files: []order.FileRef{}},
			},
			Deliveries: []order.Delivery{},
			Timeline:   []order.Entry{{Event: "place", Actor: "buyer", To: order.StatusPendingPayment, At: o.PlacedAt, Number: 1}},
			Next:       o.Next, Allowed: []order.Action{order.ActionPay, order.ActionCancel}, PlacedAt: o.PlacedAt,
		}
		if diff := cmp.Diff(want, o); diff != "" {
			t.Error(diff)
		}
		if ends := o.PlacedAt.Add(15 * time.Minute); o.Next == nil || !o.Next.At.Equal(ends) {
			t.Errorf("next is %+v, want the end of the payment at %s", o.Next, ends)
		}
		if diff := cmp.Diff(o, b.get(o)); diff != "" {
			t.Errorf("read again it is not the same: %s", diff)
		}
		b.gigs.gigs["logo"] = gig.Gig{}
		if got := b.get(o); got.GigTitle != o.GigTitle || got.Price != o.Price {
			t.Error("the order has changed with its gig")
		}
		if n := len(apptest.Emitted[order.Placed](t, b.Harness)); n != 1 {
			t.Errorf("%d events say that it was placed", n)
		}
	})
}

func TestWhatCannotBeOrderedIsRefused(t *testing.T) {
	b := onSQLite(t)
	place := func(q order.PlaceRequest) error {
		if q.RequestID == "" {
			q.RequestID = b.key()
		}
		_, err := b.orders.Place(b.buyer, q)
		return err
	}
	refused(t, place(order.PlaceRequest{GigID: "nothing", Package: "basic"}), fault.NotFound)
	refused(t, place(order.PlaceRequest{GigID: "paused", Package: "basic"}), fault.Conflict)
	refused(t, place(order.PlaceRequest{GigID: "logo", Package: "standard"}), fault.Invalid)
	refused(t, place(order.PlaceRequest{GigID: "yen", Package: "basic"}), fault.Invalid)
	refused(t, place(order.PlaceRequest{RequestID: "with a \x00 in it", GigID: "logo", Package: "basic"}), fault.Invalid)
	refused(t, place(order.PlaceRequest{RequestID: strings.Repeat("x", 256), GigID: "logo", Package: "basic"}), fault.Invalid)

	_, err := b.orders.Place(b.buyer, order.PlaceRequest{Package: "gold", Quantity: 21})
	var fields []string
	for _, f := range refused(t, err, fault.Invalid).Fields {
		fields = append(fields, f.Name)
	}
	if got := strings.Join(fields, " "); got != "gig_id package quantity Idempotency-Key" {
		t.Errorf("the wrong fields are %q", got)
	}
	_, err = b.orders.Place(b.seller, order.PlaceRequest{RequestID: b.key(), GigID: "logo", Package: "basic"})
	refused(t, err, fault.Forbidden)
	_, err = b.orders.Place(apptest.Visitor(), order.PlaceRequest{})
	refused(t, err, fault.Unauthenticated)
	_, err = b.orders.Place(identity.With(t.Context(), identity.Actor{UserID: "new"}), order.PlaceRequest{})
	refused(t, err, fault.Forbidden)
	if n := b.count("orders") + b.count("requests") + b.count("payments"); n != 0 {
		t.Errorf("%d rows were stored", n)
	}
}

func TestATotalThatIsTooLargeIsRefused(t *testing.T) {
	b := onSQLite(t)
	g := b.gigs.gigs["plain"]
	g.Packages = []gig.Package{{Name: "basic", Price: money.Of(math.MaxInt64/10, "USD"), DeliveryDays: 1}}
	b.gigs.gigs["plain"] = g
	_, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", Quantity: 20})
	refused(t, err, fault.Invalid)
}

// Row P5: 5.00 to 10,000.00, every cent; what is shown is what is charged and what the journals post.
func TestEveryPriceIsSplitWithoutLosingACent(t *testing.T) {
	buys, sells := defaults().fees("", "")
	for minor := int64(500); minor <= 1_000_000; minor++ {
		q, err := promise{Package: "basic", Quantity: 1, Price: usd(minor), Buys: buys, Sells: sells}.cost(14 * day)
		if err != nil {
			t.Fatal(err)
		}
		fee, sellerFee := (minor*550+5000)/10000, (minor*2000+5000)/10000
		if q.Fee.Minor != fee || q.SellerFee.Minor != sellerFee || q.Total.Minor != minor+fee || q.Earnings.Minor+sellerFee != minor {
			t.Fatalf("%d is split into %+v", minor, q)
		}
	}
}

// Rows O3, P15, Z7.
func TestFiftyParallelIdenticalRequestsMakeOneOrderAndOnePayment(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		answers, errs := make([]order.Placement, 50), make([]error, 50)
		q := order.PlaceRequest{RequestID: "one and the same", GigID: "logo", Package: "basic"}
		var wait sync.WaitGroup
		for i := range answers {
			wait.Go(func() { answers[i], errs[i] = b.orders.Place(b.buyer, q) })
		}
		wait.Wait()
		first := 0
		for i, a := range answers {
			if errs[i] != nil {
				t.Fatalf("request %d: %v", i, errs[i])
			}
			if !a.Replayed {
				first++
			}
			if diff := cmp.Diff(answers[0].Order, a.Order); diff != "" {
				t.Fatalf("answer %d is another one: %s", i, diff)
			}
		}
		if first != 1 || b.count("orders") != 1 || b.count("payments") != 1 || b.count("requests") != 1 || b.count("timers") != 1 {
			t.Errorf("%d first answers, %d orders, %d payments", first, b.count("orders"), b.count("payments"))
		}
		if n := len(apptest.Emitted[order.Placed](t, b.Harness)); n != 1 {
			t.Errorf("%d events", n)
		}
	})
}

func TestAKeyIsForOneRequestOfOneUser(t *testing.T) {
	b := onSQLite(t)
	q := order.PlaceRequest{RequestID: "a key of mine", GigID: "logo", Package: "basic"}
	first := must(b.orders.Place(b.buyer, q))(t)
	b.gigs.gigs["logo"] = gig.Gig{} // a repetition is answered whatever has become of the gig
	again := must(b.orders.Place(b.buyer, order.PlaceRequest{RequestID: q.RequestID, GigID: "logo", Package: "basic", Quantity: 1}))(t)
	if !again.Replayed || again.Order.ID != first.Order.ID {
		t.Error("the repetition was not recognised")
	}
	other := q
	other.Quantity = 2
	_, err := b.orders.Place(b.buyer, other)
	if f := refused(t, err, fault.Invalid); f.Fields[0].Name != "Idempotency-Key" {
		t.Errorf("the fault does not name the key: %+v", f)
	}
	q.GigID = "plain"
	if must(b.orders.Place(b.another, q))(t).Replayed {
		t.Error("somebody else's key was taken for theirs")
	}
}

func TestARefusedRequestDoesNotUseUpItsKey(t *testing.T) {
	b := onSQLite(t)
	q := order.PlaceRequest{RequestID: "a key of mine", GigID: "paused", Package: "basic"}
	_, err := b.orders.Place(b.buyer, q)
	refused(t, err, fault.Conflict)
	g := b.gigs.gigs["paused"]
	g.Status = gig.StatusActive
	b.gigs.gigs["paused"] = g
	if must(b.orders.Place(b.buyer, q))(t).Replayed {
		t.Error("it was not placed")
	}
}

func TestAKeyIsForgottenAfterThirtyDays(t *testing.T) {
	b := onSQLite(t)
	b.place("plain")
	b.pass(29 * 24 * time.Hour)
	if b.count("requests") != 1 {
		t.Error("the key was forgotten too early")
	}
	b.pass(25 * time.Hour)
	if b.count("requests") != 0 {
		t.Error("the key is still there")
	}
}

func TestAnOrderKeepsTheTermsThatItWasPlacedUnder(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	b.orders.(*service).settings.SellerFee = 5000
	b.orders.(*service).settings.CompletionWindow = 30 * day
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "Done."}))(t)
	b.pass(3*24*time.Hour + time.Second)
	b.is(b.get(o), order.StatusCompleted)
	if got := b.balance(b.seller).Pending; got != money.Of(8000, "USD") {
		t.Errorf("the seller earned %s", got)
	}
	b.sound()
}

func TestAQuoteNeedsNoLoginAndStoresNothing(t *testing.T) {
	b := onSQLite(t)
	q := must(b.orders.Quote(apptest.Visitor(), order.QuoteRequest{GigID: "logo", Package: "basic"}))(t)
	want := order.Quote{Subtotal: money.Of(10000, "USD"), Fee: money.Of(550, "USD"), Total: money.Of(10550, "USD"), SellerFee: money.Of(2000, "USD"),
		Earnings: money.Of(8000, "USD"), BuyerFeeBips: 550, SellerFeeBips: 2000, ClearingDays: 14,
		Lines: []order.Line{{Text: "basic", Quantity: 1, Price: usd(10000), Amount: usd(10000)}, {Text: "service fee", Quantity: 1, Price: usd(550), Amount: usd(550)}}, FeeVersion: q.FeeVersion, ExpiresAt: q.ExpiresAt, Token: q.Token}
	want.Credit, want.Charge = usd(0), want.Total
	if diff := cmp.Diff(want, q); diff != "" {
		t.Error(diff)
	}
	if b.count("orders") != 0 {
		t.Error("an order was stored")
	}
	_, err := b.orders.Quote(apptest.Visitor(), order.QuoteRequest{GigID: "logo", Package: "basic", Quantity: -1})
	refused(t, err, fault.Invalid)
}

// ASVS 2.4.1: nobody fills the marketplace with orders that are never paid.
func TestABuyerLeavesOnlySoManyOrdersUnpaid(t *testing.T) {
	t.Parallel()
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		b := newBed(t, open, map[string]any{"unpaid_orders_per_buyer": 3})
		var mu sync.Mutex
		var wait sync.WaitGroup
		var placed []order.Order
		for range 12 {
			wait.Go(func() {
				p, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic"})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					placed = append(placed, p.Order)
				} else if f := refused(t, err, fault.TooMany); f.RetryAfter != 900 || !strings.Contains(f.Message, "3 orders that wait for your payment") {
					t.Errorf("%+v", f)
				}
			})
		}
		wait.Wait()
		if len(placed) != 3 || b.count("orders") != 3 || b.count("requests") != 3 {
			t.Fatalf("%d were placed, %d orders", len(placed), b.count("orders"))
		}
		must(b.orders.Place(b.another, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic"}))(t)
		must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: placed[0].ID}))(t)
		b.pay(placed[1])
		b.place("plain")
		b.place("plain")
	})
}

// Neither an order that waits for its payment nor one that ended without is shown to its seller, also when the money came
// too late and went back.
func TestASellerNeverSeesAnOrderThatWasNotPaid(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		waiting, cancelled, late, paid := b.place("plain"), b.place("plain"), b.place("plain"), b.working()
		must(b.orders.Cancel(b.buyer, order.CancelRequest{OrderID: cancelled.ID}))(t)
		b.pass(16 * time.Minute)
		b.pay(late)
		b.is(b.get(late), order.StatusExpired)
		for _, role := range []string{"", "seller"} {
			if list := must(b.orders.List(b.seller, order.ListRequest{Role: role}))(t); len(list.Items) != 1 || list.Items[0].ID != paid.ID {
				t.Errorf("as %q the seller sees %d orders", role, len(list.Items))
			}
		}
		for _, o := range []order.Order{waiting, cancelled, late} {
			_, err := b.orders.Get(b.seller, order.GetRequest{ID: o.ID})
			refused(t, err, fault.NotFound)
			_, err = b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"})
			refused(t, err, fault.NotFound)
		}
		if list := must(b.orders.List(b.buyer, order.ListRequest{}))(t); len(list.Items) != 4 {
			t.Errorf("the buyer sees %d orders", len(list.Items))
		}
	})
}
