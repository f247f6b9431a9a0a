package rpc

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"marketplace/platform/fault"
)

// eventually waits for what another goroutine does.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("it did not happen within five seconds")
}

// watched runs the client's watch, at a quick pace.
func watched(t *testing.T, c *Client) {
	t.Helper()
	c.pool.every, c.pool.patience = 10*time.Millisecond, 400*time.Millisecond
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the watch ended with %v", err)
		}
	})
}

// Row Z14: replicas share the calls; one that is down costs nothing.
func TestReplicasTakeTurnsAndOneThatIsDownIsLeftAlone(t *testing.T) {
	one, first := serve(t, nil)
	other, second := serve(t, nil)
	c := client(t, first.URL, nobody(t), second.URL+"/")
	for range 60 {
		if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if a, b := one.calls.Load(), other.calls.Load(); a+b != 60 || a < 18 || b < 18 {
		t.Errorf("%d and %d calls", a, b)
	}
}

func TestACallGoesWhereFewestAreAtWork(t *testing.T) {
	slow, first := serve(t, nil)
	quick, second := serve(t, nil)
	c := client(t, first.URL, second.URL)
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	for range 10 { // five hang at each
		wait.Go(func() { _, _ = Call[said](ctx, c, "Wait", sayRequest{}) })
	}
	eventually(t, func() bool { return slow.calls.Load()+quick.calls.Load() == 10 })
	if slow.calls.Load() != 5 {
		t.Fatalf("%d and %d calls at work", slow.calls.Load(), quick.calls.Load())
	}
	all, _ := c.pool.known(t.Context())
	all[0].busy.Add(1)
	for range 7 {
		if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if quick.calls.Load() != 12 {
		t.Errorf("%d calls went where fewer are at work", quick.calls.Load()-5)
	}
}

func TestABreakerOpensRestsAndTriesAgain(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var b breaker
	for i := range tolerated {
		if !b.enter(now) || b.open() {
			t.Fatalf("closed to call %d", i+1)
		}
		b.leave(broken, now)
	}
	if b.enter(now) || b.enter(now.Add(firstRest-1)) {
		t.Error("open after as many failures in a row as are tolerated")
	}
	now = now.Add(firstRest)
	if !b.enter(now) || b.enter(now) {
		t.Error("one call, and one only, is let through after the rest")
	}
	b.leave(unreachable, now)
	if now = now.Add(firstRest); b.enter(now) {
		t.Error("the second rest is as short as the first")
	}
	now = now.Add(firstRest)
	if !b.enter(now) {
		t.Error("still closed after the second rest")
	}
	b.leave(abandoned, now)
	if !b.enter(now) {
		t.Error("a caller in a hurry has used the trial up")
	}
	b.leave(answered, now)
	if b.open() || !b.enter(now) || !b.enter(now) {
		t.Error("an answer does not close it")
	}
	for range 10 { // in flight together when the process died
		b.leave(unreachable, now)
	}
	if b.rest != firstRest {
		t.Errorf("calls that had left before made the rest %v", b.rest)
	}
	b.heard(true, now)
	if !b.enter(now) {
		t.Error("a replica that answers its health check is not tried")
	}
	for range 20 {
		b.leave(unreachable, now)
		now = now.Add(time.Minute)
	}
	if b.rest != longestRest {
		t.Errorf("the longest rest is %v", b.rest)
	}
}

func TestFailuresNowAndThenOpenNothing(t *testing.T) {
	now := time.Now()
	var b breaker
	for range 20 {
		b.leave(broken, now)
		b.leave(broken, now)
		b.leave(answered, now)
	}
	if b.open() {
		t.Error("it is open")
	}
}

// A process that hangs takes connections and says nothing.
func TestAReplicaThatHangsIsFoundByItsHealthChecksAndUsedAgainWhenItIsBack(t *testing.T) {
	var hangs atomic.Bool
	l, good := serve(t, nil)
	inner := good.Config.Handler
	release := make(chan struct{})
	odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hangs.Load() {
			select {
			case <-release:
			case <-r.Context().Done():
			}
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(odd.Close)
	t.Cleanup(func() { close(release) })
	_, healthy := serve(t, nil)
	core, logs := observer.New(zap.InfoLevel)
	c, err := NewClient("echo", []string{odd.URL, healthy.URL}, Options{Secrets: secrets, Log: zap.New(core)})
	if err != nil {
		t.Fatal(err)
	}
	hangs.Store(true)
	watched(t, c)
	eventually(t, func() bool { return logs.FilterMessage("a replica does not answer").Len() == 1 })
	eventually(t, func() bool { all, _ := c.pool.known(t.Context()); return all[0].breaker.open() })
	for range 10 {
		if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	hangs.Store(false)
	eventually(t, func() bool {
		_, err := Call[said](t.Context(), c, "Say", sayRequest{})
		return err == nil && l.calls.Load() > 0
	})
	eventually(t, func() bool { return logs.FilterMessage("a replica answers again").Len() == 1 })
}

func TestAReplicaThatIsNotReadyIsCalledOnlyWhenThereIsNoOther(t *testing.T) {
	leaving := func(inner http.Handler) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/readyz" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			inner.ServeHTTP(w, r)
		}))
		t.Cleanup(s.Close)
		return s
	}
	l, s := serve(t, nil)
	other, ready := serve(t, nil)
	c := client(t, leaving(s.Config.Handler).URL, ready.URL)
	watched(t, c)
	eventually(t, func() bool { all, _ := c.pool.known(t.Context()); return all[0].unready.Load() })
	for range 10 {
		if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if l.calls.Load() != 0 || other.calls.Load() != 10 {
		t.Errorf("%d and %d calls", l.calls.Load(), other.calls.Load())
	}
	ready.Close()
	if _, err := Read[said](t.Context(), c, "Say", sayRequest{}); err != nil || l.calls.Load() != 1 {
		t.Errorf("when there is no other: %v", err)
	}
}

// Names with several addresses: a headless service of Kubernetes, a scaled service of compose.
func TestANameIsAllItsAddressesAndFollowsThem(t *testing.T) {
	one, first := serve(t, nil)
	u, _ := url.Parse(first.URL)
	var mu sync.Mutex
	hosts, failing := []string{"127.0.0.1"}, error(nil)
	set := func(err error, to ...string) { mu.Lock(); defer mu.Unlock(); hosts, failing = to, err }
	c := client(t, "http://echo.internal:"+u.Port())
	c.pool.lookup = func(_ context.Context, host string) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		if host != "echo.internal" {
			t.Errorf("%q is looked up", host)
		}
		return hosts, failing
	}
	if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil || one.calls.Load() != 1 {
		t.Fatalf("%v", err)
	}
	before, _ := c.pool.known(t.Context())
	watched(t, c)
	replicas := func(want ...string) func() bool {
		return func() bool {
			all, _ := c.pool.known(t.Context())
			for i := range all {
				if len(all) != len(want) || all[i].dial != want[i]+":"+u.Port() {
					return false
				}
			}
			return len(all) == len(want)
		}
	}
	set(nil, "127.0.0.1", "127.0.0.2", "127.0.0.1")
	eventually(t, replicas("127.0.0.1", "127.0.0.2"))
	if all, _ := c.pool.known(t.Context()); all[0] != before[0] {
		t.Error("what was known of a replica is forgotten when another comes")
	}
	set(nil, "127.0.0.2")
	eventually(t, replicas("127.0.0.2"))
	set(errors.New("no such host"))
	looked := c.pool.replicas.Load()
	eventually(t, func() bool { return c.pool.replicas.Load() != looked })
	if !replicas("127.0.0.2")() {
		t.Error("a name that cannot be looked up takes the replicas away")
	}
}

func TestANameIsLookedUpOnThisMachine(t *testing.T) {
	l, s := serve(t, nil)
	u, _ := url.Parse(s.URL)
	c := client(t, "http://localhost:"+u.Port())
	if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil || l.calls.Load() != 1 {
		t.Errorf("%v", err)
	}
	if _, err := Call[said](t.Context(), client(t, "http://no-such-host.invalid:9000"), "Say", sayRequest{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a name that nobody has: %v", err)
	}
}

func TestTheNameStaysInTheRequest(t *testing.T) {
	seen := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Host
		_, _ = w.Write([]byte(`{}`))
	}))
	t.Cleanup(s.Close)
	u, _ := url.Parse(s.URL)
	c := client(t, "http://order.example:"+u.Port())
	c.pool.lookup = func(context.Context, string) ([]string, error) { return []string{"127.0.0.1"}, nil }
	if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
		t.Fatal(err)
	}
	if got := <-seen; got != "order.example:"+u.Port() {
		t.Errorf("the host is %q", got)
	}
}

func TestConnectionsToAReplicaAreBounded(t *testing.T) {
	l, s := serve(t, nil)
	c := client(t, s.URL)
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range mostConnections + 20 {
		wait.Go(func() { _, _ = Call[said](ctx, c, "Wait", sayRequest{}) })
	}
	eventually(t, func() bool { return l.calls.Load() == mostConnections })
	short, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer stop()
	if _, err := Call[said](short, c, "Say", sayRequest{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one call more: %v", err)
	}
	if l.calls.Load() != mostConnections {
		t.Errorf("%d calls at work", l.calls.Load())
	}
	cancel()
	wait.Wait()
}
