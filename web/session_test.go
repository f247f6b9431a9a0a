package web

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/web/edge"
)

// doorkeeper stands in for auth: it knows tokens, and can be away.
type doorkeeper struct {
	auth.Service
	open  map[string]auth.Identity // by token
	keys  auth.KeySet
	away  bool
	hangs bool
	asked []string
}

func (d *doorkeeper) answer(ctx context.Context, what string) error {
	d.asked = append(d.asked, what)
	if d.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if d.away {
		return fault.Unavailablef(1, "away")
	}
	return nil
}

func (d *doorkeeper) Authenticate(ctx context.Context, q auth.AuthenticateRequest) (auth.Identity, error) {
	if err := d.answer(ctx, "Authenticate"); err != nil {
		return auth.Identity{}, err
	}
	who, ok := d.open[(q.SessionToken + q.AccessToken).Reveal()]
	if !ok {
		return auth.Identity{}, fault.Unauthenticatedf("Please log in again.")
	}
	return who, nil
}

func (d *doorkeeper) ListKeys(ctx context.Context, _ auth.ListKeysRequest) (auth.KeySet, error) {
	return d.keys, d.answer(ctx, "ListKeys")
}

func (d *doorkeeper) ListOpenSessions(ctx context.Context, q auth.ListOpenSessionsRequest) (list auth.OpenSessionList, err error) {
	for _, who := range d.open {
		if slices.Contains(q.IDs, who.SessionID) {
			list.IDs = append(list.IDs, who.SessionID)
		}
	}
	return list, d.answer(ctx, fmt.Sprintf("ListOpenSessions of %d", len(q.IDs)))
}

// newKey adds a key to the published ones, and returns what signs with it.
func (d *doorkeeper) newKey(t *testing.T, id string) ed25519.PrivateKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	d.keys.Issuer = "http://market.example"
	d.keys.Keys = append(d.keys.Keys, auth.Key{Type: "OKP", Curve: "Ed25519", ID: id, X: base64.RawURLEncoding.EncodeToString(public)})
	return private
}

// gateway is one replica of web, without its pages.
func (d *doorkeeper) gateway(c *clock.Clock) *Web {
	e := edge.Edge{Services: edge.Services{Auth: d}, Clock: c, Config: config.Config{PublicURL: "http://market.example"}, Log: zap.NewNop()}
	return &Web{Edge: e, sessions: newSessions(d, c, false)}
}

func newDoorkeeper() *doorkeeper {
	return &doorkeeper{open: map[string]auth.Identity{
		"cookie": {Account: auth.Account{ID: "u1", Username: "ana", Verified: true}, SessionID: "s1"},
	}}
}

// get asks for a page that needs a session, or for one that everybody may see.
func get(w *Web, access edge.Access, cookie string) *httptest.ResponseRecorder {
	rec, router := httptest.NewRecorder(), echo.New()
	router.HTTPErrorHandler = func(err error, c echo.Context) { _ = c.NoContent(fault.Of(err).Code.Status()) }
	router.Any("/page", w.authenticate(guarded(access, func(c echo.Context) error {
		return c.String(http.StatusOK, "for "+identity.From(c.Request().Context()).Username)
	})))
	r := httptest.NewRequest(http.MethodGet, "/page", http.NoBody)
	r.Header.Set("Cookie", "session="+cookie)
	router.ServeHTTP(rec, r)
	return rec
}

// ASVS 7.4.1: every replica believes an answer for 2 seconds, so an ended session is refused everywhere within 5.
func TestASVS_V7_4_1_AnEndedSessionIsRefusedOnEveryReplicaWithinSeconds(t *testing.T) {
	d, c := newDoorkeeper(), clock.New()
	one, two := d.gateway(c), d.gateway(c)
	for _, w := range []*Web{one, two, one, two} {
		if page := get(w, edge.SignedIn, "cookie"); page.Code != http.StatusOK || page.Body.String() != "for ana" {
			t.Fatalf("%d %s", page.Code, page.Body)
		}
	}
	if len(d.asked) != 2 {
		t.Errorf("auth was asked %d times, not once for each replica", len(d.asked))
	}
	delete(d.open, "cookie")
	one.sessions.onSessionEnded(t.Context(), auth.SessionEnded{SessionID: "s1", UserID: "u1"})
	if page := get(one, edge.SignedIn, "cookie"); page.Code != http.StatusUnauthorized {
		t.Errorf("where the signal came: %d", page.Code)
	}
	c.Advance(trust)
	page := get(two, edge.SignedIn, "cookie")
	if page.Code != http.StatusUnauthorized {
		t.Errorf("where it was lost: %d", page.Code)
	}
	if k := page.Result().Cookies(); len(k) != 1 || k[0].MaxAge >= 0 {
		t.Errorf("the cookie stays: %v", k)
	}
	if trust > 5*time.Second || grace > 5*time.Second || recheck+recheckTakes+time.Second > 5*time.Second || unconfirmed+recheck > 5*time.Second {
		t.Error("together it takes more than 5 seconds")
	}
}

func TestWithoutAuthPeopleAreKnownForFourSecondsAndThenAreVisitors(t *testing.T) {
	for name, lose := range map[string]func(*doorkeeper){
		"away":  func(d *doorkeeper) { d.away = true },
		"hangs": func(d *doorkeeper) { d.hangs = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, c := newDoorkeeper(), clock.New()
			w := d.gateway(c)
			get(w, edge.SignedIn, "cookie")
			lose(d)
			if d.away {
				c.Advance(trust)
				if page := get(w, edge.SignedIn, "cookie"); page.Code != http.StatusOK {
					t.Errorf("within the grace: %d", page.Code)
				}
			}
			c.Advance(grace)
			if page := get(w, edge.SignedIn, "cookie"); page.Code != http.StatusServiceUnavailable || len(page.Result().Cookies()) != 0 {
				t.Errorf("after the grace: %d %v", page.Code, page.Result().Cookies())
			}
			if d.hangs {
				return
			}
			if page := get(w, edge.Anyone, "cookie"); page.Code != http.StatusOK || page.Body.String() != "for " || page.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("a page for everybody: %d %s", page.Code, page.Body)
			}
			asked := len(d.asked)
			if page := get(w, edge.Anyone, ""); page.Code != http.StatusOK || len(d.asked) != asked {
				t.Errorf("a visitor: %d", page.Code)
			}
			d.away = false
			if page := get(w, edge.SignedIn, "cookie"); page.Code != http.StatusOK {
				t.Errorf("when auth is back: %d", page.Code)
			}
		})
	}
}

func TestWhoCouldNotBeLookedUpChangesNothing(t *testing.T) {
	d, c := newDoorkeeper(), clock.New()
	d.away = true
	w := d.gateway(c)
	r := httptest.NewRequest(http.MethodPost, "/logout", http.NoBody)
	r.Header.Set("Cookie", "session=cookie")
	err := w.authenticate(func(echo.Context) error { return nil })(echo.New().NewContext(r, httptest.NewRecorder()))
	if !fault.Is(err, fault.Unavailable) {
		t.Errorf("it went on: %v", err)
	}
}

// ASVS 9.1.1, RFC 8725: what auth never signed does not reach it, and does not make it read keys again and again.
func TestASVS_V9_1_1_ForgedTokensStopAtTheGateway(t *testing.T) {
	d, c := newDoorkeeper(), clock.New()
	private := d.newKey(t, "k1")
	w := d.gateway(c)
	now := c.Now()
	token := identity.AccessToken{ID: "t1", Issuer: d.keys.Issuer, UserID: "u1", SessionID: "s1", IssuedAt: now, ExpiresAt: now.Add(time.Minute)}
	sign := func(a identity.AccessToken, kid string, key ed25519.PrivateKey) string {
		text, err := a.Sign(kid, key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := sign(token, "k1", private)
	d.open[good] = d.open["cookie"]
	_, other, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	expired, elsewhere := token, token
	expired.ExpiresAt, elsewhere.Issuer = now.Add(-keysApart-time.Second), "https://elsewhere.example"
	for name, forged := range map[string]string{
		"another key": sign(token, "k1", other), "expired": sign(expired, "k1", private), "another issuer": sign(elsewhere, "k1", private),
		"no signature": good[:strings.LastIndex(good, ".")+1], "nothing of ours": "x",
	} {
		if actor, err := w.sessions.bearer(t.Context(), forged); !fault.Is(err, fault.Unauthenticated) || actor.SignedIn() {
			t.Errorf("%s: %v, %v", name, actor, err)
		}
	}
	for i := range 50 {
		_, err := w.sessions.bearer(t.Context(), sign(token, fmt.Sprintf("invented-%d", i), other))
		if !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("an invented key: %v", err)
		}
	}
	if !slices.Equal(d.asked, []string{"ListKeys"}) {
		t.Errorf("auth was asked %v", d.asked)
	}
	if actor, err := w.sessions.bearer(t.Context(), good); err != nil || actor.UserID != "u1" {
		t.Errorf("the good one: %v, %v", actor, err)
	}
}

// A key is found when the first token comes that it has signed: no restart.
func TestANewKeyIsFoundAndAKnownOneOutlivesAuth(t *testing.T) {
	d, c := newDoorkeeper(), clock.New()
	w := d.gateway(c)
	d.away = true
	if _, err := w.sessions.keys.prove(t.Context(), "x"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("without keys: %v", err)
	}
	d.away = false
	token := func(kid string) string {
		now := c.Now()
		text, err := identity.AccessToken{Issuer: d.keys.Issuer, UserID: "u1", IssuedAt: now, ExpiresAt: now.Add(time.Hour)}.Sign(kid, d.newKey(t, kid))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	for _, kid := range []string{"k1", "k2", "k3"} {
		c.Advance(keysPause)
		if _, err := w.sessions.keys.prove(t.Context(), token(kid)); err != nil {
			t.Errorf("%s is not known: %v", kid, err)
		}
	}
	last := token("k4")
	c.Advance(keysLife)
	if _, err := w.sessions.keys.prove(t.Context(), last); err != nil {
		t.Error(err)
	}
	d.away = true
	c.Advance(2 * keysLife)
	if _, err := w.sessions.keys.prove(t.Context(), last); err != nil {
		t.Errorf("auth is away, and its keys are forgotten: %v", err)
	}
	d.away, d.keys.Keys = false, nil
	c.Advance(keysLife)
	if _, err := w.sessions.keys.prove(t.Context(), last); err == nil {
		t.Error("a key that is not published any more is used")
	}
}

func TestAnAnswerIsNotBelievedLongerThanTheTokenLives(t *testing.T) {
	now := clock.New().Now()
	v := verdict{asked: now, ends: now.Add(time.Second)}
	if !v.holds(now.Add(999*time.Millisecond), grace) || v.holds(now.Add(time.Second), grace) || (verdict{}).holds(now, grace) {
		t.Error("the end of the token does not count")
	}
}

func TestRememberedAnswersAreBounded(t *testing.T) {
	s := newSessions(nil, clock.New(), false)
	now := s.clock.Now()
	key := func(i int) [32]byte {
		return keyOf(auth.AuthenticateRequest{SessionToken: private.Secret(fmt.Sprint(i))})
	}
	for i := range mostRemembered {
		s.remember(key(i), verdict{asked: now.Add(time.Duration(i%2) * time.Minute)})
	}
	s.remember(key(-1), verdict{asked: now.Add(time.Minute)})
	if n := len(s.recent); n != mostRemembered/2+1 {
		t.Errorf("%d answers are kept after those were thrown away that nobody believes", n)
	}
	for i := range 2 * mostRemembered {
		s.remember(key(i), verdict{asked: now.Add(time.Minute)})
	}
	if n := len(s.recent); n > mostRemembered {
		t.Errorf("%d answers are kept", n)
	}
}
