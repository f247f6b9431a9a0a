package userimpl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// draftRow is what somebody has written who is becoming a seller.
type draftRow struct {
	UserID      string `gorm:"primaryKey"`
	Headline    string
	Description string
	Skills      list[string]
	Languages   list[user.Language]
	Country     string
	KeptAt      time.Time
}

// TableName is what GORM calls it.
func (draftRow) TableName() string { return "seller_drafts" }

// draft is the row with what is still wrong with it.
func (r draftRow) draft() user.SellerDraft {
	d := user.SellerDraft{Headline: r.Headline, Description: r.Description, Skills: r.Skills, Languages: r.Languages, Country: r.Country, Open: []fault.Field{}}
	_, err := checkSeller(user.SetSellerRequest{Headline: d.Headline, Description: d.Description, Skills: d.Skills, Languages: d.Languages, Country: d.Country})
	if err != nil {
		d.Open = fault.Of(err).Fields
	}
	return d
}

// draftOf reads the draft of a person, or begins one.
func draftOf(from *gorm.DB, userID string) (draftRow, error) {
	var kept []draftRow
	if err := from.Where("user_id = ?", userID).Limit(1).Find(&kept).Error; err != nil {
		return draftRow{}, fmt.Errorf("read the draft: %w", err)
	}
	if len(kept) > 0 {
		return kept[0], nil
	}
	row := draftRow{UserID: userID, Skills: list[string]{}, Languages: list[user.Language]{}}
	err := from.Raw("SELECT COALESCE(max(country), '') FROM profiles WHERE id = ?", userID).Row().Scan(&row.Country)
	if err != nil {
		return draftRow{}, fmt.Errorf("read the country of the profile: %w", err)
	}
	return row, nil
}

func (s *service) SellerDraft(ctx context.Context, _ user.SellerDraftRequest) (user.SellerDraft, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return user.SellerDraft{}, err
	}
	row, err := draftOf(s.db.Read(ctx), actor.UserID)
	if err != nil {
		return user.SellerDraft{}, err
	}
	return row.draft(), nil
}

func (s *service) DraftSeller(ctx context.Context, q user.DraftSellerRequest) (user.SellerDraft, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return user.SellerDraft{}, err
	}
	var row draftRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		// The profile's row is held until the end: two steps at once are kept one after the other.
		if err := ensure(tx, actor.UserID, actor.Username, tx.Now()); err != nil {
			return err
		}
		if row, err = draftOf(tx.DB, actor.UserID); err != nil {
			return err
		}
		row.take(q)
		if row.size() > maxDraft {
			return fault.TooLargef("This is more than a profile can hold. Please write less.")
		}
		row.KeptAt = tx.Now()
		return keepDraft(tx, row)
	})
	if err != nil {
		return user.SellerDraft{}, err
	}
	return row.draft(), nil
}

// take puts what a step says into the draft.
func (r *draftRow) take(q user.DraftSellerRequest) {
	set(&r.Headline, q.Headline)
	set(&r.Description, q.Description)
	set(&r.Country, q.Country)
	if q.Skills != nil {
		r.Skills = *q.Skills
	}
	if q.Languages != nil {
		r.Languages = *q.Languages
	}
}

// set keeps a text as it was typed, but for what PostgreSQL refuses.
func set(field, with *string) {
	if with != nil {
		*field = strings.ReplaceAll(strings.ToValidUTF8(*with, "\uFFFD"), "\x00", "\uFFFD")
	}
}

func (r *draftRow) size() int {
	n := len(r.Headline) + len(r.Description) + len(r.Country)
	for _, skill := range r.Skills {
		n += len(skill) + 8
	}
	for _, l := range r.Languages {
		n += len(l.Name) + len(l.Level) + 8
	}
	return n
}

func keepDraft(tx *db.Tx, r draftRow) error {
	err := tx.Exec(`INSERT INTO seller_drafts (user_id, headline, description, skills, languages, country, kept_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (user_id) DO UPDATE SET headline = excluded.headline, description = excluded.description, skills = excluded.skills,
			languages = excluded.languages, country = excluded.country, kept_at = excluded.kept_at`,
		r.UserID, r.Headline, r.Description, r.Skills, r.Languages, r.Country, r.KeptAt).Error
	if err != nil {
		return fmt.Errorf("keep the draft: %w", err)
	}
	return nil
}
