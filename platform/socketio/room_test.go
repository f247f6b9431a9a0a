package socketio_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"marketplace/platform/socketio"
)

// gathering is a server on which clients join rooms by asking.
func gathering(t *testing.T) (*house, func(id string) *socketio.Socket) {
	h := open(t, socketio.Options{})
	var sockets sync.Map
	for _, name := range []string{"/", "/other"} {
		h.Of(name).OnConnect(func(sk *socketio.Socket) {
			sockets.Store(sk.ID(), sk)
			sk.On("join", func(e *socketio.Event) {
				var room string
				_ = e.Ack(e.Bind(0, &room) == nil)
				sk.Join(room)
			})
			sk.On("fence", func(e *socketio.Event) { _ = e.Ack() })
		})
	}
	return h, func(id string) *socketio.Socket {
		var sk any
		eventually(t, "the socket has been welcomed", func() (found bool) {
			sk, found = sockets.Load(id)
			return found
		})
		return sk.(*socketio.Socket)
	}
}

func (c *wire) join(rooms ...string) *wire {
	c.t.Helper()
	for _, room := range rooms {
		c.send(`421["join","` + room + `"]`)
		c.expect(`431[true]`)
	}
	c.fence()
	return c
}

// fence passes when everything that was emitted to the client before has been read: that is nothing.
func (c *wire) fence() {
	c.t.Helper()
	c.send(`422["fence"]`)
	c.expect(`432[]`)
}

func TestBroadcastsReachTheirRoomsAndNobodyElse(t *testing.T) {
	h, socket := gathering(t)
	ns := h.Of("/")
	a, b, both, none := h.enter().join("a"), h.enter().join("b"), h.enter().join("a", "b"), h.enter()
	other := h.wire()
	other.connect("/other")
	other.send(`42/other,1["join","a"]`)
	other.expect(`43/other,1[true]`)
	everyone := map[string]*wire{"a": a, "b": b, "both": both, "none": none}

	for i, c := range []struct {
		to     socketio.Broadcast
		expect string
	}{
		{ns.To("a"), "a both"},
		{ns.To("a", "b"), "a b both"},
		{ns.To("a").To("b"), "a b both"},
		{ns.To("a", "b").Except("b"), "a"},
		{ns.Except("a"), "b none"},
		{ns.Except("a").Except("b"), "none"},
		{ns.Except("b").To("a"), "a"},
		{ns.To(), ""},
		{ns.To("nowhere"), ""},
		{socket(a.id).To("a"), "both"},
		{socket(none.id).To("a", "b").Except("a"), "b"},
	} {
		event := fmt.Sprintf(`42["n",%d]`, i)
		if err := c.to.Emit("n", i); err != nil {
			t.Fatal(err)
		}
		expect := strings.Fields(c.expect)
		if got := len(c.to.Sockets()); got != len(expect) {
			t.Errorf("%d: %d sockets, want %v", i, got, expect)
		}
		for name, client := range everyone {
			if slices.Contains(expect, name) {
				client.expect(event)
			}
			client.fence()
		}
	}
	if err := ns.Emit("all"); err != nil {
		t.Fatal(err)
	}
	for _, client := range everyone {
		client.expect(`42["all"]`)
	}
	other.send(`42/other,2["fence"]`)
	other.expect(`43/other,2[]`) // and none of the above
}

func TestRoomsEndWithTheirMembers(t *testing.T) {
	h, socket := gathering(t)
	a, b := h.enter().join("x", "y"), h.enter().join("x")
	sk := socket(a.id)
	rooms := sk.Rooms()
	slices.Sort(rooms)
	if got := fmt.Sprint(rooms, h.Stats().Rooms); got != "[x y] 2" {
		t.Error(got)
	}
	sk.Leave("y", "never")
	if got := fmt.Sprint(sk.Rooms(), h.Stats().Rooms); got != "[x] 1" {
		t.Error(got)
	}
	_ = a.conn.Close()
	eventually(t, "a is gone", func() bool { return h.Stats().Sockets == 1 })
	sk.Join("z")
	if got := fmt.Sprint(sk.Rooms(), h.Stats().Rooms, sk.Connected()); got != "[] 1 false" {
		t.Error(got)
	}
	b.send("41")
	eventually(t, "the last room ends", func() bool { return h.Stats().Rooms == 0 })
}

func TestDisconnectRoomCutsItsMembersOnly(t *testing.T) {
	h, _ := gathering(t)
	reasons := make(chan string, 2)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.OnDisconnect(func(reason string) { reasons <- reason })
	})
	in, out := h.enter().join("session:1"), h.enter().join("session:2")
	polling := h.poller()
	polling.push("40", `42["join","session:1"]`)
	polling.get()
	pending := polling.waiting()
	ns := h.Of("/")
	if n := ns.DisconnectRoom("session:1"); n != 2 {
		t.Errorf("%d sockets", n)
	}
	_ = ns.Emit("after")
	in.expect("41")
	in.expectClose(1000)
	if got := soon(t, "the poll", pending); got != (answer{200, "41"}) {
		t.Errorf("the poll got %v", got)
	}
	polling.expect("1")
	for range 2 {
		if got := soon(t, "the reason", reasons); got != socketio.ReasonServer {
			t.Error(got)
		}
	}
	out.expect(`42["after"]`)
	if n := ns.DisconnectRoom("session:1"); n != 0 {
		t.Errorf("%d sockets", n)
	}
}

func TestAnEvictedPollingClientStillReadsItsLastPackets(t *testing.T) {
	h, _ := gathering(t)
	p := h.poller()
	p.push("40", `42["join","x"]`)
	p.get()
	_ = h.Of("/").To("x").Emit("last")
	h.Of("/").DisconnectRoom("x")
	p.expect(`42["last"]`, "41")
	p.expect("1")
	if got := p.get(); got.status != 400 {
		t.Errorf("the closed session answered %v", got)
	}
}

func TestDisconnectLeavesTheOtherNamespaces(t *testing.T) {
	h, socket := gathering(t)
	c := h.enter()
	root := c.id
	c.connect("/other")
	socket(root).Disconnect()
	socket(root).Disconnect() // again is nothing
	c.expect("41")
	c.send(`42/other,1["fence"]`)
	c.expect(`43/other,1[]`)
	c.connect("") // and back
	socket(c.id).Close()
	c.expect("41")
	c.expectClose(1000)
}
