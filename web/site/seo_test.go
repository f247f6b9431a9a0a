package site_test

import (
	"encoding/json"
	"encoding/xml"
	"image"
	_ "image/jpeg"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"marketplace/platform/identity"
)

// Row G17: one address for a gig, whatever words it is asked for with.
func TestAGigHasOneReadableAddress(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	const canonical = "/gigs/i-will-draw-a-calm-logo-" + gigA
	for _, path := range []string{"/gigs/" + gigA, "/gigs/old-words-" + gigA} {
		got := ask(h, path+"?reviews=x")
		if got.Code != http.StatusMovedPermanently || got.Header().Get("Location") != canonical+"?reviews=x" {
			t.Errorf("%s: %d %s", path, got.Code, got.Header().Get("Location"))
		}
	}
	if got := ask(h, canonical); got.Code != http.StatusOK {
		t.Errorf("its own address answers %d", got.Code)
	}
}

// tagged are the values of an attribute of all elements that have another one.
func tagged(document *html.Node, element, name, is, value string) (found []string) {
	for n := range document.Descendants() {
		if n.Type == html.ElementNode && n.Data == element && valueOfAttr(n, name) == is {
			found = append(found, valueOfAttr(n, value))
		}
	}
	return found
}

// Row G17: what is shared has a title, a sentence and a picture that exists.
func TestPublicPagesCanBeShared(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	for _, path := range []string{"/", "/gigs", "/categories/logo-design", "/gigs/" + gigA, "/users/ben", "/sell", "/help"} {
		page := parsed(t, visit(h, path))
		for _, property := range []string{"og:title", "og:description", "og:url", "og:image", "og:type", "og:site_name"} {
			got := tagged(page, "meta", "property", property, "content")
			if len(got) != 1 || got[0] == "" {
				t.Errorf("%s: %s is %q", path, property, got)
				continue
			}
			if property == "og:image" {
				at, ok := strings.CutPrefix(got[0], "http://marketplace.test")
				answer := ask(h, at)
				size, kind, err := image.DecodeConfig(answer.Body)
				if !ok || err != nil || kind != "jpeg" || size.Width != 1200 || size.Height != 630 {
					t.Errorf("%s: the picture %s is %d %s %v: %v", path, got[0], answer.Code, kind, size, err)
				}
			}
		}
	}
}

// facts are the structured data of a page.
func facts(t *testing.T, page *html.Node) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	for n := range page.Descendants() {
		if n.Type != html.ElementNode || valueOfAttr(n, "type") != "application/ld+json" {
			continue
		}
		var one map[string]any
		if err := json.Unmarshal([]byte(n.FirstChild.Data), &one); err != nil {
			t.Fatalf("%v in %s", err, n.FirstChild.Data)
		}
		all[one["@type"].(string)] = one
	}
	return all
}

// Row G17.
func TestSearchEnginesAreToldWhatAPageIsAbout(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	for path, kinds := range map[string][]string{
		"/": {"Organization", "WebSite"}, "/gigs/" + gigA: {"Product", "BreadcrumbList", "FAQPage"}, "/categories/logo-design": {"BreadcrumbList"}, "/users/ben": {"ProfilePage"},
	} {
		told := facts(t, parsed(t, visit(h, path)))
		for _, kind := range kinds {
			if told[kind] == nil || told[kind]["@context"] != "https://schema.org" {
				t.Errorf("%s does not tell of a %s: %v", path, kind, told)
			}
		}
	}
	product := facts(t, parsed(t, visit(h, "/gigs/"+gigA)))["Product"]
	offers, _ := product["offers"].(map[string]any)
	rating, _ := product["aggregateRating"].(map[string]any)
	if offers["priceCurrency"] != "USD" || offers["lowPrice"] == "" || rating["ratingValue"] == "" || rating["reviewCount"] == 0 {
		t.Errorf("the gig is told as %v", product)
	}
}

// Whatever people write stays a text of the structured data.
func TestStructuredDataCannotBeEnded(t *testing.T) {
	w := newWorld()
	h := open(t, w, identity.Actor{})
	for _, payload := range payloads() {
		w.text = payload
		for _, path := range []string{"/gigs/" + gigA, "/users/ben"} {
			answer := visit(h, path)
			if strings.Contains(answer.Body.String(), "<script>alert") {
				t.Errorf("%s: %q became a script", path, payload)
			}
			facts(t, parsed(t, answer))
		}
	}
}

// Row G17.
func TestEveryPublicAddressIsInASitemap(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	var index struct {
		Maps []string `xml:"sitemap>loc"`
	}
	if err := xml.Unmarshal(visit(h, "/sitemap.xml").Body.Bytes(), &index); err != nil || len(index.Maps) < 2 {
		t.Fatalf("the index lists %v: %v", index.Maps, err)
	}
	var all []string
	for _, address := range index.Maps {
		var set struct {
			URLs []string `xml:"url>loc"`
		}
		answer := visit(h, strings.TrimPrefix(address, "http://marketplace.test"))
		if err := xml.Unmarshal(answer.Body.Bytes(), &set); err != nil || answer.Code != http.StatusOK {
			t.Fatalf("%s: %d %v", address, answer.Code, err)
		}
		all = append(all, set.URLs...)
	}
	for _, path := range []string{"/", "/help", "/categories/logo-design", "/gigs/i-will-draw-a-calm-logo-" + gigA, "/users/ben"} {
		if !slices.Contains(all, "http://marketplace.test"+path) {
			t.Errorf("%s is in no sitemap: %v", path, all)
		}
	}
	if robots := visit(h, "/robots.txt").Body.String(); !strings.Contains(robots, "Sitemap: http://marketplace.test/sitemap.xml") {
		t.Error("robots.txt does not name the sitemap")
	}
	for _, path := range []string{"/sitemaps/none.xml", "/sitemaps/pages"} {
		if code := visit(h, path).Code; code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, code)
		}
	}
}

// Row G17.
func TestWhatIsNewIsAFeed(t *testing.T) {
	h := open(t, newWorld(), identity.Actor{})
	for _, path := range []string{"/feed", "/categories/logo-design/feed"} {
		var f struct {
			XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
			ID      string   `xml:"id"`
			Updated string   `xml:"updated"`
			Entries []struct {
				Title string `xml:"title"`
				Link  struct {
					Href string `xml:"href,attr"`
				} `xml:"link"`
			} `xml:"entry"`
		}
		answer := visit(h, path)
		if err := xml.Unmarshal(answer.Body.Bytes(), &f); err != nil || f.ID != "http://marketplace.test"+path || f.Updated == "" || len(f.Entries) == 0 || f.Entries[0].Title == "" {
			t.Errorf("%s: %+v %v", path, f, err)
			continue
		}
		if !strings.HasPrefix(f.Entries[0].Link.Href, "http://marketplace.test/gigs/") {
			t.Errorf("%s leads to %s", path, f.Entries[0].Link.Href)
		}
	}
	if code := visit(h, "/categories/none/feed").Code; code != http.StatusNotFound {
		t.Errorf("a feed of nothing answers %d", code)
	}
}
