package socketio_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"marketplace/platform/socketio"
)

// engine serves Engine.IO alone: every message comes back.
func engine(t *testing.T) *house {
	h := &house{t: t, Server: socketio.NewEcho(socketio.Options{})}
	web := httptest.NewServer(h.Server)
	t.Cleanup(web.Close)
	h.url = web.URL
	return h
}

func TestEngineMessagesComeBackOverPolling(t *testing.T) {
	h := engine(t)
	for _, payload := range []string{"4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA==", "4€", "4"} {
		p := h.poller()
		p.push(strings.Split(payload, "\x1e")...)
		p.expect(strings.Split(payload, "\x1e")...)
	}
}

func TestEngineMessagesComeBackOverAWebSocketEachInItsFrame(t *testing.T) {
	c := engine(t).wire()
	c.send("4hello", "4€")
	c.sendBinary(1, 2, 3, 4)
	c.send("4world")
	c.expect("4hello", "4€", "binary:\x01\x02\x03\x04", "4world")
}

// An answer to a poll is text, also where it carries binary: as base64.
func TestPollsAreAnsweredAsUTF8Text(t *testing.T) {
	h := engine(t)
	p := h.poller()
	p.push("bAQIDBA==")
	res, err := http.Get(h.url + "/engine.io/?" + p.query())
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/plain; charset=UTF-8" {
		t.Error(got)
	}
	if got := res.Header.Get("Cache-Control"); got != "no-store" {
		t.Error(got)
	}
}

// "If the server does not receive a CONNECT packet first, then it MUST close the connection immediately."
func TestAClientThatDoesNotBeginWithAConnectIsClosed(t *testing.T) {
	h := echoing(t, socketio.Options{})
	for _, first := range []string{`42["message",1]`, `420["message-with-ack",1]`, "41", `431[]`, `42/custom,["message",1]`} {
		c := h.wire()
		c.send(first)
		c.expectClose(1002)
	}
	c := h.wire()
	c.send(`451-["message",{"_placeholder":true,"num":0}]`)
	c.sendBinary(1)
	c.expectClose(1002)
	p := h.poller()
	if got := p.post(`42["message",1]`); got.status != 400 {
		t.Errorf("the push got %v", got)
	}
}

// The session that the text of the Socket.IO protocol, revision 5, shows, packet by packet.
func TestTheSampleSessionOfTheProtocolTextHappensSo(t *testing.T) {
	h := open(t, socketio.Options{})
	said := make(chan string, 4)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		_ = sk.Emit("hey", "Jude")
		for _, name := range []string{"hello", "world"} {
			sk.On(name, func(e *socketio.Event) { said <- e.Name })
		}
	})
	h.Of("/admin").On("tellme", func(e *socketio.Event) { _ = e.Ack([]byte{1, 2, 3}) })
	p := h.poller()
	p.push("40")
	body := p.get().body
	if !strings.Contains(body, `42["hey","Jude"]`) {
		body += p.get().body
	}
	if !strings.HasPrefix(body, `40{"sid":"`) || !strings.HasSuffix(body, `42["hey","Jude"]`) {
		t.Fatalf("polled %q", body)
	}
	p.push(`42["hello"]`, `42["world"]`)
	c := p.probe()
	c.send("5", `42["hello"]`, `42["world"]`)
	for _, want := range []string{"hello", "world", "hello", "world"} {
		if got := soon(t, "the event", said); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	c.connect("/admin,")
	c.send(`42/admin,1["tellme"]`)
	c.expect(`461-/admin,1[{"_placeholder":true,"num":0}]`, "binary:\x01\x02\x03")
	c.send("1")
	c.expectClose(1000)
}

// What a client has been told by the answer to its CONNECT it may want to act on before it hears more.
func TestTheFirstEventComesInAPieceOfItsOwn(t *testing.T) {
	h := echoing(t, socketio.Options{})
	eventually(t, "the answer comes alone to a client that reads at once", func() bool {
		c := h.wire()
		c.send("40")
		piece := make([]byte, 4096)
		n, err := c.conn.NetConn().Read(piece)
		return err == nil && strings.Contains(string(piece[:n]), "40{") && !strings.Contains(string(piece[:n]), `42["auth"`)
	})
	c := h.wire()
	c.send("40", `42["message",1]`) // who speaks has heard
	if got := c.read(); !strings.HasPrefix(got, "40{") {
		t.Errorf("got %q", got)
	}
	c.expect(`42["auth",{}]`, `42["message-back",1]`)
}

func TestANamespaceHandlesWhatItsSocketsDoNot(t *testing.T) {
	h := open(t, socketio.Options{})
	ns := h.Of("/")
	for _, name := range []string{"both", "common"} {
		ns.On(name, func(e *socketio.Event) { _ = e.Ack("namespace", e.Socket.ID() != "") })
	}
	ns.OnConnect(func(sk *socketio.Socket) {
		sk.On("both", func(e *socketio.Event) { _ = e.Ack("socket") })
	})
	c := h.enter()
	c.send(`421["both"]`, `422["common"]`)
	c.expect(`431["socket"]`, `432["namespace",true]`)
}
