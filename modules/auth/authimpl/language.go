package authimpl

import (
	"context"
	"fmt"
	"regexp"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// longestTag is the longest language tag that everybody must take (RFC 5646, section 4.4.1).
const longestTag = 35

// SetLanguage is done when it is so already: nobody is told twice.
func (s *service) SetLanguage(ctx context.Context, q auth.SetLanguageRequest) (auth.Account, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return auth.Account{}, err
	}
	var c fault.Check
	c.That(q.Language != "", "language", "Choose a language.")
	checkLanguage(&c, q.Language)
	if err := c.Err(); err != nil {
		return auth.Account{}, err
	}
	var row accountRow
	err = s.db.Tx(ctx, func(tx *db.Tx) (err error) {
		changed := tx.Exec("UPDATE accounts SET language = ?, updated_at = ? WHERE id = ? AND language <> ?", q.Language, tx.Now(), actor.UserID, q.Language)
		if changed.Error != nil {
			return changed.Error
		}
		if row, err = accountByID(tx.DB, actor.UserID); err != nil || changed.RowsAffected == 0 {
			return err
		}
		return tx.Emit(auth.LanguageChosen{UserID: actor.UserID, Language: q.Language, At: tx.Now()})
	})
	if err != nil {
		return auth.Account{}, fmt.Errorf("set the language of an account: %w", err)
	}
	if row.ID == "" {
		return auth.Account{}, fault.NotFoundf("There is no such account.")
	}
	return row.account()
}

// checkLanguage notes what is no language tag. Which languages there are, the web and the mails know.
func checkLanguage(c *fault.Check, tag string) {
	ok := len(tag) <= longestTag && regexp.MustCompile(`^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$`).MatchString(tag)
	c.That(ok, "language", "Write a language such as en or de.")
}
