package gigimpl

import (
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// Rows G1, G2, G5: the whole life of a gig.
func TestAGigIsADraftThenPublicThenPausedThenGone(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		sees := func(who context.Context, id string) bool {
			g, err := w.Get(who, gig.GetRequest{ID: id})
			if err != nil && !fault.Is(err, fault.NotFound) {
				t.Fatal(err)
			}
			return err == nil && g.ID == id
		}
		found := func() int {
			r, err := w.Search(apptest.Visitor(), gig.SearchRequest{Text: "logo"})
			if err != nil {
				t.Fatal(err)
			}
			return r.Total
		}
		q := request()
		q.Packages = []gig.Package{pack("basic", 5000), pack("premium", 4000)}
		q.Packages[1].DeliveryDays = 1
		g, err := w.Create(seller(), q)
		if err != nil {
			t.Fatal(err)
		}
		if g.Status != gig.StatusDraft || g.Slug != "i-will-draw-a-logo" || g.SellerUsername != "Names1" || g.From != money.Of(4000, "USD") ||
			g.FastestDays != 1 || g.Version != 1 || g.PublishedAt != nil || g.Requirements == nil || g.Pictures == nil {
			t.Errorf("%+v", g)
		}
		if !sees(seller(), g.ID) || sees(apptest.As("s2", "other"), g.ID) || sees(apptest.Visitor(), g.ID) || found() != 0 {
			t.Error("a draft is its seller's alone")
		}

		g, err = w.Publish(seller(), gig.PublishRequest{ID: g.ID})
		if err != nil || g.Status != gig.StatusActive || g.PublishedAt == nil || g.Version != 2 {
			t.Fatalf("%+v, %v", g, err)
		}
		first := *g.PublishedAt
		if !sees(apptest.Visitor(), g.ID) || found() != 1 || w.indexed(t) != 1 {
			t.Error("published, and not to be seen")
		}
		if again, err := w.Publish(seller(), gig.PublishRequest{ID: g.ID}); err != nil || again.Version != 2 {
			t.Errorf("%+v, %v", again, err)
		}

		title := "I will paint a banner"
		if g, err = w.Update(seller(), gig.UpdateRequest{ID: g.ID, Title: &title}); err != nil || g.Slug != "i-will-paint-a-banner" || g.Version != 3 {
			t.Fatalf("%+v, %v", g, err)
		}
		if r, err := w.Search(apptest.Visitor(), gig.SearchRequest{Text: "banner"}); err != nil || r.Total != 1 {
			t.Errorf("the new title is not found: %+v, %v", r, err)
		}

		if g, err = w.Pause(seller(), gig.PauseRequest{ID: g.ID}); err != nil || g.Status != gig.StatusPaused {
			t.Fatalf("%+v, %v", g, err)
		}
		if sees(apptest.Visitor(), g.ID) || !sees(seller(), g.ID) || found() != 0 || w.indexed(t) != 0 {
			t.Error("a paused gig is still shown")
		}
		if g, err = w.Pause(seller(), gig.PauseRequest{ID: g.ID}); err != nil || g.Version != 4 {
			t.Errorf("%+v, %v", g, err)
		}
		if g, err = w.Publish(seller(), gig.PublishRequest{ID: g.ID}); err != nil || !g.PublishedAt.Equal(first) || found() != 1 {
			t.Errorf("%+v, %v", g, err)
		}

		if g, err = w.Delete(seller(), gig.DeleteRequest{ID: g.ID}); err != nil || g.Status != gig.StatusDeleted {
			t.Fatalf("%+v, %v", g, err)
		}
		if sees(seller(), g.ID) || found() != 0 || w.indexed(t) != 0 {
			t.Error("a deleted gig is still shown")
		}
		if mine, err := w.Mine(seller(), gig.MineRequest{}); err != nil || len(mine.Items) != 0 || mine.Items == nil {
			t.Errorf("%+v, %v", mine, err)
		}
		if l, err := w.List(apptest.System(), gig.ListRequest{IDs: []string{g.ID, "none", "x\x00"}}); err != nil || len(l.Items) != 1 {
			t.Errorf("%+v, %v", l, err)
		}
		published, paused := apptest.Emitted[gig.Published](t, w.Harness), apptest.Emitted[gig.Paused](t, w.Harness)
		if len(published) != 2 || published[0].Title != "I will draw a logo" || len(paused) != 2 {
			t.Errorf("%+v, %+v", published, paused)
		}
	})
}

// Rows A1, A11.
func TestOnlyAVerifiedSellerOffersGigs(t *testing.T) {
	w := begin(t)
	unverified := identity.With(t.Context(), identity.Actor{UserID: "s1", Username: "Names1"})
	for _, c := range []struct {
		who  context.Context
		want fault.Code
	}{
		{apptest.Visitor(), fault.Unauthenticated}, {unverified, fault.Forbidden}, {apptest.As("buyer", "buyer"), fault.Forbidden},
		{apptest.As("ghost", "ghost"), fault.Forbidden},
	} {
		if _, err := w.Create(c.who, request()); !fault.Is(err, c.want) {
			t.Errorf("want %s: %v", c.want, err)
		}
	}
}

func TestAGigOfSomebodyElseDoesNotExist(t *testing.T) {
	w := begin(t)
	g := w.put(t, nil)
	eve, title := apptest.As("s2", "Names2"), "I will take it over"
	for name, call := range map[string]func(context.Context, string) error{
		"update": func(c context.Context, id string) error {
			_, e := w.Update(c, gig.UpdateRequest{ID: id, Title: &title})
			return e
		},
		"publish": func(c context.Context, id string) error { _, e := w.Publish(c, gig.PublishRequest{ID: id}); return e },
		"pause":   func(c context.Context, id string) error { _, e := w.Pause(c, gig.PauseRequest{ID: id}); return e },
		"delete":  func(c context.Context, id string) error { _, e := w.Delete(c, gig.DeleteRequest{ID: id}); return e },
		"add": func(c context.Context, id string) error {
			_, e := w.AddPicture(c, gig.AddPictureRequest{GigID: id})
			return e
		},
		"remove": func(c context.Context, id string) error {
			_, e := w.RemovePicture(c, gig.RemovePictureRequest{GigID: id})
			return e
		},
	} {
		if err := call(eve, g.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
		if err := call(seller(), "x\x00y"); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s of nothing: %v", name, err)
		}
		if err := call(apptest.Visitor(), g.ID); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s by a visitor: %v", name, err)
		}
	}
	if now, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: g.ID}); err != nil || now.Version != g.Version {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestADraftCannotBePaused(t *testing.T) {
	w := begin(t)
	g, err := w.Create(seller(), request())
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Pause(seller(), gig.PauseRequest{ID: g.ID})
	if !fault.Is(err, fault.Conflict) || !slices.Equal(fault.Of(err).Allowed, []string{"publish"}) {
		t.Error(err)
	}
}

// V2.1.3: every limit at its last good value and one beyond.
func TestEveryLimitHoldsAtItsEdgesAndNamesItsField(t *testing.T) {
	r := rules{currency: "USD"}
	x := func(n int) string { return strings.Repeat("ä", n) }
	first := func(change func(*gig.Package)) func(*gig.CreateRequest) {
		return func(q *gig.CreateRequest) { change(&q.Packages[0]) }
	}
	packages := func(names ...string) func(*gig.CreateRequest) {
		return func(q *gig.CreateRequest) {
			q.Packages = nil
			for _, n := range names {
				q.Packages = append(q.Packages, pack(n, 500))
			}
		}
	}
	price := func(minor int64, currency string) func(*gig.CreateRequest) {
		return first(func(p *gig.Package) { p.Price = money.Of(minor, currency) })
	}
	asks := func(list ...gig.Requirement) func(*gig.CreateRequest) {
		return func(q *gig.CreateRequest) { q.Requirements = list }
	}
	adds := func(list ...gig.Extra) func(*gig.CreateRequest) {
		return func(q *gig.CreateRequest) { q.Extras = list }
	}
	answers := func(list ...gig.FAQ) func(*gig.CreateRequest) {
		return func(q *gig.CreateRequest) { q.FAQ = list }
	}
	extra := func(title string, minor int64, days, revisions int) gig.Extra {
		return gig.Extra{Title: title, Price: money.Of(minor, "USD"), Days: days, Revisions: revisions}
	}
	ask := func(n int) (list []gig.Requirement) {
		for i := range n {
			list = append(list, gig.Requirement{Question: x(i + 1), Type: "text"})
		}
		return list
	}
	different := func(n int) (list []string) {
		for i := range n {
			list = append(list, x(i+1))
		}
		return list
	}
	for i, c := range []struct {
		change func(*gig.CreateRequest)
		wrong  string
	}{
		{func(q *gig.CreateRequest) {}, ""},
		{func(q *gig.CreateRequest) { q.Title = x(5) }, ""}, {func(q *gig.CreateRequest) { q.Title = x(4) }, "title"},
		{func(q *gig.CreateRequest) { q.Title = x(100) }, ""}, {func(q *gig.CreateRequest) { q.Title = x(101) }, "title"},
		{func(q *gig.CreateRequest) { q.Title = "two\nlines" }, "title"}, {func(q *gig.CreateRequest) { q.Title = "        " }, "title"},
		{func(q *gig.CreateRequest) { q.Description = x(10) }, ""}, {func(q *gig.CreateRequest) { q.Description = x(9) }, "description"},
		{func(q *gig.CreateRequest) { q.Description = x(5000) }, ""}, {func(q *gig.CreateRequest) { q.Description = x(5001) }, "description"},
		{func(q *gig.CreateRequest) { q.Tags = different(10) }, ""}, {func(q *gig.CreateRequest) { q.Tags = different(11) }, "tags"},
		{func(q *gig.CreateRequest) { q.Tags = []string{x(30)} }, ""}, {func(q *gig.CreateRequest) { q.Tags = []string{"a", x(31)} }, "tags.1"},
		{func(q *gig.CreateRequest) { q.Tags = []string{""} }, "tags.0"},
		{packages("basic", "standard", "premium"), ""}, {packages("basic", "premium"), ""}, {packages(), "packages"},
		{packages("basic", "standard", "premium", "premium"), "packages"}, {packages("standard"), "packages.0.name"},
		{packages("basic", "basic"), "packages.1.name"}, {packages("basic", "premium", "standard"), "packages.2.name"},
		{packages("basic", "gold"), "packages.1.name"}, {packages(""), "packages.0.name"},
		{price(500, "USD"), ""}, {price(499, "USD"), "packages.0.price"}, {price(2_000_000, "USD"), ""}, {price(2_000_001, "USD"), "packages.0.price"},
		{price(500, "EUR"), "packages.0.price"}, {price(500, ""), "packages.0.price"}, {price(-500, "USD"), "packages.0.price"},
		{price(math.MaxInt64, "USD"), "packages.0.price"}, {price(math.MinInt64, "USD"), "packages.0.price"},
		{first(func(p *gig.Package) { p.DeliveryDays = 0 }), "packages.0.delivery_days"}, {first(func(p *gig.Package) { p.DeliveryDays = 1 }), ""},
		{first(func(p *gig.Package) { p.DeliveryDays = 90 }), ""}, {first(func(p *gig.Package) { p.DeliveryDays = 91 }), "packages.0.delivery_days"},
		{first(func(p *gig.Package) { p.Revisions = gig.Unlimited }), ""}, {first(func(p *gig.Package) { p.Revisions = -2 }), "packages.0.revisions"},
		{first(func(p *gig.Package) { p.Revisions = 20 }), ""}, {first(func(p *gig.Package) { p.Revisions = 21 }), "packages.0.revisions"},
		{first(func(p *gig.Package) { p.Title = x(101) }), "packages.0.title"}, {first(func(p *gig.Package) { p.Description = x(1001) }), "packages.0.description"},
		{first(func(p *gig.Package) { p.Includes = different(20) }), ""}, {first(func(p *gig.Package) { p.Includes = different(21) }), "packages.0.includes"},
		{first(func(p *gig.Package) { p.Includes = []string{x(101)} }), "packages.0.includes.0"},
		{adds(extra("One", 1, -30, 0), extra("Two", 2_000_000, 90, 20)), ""}, {adds(extra("", 100, 0, 0)), "extras.0.title"},
		{adds(extra("One", 100, 0, 0), extra("One", 100, 0, 0)), "extras.1.title"}, {adds(extra("One", 0, 0, 0)), "extras.0.price"},
		{adds(extra("One", 2_000_001, 0, 0)), "extras.0.price"}, {adds(extra("One", 100, -31, 0)), "extras.0.days"},
		{adds(extra("One", 100, 91, 0)), "extras.0.days"}, {adds(extra("One", 100, 0, 21)), "extras.0.revisions"},
		{adds(extra("One", 100, 0, -1)), "extras.0.revisions"}, {adds(make([]gig.Extra, 11)...), "extras"},
		{asks(ask(10)...), ""}, {asks(ask(11)...), "requirements"}, {asks(gig.Requirement{Question: x(500), Type: "file"}), ""},
		{asks(gig.Requirement{Question: x(501), Type: "file"}), "requirements.0.question"}, {asks(gig.Requirement{Type: "text"}), "requirements.0.question"},
		{asks(gig.Requirement{Question: "?", Type: "text"}, gig.Requirement{Question: "?", Type: "file"}), "requirements.1.question"},
		{answers(gig.FAQ{Question: x(200), Answer: x(1000)}, gig.FAQ{Question: "?", Answer: "two\nlines"}), ""}, {answers(make([]gig.FAQ, 11)...), "faq"},
		{answers(gig.FAQ{Question: x(201), Answer: "a"}), "faq.0.question"}, {answers(gig.FAQ{Question: "?", Answer: x(1001)}), "faq.0.answer"},
		{answers(gig.FAQ{Answer: "a"}), "faq.0.question"}, {answers(gig.FAQ{Question: "?"}), "faq.0.answer"},
		{answers(gig.FAQ{Question: "?", Answer: "a"}, gig.FAQ{Question: "?", Answer: "b"}), "faq.1.question"},
		{asks(gig.Requirement{Question: "?", Type: "number"}), "requirements.0.type"},
		{asks(gig.Requirement{Question: "?", Type: "choice", Choices: different(2)}), ""},
		{asks(gig.Requirement{Question: "?", Type: "choice", Choices: different(20)}), ""},
		{asks(gig.Requirement{Question: "?", Type: "choice", Choices: different(21)}), "requirements.0.choices"},
		{asks(gig.Requirement{Question: "?", Type: "choice", Choices: []string{"a", "A"}}), "requirements.0.choices"},
		{asks(gig.Requirement{Question: "?", Type: "text", Choices: different(2)}), "requirements.0.choices"},
	} {
		q := request()
		c.change(&q)
		if _, err := r.check(q, true); fields(err) != c.wrong {
			t.Errorf("case %d: marked %q, want %q (%v)", i, fields(err), c.wrong, err)
		}
	}
}

func TestPricesFollowTheCurrencysPlaces(t *testing.T) {
	for currency, want := range map[string][2]int64{"USD": {500, 2_000_000}, "JPY": {5, 20_000}, "KWD": {5000, 20_000_000}} {
		least, greatest := rules{currency: currency}.priceLimits()
		if least.Minor != want[0] || greatest.Minor != want[1] {
			t.Errorf("%s: %v to %v", currency, least, greatest)
		}
	}
}

func TestEverythingThatIsWrongIsToldAtOnceAndNothingIsKept(t *testing.T) {
	w := begin(t)
	bad := gig.CreateRequest{Title: "x", Category: "nowhere\x00", Packages: []gig.Package{{Name: "basic"}}}
	_, err := w.Create(seller(), bad)
	if fields(err) != "title description category packages.0.price packages.0.delivery_days" {
		t.Error(fields(err))
	}
	g := w.put(t, nil)
	none := []gig.Package{}
	if _, err := w.Update(seller(), gig.UpdateRequest{ID: g.ID, Title: &bad.Title, Packages: &none}); fields(err) != "title packages" {
		t.Error(fields(err))
	}
	mine, err := w.Mine(seller(), gig.MineRequest{})
	if err != nil || len(mine.Items) != 1 || mine.Items[0].Version != g.Version {
		t.Errorf("%+v, %v", mine, err)
	}
}

// Row G6 is the order's; here: what is absent stays.
func TestAnUpdateLeavesWhatItDoesNotName(t *testing.T) {
	w := begin(t)
	q := request()
	q.Requirements = []gig.Requirement{{Question: "Which colours?", Type: "choice", Choices: []string{"red", "blue"}, Required: true}}
	q.Extras = []gig.Extra{{Title: "Source files", Price: money.Of(1500, "USD"), Days: 1, Revisions: 2}} // row G3
	q.FAQ = []gig.FAQ{{Question: "Whose is it?", Answer: "Yours."}}                                      // row G4
	g, err := w.Create(seller(), q)
	if err != nil {
		t.Fatal(err)
	}
	tags := []string{"New", "new", "tag"}
	changed, err := w.Update(seller(), gig.UpdateRequest{ID: g.ID, Tags: &tags})
	if err != nil || !slices.Equal(changed.Tags, []string{"New", "tag"}) || changed.Title != g.Title || len(changed.Packages) != 1 ||
		len(changed.Requirements) != 1 || !slices.Equal(changed.Requirements[0].Choices, []string{"red", "blue"}) || changed.Version != 2 ||
		!slices.Equal(changed.Extras, q.Extras) || !slices.Equal(changed.FAQ, q.FAQ) {
		t.Errorf("%+v, %v", changed, err)
	}
	if fewer, err := w.Update(seller(), gig.UpdateRequest{ID: g.ID, Extras: &[]gig.Extra{}}); err != nil || fewer.Extras == nil || len(fewer.Extras) != 0 {
		t.Errorf("%+v, %v", fewer, err)
	}
	if none, err := w.Update(seller(), gig.UpdateRequest{ID: g.ID, FAQ: &[]gig.FAQ{}}); err != nil || none.FAQ == nil || len(none.FAQ) != 0 {
		t.Errorf("%+v, %v", none, err)
	}
	read, err := w.Get(seller(), gig.GetRequest{ID: g.ID})
	if err != nil || read.Packages[0].Price != money.Of(5000, "USD") || read.Packages[0].Includes[0] != "One idea" || read.Version != 4 {
		t.Errorf("%+v, %v", read, err)
	}
}

func TestChangesAtTheSameMomentAreAllKept(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := start(t, open)
		g := w.put(t, nil)
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				for range 5 {
					q := gig.UpdateRequest{ID: g.ID}
					title, tags := "I will paint", []string{"paint"}
					if q.Title = &title; i%2 == 0 {
						q.Title, q.Tags = nil, &tags
					}
					if _, err := w.Update(seller(), q); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if now := w.must(t, g.ID); now.Version != g.Version+40 || now.Title != "I will paint" || now.Tags[0] != "paint" {
			t.Errorf("%+v", now)
		}
	})
}

func TestASlugHasASCIILettersAndDigitsOnly(t *testing.T) {
	for title, want := range map[string]string{
		"I will draw a Logo!": "i-will-draw-a-logo", "Ünïcode  & Søns": "unicode-s-ns", "設計": "gig", "--a--b--": "a-b",
		"Don't stop": "dont-stop", strings.Repeat("word ", 30): strings.Repeat("word-", 15) + "word",
	} {
		if got := slugOf(title); got != want || len(got) > maxSlug {
			t.Errorf("%q: %q", title, got)
		}
	}
}
