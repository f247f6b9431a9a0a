package authimpl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/private"
	"marketplace/platform/telemetry"
)

func (s *service) SignUp(ctx context.Context, q auth.SignUpRequest) (auth.Account, error) {
	q.Username, q.Email = strings.TrimSpace(q.Username), private.Personal(strings.TrimSpace(q.Email.Reveal()))
	if err := s.checkSignUp(ctx, q); err != nil {
		return auth.Account{}, err
	}
	hash, err := s.hasher.Hash(ctx, q.Password.Reveal())
	if err != nil {
		return auth.Account{}, fmt.Errorf("hash a password: %w", err)
	}
	account, err := s.store(ctx, q, hash)
	if errors.Is(err, gorm.ErrDuplicatedKey) { // somebody was faster with the name
		return auth.Account{}, errors.Join(s.checkSignUp(ctx, q), fmt.Errorf("sign up: %w", err))
	}
	if err != nil {
		return auth.Account{}, err
	}
	s.audit(ctx, telemetry.Act{Action: "sign-up", Kind: telemetry.Access, By: account.ID})
	s.sendNow(ctx, verifyEmail, keyOf(account.Username))
	return account, nil
}

// checkSignUp tells everything that is wrong, and a taken name, on its field. A taken address is not told (row V6): the
// account is made all the same, cannot confirm it, and whose it is gets a mail.
func (s *service) checkSignUp(ctx context.Context, q auth.SignUpRequest) error {
	var c fault.Check
	c.That(usernameProblem(q.Username) == "", "username", "%s", usernameProblem(q.Username))
	c.That(emailOK(q.Email.Reveal()), "email", "Write an e-mail address such as name@example.com.")
	s.checkPassword(&c, "password", q.Password.Reveal(), q.Username, q.Email.Reveal())
	checkLanguage(&c, q.Language)
	taken, err := one[accountRow](s.db.Read(ctx).Select("id").Where("username_key = ?", keyOf(q.Username)))
	if err != nil {
		return fmt.Errorf("look whether a name is taken: %w", err)
	}
	c.That(taken.ID == "", "username", "This user name is taken. Please choose another one.")
	return c.Err()
}

func (s *service) store(ctx context.Context, q auth.SignUpRequest, hash string) (auth.Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return auth.Account{}, err
	}
	now := s.clock.Now().Truncate(time.Second) // fractions would make answers of different lengths
	row := accountRow{
		ID: id.String(), Username: q.Username, UsernameKey: keyOf(q.Username), Email: q.Email.Reveal(), EmailKey: id.String(), ClaimKey: keyOf(q.Email.Reveal()),
		PasswordHash: hash, Roles: "[]", Language: q.Language, CreatedAt: now, UpdatedAt: now,
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
		if err := owe(tx, verifyEmail, row.UsernameKey); err != nil {
			return err
		}
		return tx.Emit(auth.SignedUp{UserID: row.ID, Username: row.Username, Email: row.Email, Language: row.Language, At: now})
	})
	if err != nil {
		return auth.Account{}, err
	}
	return row.account()
}
