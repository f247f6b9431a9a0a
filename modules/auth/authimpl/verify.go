package authimpl

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

func (s *service) VerifyEmail(ctx context.Context, q auth.VerifyEmailRequest) (auth.Account, error) {
	var row accountRow
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		link, err := linkByToken(tx.DB, verifyEmail, q.Token.Reveal())
		if err != nil {
			return fmt.Errorf("find a link: %w", err)
		}
		switch {
		case link.Hash != "" && link.UsedAt != nil:
			return usedLink()
		case link.Hash == "" || !tx.Now().Before(link.ExpiresAt):
			return fault.Wrong("token", "This link does not work any more. Log in, and let us send you a new one.")
		}
		if row, err = accountByID(tx.DB, link.AccountID); err != nil {
			return fmt.Errorf("find the account of a link: %w", err)
		}
		return verify(tx, &row, link)
	})
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		err = fault.Wrong("token", "This address belongs to another account by now. Log in to that one.")
	}
	if err != nil {
		return auth.Account{}, err
	}
	return row.account()
}

func usedLink() error {
	return fault.Wrong("token", "This link was used already. If it was you, your address is confirmed, and you can log in.")
}

// verify uses the link up and gives its account the address.
func verify(tx *db.Tx, row *accountRow, link linkRow) error {
	used, err := useLink(tx, link.Hash)
	if err != nil {
		return fmt.Errorf("use a link up: %w", err)
	}
	if !used {
		return usedLink()
	}
	now := tx.Now()
	moved := tx.Exec("UPDATE accounts SET verified_at = ?, updated_at = ?, email_key = claim_key WHERE id = ? AND verified_at IS NULL", now, now, row.ID)
	if moved.Error != nil {
		return fmt.Errorf("verify an account: %w", moved.Error)
	}
	if row.VerifiedAt == nil {
		row.VerifiedAt = &now
	}
	if moved.RowsAffected == 0 {
		return nil
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
		wait, err := s.mailsTo(verifyEmail, row.UsernameKey).take(tx)
		if err != nil {
			return err
		}
		if wait > 0 {
			return slowDown(wait)
		}
		return owe(tx, verifyEmail, row.UsernameKey)
	})
	if err != nil {
		return auth.Account{}, err
	}
	s.sendNow(ctx, verifyEmail, row.UsernameKey)
	return row.account()
}
