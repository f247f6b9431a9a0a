package live

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/modules/chat"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/web/edge"
)

// channel is a live channel that people reach over HTTP: whoever says {"token": name} is that person.
type channel struct {
	*Live
	t     *testing.T
	url   string
	clock *clock.Clock
}

type quiet struct{ chat.Service }

func (quiet) ShowTyping(context.Context, chat.ShowTypingRequest) (chat.Typed, error) {
	return chat.Typed{}, nil
}

func open(t *testing.T, change func(*config.Config)) channel {
	t.Helper()
	b, err := bus.New(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := channel{t: t, clock: clock.New()}
	set := config.Defaults()
	change(&set)
	ctx, stop := context.WithCancel(t.Context())
	stop() // nobody is told who is here
	e := edge.Edge{Config: set, Clock: c.clock, Log: zap.NewNop(), Services: edge.Services{Chats: quiet{}}}
	cookie := func(r *http.Request) (identity.Actor, error) {
		if r.Header.Get("Cookie") == "" {
			return identity.Actor{}, nil
		}
		return identity.Actor{UserID: "ana", SessionID: "cookie"}, nil
	}
	bearer := func(_ context.Context, token string) (identity.Actor, time.Time, error) {
		return identity.Actor{UserID: token, SessionID: token}, c.clock.Now().Add(time.Hour), nil
	}
	if c.Live, err = New(ctx, e, b.Module("web", nil), prometheus.NewRegistry(), cookie, bearer); err != nil {
		t.Fatal(err)
	}
	router := echo.New()
	router.IPExtractor = echo.ExtractIPFromXFFHeader()
	c.Mount(router)
	s := httptest.NewServer(router)
	t.Cleanup(func() { _ = c.Stop(context.Background()); s.Close() })
	c.url = s.URL
	return c
}

// knock asks for a connection and says what the answer was.
func (c channel) knock(header http.Header) (*websocket.Conn, *http.Response) {
	c.t.Helper()
	socket, response, err := websocket.DefaultDialer.Dial(strings.Replace(c.url, "http", "ws", 1)+Path+"?EIO=4&transport=websocket", header)
	if response == nil {
		c.t.Fatal(err)
	}
	if socket != nil {
		c.t.Cleanup(func() { _ = socket.Close() })
	}
	return socket, response
}

// guest is a connection of somebody.
type guest struct {
	*websocket.Conn
	t *testing.T
}

func (c channel) enter(name string) guest {
	c.t.Helper()
	socket, _ := c.knock(nil)
	g := guest{socket, c.t}
	g.say(fmt.Sprintf(`40{"token":%q}`, name))
	g.hear("40")
	return g
}

func (g guest) say(frame string) {
	g.t.Helper()
	if err := g.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		g.t.Fatal(err)
	}
}

// hear returns the next frame that begins so, without the beginning; that the connection has ended, fails the test.
func (g guest) hear(begins string) string {
	g.t.Helper()
	rest, err := g.next(begins)
	if err != nil {
		g.t.Fatalf("waiting for %s: %v", begins, err)
	}
	return rest
}

func (g guest) next(begins string) (string, error) {
	_ = g.SetReadDeadline(time.Now().Add(30 * time.Second))
	for {
		_, frame, err := g.ReadMessage()
		if err != nil {
			return "", err
		}
		if rest, found := strings.CutPrefix(string(frame), begins); found {
			return rest, nil
		}
	}
}

// ASVS 4.4.2. In production the public address says which pages may connect, whatever the host of the request is.
func TestInProductionOnlyPagesOfThePublicAddressConnect(t *testing.T) {
	c := open(t, func(set *config.Config) {
		set.Environment, set.PublicURL = config.Production, "https://Market.example:443"
	})
	for _, k := range []struct {
		origin, host string
		status       int
	}{
		{"https://market.example", "market.example", http.StatusSwitchingProtocols},
		{"https://market.example", "web-1.internal", http.StatusSwitchingProtocols},
		{"http://market.example", "market.example", http.StatusForbidden},
		{"https://market.example:8443", "market.example", http.StatusForbidden},
		{"https://market.example.evil.example", "market.example", http.StatusForbidden},
		{"https://evil.example", "evil.example", http.StatusForbidden}, // DNS rebinding: the same host
		{"null", "market.example", http.StatusForbidden},
		{"", "market.example", http.StatusForbidden},
	} {
		header := http.Header{"Cookie": {"session=valid"}, "Host": {k.host}}
		if k.origin != "" {
			header.Set("Origin", k.origin)
		}
		if _, response := c.knock(header); response.StatusCode != k.status {
			t.Errorf("the origin %q at the host %q gets %d, want %d", k.origin, k.host, response.StatusCode, k.status)
		}
	}
	c.enter("an app without an origin and a cookie")
}

func TestInDevelopmentEveryAddressOfTheSameHostConnects(t *testing.T) {
	c := open(t, func(set *config.Config) { set.PublicURL = "http://localhost:8080" })
	for _, host := range []string{"localhost:8080", "127.0.0.1:8080", "192.168.2.3:8080", "laptop.local:8080"} {
		for origin, status := range map[string]int{"http://" + host: http.StatusSwitchingProtocols, "http://evil.example": http.StatusForbidden} {
			header := http.Header{"Cookie": {"session=valid"}, "Host": {host}, "Origin": {origin}}
			if _, response := c.knock(header); response.StatusCode != status {
				t.Errorf("the origin %q at the host %q gets %d, want %d", origin, host, response.StatusCode, status)
			}
		}
	}
}

func TestTheOldestConnectionGoesWhenAPersonHasTooMany(t *testing.T) {
	c := open(t, func(set *config.Config) { set.Live.Connections = 3 })
	other := c.enter("ben")
	var mine []guest
	for range 5 {
		mine = append(mine, c.enter("ana"))
	}
	for i, g := range mine[:2] {
		if _, err := g.next("41"); err != nil { // after which the official client stays away
			t.Errorf("connection %d was not told to go: %v", i, err)
		}
		if _, err := g.next("never"); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
			t.Errorf("connection %d ended with %v", i, err)
		}
	}
	for i, g := range append(mine[2:], other) {
		g.say(`421["typing",{}]`)
		if got := g.hear("431"); got != `[{}]` {
			t.Errorf("connection %d is answered %s", i, got)
		}
	}
	apptest.Eventually(t, func() error {
		c.roll.mu.Lock()
		defer c.roll.mu.Unlock()
		if n := c.roll.here["ana"].connections; n != 3 {
			return fmt.Errorf("%d connections are on the roll", n)
		}
		return nil
	})
}

// burst sends so many events at once, over all of the connections, and returns how many of them were accepted and the
// longest time that it was told to wait. The events are broken ones, which is told to those who may send them.
func burst(t *testing.T, n int, event string, over ...guest) (accepted, wait int) {
	t.Helper()
	for range n {
		for _, g := range over {
			g.say(`421["` + event + `",7]`)
		}
	}
	for range n {
		for _, g := range over {
			var answer []struct {
				Error struct {
					Code  string `json:"code"`
					After int    `json:"retry_after"`
				} `json:"error"`
			}
			if err := json.Unmarshal([]byte(g.hear("431")), &answer); err != nil || len(answer) != 1 {
				t.Fatal(err)
			}
			switch answer[0].Error.Code {
			case "malformed":
				accepted++
			case "too_many":
				wait = max(wait, answer[0].Error.After)
			default:
				t.Fatalf("the answer is %+v", answer)
			}
		}
	}
	return accepted, wait
}

// The clock goes on meanwhile, so that more are accepted on a slow machine.
func TestWhoSendsTooManyEventsIsToldToWaitAndStaysConnected(t *testing.T) {
	c := open(t, func(set *config.Config) { set.Live.Events = 1 })
	one, two, other := c.enter("ana"), c.enter("ana"), c.enter("ben")
	for _, event := range []string{"message", "messages", "watch", "order", "token"} {
		if accepted, wait := burst(t, 100, event, one, two); accepted < 10 || accepted >= 200 || wait != 1 {
			t.Errorf("%s: %d of 200 were accepted, and the wait was %d s", event, accepted, wait)
		}
		if accepted, _ := burst(t, 10, event, other); accepted != 10 {
			t.Errorf("another person could send %d of 10", accepted)
		}
		c.clock.Advance(eventsSaved * time.Second)
	}
	for _, event := range []string{"typing", "read"} {
		if accepted, _ := burst(t, 25, event, one, two); accepted != 50 {
			t.Errorf("%s: %d of 50 were accepted, which cost a fifth", event, accepted)
		}
		c.clock.Advance(eventsSaved * time.Second)
	}
}

func TestAClientThatDoesNotListenToThatIsCut(t *testing.T) {
	c := open(t, func(set *config.Config) { set.Live.Events = 1 })
	g := c.enter("ana")
	go func() {
		for range 100 * mostRefused {
			if g.WriteMessage(websocket.TextMessage, []byte(`42["watch",7]`)) != nil {
				return
			}
		}
	}()
	if _, err := g.next("41"); err != nil {
		t.Errorf("it was not told to go: %v", err)
	}
	c.enter("ana")
}

func TestHandshakesOfOneAddressAreLimitedAndWhoIsThereGoesOn(t *testing.T) {
	c := open(t, func(set *config.Config) { set.Live.Handshakes = 3 })
	from := func(address, query string) *http.Response {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+Path+"?EIO=4&transport=polling"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Forwarded-For", address)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response
	}
	first := from("2001:db8::1", "")
	body, err := io.ReadAll(first.Body)
	var opened struct {
		SID string `json:"sid"`
	}
	if err != nil || json.Unmarshal(body[1:], &opened) != nil {
		t.Fatalf("%s, %v", body, err)
	}
	var got []int
	for _, address := range []string{"2001:db8::2", "2001:db8::3:4", "2001:db8::5", "2001:db8:0:1::1", "192.0.2.1"} {
		got = append(got, from(address, "").StatusCode)
	}
	if want := []int{200, 200, 429, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if after, err := strconv.Atoi(from("2001:db8::1", "").Header.Get("Retry-After")); err != nil || after < 1 || after > 20 {
		t.Errorf("refused for %d s, %v", after, err)
	}
	if unknown := from("2001:db8::1", "&sid=unknown").StatusCode; unknown != http.StatusBadRequest {
		t.Errorf("a session that is not there: %d", unknown)
	}
	post, err := http.Post(c.url+Path+"?EIO=4&transport=polling&sid="+opened.SID, "text/plain", strings.NewReader(`40{"token":"ana"}`))
	if err != nil || post.StatusCode != http.StatusOK {
		t.Fatalf("who is there sends: %v, %v", post, err)
	}
	_ = post.Body.Close()
	if poll := from("2001:db8::1", "&sid="+opened.SID); poll.StatusCode != http.StatusOK {
		t.Errorf("who is there polls: %d", poll.StatusCode)
	}
	c.clock.Advance(20 * time.Second)
	if again := from("2001:db8::1", "").StatusCode; again != http.StatusOK {
		t.Errorf("later: %d", again)
	}
}

func TestAPaceForgetsWhoHasRestedAndNeverRemembersTooMany(t *testing.T) {
	c := clock.New()
	p := newPace(c, 2, time.Minute)
	for i := range mostPaced - 1 {
		p.take(fmt.Sprint("rested ", i), 1)
	}
	c.Advance(time.Minute)
	p.take("busy", 2)
	p.take("busier", 1)
	if n := len(p.full); n != 2 {
		t.Errorf("%d are remembered", n)
	}
	if wait := p.take("busy", 1); wait <= 0 || wait > 30*time.Second {
		t.Errorf("who is busy waits %v", wait)
	}
	for i := range 2 * mostPaced {
		p.take(fmt.Sprint("attacker ", i), 1)
	}
	if n := len(p.full); n > mostPaced {
		t.Errorf("%d are remembered", n)
	}
}
