package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"marketplace/platform/apptest"
)

// V2.2.1: an operation that takes no body refuses one, instead of passing over what the client meant by it.
func TestOperationsWithoutABodyRefuseOne(t *testing.T) {
	m := start(t, shapes()[0])
	seller := m.join(t, "sonja")
	gig := "/gigs/" + seller.sell()
	seller.post(gig+"/pause", `{"status": "active"}`).ok(422)
	for what, body := range map[string]string{"malformed": `{"a":`, "an array": `[]`, "a text": `"x"`, "null": `null`, "two values": `{} {}`} {
		if got := seller.post(gig+"/pause", body); got.status != 400 || got.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", what, got.status, got.raw)
		}
	}
	seller.post(gig+"/pause", strings.Repeat(" ", 1<<20)).ok(413)
	if g := seller.get(gig).ok(200); g.text("status") != "active" {
		t.Errorf("a refused request paused the gig: %s", g.raw)
	}
	seller.post(gig+"/pause", `{}`).ok(200)
	seller.post(gig+"/publish", "").ok(200)
	seller.post("/auth/logout", map[string]any{"refresh_token": seller.refresh}).ok(204)
}

// V4.2.1: a body that does not say how long it is, is not read further than it may be.
func TestABodyOfUnknownLengthIsLimited(t *testing.T) {
	m := start(t, shapes()[0])
	for _, path := range []string{"/payments/webhooks/simulator", "/auth/login"} {
		large := io.MultiReader(strings.NewReader(`{"login":"`), strings.NewReader(strings.Repeat("x", 20<<20)))
		r, err := http.NewRequest(http.MethodPost, m.url+"/api/v1"+path, large)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		response, err := m.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusRequestEntityTooLarge || response.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s, %s", path, response.Status, response.Header.Get("Content-Type"))
		}
	}
}

// V15.3.7.
func TestAParameterThatIsGivenTwiceIsRefused(t *testing.T) {
	got := start(t, shapes()[0]).visitor(t).get("/gigs?limit=5&sort=rating&limit=6").ok(422)
	if got.text("errors", 0, "name") != "limit" {
		t.Errorf("what was given twice is not named: %s", got.raw)
	}
}

// RFC 9110, section 9.1.
func TestWhatAnswersGetAnswersHead(t *testing.T) {
	m := start(t, shapes()[0])
	buyer := m.join(t, "bert")
	for path, status := range map[string]int{"/gigs": 200, "/me": 200, "/gigs/none": 404} {
		if got := buyer.call(http.MethodHead, path, nil); got.status != status || len(got.raw) > 0 {
			t.Errorf("HEAD %s: %d %s", path, got.status, got.raw)
		}
	}
	if got := m.visitor(t).call(http.MethodHead, "/me", nil); got.status != 401 {
		t.Errorf("HEAD /me by a visitor: %d", got.status)
	}
}

// Row W1: what is wrong with a number is said in words for clients, beside its field.
func TestNumbersBeyondMeasureAreNamed(t *testing.T) {
	seller := start(t, shapes()[0]).join(t, "sonja")
	seller.sell()
	for _, number := range []string{"9223372036854775808", "1e30", "100.0"} {
		body := `{"title": "I will count", "packages": [{"name": "basic", "price": {"minor": ` + number + `, "currency": "USD"}}]}`
		got := seller.post("/gigs", body).ok(422)
		if strings.Contains(string(got.raw), "Go struct") || !strings.Contains(string(got.raw), "packages.price.minor") {
			t.Errorf("%s: %s", number, got.raw)
		}
	}
}

// Row N1: a client that names no notification has not asked for all of them.
func TestNamingNoNotificationMarksNone(t *testing.T) {
	m := start(t, shapes()[0])
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	buyer.post("/conversations", map[string]any{"gig_id": seller.sell(), "text": "Hello"}).ok(201)
	apptest.Eventually(t, func() error { return seller.expectUnread(1) })
	seller.post("/notifications/read", map[string]any{"ids": []string{}}).ok(422)
	seller.post("/notifications/read", map[string]any{"all": false}).ok(422)
	if err := seller.expectUnread(1); err != nil {
		t.Error(err)
	}
	seller.post("/notifications/read", map[string]any{"all": true}).ok(200)
	if err := seller.expectUnread(0); err != nil {
		t.Error(err)
	}
}

// expectUnread says what is wrong with the number on the badge.
func (p *person) expectUnread(want int) error {
	p.t.Helper()
	if got := p.get("/notifications").ok(200).number("unread"); got != want {
		return fmt.Errorf("%d notifications are unread, not %d", got, want)
	}
	return nil
}

// V14.3.2: nothing of the API stays in a cache, neither tokens nor what the catalogue was.
func TestNothingOfTheAPIIsStored(t *testing.T) {
	m := start(t, shapes()[0])
	bert := m.join(t, "bert")
	for what, got := range map[string]reply{
		"tokens":          bert.post("/auth/login", map[string]any{"login": "bert", "password": password}).ok(200),
		"a refusal":       m.visitor(t).get("/me").ok(401),
		"a public list":   m.visitor(t).get("/gigs").ok(200),
		"an own list":     bert.get("/orders").ok(200),
		"what is nowhere": m.visitor(t).get("/nowhere").ok(404),
		"what cannot be":  m.visitor(t).call(http.MethodPut, "/gigs", nil).ok(405),
	} {
		if c := got.header.Get("Cache-Control"); c != "no-store" {
			t.Errorf("%s: Cache-Control %q", what, c)
		}
	}
}

// RFC 9110, section 15.5.6: pages and API say alike which methods an address answers.
func TestAMethodThatAnAddressDoesNotAnswerIsRefused(t *testing.T) {
	m := start(t, shapes()[0])
	for _, path := range []string{"/gigs", "/api/v1/gigs"} {
		r, err := http.NewRequest(http.MethodDelete, m.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := m.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if allow := response.Header.Get("Allow"); response.StatusCode != http.StatusMethodNotAllowed || !strings.Contains(allow, "GET") || !strings.Contains(allow, "HEAD") {
			t.Errorf("DELETE %s: %s, Allow: %s", path, response.Status, allow)
		}
	}
}
