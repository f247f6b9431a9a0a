package gigimpl

import (
	"testing"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/apptest"
)

// Row R7: the gig shows what the reviews say, in whatever order the news comes.
func TestTheLatestAverageWinsInWhateverOrderItComes(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		g, other := w.put(t, nil), w.put(t, nil)
		news := func(orderID string, average, n int) review.Published {
			return review.Published{Facts: review.Facts{OrderID: orderID, GigID: g.ID}, GigHundredths: average, GigCount: n}
		}
		apptest.Emit(t, w.Harness, news("o1", 400, 1), news("o3", 467, 3), news("o2", 450, 2), news("o3", 467, 3))
		apptest.Settle(t, w.Harness)
		if got := w.must(t, g.ID); got.Rating != (gig.Rating{Hundredths: 467, Count: 3}) || got.Version != g.Version {
			t.Errorf("%+v", got)
		}
		if got := w.must(t, other.ID); got.Rating.Count != 0 {
			t.Errorf("another gig has it: %+v", got)
		}
	})
}

func TestACompletedOrderIsASale(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		g := w.put(t, nil)
		for _, id := range []string{"o1", "o2", "o3"} {
			apptest.Emit(t, w.Harness, order.Completed{Facts: order.Facts{OrderID: id, GigID: g.ID}})
		}
		apptest.Settle(t, w.Harness)
		if got := w.must(t, g.ID); got.Sales != 3 {
			t.Errorf("%d sales", got.Sales)
		}
		if r := w.search(t, gig.SearchRequest{Sort: "best_selling"}); r.Items[0].Sales != 3 {
			t.Errorf("%+v", r)
		}
	})
}
