package gigimpl

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"marketplace/modules/gig"
	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

func (s *service) Create(ctx context.Context, q gig.CreateRequest) (gig.Gig, error) {
	seller, err := s.seller(ctx)
	if err != nil {
		return gig.Gig{}, err
	}
	_, shelved, err := shelfOf(s.db.Read(ctx), q.Category)
	if err != nil {
		return gig.Gig{}, err
	}
	if q, err = s.rules.check(q, shelved); err != nil {
		return gig.Gig{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return gig.Gig{}, fmt.Errorf("make an id: %w", err)
	}
	now := s.db.Now()
	row := gigRow{ID: id.String(), SellerID: seller.ID, SellerUsername: seller.Username, Status: gig.StatusDraft,
		Version: 1, CreatedAt: now, UpdatedAt: now, Pictures: list[gig.PictureRef]{}}
	row.write(q)
	if err := s.db.Tx(ctx, func(tx *db.Tx) error { return tx.Create(&row).Error }); err != nil {
		return gig.Gig{}, fmt.Errorf("keep the gig: %w", err)
	}
	return row.gig(), nil
}

// seller returns the acting person's profile if they may sell (row A11).
func (s *service) seller(ctx context.Context) (user.Profile, error) {
	actor, err := identity.VerifiedUser(ctx)
	if err != nil {
		return user.Profile{}, err
	}
	profile, err := s.users.Get(ctx, user.GetRequest{ID: actor.UserID})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return user.Profile{}, err
	}
	if profile.Seller == nil {
		return user.Profile{}, fault.Forbiddenf("Please fill in your seller profile first: then you can offer gigs.")
	}
	return profile, nil
}

func (s *service) Update(ctx context.Context, q gig.UpdateRequest) (gig.Gig, error) {
	return s.change(ctx, q.ID, func(tx *db.Tx, row *gigRow) (bool, error) {
		merged := row.written()
		replace(&merged.Title, q.Title)
		replace(&merged.Description, q.Description)
		replace(&merged.Category, q.Category)
		replace(&merged.Tags, q.Tags)
		replace(&merged.Packages, q.Packages)
		replace(&merged.Extras, q.Extras)
		replace(&merged.Requirements, q.Requirements)
		replace(&merged.FAQ, q.FAQ)
		on, shelved, err := shelfOf(tx.DB, merged.Category)
		if err != nil {
			return false, err
		}
		if merged, err = s.rules.check(merged, shelved); err != nil {
			return false, err
		}
		row.write(merged)
		if row.Status != gig.StatusActive {
			return true, nil
		}
		return true, index(tx, *row, on)
	})
}

// replace sets a field to what the request says, if it says something.
func replace[T any](field *T, with *T) {
	if with != nil {
		*field = *with
	}
}
