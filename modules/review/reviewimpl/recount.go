package reviewimpl

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"marketplace/platform/db"
	"marketplace/platform/telemetry"
)

// counted are the summaries as the reviews say, beside those that are kept, where the two differ.
const counted = `
	WITH public AS (
		SELECT 'gig' AS kind, gig_id AS id, rating FROM reviews WHERE author_role = 'buyer' AND published_at IS NOT NULL
		UNION ALL SELECT 'seller', subject_id, rating FROM reviews WHERE author_role = 'buyer' AND published_at IS NOT NULL
		UNION ALL SELECT 'buyer', subject_id, rating FROM reviews WHERE author_role = 'seller' AND published_at IS NOT NULL
	), counted AS (
		SELECT kind, id,
			sum(CASE rating WHEN 1 THEN 1 ELSE 0 END) AS stars_1, sum(CASE rating WHEN 2 THEN 1 ELSE 0 END) AS stars_2,
			sum(CASE rating WHEN 3 THEN 1 ELSE 0 END) AS stars_3, sum(CASE rating WHEN 4 THEN 1 ELSE 0 END) AS stars_4,
			sum(CASE rating WHEN 5 THEN 1 ELSE 0 END) AS stars_5
		FROM public GROUP BY kind, id
	)
	SELECT COALESCE(c.kind, s.kind) AS kind, COALESCE(c.id, s.id) AS id, COALESCE(c.stars_1, 0) AS stars_1,
		COALESCE(c.stars_2, 0) AS stars_2, COALESCE(c.stars_3, 0) AS stars_3, COALESCE(c.stars_4, 0) AS stars_4,
		COALESCE(c.stars_5, 0) AS stars_5
	FROM counted c FULL JOIN summaries s ON s.kind = c.kind AND s.id = c.id
	WHERE c.kind IS NULL OR s.kind IS NULL OR c.stars_1 <> s.stars_1 OR c.stars_2 <> s.stars_2 OR c.stars_3 <> s.stars_3
		OR c.stars_4 <> s.stars_4 OR c.stars_5 <> s.stars_5
	ORDER BY kind, id`

// recount counts all public reviews again and corrects the summaries that are wrong: none, on a healthy database (row Z20).
func (s *service) recount(ctx context.Context) error {
	var wrong []summaryRow
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if tx.Postgres() { // a review that is published meanwhile would be lost; SQLite has one writer
			if err := tx.Exec("LOCK TABLE summaries IN SHARE ROW EXCLUSIVE MODE").Error; err != nil {
				return err
			}
		}
		wrong = nil
		if err := tx.Raw(counted).Scan(&wrong).Error; err != nil {
			return err
		}
		for _, r := range wrong {
			if err := tx.Exec("DELETE FROM summaries WHERE kind = ? AND id = ?", r.Kind, r.ID).Error; err != nil {
				return err
			}
			if r.stars() == [maxRating]int{} {
				continue
			}
			if err := tx.Create(&r).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("count the reviews again: %w", err)
	}
	if len(wrong) > 0 {
		telemetry.For(ctx, s.log).Warn("summaries of reviews were wrong and have been corrected", zap.Int("market.summaries", len(wrong)))
	}
	return nil
}
