package edge

import (
	"context"
	"errors"
	"strings"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// SendOffer sends an offer to the other person of a conversation of the acting user's, if these words may reach them now:
// blocks, pace and screening are those of a message. q says no buyer.
func (s Services) SendOffer(ctx context.Context, conversationID string, q order.SendOfferRequest) (order.Offer, error) {
	with, err := s.Chats.MayWrite(ctx, chat.MayWriteRequest{ConversationID: conversationID, Text: wordsOf(q.OfferTerms)})
	if err != nil {
		return order.Offer{}, ofDescription(err)
	}
	q.BuyerID = with.With.ID
	return s.Orders.SendOffer(ctx, q)
}

// CounterOffer answers an offer with another one, under the same conditions.
func (s Services) CounterOffer(ctx context.Context, q order.CounterOfferRequest) (order.Offer, error) {
	was, err := s.Orders.GetOffer(ctx, order.GetOfferRequest{ID: q.OfferID})
	if err != nil {
		return order.Offer{}, err
	}
	other := was.SellerID
	if identity.From(ctx).UserID == other {
		other = was.BuyerID
	}
	if _, err := s.Chats.MayWrite(ctx, chat.MayWriteRequest{UserID: other, Text: wordsOf(q.OfferTerms)}); err != nil {
		return order.Offer{}, ofDescription(err)
	}
	return s.Orders.CounterOffer(ctx, q)
}

// ofDescription says of an offer's description what the chat says of a text.
func ofDescription(err error) error {
	var refusal *fault.Error
	if !errors.As(err, &refusal) || len(refusal.Fields) != 1 || refusal.Fields[0].Name != "text" {
		return err
	}
	return fault.Wrong("description", "%s", refusal.Fields[0].Message)
}

// wordsOf is all that the other would read of an offer.
func wordsOf(t order.OfferTerms) string {
	words := []string{t.Description}
	for _, m := range t.Milestones {
		words = append(words, m.Title)
	}
	return strings.Join(words, "\n")
}
