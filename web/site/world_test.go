package site_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"marketplace/modules/gig"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/operate"
	"marketplace/web/edge"
	"marketplace/web/site"
)

// world is a small marketplace that answers what the pages ask: two people, some gigs, an order in each state.
type world struct {
	now     time.Time
	text    string // what people wrote, everywhere
	fail    error  // what the next command answers
	seller  bool   // whether ana sells
	draft   user.SellerDraft
	empty   bool  // nothing is there
	away    error // what a list of offers answers
	once    bool  // lists of orders have one page
	closed  *notification.Closure
	calls   []string
	mu      sync.Mutex
	reads   map[string]int // how often each question was asked
	search  []gig.SearchRequest
	handler http.Handler // of member
	payment string
	state   order.Status
	role    string

	offer     order.OfferStatus
	cards     bool                    // the last message is an offer
	asked     order.ListOffersRequest // the last time
	banks     bool                    // the bank of the order's buyer decides about its payment
	barred    error                   // why ana cannot write to ben
	milestone int                     // of the offer, that the order is
}

const (
	anaID  = "01990000-0000-7000-8000-0000000000a1" // who looks
	benID  = "01990000-0000-7000-8000-0000000000b1" // the other one
	gigA   = "01990000-0000-7000-8000-00000000c001"
	mineID = "01990000-0000-7000-8000-00000000c002" // the draft of who looks
)

func newWorld() *world {
	return &world{
		now: time.Date(2026, 3, 12, 14, 5, 0, 0, time.UTC), seller: true, role: "buyer", state: order.StatusDelivered, payment: "pending", offer: order.OfferSent,
		text: "I draw **calm** and confident marks.\n\n## What you get\n\n- Three drafts\n- All source files",
	}
}

func (w *world) call(name string) error {
	w.calls = append(w.calls, name)
	return w.fail
}

// read notes a question; pages ask several at once.
func (w *world) read(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.reads == nil {
		w.reads = map[string]int{}
	}
	w.reads[name]++
}

func (w *world) edge() edge.Edge {
	c := config.Defaults()
	c.PublicURL, c.Demo, c.Name = "http://marketplace.test", true, "Meridian"
	return edge.Edge{
		Fleet: operate.NewFleet(process{now: w.now}, nil),
		Services: edge.Services{
			Auth: auths{w: w}, Users: users{w: w}, Gigs: gigs{w: w}, Orders: orders{w: w}, Reviews: reviews{w: w}, Chats: chats{w: w},
			Notifications: notifications{w: w},
		},
		Config: c, Clock: clock.New(), Log: zap.NewNop(),
	}
}

// open serves the pages of a world; who is acting is in the actor.
func open(t testing.TB, w *world, actor identity.Actor) http.Handler {
	t.Helper()
	e := w.edge()
	e.Clock.Advance(w.now.Sub(e.Clock.Now()))
	s, err := site.New(e, site.Login{Username: "ana", Password: "ana-demo-1", About: "Sells logos"})
	if err != nil {
		t.Fatal(err)
	}
	router := echo.New()
	router.HTTPErrorHandler = func(err error, c echo.Context) {
		if fault.Of(err).Code == fault.Internal {
			t.Logf("%s %s: %v", c.Request().Method, c.Request().URL, err)
		}
		if err := s.ShowError(c, err); err != nil {
			t.Errorf("the error page failed: %v", err)
		}
	}
	router.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.SetRequest(c.Request().WithContext(identity.With(c.Request().Context(), actor)))
			return next(c)
		}
	})
	for _, p := range s.Pages() {
		router.Add(p.Method, p.Path, func(c echo.Context) error {
			if err := p.Access.Check(c.Request().Context()); err != nil {
				return err
			}
			return p.Handler(c)
		})
	}
	return router
}

// member serves the pages to ana, made once: reading the templates takes longer than showing a page.
func (w *world) member(t testing.TB) http.Handler {
	t.Helper()
	if w.handler == nil {
		w.handler = open(t, w, ana())
	}
	return w.handler
}

func ana() identity.Actor {
	return identity.Actor{UserID: anaID, Username: "ana", Verified: true, SessionID: "s1"}
}

// visit opens a page, and follows where it has moved to.
func visit(h http.Handler, path string) *httptest.ResponseRecorder {
	rec := ask(h, path)
	if rec.Code == http.StatusMovedPermanently {
		return ask(h, rec.Header().Get("Location"))
	}
	return rec
}

func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept", "text/html")
	h.ServeHTTP(rec, r)
	return rec
}

func send(h http.Handler, path string, form map[string]string) *httptest.ResponseRecorder {
	var pairs []string
	for name, value := range form {
		pairs = append(pairs, name+"="+strings.NewReplacer("%", "%25", "&", "%26", "=", "%3D", "+", "%2B", " ", "+", "\n", "%0A", "<", "%3C", ">", "%3E", `"`, "%22").Replace(value))
	}
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Join(pairs, "&")))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.ServeHTTP(rec, r)
	return rec
}
