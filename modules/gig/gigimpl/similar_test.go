package gigimpl

import (
	"context"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Row G14, on both databases.
func TestSimilarGigsAreOfTheCategoryAndMostAlikeFirst(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		put := func(by, title, category string, tags ...string) gig.Gig {
			t.Helper()
			q := request()
			q.Title, q.Category, q.Tags = "I will draw "+title, category, tags
			return w.offer(t, apptest.As(by, "Name"+by), q)
		}
		of := put("s1", "of", "logo-design", "Minimal", "Vector", "Owls")
		put("s1", "own", "logo-design", "minimal", "vector", "owls")
		put("s2", "none", "logo-design", "loud")
		two := put("s2", "two", "logo-design", "VECTOR", "minimal")
		put("s3", "one", "logo-design", "owls", "bears")
		put("s3", "elsewhere", "seo", "minimal", "vector", "owls")
		put("s3", "beside", "illustration", "loud")
		put("s4", "tagged beside", "illustration", "owls")
		paused := put("s4", "paused", "logo-design", "minimal", "vector", "owls")
		if _, err := w.Pause(apptest.As("s4", "Names4"), gig.PauseRequest{ID: paused.ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Create(apptest.As("s5", "Names5"), request()); err != nil { // a draft
			t.Fatal(err)
		}
		shows := func(want string) {
			t.Helper()
			list, err := w.Similar(apptest.Visitor(), gig.SimilarRequest{ID: of.ID})
			if got := titles(list.Items); err != nil || got != want {
				t.Errorf("%q, want %q: %v", got, want, err)
			}
		}
		shows("I will draw two | I will draw one | I will draw none | I will draw tagged beside | I will draw beside")
		if list, err := w.Similar(apptest.Visitor(), gig.SimilarRequest{ID: of.ID, Limit: 1}); err != nil || titles(list.Items) != "I will draw two" {
			t.Errorf("%v: %v", titles(list.Items), err)
		}
		for by, q := range map[string]gig.UpdateRequest{"tags": {ID: two.ID, Tags: &[]string{"else"}}} {
			if _, err := w.Update(apptest.As("s2", "Names2"), q); err != nil {
				t.Fatal(by, err)
			}
		}
		shows("I will draw one | I will draw two | I will draw none | I will draw tagged beside | I will draw beside")
		elsewhere := "seo"
		if _, err := w.Update(apptest.As("s2", "Names2"), gig.UpdateRequest{ID: two.ID, Category: &elsewhere}); err != nil {
			t.Fatal(err)
		}
		shows("I will draw one | I will draw none | I will draw tagged beside | I will draw beside")
	})
}

// However many gigs a category has, a fixed number is looked at: the best, and those with the same tags.
func TestAmongManyTheOneWithTheSameTagIsFound(t *testing.T) {
	w := begin(t)
	q := request()
	q.Tags = []string{"heraldry"}
	w.offer(t, apptest.As("s30", "Names30"), q)
	w.fill(t, 4*mostCandidates+40) // a quarter is of this category, and all of those are better
	of := w.put(t, func(q *gig.CreateRequest) { q.Tags = []string{"heraldry", "brand"} })
	list, err := w.Similar(apptest.Visitor(), gig.SimilarRequest{ID: of.ID, Limit: mostSimilar})
	if err != nil || len(list.Items) != mostSimilar {
		t.Fatalf("%d: %v", len(list.Items), err)
	}
	for _, g := range list.Items {
		if g.SellerID == of.SellerID || g.Category != of.Category {
			t.Errorf("%s of %s in %s", g.Title, g.SellerID, g.Category)
		}
	}
	if untagged := w.put(t, func(q *gig.CreateRequest) { q.Title, q.Tags = "I will draw without tags", nil }); untagged.ID != "" {
		if list, err := w.Similar(apptest.Visitor(), gig.SimilarRequest{ID: untagged.ID}); err != nil || len(list.Items) != similarShown {
			t.Errorf("%d: %v", len(list.Items), err)
		}
	}
	only := w.put(t, func(q *gig.CreateRequest) { q.Title, q.Tags = "I will draw arms", []string{"heraldry"} })
	first, err := w.Similar(apptest.Visitor(), gig.SimilarRequest{ID: only.ID, Limit: 1})
	if err != nil || len(first.Items) != 1 || first.Items[0].SellerID != "s30" {
		t.Errorf("%+v: %v", first.Items, err)
	}
}

func TestSimilarGigsAreOfAGigThatOneSees(t *testing.T) {
	w := begin(t)
	draft, err := w.Create(seller(), request())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		who  context.Context
		q    gig.SimilarRequest
		code fault.Code
	}{
		"a draft of another": {apptest.As("s2", "Names2"), gig.SimilarRequest{ID: draft.ID}, fault.NotFound},
		"no gig":             {apptest.Visitor(), gig.SimilarRequest{ID: "x"}, fault.NotFound},
		"no id":              {apptest.Visitor(), gig.SimilarRequest{ID: "'; DROP TABLE gigs"}, fault.NotFound},
		"too many":           {seller(), gig.SimilarRequest{ID: draft.ID, Limit: 25}, fault.Invalid},
		"less than none":     {seller(), gig.SimilarRequest{ID: draft.ID, Limit: -1}, fault.Invalid},
	} {
		if _, err := w.Similar(c.who, c.q); !fault.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if list, err := w.Similar(seller(), gig.SimilarRequest{ID: draft.ID}); err != nil || list.Items == nil || len(list.Items) != 0 {
		t.Errorf("the own draft: %+v, %v", list, err)
	}
}
