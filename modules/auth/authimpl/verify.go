package authimpl

import (
	"context"
	"fmt"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

func (s *service) VerifyEmail(ctx context.Context, q auth.VerifyEmailRequest) (auth.Account, error) {
	spent := fault.Wrong("token", "This link does not work any more. Log in, and let us send you a new one.")
	var row accountRow
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		link, err := linkByToken(tx.DB, verifyEmail, q.Token)
		if err != nil {
			return fmt.Errorf("find a link: %w", err)
		}
		if link.Hash == "" {
			return spent
		}
		if row, err = accountByID(tx.DB, link.AccountID); err != nil {
			return fmt.Errorf("find the account of a link: %w", err)
		}
		// Mail scanners and people open links twice: what is confirmed stays so, and saying it again is no risk.
		if link.UsedAt != nil && row.VerifiedAt != nil {
			return nil
		}
		if link.UsedAt != nil || !tx.Now().Before(link.ExpiresAt) {
			return spent
		}
		return verify(tx, &row, link)
	})
	if err != nil {
		return auth.Account{}, err
	}
	return row.account()
}

func verify(tx *db.Tx, row *accountRow, link linkRow) error {
	now := tx.Now()
	moved := tx.Exec("UPDATE accounts SET verified_at = ?, updated_at = ? WHERE id = ? AND verified_at IS NULL", now, now, row.ID)
	if moved.Error != nil {
		return fmt.Errorf("verify an account: %w", moved.Error)
	}
	if row.VerifiedAt == nil {
		row.VerifiedAt = &now
	}
	if _, err := useLink(tx, link.Hash); err != nil || moved.RowsAffected == 0 {
		return err
	}
	return tx.Emit(auth.EmailVerified{UserID: row.ID, Username: row.Username, At: now})
}

func (s *service) ResendVerification(ctx context.Context, _ auth.ResendVerificationRequest) (auth.Account, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return auth.Account{}, err
	}
	row, err := accountByID(s.db.Read(ctx), actor.UserID)
	if err != nil {
		return auth.Account{}, fmt.Errorf("find the acting account: %w", err)
	}
	if row.ID == "" {
		return auth.Account{}, fault.Unauthenticatedf("Please log in first.")
	}
	if row.VerifiedAt != nil {
		return row.account()
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		wait, err := s.mailsTo(verifyEmail, row.EmailKey).take(tx)
		if err != nil {
			return err
		}
		if wait > 0 {
			return slowDown(wait)
		}
		return owe(tx, verifyEmail, row.EmailKey)
	})
	if err != nil {
		return auth.Account{}, err
	}
	s.sendNow(ctx, verifyEmail, row.EmailKey)
	return row.account()
}
