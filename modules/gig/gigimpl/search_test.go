package gigimpl

import (
	"encoding/base64"
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
		for range 30 {
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
			{gig.SearchRequest{Sort: "price_asc", Cursor: encode(`{"s":"price_desc","k":[1,1]}`)}, "cursor"},
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

// No query per row: what a page costs does not depend on what is on it. What is remembered costs one less.
func TestAPageCostsAFixedNumberOfQueries(t *testing.T) {
	w := begin(t)
	w.fill(t, 60)
	var n atomic.Int64
	counting := func(g *gorm.DB) {
		asked := g.Statement.SQL.String()
		if !g.DryRun && !strings.Contains(asked, "outbox") && !strings.Contains(asked, "dead_letters") { // the bus looks at them each second
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
		call        func() error
		first, then int64
	}{
		"gig": {func() error { _, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: "fill-000001"}); return err }, 2, 1},
		"list": {func() error {
			_, err := w.List(apptest.System(), gig.ListRequest{IDs: []string{"fill-000001", "fill-000002"}})
			return err
		}, 1, 1},
		"similar": {func() error {
			_, err := w.Similar(apptest.Visitor(), gig.SimilarRequest{ID: "fill-000001"})
			return err
		}, 4, 2},
		"mine":       {func() error { _, err := w.Mine(seller(), gig.MineRequest{}); return err }, 1, 1},
		"categories": {func() error { _, err := w.Categories(apptest.Visitor(), gig.CategoriesRequest{}); return err }, 1, 1},
		"search": {func() error {
			_, err := w.Search(apptest.Visitor(), gig.SearchRequest{Text: "logo", Limit: 5})
			return err
		}, 3, 2},
		"last page": {func() error { _, err := w.Search(apptest.Visitor(), gig.SearchRequest{Limit: 100}); return err }, 2, 1},
		"in category": {func() error {
			_, err := w.Search(apptest.Visitor(), gig.SearchRequest{Category: "seo", Limit: 5})
			return err
		}, 4, 3},
	} {
		w.forget()
		for i, want := range []int64{c.first, c.then} {
			n.Store(0)
			if err := c.call(); err != nil || n.Load() != want {
				t.Errorf("%s, call %d: %d queries, want %d (%v)", name, i, n.Load(), want, err)
			}
		}
	}
}
