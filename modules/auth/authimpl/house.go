package authimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/platform/db"
)

// keepHouse is the background task that forgets what nobody can use any more.
func (s *service) keepHouse(ctx context.Context) error {
	now := s.clock.Now()
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		for _, old := range []struct {
			delete string
			before time.Time
		}{
			{"DELETE FROM sessions WHERE created_at < ?", now.Add(-s.settings.AbsoluteLife)},
			{"DELETE FROM links WHERE expires_at < ?", now.Add(-24 * time.Hour)},
			{"DELETE FROM throttles WHERE last_at < ?", now.Add(-30 * 24 * time.Hour)},
		} {
			if err := tx.Exec(old.delete, old.before).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget what is over: %w", err)
	}
	return nil
}
