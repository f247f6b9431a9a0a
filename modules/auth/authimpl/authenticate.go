package authimpl

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/telemetry"
)

// Authenticate runs with every request: a signature or a code to check, and one row to read.
func (s *service) Authenticate(ctx context.Context, q auth.AuthenticateRequest) (auth.Identity, error) {
	if (q.AccessToken == "") == (q.SessionToken == "") {
		return auth.Identity{}, logInAgain()
	}
	read := s.byCookie
	if q.AccessToken != "" {
		read = s.byAccessToken
	}
	o, ok, err := read(ctx, q)
	if err != nil {
		return auth.Identity{}, fmt.Errorf("authenticate: %w", err)
	}
	if !ok || !o.alive(s.settings, s.clock.Now()) {
		return auth.Identity{}, logInAgain()
	}
	s.touch(ctx, o.Session)
	account, err := o.Owner.account()
	return auth.Identity{Account: account, SessionID: o.Session.ID}, err
}

func (s *service) byAccessToken(ctx context.Context, q auth.AuthenticateRequest) (o openSession, ok bool, err error) {
	token, ok, err := s.keys.Verify(ctx, q.AccessToken.Reveal())
	if err != nil || !ok {
		return o, false, err
	}
	o, err = readOpenSession(s.db.Read(ctx), token.SessionID)
	return o, !o.Session.Browser && o.Owner.ID == token.UserID, err
}

func (s *service) byCookie(ctx context.Context, q auth.AuthenticateRequest) (o openSession, ok bool, err error) {
	token, ok := s.tokens.Parse(q.SessionToken.Reveal())
	if !ok {
		return o, false, nil
	}
	o, err = readOpenSession(s.db.Read(ctx), token.sessionID)
	return o, o.Session.Browser && s.tokens.Made(o.Session, token), err
}

// touch notes that the session is in use, once a minute at most. If it cannot, the request is served all the same.
func (s *service) touch(ctx context.Context, row sessionRow) {
	now := s.clock.Now()
	if now.Sub(row.LastActiveAt) < touchEvery {
		return
	}
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("UPDATE sessions SET last_active_at = ? WHERE id = ? AND last_active_at <= ?", now, row.ID, now.Add(-touchEvery)).Error
	})
	if err != nil && ctx.Err() == nil {
		telemetry.For(ctx, s.log).Warn("note that a session is in use", zap.String("labels.session_id", row.ID), zap.Error(err))
	}
}
