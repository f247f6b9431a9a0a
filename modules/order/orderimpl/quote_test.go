package orderimpl

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func (b *bed) quote() order.Quote {
	b.t.Helper()
	return must(b.orders.Quote(b.buyer, order.QuoteRequest{GigID: "plain", Package: "basic", Quantity: 2}))(b.t)
}

func (b *bed) placeQuoted(token string) (order.Order, error) {
	p, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", Quantity: 2, Quote: token})
	return p.Order, err
}

// reprice changes the catalogue.
func (b *bed) reprice(minor int64) {
	g := b.gigs.gigs["plain"]
	g.Packages = []gig.Package{{Name: "basic", Title: "One", Price: usd(minor), DeliveryDays: 3, Revisions: 1}}
	b.gigs.gigs["plain"] = g
}

// Rows Z4, P5: shown = charged = posted, also when the price changes in between.
func TestWhatWasShownIsChargedUntilTheQuoteExpires(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		q := b.quote()
		if q.Total != usd(21100) || q.Token == "" || len(q.Lines) != 2 || q.Lines[0].Amount.Minor+q.Lines[1].Amount.Minor != q.Total.Minor {
			t.Fatalf("the quote is %+v", q)
		}
		b.reprice(99900)
		o := must(b.placeQuoted(q.Token))(t)
		if o.Total != q.Total || o.Earnings != q.Earnings || o.Payment.Amount != q.Total {
			t.Errorf("the order costs %s, the quote said %s", o.Total, q.Total)
		}
		b.pay(o)
		b.sound()
		if got := must(b.placeQuoted(""))(t); got.Total == q.Total {
			t.Error("without the quote the price of before was charged")
		}
		b.Clock.Advance(15*time.Minute + 2*time.Second)
		_, err := b.placeQuoted(q.Token)
		if f := refused(t, err, fault.Invalid); f.Fields[0].Name != "quote" || !strings.Contains(f.Fields[0].Message, "expired") {
			t.Errorf("%+v", f)
		}
	})
}

func TestAQuoteCannotBeForgedOrUsedForSomethingElse(t *testing.T) {
	b := onSQLite(t)
	q := b.quote()
	cheap := promise{GigID: "plain", Package: "basic", Quantity: 2, Price: usd(1), Expires: b.Clock.Now().Add(time.Hour)}
	forged := must(cheap.sign([]byte("a key of somebody else's")))(t)
	text, signature, _ := strings.Cut(q.Token, ".")
	other, _, _ := strings.Cut(forged, ".")
	for _, token := range []string{forged, other + "." + signature, text, text + ".", "." + signature, "x", q.Token + "A", strings.Repeat("A", 100_000)} {
		_, err := b.placeQuoted(token)
		refused(t, err, fault.Invalid)
	}
	_, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", Quantity: 3, Quote: q.Token})
	refused(t, err, fault.Invalid)
	_, err = b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "logo", Package: "basic", Quantity: 2, Quote: q.Token})
	refused(t, err, fault.Invalid)
	if b.count("orders") != 0 {
		t.Error("an order was made")
	}
}

func TestAnotherProcessKnowsTheQuotesOfTheFirst(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		q := b.quote()
		b.orders.(*service).quotes.Store(nil) // as another process begins
		must(b.placeQuoted(q.Token))(t)
		if b.count("quote_keys") != 1 {
			t.Error("there is a second key")
		}
	})
}

// Rows P7, Z26: share, flat part, threshold, minimum, by category or seller; an order keeps what it was placed under.
func TestFeesHaveAFlatPartAThresholdAMinimumAndExceptions(t *testing.T) {
	for _, c := range []struct {
		fee         fee
		price, want int64
	}{
		{fee{Bips: 550}, 10000, 550},
		{fee{Bips: 550, Flat: 300, Threshold: 10000}, 9999, 850},
		{fee{Bips: 550, Flat: 300, Threshold: 10000}, 10000, 550},
		{fee{Bips: 550, Flat: 300}, 10000, 850},
		{fee{Bips: 550, Minimum: 200}, 500, 200},
		{fee{}, 10000, 0},
	} {
		if got := must(c.fee.of(usd(c.price)))(t); got != usd(c.want) {
			t.Errorf("%+v of %d is %s, want %d", c.fee, c.price, got, c.want)
		}
	}
	b := newBed(t, func(m string, o ...apptest.Option) *apptest.Harness { return apptest.Host(t, m, o...) }, map[string]any{"special_fees": []any{
		map[string]any{"category": "logos", "seller_fee": map[string]any{"basis_points": 1000}},
		map[string]any{"seller": "Sam", "buyer_fee": map[string]any{"basis_points": 0, "flat": 100}},
	}})
	g := b.gigs.gigs["plain"]
	g.Category = "logos"
	b.gigs.gigs["plain"] = g
	o := b.working()
	if o.Fee != usd(100) || o.Earnings != usd(9000) {
		t.Errorf("the fee is %s, the earnings are %s", o.Fee, o.Earnings)
	}
	s := b.orders.(*service)
	s.settings.Special = nil // the operator changes the fees
	s.policy.Store(nil)
	must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
	must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
	if got := b.balance(b.seller); got.Pending != usd(9000) {
		t.Errorf("the seller has %+v", got)
	}
	if now := b.quote(); now.FeeVersion == version(fee{Flat: 100}, fee{Bips: 1000}) || now.Fee != usd(1100) {
		t.Errorf("the quote of now is %+v", now)
	}
	b.sound()
}

// Every policy of fees splits every price without losing a cent, and takes no more than there is.
func TestNoPolicyOfFeesLosesACent(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	any := func() fee {
		return fee{Bips: random.IntN(3001), Flat: random.Int64N(500), Threshold: random.Int64N(3) * 5000, Minimum: random.Int64N(300)}
	}
	for range 200_000 {
		o := promise{Package: "basic", Quantity: 1 + random.IntN(20), Price: usd(1 + random.Int64N(2_000_000)), Buys: any(), Sells: any()}
		q, err := o.cost(0)
		if err != nil {
			t.Fatal(err)
		}
		if q.Subtotal.Minor+q.Fee.Minor != q.Total.Minor || q.Earnings.Minor+q.SellerFee.Minor != q.Subtotal.Minor || q.Earnings.Minor < 0 || q.Fee.Minor < 0 {
			t.Fatalf("%+v is split into %+v", o, q)
		}
	}
}
