package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"marketplace/platform/apptest"
)

// page asks a gateway for a page as a visitor does.
func (m *market) page(t testing.TB, path string) (status int, header http.Header, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.gateway()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := m.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(content)
}

// theMarketplaceIsClosedAndOpened by an operator, in every replica within seconds; payments and operators get through.
func theMarketplaceIsClosedAndOpened(t testing.TB, m *market) {
	boss, ana := m.join(t, "boss"), m.join(t, "ana")
	boss.operates()
	ana.call("PUT", "/operator/maintenance", map[string]any{}).ok(404)
	boss.call("PUT", "/operator/maintenance", map[string]any{"note": "We move the <shelves>.", "minutes": 10}).ok(200)
	defer boss.call("DELETE", "/operator/maintenance", nil)
	closedAt := time.Now() //nolint:forbidigo // the seconds that it takes are real
	apptest.Eventually(t, func() bool {
		for range 4 { // every gateway
			if status, _, _ := m.page(t, "/"); status != http.StatusServiceUnavailable {
				return false
			}
		}
		return true
	})
	if took := time.Since(closedAt); took > 10*time.Second { //nolint:forbidigo // as above
		t.Errorf("it took %v", took)
	}
	status, header, text := m.page(t, "/gigs?q=logo")
	if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(text, "We are back soon") || !strings.Contains(text, "We move the &lt;shelves&gt;.") {
		t.Errorf("a visitor sees %d %v %s", status, header, text)
	}
	if status, _, _ = m.page(t, "/login"); status != http.StatusOK {
		t.Errorf("operators cannot log in: %d", status)
	}
	refused := ana.call("GET", "/orders", nil, "Accept-Language", "de").ok(503)
	if refused.header.Get("Retry-After") == "" || refused.header.Get("Content-Type") != "application/problem+json" || refused.text("code") != "unavailable" ||
		!strings.HasPrefix(refused.text("detail"), "Wir arbeiten am Marktplatz.") {
		t.Errorf("a program is told %v %s", refused.header, refused.raw)
	}
	m.visitor(t).post("/payments/webhooks/simulator", map[string]any{"id": "x"}).ok(401) // it is looked at
	boss.get("/orders").ok(200)
	boss.get("/operator/maintenance").ok(200)

	boss.call("DELETE", "/operator/maintenance", nil).ok(200)
	apptest.Eventually(t, func() bool {
		for range 4 {
			if status, _, _ := m.page(t, "/"); status != http.StatusOK {
				return false
			}
		}
		return true
	})

	boss.call("PUT", "/operator/texts/terms/en", map[string]any{"text": "## Our rules\n\nBe *kind*. [Home](/)<script>x</script>", "version": 0}).ok(200)
	apptest.Eventually(t, func() bool {
		for range 4 {
			if _, _, text := m.page(t, "/terms"); !strings.Contains(text, "<h2>Our rules</h2>") || !strings.Contains(text, `<em>kind</em>`) || strings.Contains(text, "<script>x") {
				return false
			}
		}
		return true
	})
	boss.call("PUT", "/operator/texts/terms/en", map[string]any{"text": "", "version": 1}).ok(200)
}
