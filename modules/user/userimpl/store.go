package userimpl

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// profileRow is a profile as it is kept.
type profileRow struct {
	ID          string `gorm:"primaryKey"`
	Name        string
	Username    string
	DisplayName string
	Bio         string
	Country     string
	AvatarID    string
	MemberSince time.Time
	SellerSince *time.Time
	Headline    string
	Description string
	Skills      list[string]
	Languages   list[user.Language]
}

// TableName is what GORM calls it.
func (profileRow) TableName() string { return "profiles" }

func (r profileRow) profile() user.Profile {
	p := user.Profile{ID: r.ID, Username: r.Username, DisplayName: r.DisplayName, Bio: r.Bio, Country: r.Country,
		AvatarID: r.AvatarID, MemberSince: r.MemberSince}
	if p.DisplayName == "" {
		p.DisplayName = r.Username
	}
	if r.SellerSince != nil {
		p.Seller = &user.Seller{Headline: r.Headline, Description: r.Description, Skills: r.Skills,
			Languages: r.Languages, Since: *r.SellerSince}
	}
	return p
}

// list is a list that is kept as JSON. It is never nil when it has been read.
type list[T any] []T

// Scan reads the column.
func (l *list[T]) Scan(value any) error {
	var kept []byte
	switch v := value.(type) {
	case string:
		kept = []byte(v)
	case []byte:
		kept = v
	}
	*l = list[T]{}
	return json.Unmarshal(kept, (*[]T)(l))
}

// Value writes the column.
func (l list[T]) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "[]", nil
	}
	kept, err := json.Marshal([]T(l))
	return string(kept), err
}

func nameOf(username string) string { return strings.ToLower(username) }

func noSuchPerson() error { return fault.NotFoundf("There is nobody of that name here.") }

// find returns the profile that the condition finds, or NotFound.
func find(from *gorm.DB, condition, value string) (row profileRow, err error) {
	err = from.Where(condition, value).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, noSuchPerson()
	}
	if err != nil {
		return row, fmt.Errorf("read the profile: %w", err)
	}
	return row, nil
}

// change writes columns of the acting user's profile in one transaction, in which `also` may do more. A person who has
// just signed up can be faster than the event that tells of it: then the profile is made here.
func (s *service) change(ctx context.Context, actor identity.Actor, columns map[string]any, also func(tx *db.Tx, was profileRow) error) (user.Profile, error) {
	var now profileRow
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := ensure(tx, actor.UserID, actor.Username, tx.Now()); err != nil {
			return err
		}
		was, err := find(tx.DB, "id = ?", actor.UserID)
		if err != nil {
			return err
		}
		if len(columns) > 0 {
			if err := tx.Table("profiles").Where("id = ?", actor.UserID).Updates(columns).Error; err != nil {
				return fmt.Errorf("keep the profile: %w", err)
			}
		}
		if also != nil {
			if err := also(tx, was); err != nil {
				return err
			}
		}
		now, err = find(tx.DB, "id = ?", actor.UserID)
		return err
	})
	if err != nil {
		return user.Profile{}, err
	}
	return s.onePresent(ctx, now.profile())
}

// ensure makes the profile unless it is there, and holds its row until the transaction ends. Of two times that it was
// told, the earlier is when the person came.
func ensure(tx *db.Tx, id, username string, since time.Time) error {
	err := tx.Exec(`INSERT INTO profiles (id, name, username, member_since) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET member_since =
			CASE WHEN excluded.member_since < profiles.member_since THEN excluded.member_since ELSE profiles.member_since END`,
		id, nameOf(username), username, since).Error
	if err != nil {
		return fmt.Errorf("make the profile: %w", err)
	}
	return nil
}
