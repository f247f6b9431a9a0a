package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
)

// What holds for the live channel of any deployment, in one.
func TestTheLiveChannel(t *testing.T) {
	t.Parallel()
	m := start(t, shapes()[0])
	for _, c := range []struct {
		name string
		test func(testing.TB, *market)
	}{
		{"a handshake with a cookie names our origin", aHandshakeWithACookieNamesOurOrigin},
		{"a long connection goes on with the next token", aLongConnectionGoesOnWithTheNextToken},
		{"an order that changes is shown to its two sides", anOrderThatChangesIsShownToItsTwoSides},
		{"what was missed is read by its numbers", whatWasMissedIsReadByItsNumbers},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m.with(fmt.Sprint(len(c.name)))) })
	}
}

// ASVS 4.4.2: also with a valid cookie.
func aHandshakeWithACookieNamesOurOrigin(t testing.TB, m *market) {
	p := m.join(t, "ana")
	laptop, err := m.services.Auth.LogIn(t.Context(), auth.LogInRequest{Login: p.username, Password: password, Browser: true})
	if err != nil {
		t.Fatal(err)
	}
	for origin, status := range map[string]int{
		m.url: http.StatusSwitchingProtocols, "https://evil.example": http.StatusForbidden, "http://127.0.0.1:1": http.StatusForbidden,
		m.url + ".evil.example": http.StatusForbidden, "null": http.StatusForbidden, "": http.StatusForbidden,
	} {
		header := http.Header{"Cookie": {"session=" + laptop.Token.Reveal()}}
		if origin != "" {
			header.Set("Origin", origin)
		}
		socket, response, err := websocket.DefaultDialer.Dial(strings.Replace(m.url, "http", "ws", 1)+"/socket.io/?EIO=4&transport=websocket", header)
		if response == nil || response.StatusCode != status {
			t.Errorf("the origin %q gets %v, %v", origin, response, err)
		}
		if err == nil {
			_ = socket.Close()
		}
	}
}

// Rows A4, A6: an access token lasts minutes, a connection hours.
func aLongConnectionGoesOnWithTheNextToken(t testing.TB, m *market) {
	p := m.join(t, "ana")
	old := p.access
	stays, goes := p.listen(m.url), p.listen(m.url)
	m.clock.Advance(14*time.Minute + 10*time.Second)
	for _, e := range []*ear{stays, goes} {
		e.expect("token", "")
	}
	p.access = p.post("/auth/refresh", map[string]any{"refresh_token": p.refresh}).ok(200).text("access_token")
	stranger := m.join(t, "eve")
	for token, answer := range map[string]string{stranger.access: "another session", "invented": "log in", p.access: "expires_at"} {
		stays.send(fmt.Sprintf(`427["token",{"token":%q}]`, token))
		stays.expect("answer", answer)
	}
	if p.access == old {
		t.Fatal("the token is the same")
	}
	m.clock.Advance(time.Minute)
	goes.expectCut(20 * time.Second)
	stays.send(`428["watch",{"user_ids":[]}]`)
	stays.expect("answer", "people")
}

// Row N2 and the order's own page: both sides, and nobody else.
func anOrderThatChangesIsShownToItsTwoSides(t testing.TB, m *market) {
	seller, buyer, other := m.join(t, "sonja"), m.join(t, "bert"), m.join(t, "eve")
	gig := seller.sell()
	sells, buys, hears := seller.listen(m.url), buyer.listen(m.url), other.listen(m.url)
	id := buyer.order(gig, "basic")
	for _, e := range []*ear{sells, buys} {
		e.expect("order", `"status":"in_progress"`)
	}
	seller.post("/orders/"+id+"/deliveries", map[string]any{"message": "Here it is."}).ok(200)
	for _, e := range []*ear{sells, buys} {
		e.expect("order", `"status":"delivered"`)
		e.send(fmt.Sprintf(`429["order",{"id":%q}]`, id))
		e.expect("answer", `"status":"delivered"`)
	}
	hears.send(fmt.Sprintf(`429["order",{"id":%q}]`, id))
	hears.expect("answer", `"not_found"`)
	hears.hasHeardNothing()
}

// Row C3: what a client asks for when it is back.
func whatWasMissedIsReadByItsNumbers(t testing.TB, m *market) {
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	talk := buyer.post("/conversations", map[string]any{"username": seller.username, "text": "One"}).ok(201).text("id")
	for _, text := range []string{"Two", "Three"} {
		buyer.post("/conversations/"+talk+"/messages", map[string]any{"text": text}).ok(201)
	}
	e, eve := seller.listen(m.url), m.join(t, "eve").listen(m.url)
	e.send(fmt.Sprintf(`421["messages",{"conversation_id":%q,"after_seq":1}]`, talk))
	e.expect("answer", `"text":"Three"`)
	eve.send(fmt.Sprintf(`421["messages",{"conversation_id":%q,"after_seq":1}]`, talk))
	eve.expect("answer", `"not_found"`)
	eve.send(fmt.Sprintf(`421["typing",{"conversation_id":%q}]`, talk))
	eve.expect("answer", `"not_found"`)
	buyer.listen(m.url).send(fmt.Sprintf(`421["typing",{"conversation_id":%q}]`, talk))
	e.expect("typing", talk)
	for _, broken := range []string{`421["message"]`, `421["message",7]`, `421["read",{"conversation_id":[]}]`, `421["watch",{"user_ids":{}}]`} {
		e.send(broken)
		e.expect("answer", `"error"`)
	}
	eve.hasHeardNothing()
	apptest.Eventually(t, func() error {
		if inbox := seller.get("/conversations").ok(200); inbox.number("items", 0, "unread") != 3 {
			return fmt.Errorf("the inbox: %s", inbox.raw)
		}
		return nil
	})
}
