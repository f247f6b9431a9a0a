package reviewimpl

import (
	"context"
	"fmt"

	"marketplace/platform/db"
)

const atOnce = 100 // orders whose reviews are looked for together

// publishDue publishes the reviews that waited for the other side in vain (row R3), also those whose window closed while
// nothing was running.
func (s *service) publishDue(ctx context.Context) error {
	for {
		var orders []string
		err := s.db.Read(ctx).Raw(`SELECT w.order_id FROM reviews r JOIN windows w ON w.order_id = r.order_id
			WHERE r.published_at IS NULL AND w.closes_at <= ? ORDER BY w.closes_at LIMIT ?`, s.db.Now(), atOnce).Scan(&orders).Error
		if err != nil {
			return fmt.Errorf("look for reviews to publish: %w", err)
		}
		for _, id := range orders {
			if err := s.db.Tx(ctx, func(tx *db.Tx) error { return publish(tx, id, tx.Now()) }); err != nil {
				return fmt.Errorf("publish the reviews of order %s: %w", id, err)
			}
		}
		if len(orders) < atOnce {
			return nil
		}
	}
}
