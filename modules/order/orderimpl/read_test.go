package orderimpl

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// Row O24.
func TestOrdersAreListedPageByPageWithFilters(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		var want, sold []string
		for i := range 7 {
			o := b.place("plain")
			if i%2 == 0 {
				b.pay(o)
				sold = append(sold, o.ID)
			}
			want = append(want, o.ID)
			if i == 3 {
				b.Clock.Advance(time.Hour) // the others have the same minute
			}
		}
		slices.Reverse(want)
		slices.Reverse(sold) // the others were never paid
		for _, c := range []struct {
			who  context.Context
			want []string
		}{{b.buyer, want}, {b.seller, sold}} {
			var got []string
			for q := (order.ListRequest{Limit: 3}); ; {
				page := must(b.orders.List(c.who, q))(t)
				for _, o := range page.Items {
					got = append(got, o.ID)
				}
				if q.Cursor = page.NextCursor; q.Cursor == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("listed %v, want %v", got, c.want)
			}
		}
		since := b.Clock.Now().Add(-30 * time.Minute)
		for name, c := range map[string]struct {
			q    order.ListRequest
			want int
		}{
			"bought":  {order.ListRequest{Role: "buyer"}, 7},
			"sold":    {order.ListRequest{Role: "seller"}, 0},
			"working": {order.ListRequest{Status: []order.Status{order.StatusInProgress}}, 4},
			"since":   {order.ListRequest{Since: &since}, 3},
			"until":   {order.ListRequest{Until: &since}, 4},
		} {
			if got := must(b.orders.List(b.buyer, c.q))(t); len(got.Items) != c.want {
				t.Errorf("%s: %d orders, want %d", name, len(got.Items), c.want)
			}
		}
		if first := must(b.orders.List(b.buyer, order.ListRequest{Limit: 1}))(t).Items[0]; first.Payment == nil || first.Next == nil {
			t.Errorf("a listed order lacks payment or next: %+v", first)
		}
	})
}

func TestAListThatMakesNoSenseIsRefused(t *testing.T) {
	b := onSQLite(t)
	for _, q := range []order.ListRequest{{Role: "owner"}, {Limit: 101}, {Limit: -1}, {Status: []order.Status{"lost"}}, {Cursor: "x"}, {Cursor: "MTIz"}, {Cursor: strings.Repeat("A", 1000)}} {
		if _, err := b.orders.List(b.buyer, q); q.Cursor != "MTIz" {
			refused(t, err, fault.Invalid)
		} else if err != nil {
			t.Error(err) // a moment without an id is a cursor
		}
	}
}

// What is no text would be an error of PostgreSQL, and so our mistake.
func TestAnIDThatNobodyHasIsNotFoundWhateverItIs(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		for _, id := range []string{"", "nothing", "a\x00b", "\xff\xfe", strings.Repeat("x", 1000), "' OR 1=1 --"} {
			_, get := b.orders.Get(b.buyer, order.GetRequest{ID: id})
			_, accept := b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: id})
			_, file := b.orders.File(b.buyer, order.FileRequest{OrderID: o.ID, FileID: id})
			_, page := b.orders.SimulatedPayment(b.buyer, order.SimulatedPaymentRequest{ID: id})
			_, decide := b.orders.DecideSimulatedPayment(b.buyer, order.DecideSimulatedPaymentRequest{ID: id})
			for _, err := range []error{get, accept, file, page, decide} {
				refused(t, err, fault.NotFound)
			}
		}
	})
}
