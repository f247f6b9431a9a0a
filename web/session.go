package web

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/auth"
	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/web/api"
	"marketplace/web/edge"
)

// trust is how long an answer of auth is believed: a session that was ended elsewhere is refused after that.
const trust = 2 * time.Second

// authenticate finds out who is asking: programs by the Authorization header, people by the session cookie; never one
// by the other's.
func (w *Web) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if strings.HasPrefix(r.URL.Path, "/static/") {
			return next(c)
		}
		actor, err := w.whoAsks(c)
		if err != nil {
			return err
		}
		if !actor.SignedIn() {
			return next(c)
		}
		c.SetRequest(r.WithContext(identity.With(r.Context(), actor)))
		c.Response().Header().Set("Cache-Control", "no-store")
		if changesAccount(r) {
			defer w.sessions.forget(actor.UserID)
		}
		return next(c)
	}
}

func (w *Web) whoAsks(c echo.Context) (identity.Actor, error) {
	r := c.Request()
	if strings.HasPrefix(r.URL.Path, api.Base+"/") {
		header := r.Header.Get("Authorization")
		if header == "" {
			return identity.Actor{}, nil
		}
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return identity.Actor{}, fault.Unauthenticatedf("Send the access token as \"Authorization: Bearer …\".")
		}
		actor, err := w.sessions.bearer(r.Context(), strings.TrimSpace(token))
		if fault.Is(err, fault.Unauthenticated) && strings.HasPrefix(r.URL.Path, api.Base+"/auth/") {
			return identity.Actor{}, nil // whoever logs in or refreshes may still send the old token along
		}
		return actor, err
	}
	actor, err := w.sessions.cookie(r)
	if fault.Is(err, fault.Unauthenticated) {
		edge.ClearSession(c, w.Config)
		return identity.Actor{}, nil
	}
	return actor, err
}

// changesAccount says whether the request may change what we remember of the one who asks.
func changesAccount(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	for _, part := range []string{"/auth/", "/logout", "/password", "/sessions"} {
		if strings.Contains(r.URL.Path, part) {
			return true
		}
	}
	return false
}

// sessions asks auth who somebody is, and remembers the answer for a moment.
type sessions struct {
	auth   auth.Service
	clock  *clock.Clock
	secure bool // people come by https

	mu     sync.Mutex
	recent map[[32]byte]remembered
}

type remembered struct {
	actor identity.Actor
	until time.Time
}

func newSessions(service auth.Service, c *clock.Clock, secure bool) *sessions {
	return &sessions{auth: service, clock: c, secure: secure, recent: map[[32]byte]remembered{}}
}

// cookie says who sent the request with a session cookie; nobody without one.
func (s *sessions) cookie(r *http.Request) (identity.Actor, error) {
	token := edge.SessionToken(r, s.secure)
	if token == "" {
		return identity.Actor{}, nil
	}
	return s.ask(r.Context(), auth.AuthenticateRequest{SessionToken: token})
}

func (s *sessions) bearer(ctx context.Context, token string) (identity.Actor, error) {
	return s.ask(ctx, auth.AuthenticateRequest{AccessToken: token})
}

func (s *sessions) ask(ctx context.Context, q auth.AuthenticateRequest) (identity.Actor, error) {
	key := sha256.Sum256([]byte(q.AccessToken + "\x00" + q.SessionToken))
	now := s.clock.Now()
	s.mu.Lock()
	known, ok := s.recent[key]
	s.mu.Unlock()
	if ok && now.Before(known.until) {
		return known.actor, nil
	}
	who, err := s.auth.Authenticate(ctx, q)
	if err != nil {
		return identity.Actor{}, err
	}
	actor := identity.Actor{
		UserID: who.Account.ID, Username: who.Account.Username, Verified: who.Account.Verified,
		Roles: who.Account.Roles, SessionID: who.SessionID,
	}
	if actor.Verified { // until then every answer is asked for: the next click after the mail must work
		s.remember(key, remembered{actor: actor, until: now.Add(trust)})
	}
	return actor, nil
}

// remember keeps the answer, and throws all away before it becomes many.
func (s *sessions) remember(key [32]byte, r remembered) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.recent) >= 20_000 {
		clear(s.recent)
	}
	s.recent[key] = r
}

// forget drops what is known of a user, so that a change (verified, logged out, new roles) is seen at once here.
func (s *sessions) forget(userID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, r := range s.recent {
		if r.actor.UserID == userID {
			delete(s.recent, key)
		}
	}
}
