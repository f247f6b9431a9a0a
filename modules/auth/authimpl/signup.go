package authimpl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"go.uber.org/zap"
	"gorm.io/gorm"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

func (s *service) SignUp(ctx context.Context, q auth.SignUpRequest) (auth.Account, error) {
	q.Username, q.Email = strings.TrimSpace(q.Username), strings.TrimSpace(q.Email)
	if err := s.checkSignUp(ctx, q); err != nil {
		return auth.Account{}, err
	}
	hash, err := s.hasher.Hash(ctx, q.Password)
	if err != nil {
		return auth.Account{}, fmt.Errorf("hash a password: %w", err)
	}
	account, err := s.store(ctx, q, hash)
	if errors.Is(err, gorm.ErrDuplicatedKey) { // somebody was faster
		return auth.Account{}, errors.Join(s.checkSignUp(ctx, q), fmt.Errorf("sign up: %w", err))
	}
	if err != nil {
		return auth.Account{}, err
	}
	s.note(ctx, "signed up", zap.String("account", account.ID), zap.String("address", q.Address))
	s.sendNow(ctx, verifyEmail, account.Email)
	return account, nil
}

// checkSignUp tells everything that is wrong, and what is taken, on its field.
func (s *service) checkSignUp(ctx context.Context, q auth.SignUpRequest) error {
	var c fault.Check
	problem := usernameProblem(q.Username)
	c.That(problem == "", "username", "%s", problem)
	c.That(emailOK(q.Email), "email", "Write an e-mail address such as name@example.com.")
	s.checkPassword(&c, "password", q.Password, q.Username, q.Email)
	var taken []accountRow
	err := s.db.Read(ctx).Select("username_key", "email_key").Limit(2).
		Find(&taken, "username_key = ? OR email_key = ?", keyOf(q.Username), keyOf(q.Email)).Error
	if err != nil {
		return fmt.Errorf("look whether a name is taken: %w", err)
	}
	for _, t := range taken {
		c.That(t.UsernameKey != keyOf(q.Username), "username", "This user name is taken. Please choose another one.")
		c.That(t.EmailKey != keyOf(q.Email), "email", "There is an account with this address already. Log in, or choose a new password.")
	}
	return c.Err()
}

func (s *service) store(ctx context.Context, q auth.SignUpRequest, hash string) (auth.Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Account{}, err
	}
	now := s.clock.Now()
	row := accountRow{
		ID: id.String(), Username: q.Username, UsernameKey: keyOf(q.Username), Email: q.Email, EmailKey: keyOf(q.Email),
		PasswordHash: hash, Roles: "[]", CreatedAt: now, UpdatedAt: now,
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		wait, err := hourly("sign up", neighbourhood(q.Address), s.settings.SignUpsAnHour).take(tx)
		if err != nil {
			return err
		}
		if wait > 0 {
			return slowDown(wait)
		}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("store an account: %w", err)
		}
		if err := owe(tx, verifyEmail, row.EmailKey); err != nil {
			return err
		}
		return tx.Emit(auth.SignedUp{UserID: row.ID, Username: row.Username, Email: row.Email, At: now})
	})
	if err != nil {
		return auth.Account{}, err
	}
	return row.account()
}
