package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"marketplace/modules/auth"
	"marketplace/modules/auth/authimpl"
	"marketplace/modules/chat/chatimpl"
	"marketplace/modules/gig/gigimpl"
	"marketplace/modules/notification/notificationimpl"
	"marketplace/modules/order/orderimpl"
	"marketplace/modules/review/reviewimpl"
	"marketplace/modules/user/userimpl"
	"marketplace/platform/bus"
	"marketplace/platform/rpc"
	"marketplace/web"
	"marketplace/web/edge"
)

// without are the modules of a marketplace, one of which is elsewhere, where nobody answers.
func without(t *testing.T, s edge.Services, module, address string) edge.Services {
	t.Helper()
	c, err := rpc.NewClient(module, []string{address}, rpc.Options{Secrets: [][]byte{[]byte(serviceSecret)}})
	if err != nil {
		t.Fatal(err)
	}
	map[string]func(){
		"auth":         func() { s.Auth = authimpl.Module.Remote(c) },
		"user":         func() { s.Users = userimpl.Module.Remote(c) },
		"gig":          func() { s.Gigs = gigimpl.Module.Remote(c) },
		"order":        func() { s.Orders = orderimpl.Module.Remote(c) },
		"review":       func() { s.Reviews = reviewimpl.Module.Remote(c) },
		"chat":         func() { s.Chats = chatimpl.Module.Remote(c) },
		"notification": func() { s.Notifications = notificationimpl.Module.Remote(c) },
	}[module]()
	return s
}

// awayScene is what people look at while a module is away.
type awayScene struct {
	m                        *market
	gig, order, conversation string
	cookie                   *http.Cookie // of the buyer
	without                  map[string]view
}

// view is the marketplace without one of its modules, where nobody answers.
type view struct {
	web *web.Web
	url string
}

func newAwayScene(t *testing.T) *awayScene {
	t.Helper()
	m := start(t, shapes()[0])
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	s := &awayScene{m: m, gig: seller.sell()}
	s.order = buyer.order(s.gig, "basic")
	s.conversation = buyer.post("/conversations", map[string]any{"order_id": s.order, "text": "Hello"}).ok(201).text("id")
	seller.post("/orders/"+s.order+"/deliveries", map[string]any{"message": "Here it is."}).ok(200)
	buyer.post("/orders/"+s.order+"/accept", nil).ok(200)
	m.drain(t)
	session, err := m.services.Auth.LogIn(t.Context(), auth.LogInRequest{Login: buyer.username, Password: password, Browser: true})
	if err != nil {
		t.Fatal(err)
	}
	s.cookie = &http.Cookie{Name: "session", Value: session.Token.Reveal()}
	s.without = map[string]view{}
	nobody := "http://" + freeAddress(t)
	for _, module := range everyModule()[:7] {
		w, url := s.gateway(t, module, nobody, zap.NewNop())
		s.without[module] = view{w, url}
	}
	return s
}

// gateway shows the marketplace without one of its modules.
func (s *awayScene) gateway(t *testing.T, module, address string, log *zap.Logger) (*web.Web, string) {
	t.Helper()
	events, err := bus.New(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	e := edge.Edge{Services: without(t, s.m.services, module, address), Config: s.m.config, Clock: s.m.clock, Log: log}
	w, err := web.New(t.Context(), e, events.Module("web", nil), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	return w, server.URL
}

// address fills in what a route is about.
func (s *awayScene) address(path string) string {
	switch {
	case strings.Contains(path, "/orders/:id"):
		path = strings.Replace(path, ":id", s.order, 1)
	case strings.Contains(path, "/gigs/:id"):
		path = strings.Replace(path, ":id", s.gig, 1)
	case strings.Contains(path, "/inbox/:id"), strings.Contains(path, "/conversations/:id"):
		path = strings.Replace(path, ":id", s.conversation, 1)
	case path == "/inbox/:id/messages":
		path += "?after=0"
	}
	return filled(strings.NewReplacer(":username", "sonja", ":slug", "logo-design").Replace(path))
}

type seen struct {
	status     int
	kind, page string
	header     http.Header
	spent      time.Duration
}

func (s *awayScene) look(t *testing.T, url string, cookies ...*http.Cookie) seen {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/gigs/") { // to its readable address
			return nil
		}
		return http.ErrUseLastResponse
	}}
	begun := time.Now()
	response, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return seen{response.StatusCode, response.Header.Get("Content-Type"), string(body), response.Header, time.Since(begun)}
}

func TestAModuleThatIsAwayTakesNoOtherAlong(t *testing.T) {
	t.Parallel()
	s := newAwayScene(t)
	t.Run("every address answers or says when to come back", s.everyAddressAnswers)
	t.Run("a page is shown without the parts that are away", s.pagesAreShownWithout)
	t.Run("one that hangs holds no page up", s.oneThatHangs)
}

// Row Z14: whatever module is away, every address answers what it can, or says when to come back.
func (s *awayScene) everyAddressAnswers(t *testing.T) {
	for module, v := range s.without {
		away := 0
		for _, r := range v.web.Routes() {
			if r.Method != http.MethodGet || strings.HasPrefix(r.Path, "/static/") || strings.HasSuffix(r.Path, "/cover") {
				continue
			}
			var cookies []*http.Cookie
			if r.Access != edge.Anyone {
				cookies = append(cookies, s.cookie)
			}
			got := s.look(t, v.url+s.address(r.Path), cookies...)
			switch {
			case got.status == http.StatusServiceUnavailable:
				away++
				if got.header.Get("Retry-After") == "" || isAPI(r) != (got.kind == "application/problem+json") {
					t.Errorf("without %s, %s answers %s, come back after %q", module, r.Path, got.kind, got.header.Get("Retry-After"))
				}
			case got.status >= 500 || got.spent > 20*time.Second:
				t.Errorf("without %s, %s: %d after %v: %s", module, r.Path, got.status, got.spent, got.page)
			}
		}
		if away == 0 {
			t.Errorf("nothing needs %s", module)
		}
	}
}

// Row Z14: what a page is about is shown without what is only beside it. The page says what is missing, and does not say
// that there is none of it.
func (s *awayScene) pagesAreShownWithout(t *testing.T) {
	for _, c := range []struct{ module, path, note, lie string }{
		{"gig", "/", "categories, services", "The shelves are still empty"},
		{"user", "/gigs/:id", "the profile of the other side", ""},
		{"review", "/gigs/:id", "reviews", "No reviews yet"},
		{"review", "/users/:username", "reviews", "No reviews yet"},
		{"gig", "/users/:username", "services", ""},
		{"review", "/orders/:id", "reviews", "The time for reviews is over"},
		{"user", "/orders/:id", "the profile of the other side", ""},
		{"chat", "/orders/:id", "unread messages", ""},
		{"notification", "/orders/:id", "unread notifications", ""},
		{"user", "/inbox", "the profile of the other side", ""},
		{"user", "/inbox/:id", "the profile of the other side", ""},
		{"order", "/inbox/:id", "what the conversation is about", ""},
		{"user", "/seller/gigs", "your profile", ""},
	} {
		got := s.look(t, s.without[c.module].url+s.address(c.path), s.cookie)
		if got.status != http.StatusOK || !strings.Contains(got.page, "Not available at the moment: ") || !strings.Contains(got.page, c.note) {
			t.Errorf("%s without %s: %d, and it does not say that %s are missing", c.path, c.module, got.status, c.note)
		}
		if c.lie != "" && strings.Contains(got.page, c.lie) {
			t.Errorf("%s without %s says %q", c.path, c.module, c.lie)
		}
	}
	whole := s.look(t, s.m.url+s.address("/orders/:id"), s.cookie)
	if whole.status != http.StatusOK || strings.Contains(whole.page, "Not available") {
		t.Errorf("with all modules: %d %s", whole.status, whole.page)
	}
}

// A module that takes calls and never answers costs a page seconds, not half a minute; the log says it once.
func (s *awayScene) oneThatHangs(t *testing.T) {
	hole, err := net.Listen("tcp", "127.0.0.1:0") // the system takes connections, and nobody reads them
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hole.Close() })
	core, logs := observer.New(zapcore.WarnLevel)
	_, url := s.gateway(t, "review", "http://"+hole.Addr().String(), zap.New(core))
	for range 2 {
		got := s.look(t, url+s.address("/gigs/:id"))
		if got.status != http.StatusOK || !strings.Contains(got.page, "Not available at the moment: reviews") || got.spent > 15*time.Second {
			t.Errorf("%d after %v", got.status, got.spent)
		}
	}
	if n := logs.FilterMessage("pages are shown without a part").Len(); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
	if i := slices.IndexFunc(logs.All(), func(e observer.LoggedEntry) bool { return e.Level > zapcore.WarnLevel }); i >= 0 {
		t.Errorf("the log has an error: %+v", logs.All()[i])
	}
}
