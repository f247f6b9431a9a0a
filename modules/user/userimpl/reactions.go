package userimpl

import (
	"context"

	"marketplace/modules/auth"
	"marketplace/platform/db"
)

// onSignedUp gives a new person a profile.
func (s *service) onSignedUp(_ context.Context, tx *db.Tx, e auth.SignedUp) error {
	return ensure(tx, e.UserID, e.Username, e.At)
}
