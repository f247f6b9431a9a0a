package site_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"marketplace/modules/notification"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/web/site"
)

// What was sent and refused leads back to where it was sent from, if that is here.
func TestARefusalLeadsBackToItsForm(t *testing.T) {
	w := newWorld()
	s, err := site.New(w.edge())
	if err != nil {
		t.Fatal(err)
	}
	show := func(method, from string) string {
		rec, r := httptest.NewRecorder(), httptest.NewRequest(method, "/inbox", http.NoBody)
		r.Header.Set("Referer", from)
		if err := s.ShowError(echo.New().NewContext(r, rec), fault.TooManyf(7, "Slower.")); err != nil {
			t.Fatal(err)
		}
		return rec.Body.String()
	}
	const back = `<a class="button" href="/users/ben?reviews=2">Go back</a>`
	if got := show(http.MethodPost, "http://example.com/users/ben?reviews=2"); !strings.Contains(got, back) || strings.Contains(got, "Try again") {
		t.Errorf("a form: %s", got)
	}
	for _, from := range []string{"", "https://elsewhere.test/users/ben?reviews=2", "http://example.com//elsewhere.test", "%"} {
		if got := show(http.MethodPost, from); strings.Contains(got, "Go back") {
			t.Errorf("sent from %q: %s", from, got)
		}
	}
	if got := show(http.MethodGet, "http://example.com/users/ben"); strings.Contains(got, "Go back") || !strings.Contains(got, `<a class="button" href="/inbox">Try again</a>`) {
		t.Errorf("a page: %s", got)
	}
}

// While the marketplace is closed its modules may be away, and every way into it leads to the same page.
func TestAClosedMarketplaceAsksNobodyAndLeadsNowhere(t *testing.T) {
	w := newWorld()
	w.closed = &notification.Closure{Note: "New <shelves>.", Since: w.now}
	s, err := site.New(w.edge())
	if err != nil {
		t.Fatal(err)
	}
	once, cancel := context.WithCancel(t.Context())
	cancel()
	s.WatchHouse(once)
	w.reads = nil
	for method, again := range map[string]string{http.MethodGet: "/orders?page=2", http.MethodPost: "/"} {
		rec, r := httptest.NewRecorder(), httptest.NewRequest(method, "/orders?page=2", http.NoBody)
		r = r.WithContext(identity.With(r.Context(), ana()))
		if err := s.ShowError(echo.New().NewContext(r, rec), s.Refusal(s.Closed())); err != nil {
			t.Fatal(err)
		}
		body := rec.Body.String()
		for _, want := range []string{"We are back soon", "New &lt;shelves&gt;.", `<a class="button" href="` + again + `">Try again</a>`, `href="/login"`, `lang=de`} {
			if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "300" || !strings.Contains(body, want) {
				t.Errorf("%s answers %d %v without %q", method, rec.Code, rec.Header(), want)
			}
		}
		for _, shut := range []string{`href="/inbox"`, `href="/gigs"`, "/avatars/", "data-user", "live.js"} {
			if strings.Contains(body, shut) {
				t.Errorf("%s answers with %s, which is closed", method, shut)
			}
		}
	}
	if len(w.reads) > 0 {
		t.Errorf("it asks for %v", w.reads)
	}
}
