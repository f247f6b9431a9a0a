package orderimpl

import (
	"slices"
	"testing"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// withExtras gives the gig plain extras: its package costs 100.00, takes 3 days and has one revision.
func (b *bed) withExtras() {
	g := b.gigs.gigs["plain"]
	g.Extras = []gig.Extra{{Title: "Source files", Price: usd(2500), Days: 2}, {Title: "Faster", Price: usd(1999), Days: -4}, {Title: "Again", Price: usd(1), Revisions: 2}}
	b.gigs.gigs["plain"] = g
}

// Rows G3, G6, O1, P5.
func TestExtrasAreQuotedChargedDeliveredAndInvoicedAsChosen(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.withExtras()
		extras := []string{"Again", "Source files"}
		q := must(b.orders.Quote(b.buyer, order.QuoteRequest{GigID: "plain", Package: "basic", Quantity: 2, Extras: extras}))(t)
		if q.Subtotal != usd(25002) || q.Total != usd(26377) || len(q.Lines) != 4 {
			t.Fatalf("the quote is %+v", q)
		}
		var sum int64
		for _, l := range q.Lines {
			sum += l.Amount.Minor
		}
		g := b.gigs.gigs["plain"]
		g.Extras = nil // the seller takes them back; what was shown holds
		b.gigs.gigs["plain"] = g
		place := func(quote string, extras ...string) (order.Order, error) {
			p, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "plain", Package: "basic", Quantity: 2, Quote: quote, Extras: extras})
			return p.Order, err
		}
		o := must(place(q.Token, "Source files", "Again"))(t)
		if sum != q.Total.Minor || o.Total != q.Total || o.Subtotal != q.Subtotal || o.Price != usd(12501) || o.DeliveryDays != 5 || o.Revisions != 3 || len(o.Extras) != 2 {
			t.Errorf("the order is %+v", o)
		}
		for _, other := range [][]string{nil, {"Again"}, {"Again", "Faster"}, {"Again", "Source files", "Faster"}} {
			_, err := place(q.Token, other...)
			refused(t, err, fault.Invalid)
		}
		_, err := place("", extras...)
		if f := refused(t, err, fault.Invalid); f.Fields[0].Name != "extras" {
			t.Errorf("%+v", f)
		}
		o = b.pay(o)
		i := must(b.orders.Invoice(b.buyer, order.InvoiceRequest{OrderID: o.ID}))(t)
		sum = 0
		for _, l := range i.Lines {
			sum += l.Amount.Minor
		}
		if i.Total != q.Total || sum != q.Total.Minor || len(i.Lines) != 4 || i.Lines[1].Amount != usd(5000) {
			t.Errorf("the invoice is %+v", i)
		}
		b.sound()
	})
}

func TestExtrasNeverMakeADeliveryInstantAndLeaveUnlimitedRevisionsAlone(t *testing.T) {
	extras := []order.Extra{{Days: -3}, {Days: -1, Revisions: 2}}
	if days, revisions := with(extras, 3, gig.Unlimited); days != 1 || revisions != gig.Unlimited {
		t.Errorf("%d days, %d revisions", days, revisions)
	}
	if days, revisions := with(slices.Concat(extras, []order.Extra{{Days: 10}}), 3, 1); days != 9 || revisions != 3 {
		t.Errorf("%d days, %d revisions", days, revisions)
	}
	b := onSQLite(t)
	b.withExtras()
	for _, wrong := range [][]string{{"Source files", "Source files"}, {"What is not there"}, make([]string, 11)} {
		_, err := b.orders.Quote(b.buyer, order.QuoteRequest{GigID: "plain", Package: "basic", Extras: wrong})
		refused(t, err, fault.Invalid)
	}
}
