package orderimpl

import (
	"context"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// The operators' list of timers has the ends of offers among those of orders, in the order of their times.
func TestTheEndsOfOffersAreAmongTheTimers(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		terms := three()
		terms.Days = 1
		soon := b.offer(terms)
		o := b.working() // due in three days
		terms.Days = 30
		late := b.offer(terms)
		b.answered(b.orders.DeclineOffer, b.buyer, b.offer(terms))
		var got []string
		q := order.ListTimersRequest{Limit: 1}
		for {
			list := must(b.orders.ListTimers(clerk(), q))(t)
			for _, x := range list.Items {
				got = append(got, x.OrderID+x.OfferID+" "+x.Kind)
				if x.OfferID != "" && (x.Kind != "offer_end" || x.Status != "sent" || x.Number != "" || x.Late) {
					t.Errorf("an offer's timer is %+v", x)
				}
			}
			if q.Cursor = list.NextCursor; q.Cursor == "" {
				break
			}
		}
		if len(got) < 4 || got[0] != soon.ID+" offer_end" || got[len(got)-1] != late.ID+" offer_end" || !strings.HasPrefix(got[1], o.ID) {
			t.Errorf("the timers are %q", got)
		}
		if all := must(b.orders.ListTimers(clerk(), order.ListTimersRequest{}))(t); len(all.Items) != len(got) {
			t.Errorf("%d timers on one page, %d on many", len(all.Items), len(got))
		}
		b.Clock.Advance(day + time.Minute)
		if first := must(b.orders.ListTimers(clerk(), order.ListTimersRequest{Limit: 1}))(t).Items[0]; !first.Late {
			t.Errorf("nobody ends it: %+v", first)
		}
	})
}

// Row C10: who reads a reported conversation reads the offers in it, and nobody else does.
func TestStaffReadTheOffersOfACase(t *testing.T) {
	b := onSQLite(t)
	o := b.offer(three())
	q := order.ListOffersRequest{IDs: []string{o.ID, "nothing"}, CaseID: "case-1"}
	list := must(b.orders.ListOffers(b.staff, q))(t)
	if len(list.Items) != 1 || list.Items[0].ID != o.ID || len(list.Items[0].Milestones) != 3 || len(list.Items[0].Allowed) != 0 {
		t.Errorf("staff see %+v", list.Items)
	}
	for _, who := range []context.Context{b.another, b.buyer} {
		_, err := b.orders.ListOffers(who, q)
		refused(t, err, fault.Forbidden)
	}
	if list := must(b.orders.ListOffers(b.staff, order.ListOffersRequest{IDs: []string{o.ID}}))(t); len(list.Items) != 0 {
		t.Errorf("without a case they see %+v", list.Items)
	}
}

// answered answers an offer.
func (b *bed) answered(f func(context.Context, order.AnswerOfferRequest) (order.Offer, error), who context.Context, o order.Offer) {
	b.t.Helper()
	must(b.answer(f, who, o))(b.t)
}
