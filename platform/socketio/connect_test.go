package socketio_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

func splitPayload(body string) []string { return strings.Split(body, "\x1e") }

// expectCounted reads events "n" until the one with the number last, and wants each number once.
func expectCounted(t *testing.T, last int, read func() []string) {
	t.Helper()
	for n := 0; n <= last; {
		for _, got := range read() {
			if want := fmt.Sprintf(`42["n",%d]`, n); got != want {
				t.Fatalf("got %q, want %q", got, want)
			}
			n++
		}
	}
}

func TestAClientEntersANamespace(t *testing.T) {
	h := echoing(t, socketio.Options{})
	for connect, event := range map[string]string{
		"":                       `42["auth",{}]`,
		`{"token":"123"}`:        `42["auth",{"token":"123"}]`,
		"/custom,":               `42/custom,["auth",{}]`,
		"/custom":                `42/custom,["auth",{}]`,
		`/custom,{"token":"ab"}`: `42/custom,["auth",{"token":"ab"}]`,
	} {
		c := h.wire()
		c.send("40" + connect)
		got := c.read()
		prefix := "40"
		if strings.HasPrefix(connect, "/") {
			prefix = "40/custom,"
		}
		if rest, ok := strings.CutPrefix(got, prefix); !ok || sidOf(t, rest) == c.sid {
			t.Errorf("CONNECT %s got %q", connect, got)
		}
		c.expect(event)
	}
}

func TestAnUnknownNamespaceIsRefused(t *testing.T) {
	c := echoing(t, socketio.Options{}).wire()
	c.send("40/random")
	c.expect(`44/random,{"message":"Invalid namespace"}`)
	c.connect("") // the session goes on
}

func TestPacketsThatBreakTheProtocolEndTheSession(t *testing.T) {
	h := echoing(t, socketio.Options{MaxAttachments: 2, MaxPayload: 200})
	for name, packets := range map[string][]string{
		"unknown type":                {"4abc"},
		"type of the server":          {`44{"message":"no"}`},
		"event without array":         {"42{}"},
		"event without JSON":          {"42abc"},
		"event with half of JSON":     {`42["message"`},
		"event with more than JSON":   {`42["message"]x`},
		"event without name":          {"42[]"},
		"event named by a number":     {"42[1]"},
		"event named null":            {"42[null]"},
		"event with a reserved name":  {`42["disconnect"]`},
		"event with a wrong id":       {`42abc["message-with-ack",1]`},
		"event with a huge id":        {`421234567890123456["message-with-ack",1]`},
		"acknowledgement without id":  {"43[]"},
		"acknowledgement of no array": {"431{}"},
		"connect with a list":         {"40[]"},
		"connect with half of JSON":   {"40{"},
		"connect twice":               {"40"},
		"disconnect with a payload":   {`41{"a":1}`},
		"no number of attachments":    {`45["message"]`},
		"too many attachments":        {`453-["message"]`},
		"text instead of attachment":  {`451-["message",{"_placeholder":true,"num":0}]`, `42["message"]`},
		"placeholder of nothing":      {`451-["message",{"_placeholder":true,"num":1}]`, "binary"},
		"placeholder below nothing":   {`451-["message",{"_placeholder":true,"num":-1}]`, "binary"},
		"placeholder without number":  {`451-["message",{"_placeholder":true}]`, "binary"},
		"placeholder used twice":      {`451-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`, "binary"},
		"attachment without use":      {`451-["message"]`, "binary"},
		"attachment and broken JSON":  {`451-["message",{"_placeholder":true,"num":0}]]`, "binary"},
		"attachments too long":        {`452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`, "long", "long"},
	} {
		t.Run(name, func(t *testing.T) {
			c := h.enter()
			for _, p := range packets {
				switch p {
				case "binary":
					c.sendBinary(1, 2, 3)
				case "long":
					c.sendBinary(make([]byte, 100)...)
				default:
					c.send(p)
				}
			}
			c.expectClose(1002)
		})
	}
}

func TestASessionWithoutNamespaceIsClosed(t *testing.T) {
	h := echoing(t, socketio.Options{ConnectTimeout: 100 * time.Millisecond})
	h.wire().expectClose(1000)
	c := h.enter()
	c.expect(`42["auth",{}]`)
	p := h.poller()
	eventually(t, "the idle session ends", func() bool { return h.Stats().Sessions == 1 })
	if got := p.get(); got.status != 400 {
		t.Errorf("the poll got %v", got)
	}
	c.send(`42["message",1]`)
	c.expect(`42["message-back",1]`)
	c.send("41") // the last namespace: the time runs again
	c.expectClose(1000)
}

func TestAClientLeavesOneNamespaceAndStaysInTheOther(t *testing.T) {
	h := open(t, socketio.Options{})
	reasons := make(chan string, 2)
	for _, name := range []string{"/", "/custom"} {
		h.Of(name).OnConnect(func(sk *socketio.Socket) {
			sk.Join("room")
			sk.On("message", func(e *socketio.Event) { _ = sk.Emit("message-back", e.Args...) })
			sk.OnDisconnect(func(reason string) { reasons <- name + ": " + reason })
		})
	}
	c := h.enter()
	c.connect("/custom")
	c.send("41/custom", `42/custom,["message","dropped"]`, `42["message",1]`)
	c.expect(`42["message-back",1]`)
	if got := soon(t, "the reason", reasons); got != "/custom: client namespace disconnect" {
		t.Error(got)
	}
	if got := h.Stats(); got.Sockets != 1 || got.Rooms != 1 {
		t.Errorf("%+v", got)
	}
	c.connect("/custom,") // and back
	_ = c.conn.Close()
	for range 2 {
		if got := soon(t, "the reason", reasons); !strings.HasSuffix(got, ": transport close") {
			t.Error(got)
		}
	}
}

type visitor struct {
	cookie  *http.Cookie
	user, x string
}

func TestMiddlewareDecidesWhoEnters(t *testing.T) {
	h := open(t, socketio.Options{
		Accept: func(r *http.Request) (any, error) {
			if r.Header.Get("X-Ban") != "" {
				return nil, errors.New("banned")
			}
			cookie, _ := r.Cookie("session")
			return visitor{cookie, r.Header.Get("X-User"), r.URL.Query().Get("x")}, nil
		},
	})
	ns := h.Of("/")
	ns.Use(func(sk *socketio.Socket, auth json.RawMessage) error {
		who := sk.Handshake().Value.(visitor)
		if who.cookie == nil {
			return &socketio.Refusal{Message: "Please sign in", Data: map[string]int{"status": 401}}
		}
		sk.Data = fmt.Sprint(who.cookie.Value, who.user, who.x, string(auth))
		sk.Join("all")
		return nil
	})
	ns.Use(func(sk *socketio.Socket, auth json.RawMessage) error {
		if string(auth) == `{"broken":1}` {
			return errors.New("the database is down")
		}
		return nil
	})
	ns.OnConnect(func(sk *socketio.Socket) { _ = ns.To("all").Emit("hello", sk.Data) })

	origin := []string{"Cookie", "session=s3cret", "Origin", h.url, "X-User", "ann"}
	c, _, err := h.dial("EIO=4&transport=websocket&x=7", origin...)
	if err != nil {
		t.Fatal(err)
	}
	c.read()
	c.send(`40{"broken":1}`)
	c.expect(`44{"message":"Internal error"}`)
	if errs := h.reported(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "the database is down") {
		t.Errorf("reported %v", errs)
	}
	c.connect("")
	c.expect(`42["hello","s3cretann7{}"]`)

	stranger := h.wire()
	stranger.send("40")
	stranger.expect(`44{"message":"Please sign in","data":{"status":401}}`)
	if got := h.Stats().Sockets; got != 1 {
		t.Errorf("%d sockets", got)
	}
	if got := h.do("GET", "EIO=4&transport=polling", "", "X-Ban", "1"); got.status != 403 {
		t.Errorf("the banned client got %v", got)
	}
	if _, res, err := h.dial("EIO=4&transport=websocket", "X-Ban", "1"); err == nil || res.StatusCode != 403 {
		t.Errorf("the banned client got %v", err)
	}
}

func TestCloseTellsEveryoneAndWaits(t *testing.T) {
	h := open(t, socketio.Options{})
	reasons := make(chan string, 3)
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		_ = sk.Emit("auth")
		sk.OnDisconnect(func(reason string) { reasons <- reason })
	})
	c := h.enter()
	upgraded := h.poller().enter()
	u := upgraded.probe()
	u.send("5")
	eventually(t, "the upgrade", func() bool { return h.Stats().WebSockets == 2 })
	pending := h.poller().enter().waiting()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Close(ctx); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		select {
		case reason := <-reasons:
			if reason != socketio.ReasonShutdown {
				t.Error(reason)
			}
		default:
			t.Fatal("Close did not wait for OnDisconnect")
		}
	}
	c.expectClose(1001)
	u.expectClose(1001)
	if got := soon(t, "the poll", pending); got != (answer{200, "1"}) {
		t.Errorf("the poll got %v", got)
	}
	if got := h.do("GET", "EIO=4&transport=polling", ""); got.status != 503 {
		t.Errorf("a new session got %v", got)
	}
	h.mustDial("EIO=4&transport=websocket").expectClose(1001)
	eventually(t, "nothing is left", func() bool { return h.Lives() == 0 && h.Transports() == 0 })
}
