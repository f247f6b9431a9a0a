package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"marketplace/modules/user"
	"marketplace/platform/apptest"
)

// ear hears what the marketplace says to a person, over a WebSocket of Socket.IO 5.
type ear struct {
	t      testing.TB
	socket *websocket.Conn
	said   chan []json.RawMessage // closed with the connection
	heard  atomic.Int64           // bytes of events, without the answers to what it has sent
}

// listen connects the person to one gateway.
func (p *person) listen(gateway string) *ear {
	p.t.Helper()
	socket, response, err := websocket.DefaultDialer.Dial(strings.Replace(gateway, "http", "ws", 1)+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	_ = response.Body.Close()
	e := &ear{t: p.t, socket: socket, said: make(chan []json.RawMessage, 100)}
	p.t.Cleanup(func() { _ = socket.Close() })
	entered := make(chan struct{})
	go e.hear(entered)
	e.send(fmt.Sprintf(`40{"token":%q}`, p.access))
	select {
	case <-entered:
	case <-time.After(30 * time.Second):
		p.t.Fatal("the live channel does not let the person in")
	}
	return e
}

func (e *ear) send(frame string) {
	if err := e.socket.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		e.t.Error(err)
	}
}

// hear reads frames until the connection ends: 2 is a ping, 40 the welcome, 42 an event, 43 an answer to one.
func (e *ear) hear(entered chan struct{}) {
	defer close(e.said)
	for {
		_, frame, err := e.socket.ReadMessage()
		if err != nil {
			return
		}
		switch text := string(frame); {
		case text == "2":
			e.send("3")
		case strings.HasPrefix(text, "40"):
			close(entered)
		case strings.HasPrefix(text, "42"):
			var event []json.RawMessage
			e.heard.Add(int64(len(frame)))
			if json.Unmarshal(frame[2:], &event) == nil {
				e.said <- event
			}
		case strings.HasPrefix(text, "43"): // an answer, after the number of what it answers
			var event []json.RawMessage
			if json.Unmarshal(frame[strings.Index(text, "["):], &event) == nil {
				e.said <- append([]json.RawMessage{json.RawMessage(`"answer"`)}, event...)
			}
		}
	}
}

// expect waits for an event of that kind whose payload has the text.
func (e *ear) expect(kind, text string) {
	e.t.Helper()
	late := time.After(30 * time.Second)
	for {
		select {
		case event, open := <-e.said:
			if !open {
				e.t.Fatalf("the connection ended before %s %q", kind, text)
			}
			if len(event) >= 1 && string(event[0]) == `"`+kind+`"` && strings.Contains(string(event[len(event)-1]), text) {
				return
			}
		case <-late:
			e.t.Fatalf("nobody said %s %q", kind, text)
		}
	}
}

// hasHeardNothing fails the test if a single byte of an event came.
func (e *ear) hasHeardNothing() {
	e.t.Helper()
	if n := e.heard.Load(); n > 0 {
		e.t.Errorf("somebody else was told %d bytes", n)
	}
}

// hangUp closes the connection as a browser does that goes.
func (e *ear) hangUp() { _ = e.socket.Close() }

// expectCut waits until the connection has ended.
func (e *ear) expectCut(within time.Duration) {
	e.t.Helper()
	late := time.After(within)
	for {
		select {
		case _, open := <-e.said:
			if !open {
				return
			}
		case <-late:
			e.t.Fatalf("the connection is still there after %v", within)
		}
	}
}

// Rows C1, C2, N1, A11: whichever gateways two people use, they see each other's messages, their counts agree, and a
// session that has ended hears nothing more.
func aMessageReachesTheReaderAtOnce(t testing.TB, m *market) {
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	gig := seller.sell()
	var ears []*ear
	for _, gateway := range append([]string{m.url}, m.others...) {
		ears = append(ears, seller.listen(gateway))
	}
	conversation := buyer.post("/conversations", map[string]any{"gig_id": gig, "text": "Good morning"}).ok(201).text("id")
	for range 2 { // by every gateway
		buyer.post("/conversations/"+conversation+"/messages", map[string]any{"text": "Are you there?"}).ok(201)
	}
	for _, e := range ears {
		e.expect("message", "Good morning")
		e.expect("message", "Are you there?")
		e.expect("unread", `"messages":3`)
	}
	for range ears {
		if inbox := seller.get("/conversations").ok(200); inbox.number("items", 0, "unread") != 3 {
			t.Errorf("the inbox: %s", inbox.raw)
		}
	}
	seller.post("/conversations/"+conversation+"/read", nil).ok(200)
	for _, e := range ears {
		e.expect("unread", `"messages":0`)
	}
	seller.post("/auth/logout", nil).ok(204)
	for _, e := range ears {
		e.expectCut(5 * time.Second) // V4.4.3
	}
	apptest.Eventually(t, func() error {
		if got := seller.get("/me"); got.status != http.StatusUnauthorized {
			return fmt.Errorf("the ended session got %d", got.status)
		}
		return nil
	})
}

// Row U10: online by a request or a connection, at whichever gateway; last seen within a minute of the end, also when the
// gateway was killed and says nothing.
func everybodySeesWhoIsThere(t testing.TB, m *market) {
	seller, watcher := m.join(t, "sonja"), m.join(t, "bert")
	id := seller.get("/me").ok(200).text("id")
	everywhere := func(online bool) {
		t.Helper()
		for range len(m.others) + 1 {
			apptest.Eventually(t, func() error {
				p := m.visitor(t).get("/users/" + seller.username).ok(200)
				if p.at("presence", "online") != online || strings.Contains(string(p.raw), "last_seen_at") == online {
					return fmt.Errorf("a visitor sees %s", p.raw)
				}
				return nil
			})
		}
	}
	everywhere(true) // by the request
	var ears []*ear
	for _, gateway := range append([]string{m.url}, m.others...) {
		e := watcher.listen(gateway)
		e.send(fmt.Sprintf(`421["watch",{"user_ids":[%q]}]`, id))
		e.expect("answer", id)
		ears = append(ears, e)
	}
	hear := func(what string) {
		t.Helper()
		for _, e := range ears {
			e.expect("presence", what)
		}
	}
	m.clock.Advance(time.Minute)
	hear(`"last_seen_at"`)
	connected := seller.listen(m.gateway())
	hear(`"online":true`)
	connected.hangUp()
	everywhere(true) // the next page may bring another connection
	m.clock.Advance(11 * time.Second)
	hear(`"last_seen_at"`)
	everywhere(false)
	if m.spare == "" {
		return
	}
	gateway, kill := m.runSpare(t)
	seller.listen(gateway)
	hear(`"online":true`)
	everywhere(true)
	kill()
	m.clock.Advance(user.Lease)
	everywhere(false)
	hear(`"last_seen_at"`)
}
