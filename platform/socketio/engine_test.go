package socketio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

// quick has the heartbeat of the public protocol suites.
func quick() socketio.Options {
	return socketio.Options{PingInterval: 300 * time.Millisecond, PingTimeout: 200 * time.Millisecond}
}

func TestHandshakeTellsTheRules(t *testing.T) {
	h := echoing(t, quick())
	for transport, upgrades := range map[string]string{"polling": "[websocket]", "websocket": "[]"} {
		var text string
		if transport == "polling" {
			text = h.do("GET", "EIO=4&transport=polling", "").body
		} else {
			text = h.mustDial("EIO=4&transport=websocket").read()
		}
		var rules map[string]any
		if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "0")), &rules); err != nil || text[0] != '0' {
			t.Fatalf("%s: %q", transport, text)
		}
		sid, _ := rules["sid"].(string)
		if len(sid) < 20 || len(rules) != 5 {
			t.Errorf("%s: %v", transport, rules)
		}
		got := fmt.Sprint(rules["upgrades"], rules["pingInterval"], rules["pingTimeout"], rules["maxPayload"])
		if want := upgrades + " 300 200 1e+06"; got != want {
			t.Errorf("%s: %s, want %s", transport, got, want)
		}
	}
}

func TestInvalidRequestsGetAStatusAndACode(t *testing.T) {
	h := echoing(t, socketio.Options{})
	p := h.poller()
	for _, c := range []struct {
		method, query string
		status, code  int
	}{
		{"GET", "transport=polling", 400, 5},
		{"GET", "EIO=abc&transport=polling", 400, 5},
		{"GET", "EIO=3&transport=polling", 400, 5},
		{"GET", "EIO=4", 400, 0},
		{"GET", "EIO=4&transport=abc", 400, 0},
		{"POST", "EIO=4&transport=polling", 400, 2},
		{"PUT", "EIO=4&transport=polling", 400, 2},
		{"GET", "EIO=4&transport=polling&sid=abc", 400, 1},
		{"POST", "EIO=4&transport=polling&sid=abc", 400, 1},
		{"GET", "EIO=4&transport=websocket", 400, 3},
		{"DELETE", p.query(), 400, 3},
	} {
		got := h.do(c.method, c.query, "")
		var body struct {
			Code    int
			Message string
		}
		if err := json.Unmarshal([]byte(got.body), &body); err != nil {
			t.Fatalf("%s %s: %v", c.method, c.query, err)
		}
		if got.status != c.status || body.Code != c.code || body.Message == "" {
			t.Errorf("%s %s: %d %s, want %d with code %d", c.method, c.query, got.status, got.body, c.status, c.code)
		}
	}
	for _, query := range []string{"transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc", "EIO=4&transport=websocket&sid=abc"} {
		_, res, err := h.dial(query)
		if err == nil || res == nil || res.StatusCode != 400 {
			t.Errorf("a WebSocket with %s: %v", query, err)
		}
	}
}

func TestAPayloadCarriesSeveralPacketsInOrder(t *testing.T) {
	p := echoing(t, socketio.Options{}).poller().enter()
	p.push(`42["message",1]`, `42["message","2"]`, `42["message",{"3":[true]}]`)
	p.expect(`42["message-back",1]`, `42["message-back","2"]`, `42["message-back",{"3":[true]}]`)
}

func TestBinaryTravelsAsBase64InAPoll(t *testing.T) {
	p := echoing(t, socketio.Options{}).poller().enter()
	p.push(`452-["message",{"_placeholder":true,"num":0},"x",{"_placeholder":true,"num":1}]`, "bAQIDBA==", "b")
	p.expect(`452-["message-back",{"_placeholder":true,"num":0},"x",{"_placeholder":true,"num":1}]`, "bAQIDBA==", "b")
}

func TestHeartbeatKeepsAPollingSession(t *testing.T) {
	h := echoing(t, socketio.Options{PingInterval: 50 * time.Millisecond, PingTimeout: time.Second})
	p := h.poller().enter()
	for range 3 {
		p.expect("2")
		p.push("3")
	}
}

func TestHeartbeatKeepsAWebSocket(t *testing.T) {
	c := echoing(t, socketio.Options{PingInterval: 50 * time.Millisecond, PingTimeout: time.Second}).wire()
	for range 3 {
		if got, err := c.next(); got != "2" || err != nil {
			t.Fatalf("got %q %v, want a ping", got, err)
		}
		c.send("3")
	}
}

func TestASessionWithoutPongEnds(t *testing.T) {
	h := echoing(t, quick())
	p, c := h.poller(), h.wire()
	started := time.Now()
	c.expectClose(1006)
	if took := time.Since(started); took < 400*time.Millisecond || took > 2*time.Second {
		t.Errorf("the WebSocket ended after %v", took)
	}
	eventually(t, "the polling session ends", func() bool { return h.Stats().Sessions == 0 })
	if got := p.get(); got.status != 400 {
		t.Errorf("the poll got %d %q", got.status, got.body)
	}
}

func TestAPongThatNobodyAskedForDoesNotCount(t *testing.T) {
	c := echoing(t, socketio.Options{PingInterval: 200 * time.Millisecond}).wire()
	pinged := make(chan string, 1)
	go func() {
		got, _ := c.next()
		pinged <- got
	}()
	for flood := time.After(patience); ; {
		select {
		case got := <-pinged:
			if got != "2" {
				t.Errorf("got %q, want a ping", got)
			}
			return
		case <-flood:
			t.Fatal("pongs put off the ping")
		case <-time.After(20 * time.Millisecond):
			c.send("3")
		}
	}
}

func TestAClientClosesItsPollingSession(t *testing.T) {
	p := echoing(t, socketio.Options{}).poller()
	pending := p.waiting()
	p.push("1")
	if got := soon(t, "the poll", pending); got != (answer{200, "6"}) {
		t.Errorf("the poll got %v", got)
	}
	if got := p.get(); got.status != 400 {
		t.Errorf("the closed session answered %v", got)
	}
}

func TestThePollThatRacesWithACloseIsAnswered(t *testing.T) {
	p := echoing(t, socketio.Options{}).poller()
	p.push("1")
	p.expect("6")
	if got := p.get(); got.status != 400 {
		t.Errorf("the closed session answered %v", got)
	}
}

func TestAClientClosesItsWebSocketSession(t *testing.T) {
	h := echoing(t, socketio.Options{})
	c := h.wire()
	c.send("1")
	c.expectClose(1000)
	eventually(t, "nothing is left", func() bool { return h.Lives() == 0 && h.Transports() == 0 })
}

func TestTwoPollsAtOnceEndTheSession(t *testing.T) {
	p := echoing(t, socketio.Options{}).poller()
	pending := p.waiting()
	if got := p.get(); got.status != 400 {
		t.Errorf("the second poll got %v", got)
	}
	if got := soon(t, "the first poll", pending); got != (answer{200, "1"}) {
		t.Errorf("the first poll got %v", got)
	}
	if got := p.get(); got.status != 400 {
		t.Errorf("the closed session answered %v", got)
	}
}

func TestAPollThatIsGivenUpEndsTheSession(t *testing.T) {
	h := echoing(t, socketio.Options{})
	p := h.poller()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = h.try(ctx, "GET", p.query(), "")
	}()
	eventually(t, "the poll waits", func() bool { return h.PollWaits(p.sid) })
	cancel()
	<-done
	eventually(t, "the session ends", func() bool { return h.Stats().Sessions == 0 })
}

func TestTwoPushesAtOnceEndTheSession(t *testing.T) {
	h := open(t, socketio.Options{})
	entered, release := make(chan struct{}), make(chan struct{})
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		_ = sk.Emit("auth")
		sk.On("slow", func(*socketio.Event) { close(entered); <-release })
	})
	p := h.poller().enter()
	first := make(chan answer, 1)
	go func() {
		got, _ := h.try(context.Background(), "POST", p.query(), "42[\"slow\"]\x1e42[\"slow\"]")
		first <- got
	}()
	soon(t, "the handler runs", entered)
	if got := p.post(`42["slow"]`); got.status != 400 {
		t.Errorf("the second push got %v", got)
	}
	close(release)
	if got := soon(t, "the first push", first); got.status != 400 {
		t.Errorf("the first push got %v", got)
	}
}

func TestPayloadsThatBreakTheProtocolEndTheSession(t *testing.T) {
	h := echoing(t, socketio.Options{MaxPackets: 4, MaxPayload: 1000})
	for body, status := range map[string]int{
		"abc":                           400,
		"":                              400,
		"4":                             400,
		"9":                             400,
		"2":                             400, // a client does not ping
		"0{}":                           400,
		"5":                             400, // nothing to upgrade to
		"b!":                            400,
		"bAQIDBA==":                     400, // belongs to no packet
		"4\xff":                         400,
		"3\x1e":                         400,
		"3\x1e3\x1e3\x1e3\x1e3":         400, // one packet more than allowed
		"4" + strings.Repeat("x", 1000): 413,
	} {
		p := h.poller()
		if got := h.do("POST", p.query(), body); got.status != status {
			t.Errorf("%.20q got %v, want %d", body, got, status)
		}
		if got := p.get(); got.status != 400 {
			t.Errorf("after %.20q the session answered %v", body, got)
		}
	}
}

func TestWebSocketPacketsThatBreakTheProtocolEndTheSession(t *testing.T) {
	h := echoing(t, socketio.Options{})
	for _, packet := range []string{"abc", "", "2", "5", "0{}", "4", "4\xff"} {
		c := h.wire()
		c.send(packet)
		c.expectClose(1002)
	}
	c := h.wire()
	c.sendBinary(1, 2)
	c.expectClose(1002)
}

func TestAPollTakesNoMoreThanItsLimits(t *testing.T) {
	h := echoing(t, socketio.Options{MaxPackets: 3, MaxPayload: 100})
	p := h.poller().enter()
	p.push(`42["message",1]`, `42["message",2]`, `42["message",3]`)
	p.push(`42["message",4]`, `42["message",5]`)
	p.expect(`42["message-back",1]`, `42["message-back",2]`, `42["message-back",3]`)
	p.expect(`42["message-back",4]`, `42["message-back",5]`)
	long := strings.Repeat("x", 60)
	p.push(`42["message","` + long + `"]`)
	p.push(`42["message","` + long + `"]`)
	p.expect(`42["message-back","` + long + `"]`)
	p.expect(`42["message-back","` + long + `"]`)
}
