package chatimpl

import (
	"context"
	"fmt"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/db"
)

// onOrderPaid remembers that two people have done business here: what they write is not looked through any more.
func (s *service) onOrderPaid(_ context.Context, tx *db.Tx, e order.Paid) error {
	low, high := pair(chat.Person{ID: e.BuyerID}, chat.Person{ID: e.SellerID})
	err := tx.Exec("INSERT INTO customers (low_id, high_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", low.ID, high.ID, tx.Now()).Error
	if err != nil {
		return fmt.Errorf("note that two people have done business: %w", err)
	}
	return nil
}
