package socketio_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"marketplace/platform/socketio"
)

func TestMessagesOfMoreThan512BytesPass(t *testing.T) {
	c := echoing(t, socketio.Options{}).enter()
	c.expect(`42["auth",{}]`)
	for _, size := range []int{600, 100_000, 999_000} {
		text := strings.Repeat("x", size)
		c.send(`42["message","` + text + `"]`)
		c.expect(`42["message-back","` + text + `"]`)
	}
	c.send(`42["message","` + strings.Repeat("x", 1_000_000) + `"]`)
	c.expectClose(1009)
}

func TestASlowReaderIsCutAndTheOtherMemberGetsEverything(t *testing.T) {
	h := open(t, socketio.Options{MaxQueue: 1 << 20})
	reasons := make(chan string, 2)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.Join("room")
		sk.OnDisconnect(func(reason string) { reasons <- reason })
	})
	_, reader := h.enter(), h.enter() // the first never reads again
	eventually(t, "both are in the room", func() bool { return len(h.Of("/").To("room").Sockets()) == 2 })
	filler := strings.Repeat("x", 10_000)
	const messages = 3000
	sent := make(chan struct{}, 64) // the reader lets so many be under way
	go func() {
		for i := range messages {
			sent <- struct{}{}
			_ = h.Of("/").To("room").Emit("n", i, filler)
		}
	}()
	for i := range messages {
		if got := reader.read(); !strings.HasPrefix(got, fmt.Sprintf(`42["n",%d,"x`, i)) {
			t.Fatalf("message %d is %.20q", i, got)
		}
		<-sent
	}
	if got := soon(t, "the slow one", reasons); got != socketio.ReasonSlowReader {
		t.Error(got)
	}
	if got := h.Stats(); got.Drops != 1 || got.Sockets != 1 {
		t.Errorf("%+v", got)
	}
	eventually(t, "its connection is gone", func() bool { return h.Transports() == 1 })
}

func TestASlowPollerIsCut(t *testing.T) {
	h := open(t, socketio.Options{MaxQueue: 1000})
	var sk *socketio.Socket
	reasons := make(chan string, 1)
	h.Of("/").OnConnect(func(s *socketio.Socket) {
		sk = s
		_ = s.Emit("auth")
		s.OnDisconnect(func(reason string) { reasons <- reason })
	})
	p := h.poller().enter()
	var err error
	for range 100 {
		if err = sk.Emit("x", "yyyyyyyyyy"); err != nil {
			break
		}
	}
	if err != socketio.ErrSlowReader {
		t.Error(err)
	}
	if got := soon(t, "the reason", reasons); got != socketio.ReasonSlowReader {
		t.Error(got)
	}
	if got := p.get(); got.status != 400 {
		t.Errorf("the poll got %v", got)
	}
}

func TestThousandsOfFramesArriveInOrderWithTheirAttachments(t *testing.T) {
	h := open(t, socketio.Options{})
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		for g := range 4 {
			go func() {
				for i := range 500 {
					_ = sk.Emit("n", g, i, []byte{byte(g)}, []byte{byte(i)})
				}
			}()
		}
	})
	c := h.enter()
	var next [4]int
	for range 4 * 500 {
		head := c.read()
		var g, i int
		if _, err := fmt.Sscanf(head, `452-["n",%d,%d,`, &g, &i); err != nil || next[g] != i {
			t.Fatalf("got %q, want number %d", head, next[g])
		}
		next[g]++
		c.expect("binary:"+string([]byte{byte(g)}), "binary:"+string([]byte{byte(i)}))
	}
}

func TestAPanicEndsItsSessionAndNoOther(t *testing.T) {
	h := echoing(t, socketio.Options{})
	told := make(chan string, 8)
	ns := h.Of("/panic")
	ns.Use(func(_ *socketio.Socket, auth json.RawMessage) error {
		if string(auth) == `{"in":"use"}` {
			panic("in middleware")
		}
		return nil
	})
	ns.OnConnect(func(sk *socketio.Socket) {
		sk.OnDisconnect(func(reason string) { told <- reason })
		sk.On("panic", func(*socketio.Event) { panic("in a handler") })
		sk.On("panic-late", func(*socketio.Event) {
			_ = sk.EmitWithAck(0, func(socketio.Args, error) { panic("in an acknowledgement") }, "x")
		})
		sk.On("panic-last", func(*socketio.Event) { sk.OnDisconnect(func(string) { panic("in OnDisconnect") }) })
	})
	bystander := h.enter()
	bystander.expect(`42["auth",{}]`)
	for i, packets := range [][]string{
		{`40/panic,{"in":"use"}`},
		{"40/panic", `42/panic,["panic"]`},
		{"40/panic", `42/panic,["panic-late"]`, `43/panic,1[]`},
		{"40/panic", `42/panic,["panic-last"]`, `42/panic,["panic"]`},
	} {
		c := h.wire()
		c.send(packets...)
		c.expectClose(1011)
		if i > 0 {
			if got := soon(t, "the reason", told); got != socketio.ReasonPanic {
				t.Error(got)
			}
		}
	}
	p := h.poller()
	p.push("40/panic,")
	p.get()
	if got := p.post(`42/panic,["panic"]`, `42/panic,["panic"]`); got.status != 400 {
		t.Errorf("the push got %v", got)
	}
	eventually(t, "no zombie is left", func() bool {
		return h.Transports() == 1 && h.Lives() == 2 && h.Stats().Sockets == 1
	})
	if errs := h.reported(); len(errs) != 6 || !strings.Contains(errs[1].Error(), "in a handler") || !strings.Contains(errs[1].Error(), "trap_test.go") {
		t.Errorf("%d errors were reported: %.500v", len(errs), errs)
	}
	bystander.send(`42["message",1]`)
	bystander.expect(`42["message-back",1]`)
}

func TestAClientThatIsNotReadingCanBeClosed(t *testing.T) {
	h := open(t, socketio.Options{PingInterval: 100 * time.Millisecond, PingTimeout: 100 * time.Millisecond, MaxQueue: 64 << 20})
	reasons := make(chan string, 1)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.OnDisconnect(func(reason string) { reasons <- reason })
		for range 20 {
			_ = sk.Emit("x", strings.Repeat("x", 1_000_000))
		}
	})
	h.enter()
	if got := soon(t, "the end", reasons); got != socketio.ReasonPingTimeout {
		t.Error(got)
	}
	eventually(t, "the connection is gone", func() bool { return h.Transports() == 0 })
}

func TestTheHandlerReturnsAndTheConnectionStays(t *testing.T) {
	s := socketio.New(socketio.Options{})
	s.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.On("ask", func(e *socketio.Event) { _ = e.Ack(sk.Handshake().RemoteAddr != "") })
	})
	returned := make(chan int, 8)
	e := echo.New()
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			err := next(c)
			returned <- c.Response().Status
			return err
		}
	}, middleware.Gzip(), middleware.Recover())
	e.Any("/socket.io/", echo.WrapHandler(s))
	web := httptest.NewServer(e)
	defer web.Close()
	h := &house{Server: s, t: t, url: web.URL}
	c := h.enter()
	soon(t, "the handler returns", returned)
	c.send(`421["ask"]`)
	c.expect(`431[true]`)
	p := h.poller()
	p.push("40")
	if got := p.get(); !strings.HasPrefix(got.body, "40{") {
		t.Errorf("the poll got %v", got)
	}
	u := p.probe()
	u.send("5", `421["ask"]`)
	u.expect(`431[true]`)
}

// Over TLS the connection is read and written in another way.
func TestClientsAreServedOverTLS(t *testing.T) {
	h := &house{Server: socketio.New(socketio.Options{}), t: t}
	h.Of("/").On("message", func(e *socketio.Event) { _ = e.Ack(e.Socket.Handshake().Secure) })
	web := httptest.NewTLSServer(h.Server)
	defer web.Close()
	dialer := websocket.Dialer{TLSClientConfig: web.Client().Transport.(*http.Transport).TLSClientConfig}
	conn, _, err := dialer.Dial(strings.Replace(web.URL, "http", "ws", 1)+"/socket.io/?EIO=4&transport=websocket", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &wire{t: t, conn: conn}
	c.read()
	c.connect("")
	for range 20 {
		c.send(`421["message"]`)
	}
	for range 20 {
		c.expect(`431[true]`)
	}
	c.send("1")
	c.expectClose(1000)
}

func TestAWriteTimeoutOfTheServerDoesNotEndPolls(t *testing.T) {
	s := socketio.New(socketio.Options{PingInterval: 300 * time.Millisecond})
	web := httptest.NewUnstartedServer(s)
	web.Config.WriteTimeout = 100 * time.Millisecond
	web.Start()
	defer web.Close()
	h := &house{Server: s, t: t, url: web.URL}
	h.poller().expect("2")
}

func TestNothingIsLeftOfHundredsOfSessions(t *testing.T) {
	h := echoing(t, socketio.Options{})
	before := runtime.NumGoroutine()
	for i := range 300 {
		c := h.enter()
		if i%3 == 0 {
			c.send("1")
		}
		_ = c.conn.Close()
	}
	eventually(t, "the sessions are gone", func() bool {
		return h.Lives() == 0 && h.Transports() == 0 && h.Stats().Sockets == 0
	})
	eventually(t, "their goroutines are gone", func() bool { return runtime.NumGoroutine() <= before+10 })
}
