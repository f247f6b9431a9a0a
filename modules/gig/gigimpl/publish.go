package gigimpl

import (
	"context"

	"marketplace/modules/gig"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// Publish answers with the gig as it is when it is published already.
func (s *service) Publish(ctx context.Context, q gig.PublishRequest) (gig.Gig, error) {
	if _, err := identity.VerifiedUser(ctx); err != nil {
		return gig.Gig{}, err
	}
	return s.change(ctx, q.ID, func(tx *db.Tx, row *gigRow) (bool, error) {
		if row.Status == gig.StatusActive {
			return false, nil
		}
		on, _, err := shelfOf(tx.DB, row.Category)
		if err != nil {
			return false, err
		}
		if err := index(tx, *row, on); err != nil {
			return false, err
		}
		now := tx.Now()
		row.Status = gig.StatusActive
		if row.PublishedAt == nil {
			row.PublishedAt = &now
		}
		return true, tx.Emit(gig.Published{GigID: row.ID, SellerID: row.SellerID, Title: row.Title, At: now})
	})
}

// Pause answers with the gig as it is when it is paused already.
func (s *service) Pause(ctx context.Context, q gig.PauseRequest) (gig.Gig, error) {
	return s.change(ctx, q.ID, func(tx *db.Tx, row *gigRow) (bool, error) {
		switch row.Status {
		case gig.StatusPaused:
			return false, nil
		case gig.StatusActive:
			return true, withdraw(tx, row, gig.StatusPaused)
		}
		f := fault.Conflictf("Only a published gig can be paused.")
		f.Allowed = []string{"publish"}
		return false, f
	})
}

func (s *service) Delete(ctx context.Context, q gig.DeleteRequest) (gig.Gig, error) {
	return s.change(ctx, q.ID, func(tx *db.Tx, row *gigRow) (bool, error) {
		if row.Status == gig.StatusActive {
			return true, withdraw(tx, row, gig.StatusDeleted)
		}
		row.Status = gig.StatusDeleted
		return true, nil
	})
}

// withdraw takes a published gig out of search and orders.
func withdraw(tx *db.Tx, row *gigRow, to gig.Status) error {
	row.Status = to
	if err := unindex(tx, row.Num); err != nil {
		return err
	}
	return tx.Emit(gig.Paused{GigID: row.ID, SellerID: row.SellerID, At: tx.Now()})
}
