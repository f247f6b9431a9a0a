package gigimpl

import (
	"fmt"
	"strings"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
)

// Row G13: the tree of two levels, with what is published on every shelf and below it.
func TestCategoriesCountWhatIsPublishedInAndBelowThem(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		for _, category := range []string{"logo-design", "logo-design", "illustration", "graphics-design", "seo"} {
			w.put(t, func(q *gig.CreateRequest) { q.Category = category })
		}
		if _, err := w.Create(seller(), request()); err != nil { // a draft does not count
			t.Fatal(err)
		}
		l, err := w.Categories(apptest.Visitor(), gig.CategoriesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		counts, below, top := map[string]int{}, map[string]int{}, ""
		for _, c := range l.Items {
			if _, twice := counts[c.Slug]; twice || c.Name == "" || c.Blurb == "" {
				t.Errorf("%+v", c)
			}
			counts[c.Slug] = c.Gigs
			if c.Parent == "" {
				top = c.Slug
			} else if below[c.Parent]++; c.Parent != top {
				t.Errorf("%s stands under %s", c.Slug, top)
			}
		}
		if counts["logo-design"] != 2 || counts["illustration"] != 1 || counts["graphics-design"] != 4 || counts["digital-marketing"] != 1 || counts["business"] != 0 {
			t.Errorf("%v", counts)
		}
		if len(below) != 8 {
			t.Errorf("%d shelves", len(below))
		}
		for slug, n := range below {
			if n < 5 || n > 7 {
				t.Errorf("%d below %s", n, slug)
			}
		}
		if r := w.search(t, gig.SearchRequest{Category: "graphics-design"}); r.Total != 4 {
			t.Errorf("%d found below", r.Total)
		}
	})
}

func TestMineIsListedPageByPageNewestFirst(t *testing.T) {
	w := begin(t)
	for i := range 5 {
		w.put(t, func(q *gig.CreateRequest) { q.Title = fmt.Sprint("Number ", i) })
	}
	if _, err := w.Create(apptest.As("s2", "Names2"), request()); err != nil {
		t.Fatal(err)
	}
	var got []string
	q := gig.MineRequest{Limit: 2, Status: gig.StatusActive}
	for {
		l, err := w.Mine(seller(), q)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, titles(l.Items))
		if q.Cursor = l.NextCursor; q.Cursor == "" {
			break
		}
	}
	if strings.Join(got, " / ") != "Number 4 | Number 3 / Number 2 | Number 1 / Number 0" {
		t.Error(got)
	}
	if l, err := w.Mine(seller(), gig.MineRequest{Status: gig.StatusDraft}); err != nil || len(l.Items) != 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

func TestWordsAreCutAlikeForBothDatabases(t *testing.T) {
	for text, want := range map[string]string{
		"Hello, World!": "hello world", "don't": "dont", "Ünïcödé": "unicode", "設計 plan": "設 計 plan", "C++/C#": "c c", "a_b-c": "a b c",
		"": "", "1.000€": "1 000", "ﬁne": "fine", strings.Repeat("x", 50): strings.Repeat("x", maxWord),
	} {
		if got := strings.Join(words(text), " "); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
	for word, want := range map[string]string{"logos": "logo", "stories": "story", "business": "business", "us": "us", "gas": "gas", "shoes": "shoes",
		"websites": "website", "virus": "virus", "as": "as", "cities": "city", "series": "sery"} {
		if got := stem(word); got != want {
			t.Errorf("%s: %s", word, got)
		}
	}
}
