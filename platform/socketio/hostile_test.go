package socketio_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

// dialRaw opens a WebSocket and returns the connection below it, on which anything can be written.
func (h *house) dialRaw() net.Conn {
	h.t.Helper()
	return h.wire().conn.NetConn()
}

func TestUnfinishedMessagesOfAllClientsTogetherTakeNoMoreThanTheyMay(t *testing.T) {
	const limit = 4 << 20
	h := echoing(t, socketio.Options{MaxMemory: limit})
	bystander := h.enter()
	bystander.expect(`42["auth",{}]`)
	body := make([]byte, 900_000)
	for range 24 { // 21 MB
		conn := h.dialRaw()
		// A frame of 1,000,000 bytes, masked with zeros, of which a part comes.
		_, _ = conn.Write([]byte{0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0})
		go func() { _, _ = conn.Write(body) }()
		if held := h.Stats().Held; held > limit {
			t.Fatalf("%d bytes are held, %d may be", held, limit)
		}
	}
	eventually(t, "those that are too much are cut", func() bool { return h.Stats().Sessions <= 1+limit/900_000+1 })
	if held := h.Stats().Held; held > limit {
		t.Errorf("%d bytes are held, %d may be", held, limit)
	}
	bystander.send(`42["message",1]`)
	bystander.expect(`42["message-back",1]`)
}

func TestUnfinishedPushesCountAsWell(t *testing.T) {
	h := echoing(t, socketio.Options{MaxMemory: 1 << 20})
	refused := make(chan string, 4)
	var conns []net.Conn
	for range 4 {
		p := h.poller()
		conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		conns = append(conns, conn)
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = fmt.Fprintf(conn, "POST /socket.io/?%s HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n", p.query())
		go func() {
			_, _ = conn.Write(make([]byte, 900_000))
			status := make([]byte, 12)
			if n, _ := conn.Read(status); n > 0 {
				refused <- string(status[:n])
			}
		}()
	}
	for range 2 {
		if got := soon(t, "the refusal", refused); got != "HTTP/1.1 400" {
			t.Error(got)
		}
	}
	for _, conn := range conns {
		_ = conn.Close()
	}
	eventually(t, "nothing is held", func() bool { return h.Stats().Held == 0 })
}

func TestWhatWaitsForAllClientsTogetherTakesNoMoreThanItMay(t *testing.T) {
	const limit = 4 << 20
	h := open(t, socketio.Options{MaxMemory: limit, MaxQueue: 2 << 20})
	reasons := make(chan string, 32)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.Join("all")
		sk.OnDisconnect(func(reason string) { reasons <- reason })
	})
	for range 16 {
		h.poller().push("40") // and polls no more
	}
	eventually(t, "everybody is there", func() bool { return h.Stats().Sockets == 16 })
	for range 15 {
		_ = h.Of("/").To("all").Emit("x", strings.Repeat("x", 100_000))
		if held := h.Stats().Held; held > limit {
			t.Fatalf("%d bytes are held, %d may be", held, limit)
		}
	}
	if got := soon(t, "the reason", reasons); got != socketio.ReasonOverload {
		t.Error(got)
	}
	if left := h.Stats().Sockets; left == 0 {
		t.Error("nobody is left, and there was room for two")
	}
}

func TestOnlySoManySessions(t *testing.T) {
	h := echoing(t, socketio.Options{MaxSessions: 3})
	a := h.enter()
	a.expect(`42["auth",{}]`)
	h.poller()
	c := h.wire()
	if got := h.do("GET", "EIO=4&transport=polling", ""); got.status != 503 {
		t.Errorf("a fourth session got %v", got)
	}
	h.mustDial("EIO=4&transport=websocket").expectClose(1013)
	_ = c.conn.Close()
	eventually(t, "there is room again", func() bool { return h.Stats().Sessions == 2 })
	h.enter().expect(`42["auth",{}]`)
	a.send(`42["message",1]`)
	a.expect(`42["message-back",1]`)
}

func TestAClientIsRefusedOnlySoOften(t *testing.T) {
	c := echoing(t, socketio.Options{}).wire()
	for range 10 {
		c.send("40/random")
		c.expect(`44/random,{"message":"Invalid namespace"}`)
	}
	c.send("40/random")
	c.expectClose(1002)
}

// Whoever opens polls and leaves them, or never polls, is forgotten.
func TestHalfOpenPollsAreForgotten(t *testing.T) {
	h := echoing(t, socketio.Options{ConnectTimeout: 300 * time.Millisecond})
	ctx, cancel := context.WithCancel(context.Background())
	for i := range 120 {
		p := h.poller()
		if i%2 == 0 {
			r, _ := http.NewRequestWithContext(ctx, "GET", h.url+"/socket.io/?"+p.query(), nil)
			go func() {
				if res, err := http.DefaultClient.Do(r); err == nil {
					_ = res.Body.Close()
				}
			}()
		}
	}
	cancel()
	eventually(t, "they are gone", func() bool { return h.Stats().Sessions == 0 && h.Lives() == 0 && h.Stats().Held == 0 })
}

// A client whose packets are larger inside than outside: deep, wide, and both.
func TestPacketsThatSwellEndTheSession(t *testing.T) {
	h := echoing(t, socketio.Options{})
	for name, packet := range map[string]string{
		"deep":           `42["message",` + strings.Repeat("[", 400_000),
		"deep and right": `42["message",` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "]",
		"wide":           `42["message"` + strings.Repeat(",1", 400_000) + "]",
		"deep auth":      `40` + strings.Repeat(`{"a":`, 100_000),
		"long name":      "40/" + strings.Repeat("n", 900_000) + "x{",
	} {
		c := h.enter()
		c.expect(`42["auth",{}]`)
		c.send(packet)
		t.Log(name)
		c.expectClose(1002)
	}
	c := h.enter()
	c.send(`451-["message",{"_placeholder":true,"num":0},[` + strings.Repeat("[],", 300_000) + "1]]")
	c.sendBinary(1)
	c.expectClose(1002)
}

func TestAReaderOfAByteASecondHoldsUpNobody(t *testing.T) {
	slowReaders(t, crowd{sockets: 30, slow: 5, messages: 120, size: 50_000})
}
