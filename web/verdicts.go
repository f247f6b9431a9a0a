package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"maps"
	"net/http"
	"sync"
	"time"

	"marketplace/modules/auth"
	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/web/edge"
)

// A session that was ended is refused everywhere within 5 seconds (ADR 10): what auth has said is believed for trust, and
// for grace when auth does not answer. Both count from before auth was asked. Afterwards nobody is let in.
const (
	trust          = 2 * time.Second
	grace          = 4 * time.Second
	askingTakes    = 4 * time.Second // at most
	mostRemembered = 20_000          // answers; some 10 MB
)

// sessions asks auth who somebody is, and remembers the answer for a moment.
type sessions struct {
	auth   auth.Service
	clock  *clock.Clock
	secure bool // people come by https
	keys   *accessKeys

	mu     sync.Mutex
	recent map[[32]byte]verdict
}

// verdict is what auth has said of a token.
type verdict struct {
	actor identity.Actor
	asked time.Time
	ends  time.Time // of an access token; zero: it does not say
}

func (v verdict) holds(now time.Time, long time.Duration) bool {
	return now.Before(v.asked.Add(long)) && (v.ends.IsZero() || now.Before(v.ends))
}

func newSessions(service auth.Service, c *clock.Clock, secure bool) *sessions {
	return &sessions{auth: service, clock: c, secure: secure, keys: &accessKeys{auth: service, clock: c}, recent: map[[32]byte]verdict{}}
}

// cookie says who sent the request with a session cookie; nobody without one.
func (s *sessions) cookie(r *http.Request) (identity.Actor, error) {
	token := edge.SessionToken(r, s.secure)
	if token == "" {
		return identity.Actor{}, nil
	}
	return s.ask(r.Context(), auth.AuthenticateRequest{SessionToken: private.Secret(token)}, time.Time{})
}

// bearer says whose access token this is. The signature is proven here, so auth is not asked about what it never made.
func (s *sessions) bearer(ctx context.Context, token string) (identity.Actor, error) {
	actor, _, err := s.bearerUntil(ctx, token)
	return actor, err
}

// bearerUntil is bearer, and says when the token ends.
func (s *sessions) bearerUntil(ctx context.Context, token string) (identity.Actor, time.Time, error) {
	q := auth.AuthenticateRequest{AccessToken: private.Secret(token)}
	if v, now := s.recall(keyOf(q)), s.clock.Now(); v.holds(now, trust) {
		return v.actor, v.ends, nil
	}
	proven, err := s.keys.prove(ctx, token)
	if err != nil {
		return identity.Actor{}, time.Time{}, err
	}
	actor, err := s.ask(ctx, q, proven.ExpiresAt)
	return actor, proven.ExpiresAt, err
}

// ask says who it is by auth's word, an earlier one if it still holds. Unavailable: auth does not answer.
func (s *sessions) ask(ctx context.Context, q auth.AuthenticateRequest, ends time.Time) (identity.Actor, error) {
	key, now := keyOf(q), s.clock.Now()
	known := s.recall(key)
	if known.holds(now, trust) {
		return known.actor, nil
	}
	patience, cancel := context.WithTimeout(ctx, askingTakes)
	defer cancel()
	who, err := s.auth.Authenticate(patience, q)
	switch {
	case err == nil:
	case fault.Is(err, fault.Unavailable) || errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		if known.holds(s.clock.Now(), grace) {
			return known.actor, nil
		}
		return identity.Actor{}, errors.Join(fault.Unavailablef(2, "We cannot look up who you are right now. Please try again in a moment."), err)
	default:
		return identity.Actor{}, err
	}
	actor := identity.Actor{
		UserID: who.Account.ID, Username: who.Account.Username, Verified: who.Account.Verified,
		Roles: who.Account.Roles, SessionID: who.SessionID,
	}
	if actor.Verified { // until then every answer is asked for: the next click after the mail must work
		s.remember(key, verdict{actor: actor, asked: now, ends: ends})
	}
	return actor, nil
}

// keyOf is what an answer is remembered by: not the token, which opens the session.
func keyOf(q auth.AuthenticateRequest) [32]byte {
	return sha256.Sum256([]byte(q.AccessToken.Reveal() + "\x00" + q.SessionToken.Reveal()))
}

func (s *sessions) recall(key [32]byte) verdict {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent[key]
}

// remember keeps the answer. Before there are too many, those that nobody believes any more are thrown away; or all.
func (s *sessions) remember(key [32]byte, v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.recent) >= mostRemembered {
		maps.DeleteFunc(s.recent, func(_ [32]byte, old verdict) bool { return !old.holds(v.asked, grace) })
	}
	if len(s.recent) >= mostRemembered {
		clear(s.recent)
	}
	s.recent[key] = v
}

// forgetUser drops what is known of a user, so that a change is seen at once here.
func (s *sessions) forgetUser(id string) {
	s.forget(func(a identity.Actor) bool { return a.UserID == id })
}

// onSessionEnded drops what is known of a session: the signal may be lost, and then the end of trust comes.
func (s *sessions) onSessionEnded(_ context.Context, e auth.SessionEnded) {
	s.forget(func(a identity.Actor) bool { return a.SessionID == e.SessionID })
}

func (s *sessions) forget(of func(identity.Actor) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.recent, func(_ [32]byte, v verdict) bool { return of(v.actor) })
}
