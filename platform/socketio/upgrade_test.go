package socketio_test

import (
	"testing"
	"time"

	"marketplace/platform/socketio"
)

// probe opens the WebSocket of an upgrade and asks.
func (p *poller) probe() *wire {
	p.h.t.Helper()
	c := p.h.mustDial("EIO=4&transport=websocket&sid=" + p.sid)
	c.send("2probe")
	c.expect("3probe")
	return c
}

func TestASessionMovesFromPollingToAWebSocket(t *testing.T) {
	h := echoing(t, socketio.Options{})
	p := h.poller().enter()
	pending := p.waiting()
	c := p.probe()
	if got := soon(t, "the poll", pending); got != (answer{200, "6"}) {
		t.Fatalf("the poll got %v", got)
	}
	p.expect("6") // a client may have begun the next poll before it read the answer to its probe
	p.push(`42["message","pushed"]`)
	p.expect(`42["message-back","pushed"]`)
	p.push(`42["message","kept"]`)
	c.send("5")
	c.expect(`42["message-back","kept"]`)
	c.send(`42["message","new"]`)
	c.expect(`42["message-back","new"]`)
	if got := h.Stats(); got.Sessions != 1 || got.WebSockets != 1 || got.Sockets != 1 {
		t.Errorf("%+v", got)
	}
}

func TestPollingEndsWithTheUpgrade(t *testing.T) {
	h := echoing(t, socketio.Options{})
	p := h.poller().enter()
	c := p.probe()
	c.send("5", `42["message",1]`)
	c.expect(`42["message-back",1]`)
	if got := p.get(); got.status != 400 {
		t.Errorf("a poll after the upgrade got %v", got)
	}
	if got := p.post(`42["message",2]`); got.status != 400 {
		t.Errorf("a push after the upgrade got %v", got)
	}
	second := h.mustDial("EIO=4&transport=websocket&sid=" + p.sid)
	if _, err := second.next(); err == nil {
		t.Error("a second WebSocket was not closed")
	}
	c.send(`42["message",3]`)
	c.expect(`42["message-back",3]`)
}

func TestAPollDuringTheUpgradeLearnsOfItsEnd(t *testing.T) {
	p := echoing(t, socketio.Options{}).poller().enter()
	c := p.probe()
	pending := p.waiting()
	c.send("5")
	if got := soon(t, "the poll", pending); got.status != 400 && got.body != "6" {
		t.Errorf("the poll got %v", got)
	}
	c.send(`42["message",1]`)
	c.expect(`42["message-back",1]`)
}

func TestAFailedUpgradeLeavesPollingAlone(t *testing.T) {
	h := echoing(t, socketio.Options{UpgradeTimeout: 100 * time.Millisecond})
	for name, fail := range map[string]func(*poller){
		"no probe": func(p *poller) {
			c := h.mustDial("EIO=4&transport=websocket&sid=" + p.sid)
			c.send(`42["message",1]`)
			c.expectClose(1006)
		},
		"no end":         func(p *poller) { p.probe().expectClose(1006) },
		"wrong end":      func(p *poller) { c := p.probe(); c.send("4"); c.expectClose(1006) },
		"client hung up": func(p *poller) { _ = p.probe().conn.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			p := h.poller().enter()
			fail(p)
			p.push(`42["message",2]`)
			p.expect(`42["message-back",2]`)
			eventually(t, "another upgrade is possible", func() bool {
				c := h.mustDial("EIO=4&transport=websocket&sid=" + p.sid)
				c.send("2probe")
				got, err := c.next()
				if err != nil {
					return false
				}
				c.send("5")
				return got == "3probe"
			})
		})
	}
}

func TestWhatIsEmittedDuringAnUpgradeArrivesOnceAndInOrder(t *testing.T) {
	h := open(t, socketio.Options{})
	sockets := make(chan *socketio.Socket, 1)
	h.Of("/").OnConnect(func(sk *socketio.Socket) { _ = sk.Emit("auth"); sockets <- sk })
	p := h.poller().enter()
	sk := soon(t, "the socket", sockets)
	const last = 2000
	go func() {
		for i := range last + 1 {
			_ = sk.Emit("n", i)
		}
	}()
	c := p.probe()
	var polled []string
	if got := p.get(); got.body != "6" {
		polled = splitPayload(got.body)
	}
	c.send("5")
	expectCounted(t, last, func() []string {
		if polled != nil {
			defer func() { polled = nil }()
			return polled
		}
		return []string{c.read()}
	})
}
