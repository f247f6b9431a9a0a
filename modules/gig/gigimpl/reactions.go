package gigimpl

import (
	"context"
	"fmt"

	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/db"
)

// onReviewPublished takes over the gig's average as the reviews tell it. Events of different orders come in any order: the
// one that counts more reviews is the later one.
func (s *service) onReviewPublished(_ context.Context, tx *db.Tx, e review.Published) error {
	err := tx.Exec("UPDATE gigs SET rating_hundredths = ?, rating_count = ? WHERE id = ? AND rating_count < ?",
		e.GigHundredths, e.GigCount, e.GigID, e.GigCount).Error
	if err != nil {
		return fmt.Errorf("keep the gig's rating: %w", err)
	}
	return nil
}

// onOrderCompleted counts a sale.
func (s *service) onOrderCompleted(_ context.Context, tx *db.Tx, e order.Completed) error {
	if err := tx.Exec("UPDATE gigs SET sales = sales + 1 WHERE id = ?", e.GigID).Error; err != nil {
		return fmt.Errorf("count the sale: %w", err)
	}
	return nil
}
