package gigimpl

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func (w world) search(t testing.TB, q gig.SearchRequest) gig.Results {
	t.Helper()
	r, err := w.Search(apptest.Visitor(), q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return r
}

// Row G8: both databases find the same, best match first.
func TestAGigIsFoundByTitleTagsCategorySellerAndDescription(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		put := func(title, tag, category, description string) {
			w.put(t, func(q *gig.CreateRequest) {
				q.Title, q.Tags, q.Category, q.Description = title, []string{tag}, category, description
			})
		}
		put("Fairy tales read aloud", "stories", "voice-over", "For children. I once made a logo, too.")
		put("Café menus and posters", "logo", "illustration", "Everything for the kitchen of your café.")
		put("I will design Logos", "brand", "logo-design", "Minimal marks.")
		put("設計図を描きます", "plans", "3d-modeling", "建築のための設計。Drawings of houses.")
		for text, want := range map[string]string{
			"logo":                       "I will design Logos | Café menus and posters | Fairy tales read aloud",
			"LOGOS":                      "I will design Logos | Café menus and posters | Fairy tales read aloud",
			"a logo for my":              "I will design Logos | Café menus and posters | Fairy tales read aloud",
			"log":                        "I will design Logos | Café menus and posters | Fairy tales read aloud",
			"logo menu":                  "Café menus and posters",
			"poster lo":                  "Café menus and posters",
			"lo poster":                  "",
			"cafe":                       "Café menus and posters",
			"CAFÉ":                       "Café menus and posters",
			"voice over":                 "Fairy tales read aloud",
			"Music & Audio":              "Fairy tales read aloud",
			"minimal":                    "I will design Logos",
			"設計":                         "設計図を描きます",
			"names1 design":              "I will design Logos | Café menus and posters | 設計図を描きます",
			"nothing of the kind":        "",
			"the":                        "Café menus and posters",
			"house":                      "設計図を描きます",
			"  fairy   TALE ":            "Fairy tales read aloud",
			"fairy tales read aloud now": "",
		} {
			r := w.search(t, gig.SearchRequest{Text: text})
			got := titles(r.Items)
			if text == "names1 design" { // one tier for all three: sorted by merit, then the newest
				slices.SortFunc(r.Items, func(a, b gig.Gig) int { return strings.Compare(a.Title, b.Title) })
				got, want = titles(r.Items), "Café menus and posters | I will design Logos | 設計図を描きます"
			}
			if got != want || r.Total != len(r.Items) {
				t.Errorf("%q found %q, want %q (%d)", text, got, want, r.Total)
			}
		}
	})
}

// V1.2.4: nothing that is typed is a query language, and nothing fails.
func TestWhateverIsTypedIsSafe(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		w.put(t, nil)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		typed := []string{`"`, `'`, `logo"`, `logo'`, `"logo" OR "x"`, "title:logo", "{title} : logo", "logo*", "*", "NEAR(a b)", "AND", "OR NOT",
			"a AND", "^logo", "-logo", "logo -brand", "(", ")", "((logo", ":*", "logo:*A", "a & b | c", "!logo", "<->", "\\", `\'`, "%", "_", "?",
			"$1", "@x", "@@", ";--", "'; DROP TABLE gigs; --", "\x00", "lo\x00go", "\xff\xfe", "\u202e", "👩‍💻", "é́́́", "ﬃ", "İ", "ß", "a\u0300",
			"𞤀𞤁", "ʼn", "1e5", "0x10", "3.14", "-5", "a.b@c.de", "http://x/y?z", " ", "\t\n", strings.Repeat("a", 500), strings.Repeat("a ", 250),
			strings.Repeat("ä", 500), strings.Repeat("'", 500)}
		for range 200 {
			var s []rune
			for range random.IntN(12) {
				if s = append(s, rune(random.IntN(0x3000))); random.IntN(3) == 0 {
					s = append(s, []rune(`"':*()&|! `)[random.IntN(10)])
				}
			}
			typed = append(typed, string(s))
		}
		for _, text := range typed {
			if _, err := w.Search(apptest.Visitor(), gig.SearchRequest{Text: text}); err != nil {
				t.Errorf("%q: %v", text, err)
			}
			// The same as a gig's words: what can be written can be found.
			if len(words(text)) == 0 {
				continue
			}
			g := w.put(t, func(q *gig.CreateRequest) { q.Description = "The words: " + clean(text) + "." })
			if r := w.search(t, gig.SearchRequest{Text: clean(text), Limit: 100}); r.Total == 0 {
				t.Errorf("%q is written and not found", text)
			}
			if _, err := w.Delete(seller(), gig.DeleteRequest{ID: g.ID}); err != nil {
				t.Fatal(err)
			}
		}
		for _, text := range []string{"!!!", "👍", "+"} {
			if r := w.search(t, gig.SearchRequest{Text: text}); r.Total != 0 || r.Items == nil {
				t.Errorf("%q found %d", text, r.Total)
			}
		}
		if r := w.search(t, gig.SearchRequest{Text: "  "}); r.Total != 1 {
			t.Errorf("spaces are no text, and found %d", r.Total)
		}
	})
}

// clean leaves the letters, digits and spaces of a text.
func clean(text string) string { return strings.Join(words(text), " ") }

func TestBadFiltersAreRefusedByName(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
		for _, c := range []struct {
			q    gig.SearchRequest
			want string
		}{
			{gig.SearchRequest{Text: strings.Repeat("a", 501)}, "text"},
			{gig.SearchRequest{Category: "nowhere"}, "category"}, {gig.SearchRequest{Category: "x\x00"}, "category"},
			{gig.SearchRequest{MinPrice: -1}, "min_price"}, {gig.SearchRequest{MaxPrice: -1}, "max_price"},
			{gig.SearchRequest{MinPrice: 2, MaxPrice: 1}, "max_price"}, {gig.SearchRequest{MaxDays: -1}, "max_days"},
			{gig.SearchRequest{Sort: "price; DROP TABLE gigs"}, "sort"}, {gig.SearchRequest{Limit: 101}, "limit"}, {gig.SearchRequest{Limit: -1}, "limit"},
			{gig.SearchRequest{Cursor: "x"}, "cursor"}, {gig.SearchRequest{Cursor: encode(`{"s":"rating","k":[1,2,3]}`)}, "cursor"},
			{gig.SearchRequest{Cursor: encode(`{"s":"newest","k":[1]}`)}, "cursor"},
			{gig.SearchRequest{Cursor: encode(`{"s":"newest","k":[-1,1]}`)}, "cursor"},
			{gig.SearchRequest{Cursor: encode(`{"s":"newest","k":[9223372036854775807,1]}`)}, "cursor"},
			{gig.SearchRequest{Cursor: encode(`{"s":"newest","k":[1,1],"t":1001}`)}, "cursor"},
			{gig.SearchRequest{Cursor: encode(`null`)}, "cursor"},
			{gig.SearchRequest{Limit: 1000, Sort: "x", MinPrice: -1, Category: "none"}, "limit min_price sort category"},
			{gig.SearchRequest{Cursor: encode(`{"s":"newest","k":[253402300799999999,9223372036854775807]}`)}, ""},
			{gig.SearchRequest{Sort: "rating", Cursor: encode(`{"s":"rating","k":[9223372036854775807,9223372036854775807,9223372036854775807]}`)}, ""},
			{gig.SearchRequest{Sort: "best_selling", Cursor: encode(`{"s":"best_selling","k":[-9223372036854775808,9223372036854775807]}`)}, ""},
			{gig.SearchRequest{Sort: "price_asc", Cursor: encode(`{"s":"price_asc","k":[9223372036854775807,1]}`)}, ""},
			{gig.SearchRequest{Sort: "relevance", Cursor: encode(`{"s":"merit","k":[9223372036854775807,1]}`)}, ""},
			{gig.SearchRequest{Text: "x", Cursor: encode(`{"s":"relevance","k":[9223372036854775807,9223372036854775807,1]}`)}, ""},
			{gig.SearchRequest{MinPrice: 1 << 62, MaxPrice: 1<<63 - 1, MaxDays: 1 << 40}, ""},
			{gig.SearchRequest{SellerID: "x\x00"}, ""},
		} {
			if _, err := w.Search(apptest.Visitor(), c.q); fields(err) != c.want || err != nil && !fault.Is(err, fault.Invalid) {
				t.Errorf("%+v: %q (%v)", c.q, fields(err), err)
			}
		}
		if _, err := w.Mine(seller(), gig.MineRequest{Status: "deleted", Cursor: "x", Limit: 1000}); fields(err) != "limit cursor status" {
			t.Error(err)
		}
		if _, err := w.List(apptest.System(), gig.ListRequest{IDs: make([]string, 101)}); fields(err) != "ids" {
			t.Error(err)
		}
		for _, id := range []string{"", "x\x00", "\xff", strings.Repeat("x", 5000), "' OR 1=1"} {
			if _, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: id}); !fault.Is(err, fault.NotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
	})
}

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
		w.fill(t, 50)
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		random := rand.New(rand.NewPCG(seed, 1))
		for _, text := range []string{"", "logo"} {
			for _, sort := range gig.Sorts() {
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

func TestTheTotalIsCountedUpToAThousand(t *testing.T) {
	w := begin(t)
	w.fill(t, mostTotal+5)
	for _, text := range []string{"", "customer"} {
		first := w.search(t, gig.SearchRequest{Text: text})
		if first.Total != mostTotal || len(first.Items) != perPage {
			t.Errorf("%q: %d, %d on the page", text, first.Total, len(first.Items))
		}
		if second := w.search(t, gig.SearchRequest{Text: text, Cursor: first.NextCursor}); second.Total != mostTotal {
			t.Errorf("%q: then %d", text, second.Total)
		}
	}
}

// No query per row: what a page costs does not depend on what is on it.
func TestAPageCostsAFixedNumberOfQueries(t *testing.T) {
	w := begin(t)
	w.fill(t, 60)
	var n atomic.Int64
	counting := func(g *gorm.DB) {
		if !g.DryRun { // as a part of another query
			n.Add(1)
		}
	}
	read := w.DB.Read(t.Context()).Callback()
	if err := read.Query().Register("test:count", counting); err != nil {
		t.Fatal(err)
	}
	if err := read.Row().Register("test:count", counting); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		call func() error
		want int64
	}{
		"gig": {func() error { _, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: "fill-000001"}); return err }, 1},
		"list": {func() error {
			_, err := w.List(apptest.System(), gig.ListRequest{IDs: []string{"fill-000001", "fill-000002"}})
			return err
		}, 1},
		"mine":       {func() error { _, err := w.Mine(seller(), gig.MineRequest{}); return err }, 1},
		"categories": {func() error { _, err := w.Categories(apptest.Visitor(), gig.CategoriesRequest{}); return err }, 1},
		"search": {func() error {
			_, err := w.Search(apptest.Visitor(), gig.SearchRequest{Text: "logo", Limit: 5})
			return err
		}, 2},
		"last page": {func() error { _, err := w.Search(apptest.Visitor(), gig.SearchRequest{Limit: 100}); return err }, 1},
		"in category": {func() error {
			_, err := w.Search(apptest.Visitor(), gig.SearchRequest{Category: "seo", Limit: 5})
			return err
		}, 3},
	} {
		n.Store(0)
		if err := c.call(); err != nil || n.Load() != c.want {
			t.Errorf("%s: %d queries, want %d (%v)", name, n.Load(), c.want, err)
		}
	}
}

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
