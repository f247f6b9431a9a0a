package site_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// Rows G8, G9, G11.
func TestTheAddressOfASearchSaysAllOfIt(t *testing.T) {
	tests := map[string]gig.SearchRequest{
		"/gigs":                 {},
		"/gigs?q=+calm+logo+":   {Text: "calm logo"},
		"/gigs?min=5&max=99.90": {MinPrice: 500, MaxPrice: 9990},
		"/gigs?days=3&sort=rating&category=logo-design": {MaxDays: 3, Sort: "rating", Category: "logo-design"},
		"/categories/logo-design?sort=newest":           {Category: "logo-design", Sort: "newest"},
		"/gigs?q=x&cursor=abc":                          {Text: "x", Cursor: "abc"},
		"/gigs?category=&min=&max=&days=&sort=":         {},
	}
	w := newWorld()
	for path, want := range tests {
		w.search = nil
		if page := visit(w.member(t), path); page.Code != http.StatusOK || len(w.search) != 1 || w.search[0] != want {
			t.Errorf("%s answered %d and asked for %+v", path, page.Code, w.search)
		}
	}
}

func TestASearchThatMakesNoSenseAsksNothing(t *testing.T) {
	w := newWorld()
	for _, path := range []string{"/gigs?min=x", "/gigs?max=-5", "/gigs?min=50&max=5", "/gigs?days=0", "/gigs?days=many", "/gigs?min=99999999999999999999", "/gigs?min=1e3"} {
		w.search = nil
		page := visit(w.member(t), path)
		if page.Code != http.StatusUnprocessableEntity || len(w.search) != 0 {
			t.Errorf("%s answered %d and asked for %+v", path, page.Code, w.search)
		}
	}
}

func TestWhatTheCatalogueRefusesIsShownBesideTheFilter(t *testing.T) {
	w := newWorld()
	for field, input := range map[string]string{"text": "q", "min_price": "min", "max_price": "max", "max_days": "days", "sort": "sort"} {
		w.fail = fault.Wrong(field, "Use something else.")
		page := visit(w.member(t), "/gigs?q=x&min=1&max=2&days=3&sort=rating")
		document := parsed(t, page)
		if page.Code != http.StatusUnprocessableEntity || !described(document, named(document, input), "Use something else.") {
			t.Errorf("%s answered %d without the message beside %s", field, page.Code, input)
		}
	}
	w.fail = fault.Wrong("cursor", "This cursor is not of this list.")
	if page := visit(w.member(t), "/gigs?cursor=x"); page.Code != http.StatusUnprocessableEntity || !strings.Contains(page.Body.String(), "not of this list") {
		t.Errorf("a foreign cursor answered %d", page.Code)
	}
}

// Row G12: the next page is the same search from where this one ends.
func TestPagesOfASearchKeepItsFilters(t *testing.T) {
	document := parsed(t, visit(open(t, newWorld(), identity.Actor{}), "/categories/logo-design?q=calm&min=5&sort=rating&cursor=here"))
	var found []string
	for _, target := range targets(document) {
		found = append(found, target.path)
	}
	for _, want := range []string{
		"/categories/logo-design?cursor=next&min=5&q=calm&sort=rating", // more
		"/categories/logo-design?min=5&q=calm&sort=rating",             // from the start
		"/categories/logo-design?min=5&sort=rating",                    // without the words
		"/categories/logo-design?q=calm&sort=rating",                   // without the price
	} {
		if !slices.Contains(found, want) {
			t.Errorf("there is no link to %s", want)
		}
	}
}

// Row G17.
func TestPublicPagesAreKnownByOneAddress(t *testing.T) {
	tests := map[string]string{
		"/": "/", "/gigs?sort=rating": "/gigs", "/categories/logo-design?min=5": "/categories/logo-design", "/gigs?category=logo-design": "/categories/logo-design",
		"/gigs?q=logo": "", "/gigs/" + gigA: "/gigs/i-will-draw-a-calm-logo-" + gigA, "/gigs/another-title-" + gigA: "/gigs/i-will-draw-a-calm-logo-" + gigA,
		"/users/BEN": "", "/users/ben": "/users/ben", "/forgot-password": "", "/nothing": "",
	}
	h := open(t, newWorld(), identity.Actor{})
	for path, want := range tests {
		body := visit(h, path).Body.String()
		canonical := `<link rel="canonical" href="http://marketplace.test` + want + `">`
		if want == "" && !strings.Contains(body, `<meta name="robots" content="noindex">`) || want != "" && !strings.Contains(body, canonical) {
			t.Errorf("%s is not known by %q", path, want)
		}
	}
}

func TestTheCountStopsAtAThousand(t *testing.T) {
	if body := visit(open(t, newWorld(), identity.Actor{}), "/gigs").Body.String(); !strings.Contains(body, "<b>1,000+</b> services") {
		t.Error("it does not say 1,000+")
	}
}

// A page asks each module once for all its rows, never once a row.
func TestNoPageAsksOnceARow(t *testing.T) {
	w := newWorld()
	for _, path := range addresses(t) {
		w.reads = nil
		visit(w.member(t), path)
		total := 0
		for question, times := range w.reads {
			total += times
			if times > 3 {
				t.Errorf("%s asks %s %d times", path, question, times)
			}
		}
		if total > 12 {
			t.Errorf("%s asks %d questions: %v", path, total, w.reads)
		}
	}
}
