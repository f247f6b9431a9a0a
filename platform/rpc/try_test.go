package rpc

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"marketplace/platform/fault"
)

// cut takes calls, reads them and hangs up: the command may have happened.
func cut(t *testing.T, calls *atomic.Int64) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// nobody is an address where nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return "http://" + l.Addr().String()
}

// patientWithBreakers lets a client meet the same broken peer again and again.
func patientWithBreakers(c *Client) {
	all, _ := c.pool.known(context.Background())
	for _, r := range all {
		r.breaker = breaker{}
	}
}

func TestACommandThatMayHaveHappenedIsNotRepeated(t *testing.T) {
	var calls atomic.Int64
	c := client(t, cut(t, &calls), cut(t, &calls), cut(t, &calls))
	for i := int64(1); i <= 20; i++ {
		patientWithBreakers(c)
		if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("%v", err)
		}
		if calls.Load() != i {
			t.Fatalf("%d calls reached a peer %d times", i, calls.Load())
		}
	}
}

func TestWhatCanBeRepeatedIsAskedOnceMoreAtAnotherReplica(t *testing.T) {
	for what, ask := range map[string]func(*Client) (said, error){
		"a read": func(c *Client) (said, error) { return Read[said](t.Context(), c, "Say", sayRequest{Text: "x"}) },
		"a command with a request id": func(c *Client) (said, error) {
			return Call[said](t.Context(), c, "Say", sayRequest{Text: "x", RequestID: "r1"})
		},
	} {
		var calls atomic.Int64
		l, good := serve(t, nil)
		c := client(t, cut(t, &calls), good.URL)
		for range 10 {
			patientWithBreakers(c)
			if got, err := ask(c); err != nil || got.Text != "x" {
				t.Errorf("%s: %+v, %v", what, got, err)
			}
		}
		if calls.Load() == 0 || l.calls.Load() != 10 {
			t.Errorf("%s: %d calls were cut, %d answered", what, calls.Load(), l.calls.Load())
		}
	}
	var calls atomic.Int64
	c := client(t, cut(t, &calls), cut(t, &calls), cut(t, &calls))
	if _, err := Read[said](t.Context(), c, "Say", sayRequest{}); !fault.Is(err, fault.Unavailable) || calls.Load() != 2 {
		t.Errorf("%v after %d attempts", err, calls.Load())
	}
}

// A proxy in front of the replicas says that it has none: the call may have been on its way.
func TestAnAnswerOfAProxyIsABrokenCall(t *testing.T) {
	var calls atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		http.Error(w, "<h1>upstream timed out</h1>", http.StatusGatewayTimeout)
	}))
	t.Cleanup(proxy.Close)
	c := client(t, proxy.URL, proxy.URL+"/")
	if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); !fault.Is(err, fault.Unavailable) || calls.Load() != 1 {
		t.Errorf("a command: %v after %d attempts", err, calls.Load())
	}
	if _, err := Read[said](t.Context(), c, "Say", sayRequest{}); !fault.Is(err, fault.Unavailable) || calls.Load() != 3 {
		t.Errorf("a read: %v after %d attempts", err, calls.Load())
	}
}

// What a module says of itself, such as that a peer of its own is away, is an answer.
func TestAFaultIsNotAskedForTwice(t *testing.T) {
	l, s := serve(t, nil)
	c := client(t, s.URL, s.URL+"/")
	for _, kind := range []string{"unavailable", "unknown", "panic", "not_found"} {
		before := l.calls.Load()
		if _, err := Read[said](t.Context(), c, "Fail", failRequest{Kind: kind}); err == nil || l.calls.Load() != before+1 {
			t.Errorf("%s: %v after %d calls", kind, err, l.calls.Load()-before)
		}
	}
}

func TestWithoutAConnectionAnythingGoesToAnotherReplica(t *testing.T) {
	l, s := serve(t, nil)
	c := client(t, nobody(t), nobody(t), nobody(t), s.URL)
	for range 20 {
		patientWithBreakers(c)
		if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if l.calls.Load() != 20 {
		t.Errorf("%d calls for 20 commands", l.calls.Load())
	}
}

func TestNothingIsRepeatedWhenTheTimeIsNearlyOver(t *testing.T) {
	c := client(t, nobody(t))
	for left, want := range map[time.Duration]bool{hopeless / 2: false, time.Minute: true} {
		ctx, cancel := context.WithTimeout(t.Context(), left)
		if got := c.again(ctx, unreachable, true, 1); got != want {
			t.Errorf("with %v left: %v", left, got)
		}
		cancel()
		if c.again(ctx, unreachable, true, 1) {
			t.Error("for a caller who has gone")
		}
	}
}

// A peer that drops every connection gets little more than the calls themselves.
func TestRepetitionsAreFewAmongManyFailures(t *testing.T) {
	var calls atomic.Int64
	c := client(t, cut(t, &calls), cut(t, &calls))
	const reads = 1000
	for range reads {
		patientWithBreakers(c)
		_, _ = Read[said](t.Context(), c, "Say", sayRequest{})
	}
	if most := int64(reads + mostSaved + reads/retryPrice + 1); calls.Load() > most || calls.Load() < reads+mostSaved {
		t.Errorf("%d reads made %d calls", reads, calls.Load())
	}
}

func TestOnlyAFilledIDMakesACommandRepeatable(t *testing.T) {
	type message struct{ ClientID string }
	type number struct{ RequestID int }
	for _, c := range []struct {
		request any
		want    bool
	}{
		{sayRequest{RequestID: "r"}, true}, {sayRequest{Text: "r"}, false}, {message{"m"}, true}, {message{}, false},
		{number{5}, false}, {struct{}{}, false}, {nil, false}, {"RequestID", false},
	} {
		if got := named(c.request); got != c.want {
			t.Errorf("%#v: %v", c.request, got)
		}
	}
}

func TestTheReasonsAreKeptForTheLog(t *testing.T) {
	_, err := Call[said](t.Context(), client(t, nobody(t)), "Say", sayRequest{})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "refused") || !strings.Contains(err.Error(), "call echo.Say") {
		t.Errorf("%v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read[said](gone, client(t, nobody(t)), "Say", sayRequest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
