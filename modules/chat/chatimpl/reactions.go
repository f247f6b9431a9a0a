package chatimpl

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

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

// onOfferMade shows an offer in the conversation of its two people, as a card from who has sent it (row O8). They are told of
// offers by the module notification, so the card itself is quiet.
func (s *service) onOfferMade(_ context.Context, tx *db.Tx, e order.OfferMade) error {
	from, to := chat.Person{ID: e.SellerID, Username: e.SellerUsername}, chat.Person{ID: e.BuyerID, Username: e.BuyerUsername}
	if e.SentBy == "buyer" {
		from, to = to, from
	}
	id, err := between(tx.DB, from.ID, to.ID)
	if err != nil {
		return err
	}
	if id == "" {
		names := map[string]string{from.ID: strings.ToLower(from.Username), to.ID: strings.ToLower(to.Username)}
		if id, err = open(tx, uuid.Must(uuid.NewV7()).String(), from, to, subject{gigID: e.GigID}, names); err != nil {
			return err
		}
	}
	view, err := find(tx.DB, id, from.ID)
	if err != nil {
		return err
	}
	row := messageRow{ID: uuid.Must(uuid.NewV7()).String(), ConversationID: id, SenderID: from.ID, SenderUsername: from.Username,
		Kind: chat.KindOffer, SubjectID: e.OfferID, Text: e.GigTitle, Folded: strings.ToLower(e.GigTitle)}
	return post(tx, []*draft{{row: row, line: view.line(), cause: db.CauseOf(tx.Context())}})
}
