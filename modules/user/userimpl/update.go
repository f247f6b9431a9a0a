package userimpl

import (
	"context"
	"fmt"

	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

func (s *service) Update(ctx context.Context, q user.UpdateRequest) (user.Profile, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return user.Profile{}, err
	}
	var c fault.Check
	columns := map[string]any{}
	if q.DisplayName != nil {
		columns["display_name"] = text.Line(&c, "display_name", *q.DisplayName, 1, maxDisplayName)
	}
	if q.Bio != nil {
		columns["bio"] = text.Prose(&c, "bio", *q.Bio, 0, maxBio)
	}
	if q.Country != nil {
		columns["country"] = checkCountry(&c, *q.Country)
	}
	if err := c.Err(); err != nil {
		return user.Profile{}, err
	}
	return s.change(ctx, actor, columns, nil)
}

func (s *service) SetSeller(ctx context.Context, q user.SetSellerRequest) (user.Profile, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return user.Profile{}, err
	}
	if q, err = checkSeller(q); err != nil {
		return user.Profile{}, err
	}
	columns := map[string]any{"headline": q.Headline, "description": q.Description, "country": q.Country,
		"skills": list[string](q.Skills), "languages": list[user.Language](q.Languages)}
	return s.change(ctx, actor, columns, func(tx *db.Tx, was profileRow) error {
		if err := tx.Exec("DELETE FROM seller_drafts WHERE user_id = ?", was.ID).Error; err != nil {
			return fmt.Errorf("end the draft: %w", err)
		}
		if was.SellerSince != nil {
			return nil
		}
		at := tx.Now()
		if err := tx.Exec("UPDATE profiles SET seller_since = ? WHERE id = ?", at, was.ID).Error; err != nil {
			return err
		}
		return tx.Emit(user.BecameSeller{UserID: was.ID, Username: was.Username, At: at})
	})
}
