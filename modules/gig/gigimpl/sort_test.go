package gigimpl

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Rows G9, G11, against the same done by hand.
func TestFiltersAndSortsAreWhatTheySay(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.fill(t, 90)
		all := w.search(t, gig.SearchRequest{Limit: 100}).Items
		if len(all) != 90 {
			t.Fatalf("%d gigs", len(all))
		}
		graphics := []string{"graphics-design", "logo-design"}
		for _, c := range []struct {
			q    gig.SearchRequest
			keep func(gig.Gig) bool
		}{
			{gig.SearchRequest{MinPrice: 1000}, func(g gig.Gig) bool { return g.From.Minor >= 1000 }},
			{gig.SearchRequest{MaxPrice: 1000}, func(g gig.Gig) bool { return g.From.Minor <= 1000 }},
			{gig.SearchRequest{MinPrice: 1000, MaxPrice: 1000}, func(g gig.Gig) bool { return g.From.Minor == 1000 }},
			{gig.SearchRequest{MaxDays: 2}, func(g gig.Gig) bool { return g.FastestDays <= 2 }},
			{gig.SearchRequest{SellerID: "s3"}, func(g gig.Gig) bool { return g.SellerID == "s3" }},
			{gig.SearchRequest{Category: "seo"}, func(g gig.Gig) bool { return g.Category == "seo" }},
			{gig.SearchRequest{Category: "graphics-design"}, func(g gig.Gig) bool { return slices.Contains(graphics, g.Category) }},
			{gig.SearchRequest{Text: "write song", MaxDays: 5}, func(g gig.Gig) bool {
				return strings.Contains(g.Title, "write") && strings.Contains(g.Title, "song") && g.FastestDays <= 5
			}},
		} {
			for _, sort := range append(gig.Sorts(), "") {
				q := c.q
				q.Sort, q.Limit = sort, 100
				want := slices.DeleteFunc(slices.Clone(all), func(g gig.Gig) bool { return !c.keep(g) })
				slices.SortStableFunc(want, bySort(sort, q.Text != "")) // all is newest first, which is how ties stand
				if sort == "price_asc" {
					slices.Reverse(want)
					slices.SortStableFunc(want, bySort(sort, false))
				}
				got := w.search(t, q)
				if titles(got.Items) != titles(want) || got.Total != len(want) || len(want) == 0 || len(want) == 90 {
					t.Errorf("%+v\n got %s\nwant %s", q, titles(got.Items), titles(want))
				}
			}
		}
	})
}

func bySort(sort string, text bool) func(a, b gig.Gig) int {
	merit := func(g gig.Gig) int {
		return (g.Rating.Hundredths*g.Rating.Count+2000)/(g.Rating.Count+5) + min(g.Sales, 100)
	}
	return func(a, b gig.Gig) int {
		switch {
		case sort == "relevance", sort == "" && text:
			return merit(b) - merit(a)
		case sort == "best_selling":
			return b.Sales - a.Sales
		case sort == "rating":
			if a.Rating.Hundredths != b.Rating.Hundredths {
				return b.Rating.Hundredths - a.Rating.Hundredths
			}
			return b.Rating.Count - a.Rating.Count
		case sort == "price_asc":
			return int(a.From.Minor - b.From.Minor)
		case sort == "price_desc":
			return int(b.From.Minor - a.From.Minor)
		}
		return 0
	}
}

// Row G12: while gigs come and go, those that stay are shown once each.
func TestNoGigIsSkippedOrShownTwiceWhileOthersComeAndGo(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.fill(t, 36)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		for text, sorts := range map[string][]string{"": gig.Sorts(), "logo": {"relevance", "newest"}} {
			for _, sort := range sorts {
				shown, gone := map[string]int{}, map[string]bool{}
				before := w.search(t, gig.SearchRequest{Text: text, Sort: sort, Limit: 100})
				q := gig.SearchRequest{Text: text, Sort: sort, Limit: 7}
				for {
					r := w.search(t, q)
					for _, g := range r.Items {
						shown[g.ID]++
					}
					if q.Cursor = r.NextCursor; q.Cursor == "" {
						break
					}
					if r.Total != before.Total {
						t.Errorf("the total was %d and is %d", before.Total, r.Total)
					}
					w.put(t, func(c *gig.CreateRequest) {
						c.Title, c.Packages[0].Price.Minor = "A new logo of much experience", int64(500+random.IntN(6000))
					})
					// A shown one goes, at times the one at which the next page begins, and one that is still to come.
					for _, g := range []gig.Gig{r.Items[6-random.IntN(2)*random.IntN(7)], before.Items[random.IntN(len(before.Items))]} {
						if _, err := w.Pause(apptest.As(g.SellerID, "x"), gig.PauseRequest{ID: g.ID}); err != nil && !fault.Is(err, fault.NotFound) {
							t.Fatal(err)
						}
						gone[g.ID] = true
					}
				}
				for _, g := range before.Items {
					if shown[g.ID] > 1 || shown[g.ID] == 0 && !gone[g.ID] {
						t.Errorf("%q by %s: %s was shown %d times", text, sort, g.ID, shown[g.ID])
					}
				}
				for id := range gone {
					g := w.must(t, id)
					if g.Status == gig.StatusPaused {
						if _, err := w.Publish(apptest.As(g.SellerID, "x"), gig.PublishRequest{ID: id}); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
		}
	})
}

func (w world) must(t testing.TB, id string) gig.Gig {
	t.Helper()
	l, err := w.List(apptest.System(), gig.ListRequest{IDs: []string{id}})
	if err != nil || len(l.Items) != 1 {
		t.Fatalf("%s: %v, %v", id, l, err)
	}
	return l.Items[0]
}
