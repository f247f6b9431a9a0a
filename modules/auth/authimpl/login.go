package authimpl

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/private"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

func (s *service) LogIn(ctx context.Context, q auth.LogInRequest) (auth.Session, error) {
	var c fault.Check
	checkLogin(&c, q.Login)
	c.That(q.Password != "" && len(q.Password) <= 4*longestPassword, "password", "Write your password.")
	if err := c.Err(); err != nil {
		return auth.Session{}, err
	}
	g, err := s.guessOf(ctx, q)
	if err != nil {
		return auth.Session{}, fmt.Errorf("find an account: %w", err)
	}
	v, err := s.checkGuess(ctx, g)
	s.countLogIn(err)
	if fault.Is(err, fault.Unauthenticated) || fault.Is(err, fault.TooMany) {
		s.audit(ctx, telemetry.Act{Action: "log-in", Kind: telemetry.Authentication, Failed: true, Reason: string(fault.Of(err).Code), Whom: g.account.ID})
	}
	if err != nil {
		return auth.Session{}, err
	}
	session, err := s.open(ctx, v, q)
	if err != nil {
		return auth.Session{}, fmt.Errorf("open a session: %w", err)
	}
	s.audit(ctx, telemetry.Act{Action: "log-in", Kind: telemetry.Authentication, By: v.account.ID, What: map[string]string{"session_id": session.ID}})
	return session, nil
}

// guessOf looks up whom the login can mean.
func (s *service) guessOf(ctx context.Context, q auth.LogInRequest) (g guess, err error) {
	g = guess{login: q.Login, password: q.Password.Reveal(), address: q.Address}
	r := s.db.Read(ctx)
	if !isAddress(q.Login) {
		g.account, err = findAccount(r, q.Login)
		return g, err
	}
	if g.account, err = ownerOf(r, q.Login); err != nil {
		return g, err
	}
	g.claim, err = newestClaim(r, q.Login)
	return g, err
}

// open stores a new session, and the password hashed again if that is due.
func (s *service) open(ctx context.Context, v verdict, q auth.LogInRequest) (auth.Session, error) {
	owner := v.account
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Session{}, err
	}
	now := s.clock.Now()
	row := sessionRow{
		ID: id.String(), AccountID: owner.ID, Browser: q.Browser, Seed: random(32), RotatedAt: now,
		Device: shown(q.Device, longestDevice), Address: shown(q.Address, 64), CreatedAt: now, LastActiveAt: now,
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		// The row of the account is what a change of the password waits for: no session outlives one that it began before.
		held := tx.Exec("UPDATE accounts SET password_hash = ? WHERE id = ? AND password_hash = ?",
			cmp.Or(v.again, owner.PasswordHash), owner.ID, owner.PasswordHash)
		if held.Error != nil {
			return held.Error
		}
		if held.RowsAffected == 0 {
			return wrongLogin()
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		_, err := endSessions(tx, owner.ID, "id IN (SELECT id FROM sessions WHERE account_id = ? AND ended_at IS NULL ORDER BY last_active_at DESC, id DESC LIMIT 1000 OFFSET ?)",
			owner.ID, mostSessions)
		return err
	})
	if err != nil {
		return auth.Session{}, err
	}
	return s.opened(ctx, openSession{Session: row, Owner: owner})
}

// opened is the session with what opens it.
func (s *service) opened(ctx context.Context, o openSession) (session auth.Session, err error) {
	session = o.Session.session(s.settings.lifeOf(o.Owner))
	if session.Account, err = o.Owner.account(); err != nil {
		return auth.Session{}, err
	}
	token, err := s.tokens.Of(o.Session)
	if err != nil {
		return auth.Session{}, err
	}
	session.Token = private.Secret(token)
	if o.Session.Browser {
		return session, nil
	}
	session.ExpiresIn = int(s.settings.AccessLife / time.Second)
	access, err := s.keys.Issue(ctx, o.Owner.ID, o.Session.ID)
	session.AccessToken = private.Secret(access)
	return session, err
}

// checkLogin notes when nobody can have this login.
func checkLogin(c *fault.Check, login string) {
	text.Line(c, "login", login, 1, longestEmail)
}

func wrongLogin() error {
	return fault.Unauthenticatedf("The user name, e-mail address or password is not right.")
}
