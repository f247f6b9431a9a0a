package main

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"marketplace/web"
	"marketplace/web/edge"
)

var parameter = regexp.MustCompile(`:\w+`)

// filled puts something that does not exist into the parameters of a path.
func filled(path string) string {
	return parameter.ReplaceAllString(path, "01890a5d-ac96-774b-bcce-b302099a8057")
}

func isAPI(r web.Route) bool { return strings.HasPrefix(r.Path, "/api/v1/") }

// Row A10, V8.2.1: made from the route table, so that no route escapes.
func TestEveryRouteRefusesWhoMayNotCallIt(t *testing.T) {
	inShapes(t, shapes()[:2], func(t *testing.T, m *market) {
		m.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		guarded := 0
		for _, r := range m.web.Routes() {
			if r.Access == edge.Anyone || r.Access == edge.Development {
				continue
			}
			guarded++
			path, form := filled(r.Path), map[string]string{}
			status, location := m.raw(t, r.Method, path, form, nil)
			switch {
			case isAPI(r) && status != http.StatusUnauthorized:
				t.Errorf("%s %s: anonymous got %d", r.Method, r.Path, status)
			case !isAPI(r) && !(status == http.StatusSeeOther && strings.HasPrefix(location, "/login")) && status != http.StatusUnauthorized:
				t.Errorf("%s %s: anonymous got %d to %q", r.Method, r.Path, status, location)
			}
		}
		if guarded < 40 {
			t.Errorf("only %d routes are guarded", guarded)
		}
	})
}

// raw sends a request without following where it leads.
func (m *market) raw(t *testing.T, method, path string, headers map[string]string, body []byte) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, m.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	response, err := m.client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode >= 500 {
		t.Errorf("%s %s: %d", method, path, response.StatusCode)
	}
	if response.Header.Get("Content-Security-Policy") == "" || response.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s %s: an answer without security headers", method, path)
	}
	return response.StatusCode, response.Header.Get("Location")
}

// V2.2.1, V15.3.3: bad input is a clear 4xx, never a 500, and nothing is stored.
func TestEveryOperationRefusesBadInput(t *testing.T) {
	inShapes(t, shapes()[:2], func(t *testing.T, m *market) {
		p := m.join(t, "bert")
		p.operates()
		tooLarge := `{"text":"` + strings.Repeat("x", 20<<20) + `"}`
		bodyless := regexp.MustCompile(`/(publish|pause|cancel|accept|skip-requirements|read|logout|resend-verification|succeed|decline|pictures)$|/webhooks/`)
		for _, r := range m.web.Routes() {
			if !isAPI(r) || r.Method == "GET" || r.Method == "DELETE" || bodyless.MatchString(r.Path) {
				continue
			}
			path := strings.TrimPrefix(filled(r.Path), "/api/v1")
			for what, body := range map[string]string{
				"malformed": `{"a":`, "an array": `[]`, "a text": `"x"`, "null": `null`, "nothing": ``, "two values": `{} {}`,
				"an unknown field": `{"no_such_field": 1}`, "wrong types": `{"text": 5, "message": {}, "title": [], "login": 1, "username": 2, "token": 3, "rating": "x", "answers": "x", "headline": 4, "gig_id": 9, "new": 1, "current": 2, "refresh_token": 5, "password": 7, "email": 8, "display_name": 6}`,
			} {
				got := p.call(r.Method, path, body, "Idempotency-Key", unique())
				if got.status < 400 || got.status >= 500 || got.header.Get("Content-Type") != "application/problem+json" {
					if !(got.status < 300 && (what == "nothing" || what == "null" || what == "an array" && false)) {
						t.Errorf("%s %s with %s: %d %s", r.Method, r.Path, what, got.status, got.raw)
					}
				}
				if what == "an unknown field" && !strings.Contains(string(got.raw), "no_such_field") {
					t.Errorf("%s %s does not name the unknown field: %s", r.Method, r.Path, got.raw)
				}
			}
			large := p.call(r.Method, path, tooLarge, "Idempotency-Key", unique())
			if large.status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s %s with 20 MB: %d %s", r.Method, r.Path, large.status, large.raw)
			}
		}
	})
}

// Row A10, V8.2.2: what is somebody else's does not exist.
func TestOtherPeoplesThingsDoNotExist(t *testing.T) {
	inShapes(t, shapes()[:2], func(t *testing.T, m *market) {
		seller, buyer, eve := m.join(t, "sonja"), m.join(t, "bert"), m.join(t, "eve")
		gig := seller.sell()
		order := buyer.order(gig, "basic")
		conversation := buyer.post("/conversations", map[string]any{"order_id": order, "text": "Hello"}).ok(201).text("id")
		for _, path := range []string{"/orders/" + order, "/orders/" + order + "/reviews", "/conversations/" + conversation, "/conversations/" + conversation + "/messages"} {
			eve.get(path).ok(404)
		}
		for path, body := range map[string]any{
			"/orders/" + order + "/requirements":           map[string]any{"answers": []any{}},
			"/orders/" + order + "/deliveries":             map[string]any{"message": "x"},
			"/orders/" + order + "/revisions":              map[string]any{"message": "x"},
			"/orders/" + order + "/accept":                 nil,
			"/orders/" + order + "/cancel":                 nil,
			"/orders/" + order + "/skip-requirements":      nil,
			"/orders/" + order + "/reviews":                map[string]any{"rating": 5, "text": "x"},
			"/conversations/" + conversation + "/messages": map[string]any{"text": "x"},
			"/conversations/" + conversation + "/read":     nil,
			"/gigs/" + gig + "/pause":                      nil,
			"/gigs/" + gig + "/publish":                    nil,
		} {
			eve.post(path, body).ok(404)
		}
		eve.call("PATCH", "/gigs/"+gig, map[string]any{"title": "Mine now, thank you"}).ok(404)
		eve.call("DELETE", "/gigs/"+gig, nil).ok(404)
		eve.post("/conversations", map[string]any{"order_id": order}).ok(404)
		if got := eve.get("/orders").ok(200); len(got.items()) != 0 {
			t.Errorf("eve sees orders: %s", got.raw)
		}
		id := buyer.get("/notifications").ok(200)
		if len(id.items()) > 0 {
			eve.post("/notifications/read", map[string]any{"ids": []string{id.text("items", 0, "id")}})
			if after := buyer.get("/notifications").ok(200); after.number("unread") != id.number("unread") {
				t.Errorf("eve read bert's notification")
			}
		}
		if view := seller.get("/orders/" + order).ok(200); view.json["payment"] != nil {
			t.Errorf("the seller sees the buyer's payment: %s", view.raw)
		}
	})
}

// What is refused leaves nothing behind: no conversation without its first message, no word to a seller about an order that
// was never paid.
func TestARefusedFirstMessageOpensNoConversation(t *testing.T) {
	inShapes(t, shapes()[:2], func(t *testing.T, m *market) {
		seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
		gig := seller.sell()
		buyer.post("/conversations", map[string]any{"gig_id": gig, "text": strings.Repeat("x", 4001)}).ok(422)
		if got := buyer.get("/conversations").ok(200); len(got.items()) != 0 {
			t.Errorf("a conversation was opened: %s", got.raw)
		}
		unpaid := buyer.post("/orders", map[string]any{"gig_id": gig, "package": "basic"}, "Idempotency-Key", "k").ok(201).text("id")
		buyer.post("/orders/"+unpaid+"/cancel", map[string]any{"reason": "Visit my shop"}).ok(200)
		m.drain(t)
		if got := seller.get("/notifications").ok(200); len(got.items()) != 0 {
			t.Errorf("the seller heard of an order that was never paid: %s", got.raw)
		}
	})
}

// V5.2.1, row Us5: a picture that is not one is refused beside nothing stored.
func TestAPictureThatIsNotOneIsRefused(t *testing.T) {
	inShapes(t, shapes()[:2], func(t *testing.T, m *market) {
		seller := m.join(t, "sonja")
		gig := seller.sell()
		for what, content := range map[string]string{"text": "not a picture", "html": "<html><script>alert(1)</script>", "a cut PNG": "\x89PNG\r\n\x1a\n\x00\x00", "svg": `<svg xmlns="http://www.w3.org/2000/svg"/>`} {
			r := seller.call("POST", "/gigs/"+gig+"/pictures", content, "Content-Type", "application/octet-stream")
			if r.status != 422 {
				t.Errorf("%s: %d %s", what, r.status, r.raw)
			}
		}
		seller.call("POST", "/gigs/"+gig+"/pictures", strings.Repeat("x", 20<<20), "Content-Type", "application/octet-stream").ok(413)
		if g := seller.get("/gigs/" + gig).ok(200); len(g.at("pictures").([]any)) != 0 {
			t.Errorf("something was stored: %s", g.raw)
		}
	})
}

// Row W6, V3.5.1: what another site makes a browser send does nothing.
func TestAnotherSiteCannotActForAPerson(t *testing.T) {
	inShapes(t, shapes()[:2], func(t *testing.T, m *market) {
		form := url.Values{"username": {"mallory"}, "email": {"mallory@example.com"}, "password": {password}}.Encode()
		status, _ := m.raw(t, "POST", "/signup", map[string]string{
			"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site",
		}, []byte(form))
		if status != http.StatusForbidden {
			t.Errorf("a form of another site got %d", status)
		}
	})
}
