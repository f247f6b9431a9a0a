package gigimpl

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/gig"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/text"
)

// gigRow is a gig as it is kept.
type gigRow struct {
	Num              int64 `gorm:"primaryKey"`
	ID               string
	SellerID         string
	Status           gig.Status
	Category         string
	FromMinor        int64
	Currency         string
	FastestDays      int
	RatingHundredths int
	RatingCount      int
	Sales            int
	Version          int
	CreatedAt        time.Time
	UpdatedAt        time.Time
	PublishedAt      *time.Time
	SellerUsername   string
	Slug             string
	Title            string
	Tags             list[string]
	Pictures         list[gig.PictureRef]
	Packages         list[gig.Package]
	Extras           list[gig.Extra]
	Requirements     list[gig.Requirement]
	FAQ              list[gig.FAQ] `gorm:"column:faq"`
	Description      string
}

// TableName is what GORM calls it.
func (gigRow) TableName() string { return "gigs" }

func (r gigRow) gig() gig.Gig {
	return gig.Gig{
		ID: r.ID, Slug: r.Slug, SellerID: r.SellerID, SellerUsername: r.SellerUsername, Title: r.Title,
		Description: r.Description, Category: r.Category, Tags: r.Tags, Status: r.Status, Packages: r.Packages,
		Extras: r.Extras, Requirements: r.Requirements, FAQ: r.FAQ, Pictures: r.Pictures, From: money.Of(r.FromMinor, r.Currency), FastestDays: r.FastestDays,
		Rating: gig.Rating{Hundredths: r.RatingHundredths, Count: r.RatingCount}, Sales: r.Sales, Version: r.Version,
		CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt, PublishedAt: r.PublishedAt,
	}
}

// written is what the seller has written of it.
func (r gigRow) written() gig.CreateRequest {
	return gig.CreateRequest{Title: r.Title, Description: r.Description, Category: r.Category, Tags: r.Tags,
		Packages: r.Packages, Extras: r.Extras, Requirements: r.Requirements, FAQ: r.FAQ}
}

// write takes over what the seller has written, and what follows from it.
func (r *gigRow) write(q gig.CreateRequest) {
	r.Title, r.Slug, r.Description, r.Category, r.Tags = q.Title, slugOf(q.Title), q.Description, q.Category, q.Tags
	r.Packages, r.Extras, r.Requirements, r.FAQ = q.Packages, q.Extras, q.Requirements, q.FAQ
	r.FromMinor, r.Currency, r.FastestDays = cheapest(q.Packages), q.Packages[0].Price.Currency, fastest(q.Packages)
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
	if string(kept) == "[]" {
		return nil
	}
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

// shelf is a category with the name of the one above it.
type shelf struct{ Slug, Name, ParentName string }

// shelfOf returns a category; ok is false when there is none.
func shelfOf(read *gorm.DB, slug string) (on shelf, ok bool, err error) {
	if !text.IsID(slug) {
		return on, false, nil
	}
	err = read.Raw(`SELECT c.slug, c.name, COALESCE(p.name, '') AS parent_name
		FROM categories c LEFT JOIN categories p ON p.slug = c.parent WHERE c.slug = ?`, slug).Scan(&on).Error
	if err != nil {
		return on, false, fmt.Errorf("read the category: %w", err)
	}
	return on, on.Slug != "", nil
}

func noSuchGig() error { return fault.NotFoundf("There is no such gig.") }

// ownGig returns a gig of the seller that is not deleted; everything else is NotFound.
func ownGig(from *gorm.DB, id, sellerID string) (row gigRow, err error) {
	if !text.IsID(id) {
		return row, noSuchGig()
	}
	err = from.Where("id = ? AND seller_id = ? AND status <> 'deleted'", id, sellerID).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, noSuchGig()
	}
	if err != nil {
		return row, fmt.Errorf("read the gig: %w", err)
	}
	return row, nil
}

// change lets fn change a gig of the acting seller and keeps the result as its next version, in one transaction. When fn
// answers false nothing is written.
func (s *service) change(ctx context.Context, id string, fn func(tx *db.Tx, row *gigRow) (changed bool, err error)) (gig.Gig, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return gig.Gig{}, err
	}
	var row gigRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if row, err = ownGig(tx.ForUpdate(), id, actor.UserID); err != nil {
			return err
		}
		changed, err := fn(tx, &row)
		if err != nil || !changed {
			return err
		}
		return save(tx, &row)
	})
	if err != nil {
		return gig.Gig{}, err
	}
	return row.gig(), nil
}

// save keeps what a seller can change, if nobody has changed it since it was read. Rating and sales have their own writers.
func save(tx *db.Tx, row *gigRow) error {
	was := row.Version
	row.Version, row.UpdatedAt = was+1, tx.Now()
	written := tx.Table("gigs").Where("num = ? AND version = ?", row.Num, was).Updates(map[string]any{
		"version": row.Version, "updated_at": row.UpdatedAt, "status": row.Status, "published_at": row.PublishedAt,
		"title": row.Title, "slug": row.Slug, "description": row.Description, "category": row.Category, "tags": row.Tags,
		"packages": row.Packages, "extras": row.Extras, "requirements": row.Requirements, "faq": row.FAQ, "pictures": row.Pictures,
		"from_minor": row.FromMinor, "currency": row.Currency, "fastest_days": row.FastestDays,
	})
	if written.Error != nil {
		return fmt.Errorf("keep the gig: %w", written.Error)
	}
	if written.RowsAffected != 1 {
		return fault.Conflictf("The gig was changed at the same moment. Please look at it and try again.")
	}
	return nil
}
