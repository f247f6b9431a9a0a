package authimpl

import (
	"context"
	"fmt"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
)

func (s *service) ChangePassword(ctx context.Context, q auth.ChangePasswordRequest) (auth.Done, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return auth.Done{}, err
	}
	row, err := accountByID(s.db.Read(ctx), actor.UserID)
	if err != nil {
		return auth.Done{}, fmt.Errorf("read the acting account: %w", err)
	}
	var c fault.Check
	c.That(q.Current != "" && len(q.Current) <= 4*longestPassword, "current", "Write your current password.")
	c.That(q.New != q.Current, "new", "Choose another password than the current one.")
	s.checkPassword(&c, "new", q.New.Reveal(), row.Username, row.Email)
	if err := c.Err(); err != nil {
		return auth.Done{}, err
	}
	// A stolen session must not become a way to guess without end: it is counted like an address.
	_, err = s.checkGuess(ctx, guess{
		account: row, login: row.UsernameKey, password: q.Current.Reveal(), address: "session " + actor.SessionID, known: true,
	})
	if fault.Is(err, fault.Unauthenticated) {
		return auth.Done{}, fault.Wrong("current", "This is not your current password.")
	}
	if err != nil {
		return auth.Done{}, err
	}
	err = s.replace(ctx, row, q.New.Reveal(), false, func(tx *db.Tx) error {
		if err := tx.Exec("DELETE FROM links WHERE account_id = ? AND purpose = ?", row.ID, resetPassword).Error; err != nil {
			return fmt.Errorf("forget links: %w", err)
		}
		_, err := endSessions(tx, row.ID, "id <> ?", actor.SessionID)
		return err
	})
	return auth.Done{}, err
}

// passwordAct is what is noted of a new password: chosen by whoever knew the old one, or had the mailed link.
var passwordAct = map[bool]string{false: "password-change", true: "password-reset"}

// replace stores a new password, does what follows from it, and announces it, in one transaction.
func (s *service) replace(ctx context.Context, row accountRow, password string, reset bool, then func(tx *db.Tx) error) error {
	hash, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return fmt.Errorf("hash a password: %w", err)
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		changed := tx.Exec("UPDATE accounts SET password_hash = ?, updated_at = ? WHERE id = ? AND password_hash = ?",
			hash, tx.Now(), row.ID, row.PasswordHash)
		if changed.Error != nil {
			return fmt.Errorf("store a password: %w", changed.Error)
		}
		if changed.RowsAffected == 0 {
			return fault.Conflictf("The password has just been changed elsewhere. Please try again.")
		}
		if err := then(tx); err != nil {
			return err
		}
		return tx.Emit(auth.PasswordChanged{UserID: row.ID, Reset: reset, At: tx.Now()})
	})
	if err == nil {
		s.audit(ctx, telemetry.Act{Action: passwordAct[reset], Kind: telemetry.Access, By: row.ID})
	}
	return err
}

// RequestReset writes down the same whether or not somebody has this login, and leaves the rest to the background
// task: neither the answer nor its time tells which accounts exist (row V6).
func (s *service) RequestReset(ctx context.Context, q auth.RequestResetRequest) (auth.Done, error) {
	var c fault.Check
	checkLogin(&c, q.Login)
	if err := c.Err(); err != nil {
		return auth.Done{}, err
	}
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		wait, err := hourly("reset", neighbourhood(q.Address), s.settings.RequestsAnHour).take(tx)
		if err != nil {
			return fmt.Errorf("count requests: %w", err)
		}
		if wait > 0 {
			return slowDown(wait)
		}
		wait, err = s.mailsTo(resetPassword, q.Login).take(tx)
		if err != nil || wait > 0 { // enough mails are on their way to whoever it is
			return err
		}
		return owe(tx, resetPassword, q.Login)
	})
	return auth.Done{}, err
}

func (s *service) ResetPassword(ctx context.Context, q auth.ResetPasswordRequest) (auth.Done, error) {
	link, row, err := s.readReset(ctx, q.Token.Reveal())
	if err != nil {
		return auth.Done{}, err
	}
	var c fault.Check
	c.That(row.ID != "", "token", "This link does not work any more. Ask for a new one.")
	s.checkPassword(&c, "password", q.Password.Reveal(), row.Username, row.Email)
	if err := c.Err(); err != nil {
		return auth.Done{}, err
	}
	err = s.replace(ctx, row, q.Password.Reveal(), true, func(tx *db.Tx) error {
		used, err := useLink(tx, link.Hash)
		if err != nil {
			return fmt.Errorf("use a link up: %w", err)
		}
		if !used {
			return fault.Wrong("token", "This link does not work any more. Ask for a new one.")
		}
		for _, b := range []bucket{s.strangers(row.ID), s.housemates(row.ID), crowd(row.ID)} {
			if err := b.empty(tx); err != nil {
				return err
			}
		}
		_, err = endSessions(tx, row.ID, "1 = 1")
		return err
	})
	return auth.Done{}, err
}

// readReset returns the link and whose it is; empty rows if it does not work.
func (s *service) readReset(ctx context.Context, token string) (link linkRow, row accountRow, err error) {
	r := s.db.Read(ctx)
	if link, err = linkByToken(r, resetPassword, token); err != nil {
		return link, row, fmt.Errorf("find a link: %w", err)
	}
	if link.Hash == "" || link.UsedAt != nil || !s.clock.Now().Before(link.ExpiresAt) {
		return link, row, nil
	}
	if row, err = accountByID(r, link.AccountID); err != nil {
		err = fmt.Errorf("find the account of a link: %w", err)
	}
	return link, row, err
}
