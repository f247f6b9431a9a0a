package socketio_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"marketplace/platform/socketio"
)

const patience = 5 * time.Second

// house is a running test server.
type house struct {
	*socketio.Server
	t   *testing.T
	url string

	mu   sync.Mutex
	errs []error
}

// open serves a server with the options, and closes it after the test. Closing it must work.
func open(t *testing.T, o socketio.Options) *house {
	t.Helper()
	h := &house{t: t}
	if o.OnError == nil {
		o.OnError = h.report
	}
	h.Server = socketio.New(o)
	web := httptest.NewServer(h.Server)
	h.url = web.URL
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		web.Close()
	})
	return h
}

func (h *house) report(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.errs = append(h.errs, err)
}

func (h *house) reported() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]error(nil), h.errs...)
}

// echoing serves the namespaces / and /custom, which tell the auth payload and send everything back.
func echoing(t *testing.T, o socketio.Options) *house {
	h := open(t, o)
	for _, name := range []string{"/", "/custom"} {
		ns := h.Of(name)
		ns.Use(func(sk *socketio.Socket, auth json.RawMessage) error {
			sk.Data = auth
			return nil
		})
		ns.OnConnect(func(sk *socketio.Socket) {
			_ = sk.Emit("auth", sk.Data)
			sk.On("message", func(e *socketio.Event) { _ = sk.Emit("message-back", e.Args...) })
			sk.On("message-with-ack", func(e *socketio.Event) { _ = e.Ack(e.Args...) })
		})
	}
	return h
}

// answer is what an HTTP request got.
type answer struct {
	status int
	body   string
}

func (h *house) do(method, query, body string, header ...string) answer {
	h.t.Helper()
	got, err := h.try(context.Background(), method, query, body, header...)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

func (h *house) try(ctx context.Context, method, query, body string, header ...string) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, method, h.url+"/socket.io/?"+query, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	return answer{res.StatusCode, string(data)}, err
}

// poller is a client on long-polling.
type poller struct {
	h   *house
	sid string
}

// poller begins a session.
func (h *house) poller() *poller {
	h.t.Helper()
	got := h.do("GET", "EIO=4&transport=polling", "")
	if got.status != 200 || !strings.HasPrefix(got.body, "0{") {
		h.t.Fatalf("handshake: %d %q", got.status, got.body)
	}
	return &poller{h, sidOf(h.t, got.body)}
}

func sidOf(t *testing.T, text string) string {
	t.Helper()
	var v struct{ SID string }
	if err := json.Unmarshal([]byte(text[strings.IndexByte(text, '{'):]), &v); err != nil || v.SID == "" {
		t.Fatalf("no sid in %q", text)
	}
	return v.SID
}

func (p *poller) query() string { return "EIO=4&transport=polling&sid=" + p.sid }

func (p *poller) get() answer { p.h.t.Helper(); return p.h.do("GET", p.query(), "") }

func (p *poller) post(packets ...string) answer {
	p.h.t.Helper()
	return p.h.do("POST", p.query(), strings.Join(packets, "\x1e"))
}

// expect posts nothing and reads one payload.
func (p *poller) expect(packets ...string) {
	p.h.t.Helper()
	if got := p.get(); got != (answer{200, strings.Join(packets, "\x1e")}) {
		p.h.t.Fatalf("the poll got %d %q, want %q", got.status, got.body, packets)
	}
}

func (p *poller) push(packets ...string) {
	p.h.t.Helper()
	if got := p.post(packets...); got != (answer{200, "ok"}) {
		p.h.t.Fatalf("the push got %d %q", got.status, got.body)
	}
}

// enter connects to / and reads up to the auth event.
func (p *poller) enter() *poller {
	p.h.t.Helper()
	p.push("40")
	for body := ""; !strings.Contains(body, `["auth"`); {
		got := p.get()
		if got.status != 200 {
			p.h.t.Fatalf("connect: %d %q", got.status, got.body)
		}
		body += got.body
	}
	return p
}

// waiting starts a poll and returns where its answer will come, once the server waits with it.
func (p *poller) waiting() <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		got, err := p.h.try(context.Background(), "GET", p.query(), "")
		if err != nil {
			got.body = err.Error()
		}
		answers <- got
	}()
	eventually(p.h.t, "the poll waits", func() bool { return p.h.PollWaits(p.sid) })
	return answers
}

// wire is a client on a WebSocket.
type wire struct {
	t    *testing.T
	conn *websocket.Conn
	sid  string // of the session
	id   string // of the socket in /
}

// dial connects a WebSocket and does nothing more.
func (h *house) dial(query string, header ...string) (*wire, *http.Response, error) {
	headers := http.Header{}
	for i := 0; i < len(header); i += 2 {
		headers.Set(header[i], header[i+1])
	}
	conn, res, err := websocket.DefaultDialer.Dial(strings.Replace(h.url, "http", "ws", 1)+"/socket.io/?"+query, headers)
	if err != nil {
		return nil, res, err
	}
	h.t.Cleanup(func() { _ = conn.Close() })
	return &wire{t: h.t, conn: conn}, res, nil
}

func (h *house) mustDial(query string) *wire {
	h.t.Helper()
	c, _, err := h.dial(query)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// wire begins a session on a WebSocket.
func (h *house) wire(header ...string) *wire {
	h.t.Helper()
	c, _, err := h.dial("EIO=4&transport=websocket", header...)
	if err != nil {
		h.t.Fatal(err)
	}
	c.sid = sidOf(h.t, c.read())
	return c
}

// enter begins a session and connects to /. What OnConnect emits is still to be read.
func (h *house) enter() *wire {
	h.t.Helper()
	c := h.wire()
	c.connect("")
	return c
}

// connect sends a CONNECT with what follows its type and reads the answer.
func (c *wire) connect(rest string) {
	c.t.Helper()
	c.send("40" + rest)
	got := c.read()
	if !strings.HasPrefix(got, "40") {
		c.t.Fatalf("the CONNECT got %q", got)
	}
	c.id = sidOf(c.t, got)
}

func (c *wire) send(packets ...string) {
	c.t.Helper()
	for _, p := range packets {
		if err := c.conn.WriteMessage(websocket.TextMessage, []byte(p)); err != nil {
			c.t.Fatalf("send: %v", err)
		}
	}
}

func (c *wire) sendBinary(data ...byte) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.BinaryMessage, data); err != nil {
		c.t.Fatalf("send: %v", err)
	}
}

// next reads one message, whatever it is.
func (c *wire) next() (string, error) {
	_ = c.conn.SetReadDeadline(time.Now().Add(patience))
	kind, data, err := c.conn.ReadMessage()
	if kind == websocket.BinaryMessage {
		return "binary:" + string(data), err
	}
	return string(data), err
}

// read reads one message, answering pings on the way.
func (c *wire) read() string {
	c.t.Helper()
	for {
		got, err := c.next()
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
		if got != "2" {
			return got
		}
		c.send("3")
	}
}

func (c *wire) expect(packets ...string) {
	c.t.Helper()
	for _, want := range packets {
		if got := c.read(); got != want {
			c.t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// expectClose reads until the connection closes, which it must do with the code; 1006 is no close frame.
func (c *wire) expectClose(code int) {
	c.t.Helper()
	for {
		_, err := c.next()
		if err == nil {
			continue
		}
		if websocket.IsCloseError(err, code) {
			return
		}
		if timeout, ok := err.(interface{ Timeout() bool }); code == 1006 && !(ok && timeout.Timeout()) {
			if _, framed := err.(*websocket.CloseError); !framed {
				return
			}
		}
		c.t.Fatalf("closed with %v, want code %d", err, code)
	}
}

// eventually waits for something that happens on another goroutine.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in time: %s", what)
		}
	}
}

// soon receives from a channel or fails.
func soon[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("not in time: %s", what)
		panic("unreachable")
	}
}
