package live

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/socketio"
)

// reminded is how long before the end of its access token a client is asked for the next one.
const reminded = time.Minute

// visit is one connection: on the strength of a session, and of an access token if it does not come from a page of ours.
type visit struct {
	number  int64 // later ones have higher ones
	refused int   // events that came too fast; used by the connection's callbacks only

	mu    sync.Mutex
	actor identity.Actor
	ends  time.Time // of the access token; zero: the session's cookie counts
	asked bool      // for the next one
	typed time.Time // when the person was last seen to write
}

func visitOf(sk *socketio.Socket) *visit { return sk.Data.(*visit) }

func (v *visit) who() identity.Actor {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.actor
}

// token is the connect payload, and the argument of the event "token".
type token struct {
	Token string `json:"token"`
}

// admit lets a person in whom the cookie or the token names.
func (l *Live) admit(sk *socketio.Socket, payload json.RawMessage) error {
	v := &visit{number: l.visits.Add(1)}
	v.actor, _ = sk.Handshake().Value.(identity.Actor)
	var q token
	if len(payload) > 0 && json.Unmarshal(payload, &q) == nil && q.Token != "" {
		ctx, cancel := l.deadline()
		defer cancel()
		var err error
		if v.actor, v.ends, err = l.bearer(ctx, q.Token); err != nil {
			return refusal(err)
		}
	}
	if !v.actor.SignedIn() {
		return refusal(fault.Unauthenticatedf("Please log in first."))
	}
	sk.Data = v
	return nil
}

// refusal tells a client why: a fault in its words, anything else in general ones.
func refusal(err error) error {
	f := fault.Of(err)
	return &socketio.Refusal{Message: f.Message, Data: map[string]any{"code": f.Code}}
}

// renew lets a connection go on with another access token of the same session, and as what that session may do now.
func (l *Live) renew(ctx context.Context, v *visit, q token) (any, error) {
	actor, ends, err := l.bearer(ctx, q.Token)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if actor.SessionID != v.actor.SessionID || actor.UserID != v.actor.UserID {
		return nil, fault.Forbiddenf("This is the token of another session. Connect again with it.")
	}
	v.actor, v.ends, v.asked = actor, ends, false
	return map[string]any{"expires_at": ends}, nil
}

// Expire asks clients whose access token is about to end for the next one, with the event "token", and lets go of those
// whose token has ended: they come back with another. Call it every few seconds.
func (l *Live) Expire() {
	now := l.Clock.Now()
	for _, sk := range l.people.Except().Sockets() {
		ask, over := visitOf(sk).expires(now)
		switch {
		case over:
			sk.Drop()
		case ask:
			if err := sk.Emit("token"); err != nil {
				l.Log.Debug("a client was not asked for its token", zap.Error(err))
			}
		}
	}
}

func (v *visit) expires(now time.Time) (ask, over bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.ends.IsZero() || now.Before(v.ends.Add(-reminded)) {
		return false, false
	}
	ask, v.asked = !v.asked, true
	return ask, !now.Before(v.ends)
}

// Sessions are the sessions that somebody is connected with here, each once.
func (l *Live) Sessions() []string {
	seen := map[string]bool{}
	var ids []string
	for _, sk := range l.people.Except().Sockets() {
		if id := visitOf(sk).who().SessionID; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// End cuts what the session has open here, for good.
func (l *Live) End(sessionID string) { l.people.DisconnectRoom(sessionRoom(sessionID)) }

// Drop cuts what the session has open here; the clients come back, and are let in if they may.
func (l *Live) Drop(sessionID string) {
	for _, sk := range l.people.To(sessionRoom(sessionID)).Sockets() {
		sk.Drop()
	}
}

// onSessionEnded cuts what the session has open.
func (l *Live) onSessionEnded(_ context.Context, e auth.SessionEnded) { l.End(e.SessionID) }
