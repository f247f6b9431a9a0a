package reviewimpl

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/once"
)

func (s *service) Write(ctx context.Context, q review.WriteRequest) (review.Review, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return review.Review{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	r, err := once.NewRequest(who.UserID, "write", key, q)
	if err != nil {
		return review.Review{}, err
	}
	written, replayed, err := once.Do(ctx, s.once, r, func() (review.Review, error) { return s.write(ctx, q, r) })
	written.Replayed = replayed
	return written, err
}

func (s *service) write(ctx context.Context, q review.WriteRequest, r once.Request) (review.Review, error) {
	o, role, err := s.orderOf(ctx, q.OrderID)
	if err != nil {
		return review.Review{}, err
	}
	closes := closesAt(o)
	if err := mayReview(closes, s.db.Now()); err != nil {
		return review.Review{}, err
	}
	if q, err = check(q); err != nil {
		return review.Review{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return review.Review{}, fmt.Errorf("make an id: %w", err)
	}
	row := reviewRow{ID: id.String(), OrderID: o.ID, GigID: o.GigID, GigTitle: o.GigTitle, AuthorRole: role, Rating: q.Rating, Text: q.Text}
	row.AuthorID, row.AuthorUsername, row.SubjectID, row.SubjectUsername = o.BuyerID, o.BuyerUsername, o.SellerID, o.SellerUsername
	if role == roleSeller {
		row.AuthorID, row.AuthorUsername, row.SubjectID, row.SubjectUsername = o.SellerID, o.SellerUsername, o.BuyerID, o.BuyerUsername
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		// Written first: the other side's review waits here, and then finds this one.
		err := tx.Exec(`INSERT INTO windows (order_id, closes_at) VALUES (?, ?)
			ON CONFLICT (order_id) DO UPDATE SET closes_at = excluded.closes_at`, o.ID, closes).Error
		if err != nil {
			return fmt.Errorf("keep the window: %w", err)
		}
		if err := r.IsNew(tx); err != nil {
			return err
		}
		if err := write(tx, &row); err != nil {
			return err
		}
		return r.Keep(tx, row.review())
	})
	if err != nil {
		return review.Review{}, err
	}
	return row.review(), nil
}

// write keeps a review, and publishes both when it is the second.
func write(tx *db.Tx, row *reviewRow) error {
	row.CreatedAt = tx.Now()
	err := tx.Create(row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return fault.Conflictf("You have reviewed this order already.")
	}
	if err != nil {
		return fmt.Errorf("keep the review: %w", err)
	}
	if err := tx.Emit(review.Written{Facts: row.facts(row.CreatedAt)}); err != nil {
		return err
	}
	var sides int64
	if err := tx.Model(&reviewRow{}).Where("order_id = ?", row.OrderID).Count(&sides).Error; err != nil {
		return fmt.Errorf("count the order's reviews: %w", err)
	}
	if sides < 2 {
		return nil
	}
	row.PublishedAt = &row.CreatedAt
	return publish(tx, row.OrderID, row.CreatedAt)
}

// orderOf returns an order and the side on which the acting user is; NotFound for others.
func (s *service) orderOf(ctx context.Context, id string) (order.Order, string, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return order.Order{}, "", err
	}
	o, err := s.orders.Get(ctx, order.GetRequest{ID: id})
	if err != nil {
		return order.Order{}, "", err
	}
	role := roleOf(o, actor.UserID)
	if role == "" {
		return order.Order{}, "", fault.NotFoundf("There is no such order.")
	}
	return o, role, nil
}
