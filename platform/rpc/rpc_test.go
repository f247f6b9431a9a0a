package rpc

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// echo is a contract with one method of each kind of end.
type echo interface {
	Say(ctx context.Context, q sayRequest) (said, error)
	Fail(ctx context.Context, q failRequest) (said, error)
	Wait(ctx context.Context, q sayRequest) (said, error)
}

type sayRequest struct {
	Text      string `json:"text"`
	RequestID string `json:"request_id,omitempty"`
}

type failRequest struct {
	Kind string `json:"kind"`
}

type said struct {
	Text    string         `json:"text"`
	Actor   identity.Actor `json:"actor"`
	Request string         `json:"request"`
	Left    time.Duration  `json:"left"`
}

// local is the real thing. It has a method that is not in the contract.
type local struct{ calls atomic.Int64 }

func (l *local) Say(ctx context.Context, q sayRequest) (said, error) {
	l.calls.Add(1)
	deadline, _ := ctx.Deadline()
	return said{Text: q.Text, Actor: identity.From(ctx), Request: identity.Request(ctx), Left: time.Until(deadline)}, nil
}

func (l *local) Fail(_ context.Context, q failRequest) (said, error) {
	l.calls.Add(1)
	switch q.Kind {
	case "panic":
		panic("no such row in table secrets")
	case "unknown":
		return said{}, errors.New("no such row in table secrets")
	case "fields":
		return said{}, fault.Fields(fault.Field{Name: "text", Message: "Use 1 to 5 characters."})
	case "conflict":
		f := fault.Conflictf("The order is delivered already.")
		f.Allowed = []string{"accept"}
		return said{}, errors.Join(f, errors.New("internal detail"))
	}
	return said{}, &fault.Error{Code: fault.Code(q.Kind), Message: "A sentence.", RetryAfter: 7}
}

func (l *local) Wait(ctx context.Context, _ sayRequest) (said, error) {
	l.calls.Add(1)
	<-ctx.Done()
	return said{}, ctx.Err()
}

func (l *local) Reset(context.Context, sayRequest) (said, error) { panic("not in the contract") }

var secrets = [][]byte{[]byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210fedcba9876543210")}

func serve(t *testing.T, log *zap.Logger) (*local, *httptest.Server) {
	t.Helper()
	l := &local{}
	h, err := Serve[echo]("echo", l, Options{Secrets: secrets, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/rpc/echo/", h)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return l, s
}

func client(t *testing.T, addresses ...string) *Client {
	t.Helper()
	c, err := NewClient("echo", addresses, Options{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACallCarriesTheActorTheRequestAndTheResult(t *testing.T) {
	_, s := serve(t, nil)
	actor := identity.Actor{UserID: "u1", Username: "ana", Verified: true, Roles: []string{"operator"}, SessionID: "s1"}
	ctx := identity.WithRequest(identity.With(t.Context(), actor), "r1")
	got, err := Call[said](ctx, client(t, s.URL), "Say", sayRequest{Text: "hello"})
	if err != nil || got.Text != "hello" || got.Request != "r1" || got.Actor.UserID != "u1" || !got.Actor.Verified || !got.Actor.Is("operator") {
		t.Errorf("%+v, %v", got, err)
	}
	got, err = Call[said](identity.System(t.Context()), client(t, s.URL), "Say", sayRequest{})
	if err != nil || !got.Actor.System || got.Actor.SignedIn() || got.Request != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestEveryFaultTravelsWithItsCode(t *testing.T) {
	_, s := serve(t, nil)
	c := client(t, s.URL)
	statuses := map[int]bool{}
	for _, code := range []fault.Code{fault.Invalid, fault.Malformed, fault.Unauthenticated, fault.Forbidden, fault.NotFound,
		fault.Conflict, fault.TooLarge, fault.TooMany, fault.Unavailable} {
		statuses[code.Status()] = true
		_, err := Call[said](t.Context(), c, "Fail", failRequest{Kind: string(code)})
		f := fault.Of(err)
		if f.Code != code && code != fault.Conflict || f.RetryAfter != 7 && code != fault.Conflict {
			t.Errorf("%s arrives as %+v", code, f)
		}
	}
	if len(statuses) != 9 || statuses[500] {
		t.Errorf("the HTTP statuses of the codes: %v", statuses)
	}
	_, err := Call[said](t.Context(), c, "Fail", failRequest{Kind: "fields"})
	if f := fault.Of(err); f.Code != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != "text" {
		t.Errorf("%+v", f)
	}
	_, err = Call[said](t.Context(), c, "Fail", failRequest{Kind: "conflict"})
	if f := fault.Of(err); f.Code != fault.Conflict || !slices.Equal(f.Allowed, []string{"accept"}) || strings.Contains(err.Error(), "internal detail") {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestAnUnknownErrorAndAPanicTellTheCallerNothingAndTheLogEverything(t *testing.T) {
	for _, kind := range []string{"unknown", "panic"} {
		core, logs := observer.New(zap.InfoLevel)
		_, s := serve(t, zap.New(core))
		ctx := identity.WithRequest(t.Context(), "r9")
		_, err := Call[said](ctx, client(t, s.URL), "Fail", failRequest{Kind: kind})
		if fault.Of(err).Code != fault.Internal || strings.Contains(err.Error(), "secrets") {
			t.Errorf("%s: the caller reads %v", kind, err)
		}
		if logs.Len() != 1 || !strings.Contains(logs.All()[0].ContextMap()["error"].(string), "table secrets") || logs.All()[0].ContextMap()["http.request.id"] != "r9" {
			t.Errorf("%s: the log says %v", kind, logs.All())
		}
	}
}

func TestTheRemainingTimeTravelsAndIsApplied(t *testing.T) {
	l, s := serve(t, nil)
	c := client(t, s.URL)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := Call[said](ctx, c, "Say", sayRequest{})
	if err != nil || got.Left <= 3*time.Second || got.Left > 5*time.Second {
		t.Errorf("the module has %v, %v", got.Left, err)
	}
	got, err = Call[said](t.Context(), c, "Say", sayRequest{})
	if err != nil || got.Left <= timeLimit/2 || got.Left > timeLimit {
		t.Errorf("without a deadline the module has %v, %v", got.Left, err)
	}
	short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	before := l.calls.Load()
	if _, err := Call[said](short, c, "Wait", sayRequest{}); !errors.Is(err, context.DeadlineExceeded) && !fault.Is(err, fault.Unavailable) {
		t.Errorf("after the deadline: %v", err)
	}
	if l.calls.Load() != before+1 {
		t.Error("the slow call was repeated")
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Call[said](gone, c, "Say", sayRequest{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after the caller has gone: %v", err)
	}
}

func TestNobodyWorksForACallerWhoHasGone(t *testing.T) {
	l, s := serve(t, nil)
	for header, want := range map[string]int{"0": http.StatusServiceUnavailable, "-5": http.StatusServiceUnavailable, "5000": http.StatusOK} {
		before := l.calls.Load()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+callPath, strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+forge(t, jwt.SigningMethodHS256, secrets[0], `{}`, nil))
		r.Header.Set(headerRemaining, header)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if worked := l.calls.Load() > before; response.StatusCode != want || worked != (want == http.StatusOK) {
			t.Errorf("with %s ms left: %d, and the module worked: %v", header, response.StatusCode, worked)
		}
	}
}

func TestWhatRemainsIsReadWithCare(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"1500": 1500 * time.Millisecond, "0": 0, "-5": 0, "": timeLimit, "soon": timeLimit,
		"999999999": timeLimit, "9223372036854775807": timeLimit, "99999999999999999999": timeLimit,
	} {
		if got := remaining(header); got != want {
			t.Errorf("%q is %v, not %v", header, got, want)
		}
	}
}

func TestAPeerThatIsAwayIsUnavailable(t *testing.T) {
	_, s := serve(t, nil)
	s.Close()
	_, err := Call[said](t.Context(), client(t, s.URL), "Say", sayRequest{})
	if f := fault.Of(err); f.Code != fault.Unavailable || f.RetryAfter == 0 || strings.Contains(f.Message, "127.0.0.1") {
		t.Errorf("%+v", f)
	}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "<h1>no backend</h1>", http.StatusBadGateway)
	}))
	t.Cleanup(gateway.Close)
	if _, err := Call[said](t.Context(), client(t, gateway.URL), "Say", sayRequest{}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("behind a proxy without a backend: %v", err)
	}
	stranger := httptest.NewServer(http.RedirectHandler("http://127.0.0.1:1/elsewhere", http.StatusTemporaryRedirect))
	t.Cleanup(stranger.Close)
	if _, err := Call[said](t.Context(), client(t, stranger.URL), "Say", sayRequest{}); fault.Of(err).Code != fault.Internal || !strings.Contains(err.Error(), "307") {
		t.Errorf("a redirect was followed: %v", err)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	l := &local{}
	h, err := Serve[echo]("echo", l, Options{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t, s.URL)
	for range 50 {
		if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
			t.Fatal(err)
		}
	}
	if connections.Load() != 1 {
		t.Errorf("%d connections for 50 calls", connections.Load())
	}
}

func TestBodiesAreLimitedBothWays(t *testing.T) {
	o := Options{Secrets: secrets, most: 1 << 20}
	l := &local{}
	h, err := Serve[echo]("echo", l, o)
	if err != nil {
		t.Fatal(err)
	}
	url := listen(t, h)
	c, err := NewClient("echo", []string{url}, o)
	if err != nil {
		t.Fatal(err)
	}
	large := sayRequest{Text: strings.Repeat("x", int(o.most))}
	if _, err := Call[said](t.Context(), c, "Say", large); !fault.Is(err, fault.TooLarge) || l.calls.Load() != 0 ||
		!strings.Contains(fault.Of(err).Message, "64 MB") {
		t.Errorf("a large request: %v", err)
	}
	fits := sayRequest{Text: large.Text[20:]} // the answer holds more than the text
	if _, err := Call[said](t.Context(), c, "Say", fits); fault.Of(err).Code != fault.Internal || l.calls.Load() != 1 {
		t.Errorf("a large answer: %v", err)
	}
	whole := large.Text + "x"
	if got := post(t, url, forge(t, jwt.SigningMethodHS256, secrets[0], whole, nil), http.MethodPost, whole); got != http.StatusRequestEntityTooLarge {
		t.Errorf("a large request with a good token: %d", got)
	}
	if got := post(t, url, "forged", http.MethodPost, whole); got != http.StatusUnauthorized {
		t.Errorf("a large request without one: %d", got)
	}
	c.most *= 2
	chatty := listen(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 3<<20)) }))
	if c.pool, err = newPool([]string{chatty}); err != nil {
		t.Fatal(err)
	}
	if _, err := Call[said](t.Context(), c, "Say", fits); err == nil || !strings.Contains(err.Error(), "the answer has more than") {
		t.Errorf("a peer that does not come to an end: %v", err)
	}
}

// Row O12: as many files as the pages take at once fit into a request, as JSON writes them.
func TestSixtyFourMegabytesOfFilesFitIntoARequest(t *testing.T) {
	const others = 1 << 20 // names, a message, answers
	if n := base64.StdEncoding.EncodedLen(files) + others; n > limit {
		t.Errorf("%d bytes", n)
	}
}

func TestLargeRequestsWaitForEachOther(t *testing.T) {
	h, err := Serve[echo]("echo", &local{}, Options{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	for length, want := range map[int64]int64{0: 0, large - 1: 0, large: large, limit: limit, limit + 1: limit, -1: limit} {
		if got := h.(*server).weightOf(&http.Request{ContentLength: length}); got != want {
			t.Errorf("%d bytes weigh %d", length, got)
		}
	}
	url := listen(t, h)
	if err := h.(*server).held.Acquire(t.Context(), mostHeld); err != nil {
		t.Fatal(err)
	}
	c := client(t, url)
	if _, err := Call[said](t.Context(), c, "Say", sayRequest{}); err != nil {
		t.Errorf("a small one: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := Call[said](ctx, c, "Say", sayRequest{Text: strings.Repeat("x", large)}); !fault.Is(err, fault.Unavailable) && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a large one: %v", err)
	}
	h.(*server).held.Release(mostHeld)
	if _, err := Call[said](t.Context(), c, "Say", sayRequest{Text: strings.Repeat("x", large)}); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}

func TestOnlyTheContractIsExposed(t *testing.T) {
	_, s := serve(t, nil)
	c := client(t, s.URL)
	for _, name := range []string{"Reset", "say", "Say/", "", "../echo/Nothing"} {
		if _, err := Call[said](t.Context(), c, name, sayRequest{}); fault.Of(err).Code != fault.Internal {
			t.Errorf("the method %q answers %v", name, err)
		}
	}
}

func TestWhatIsNoContractIsRefused(t *testing.T) {
	type odd interface{ Get(id string) (said, error) }
	if _, err := Serve[odd]("odd", nil, Options{Secrets: secrets}); err == nil || !strings.Contains(err.Error(), "Get") {
		t.Errorf("%v", err)
	}
	if _, err := Serve("echo", &local{}, Options{Secrets: secrets}); err == nil {
		t.Error("a struct was exposed with all its methods")
	}
	if _, err := Serve[echo]("echo", &local{}, Options{}); err == nil {
		t.Error("a module is served without a secret")
	}
	for _, address := range []string{"", "order:9000", "ftp://order", "http://", "http://a b"} {
		if _, err := NewClient("echo", []string{address}, Options{Secrets: secrets}); err == nil {
			t.Errorf("the address %q is accepted", address)
		}
	}
	if _, err := NewClient("echo", nil, Options{Secrets: secrets}); err == nil {
		t.Error("a client without an address")
	}
	if _, err := NewClient("echo", []string{"http://a"}, Options{}); err == nil {
		t.Error("a client without a secret")
	}
}
