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
	if _, err := s.Chats.MayWrite(ctx, chat.MayWriteRequest{UserID: otherOf(ctx, was), Text: wordsOf(q.OfferTerms)}); err != nil {
		return order.Offer{}, ofDescription(err)
	}
	return s.Orders.CounterOffer(ctx, q)
}

// AcceptOffer agrees to an offer, unless one of the two has blocked the other since it was sent.
func (s Services) AcceptOffer(ctx context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	if err := s.mayAgree(ctx, q.OfferID); err != nil {
		return order.Offer{}, err
	}
	return s.Orders.AcceptOffer(ctx, q)
}

// Place orders a package, or a milestone of an offer. The first milestone accepts an open offer, under the condition of
// AcceptOffer; what has been agreed on goes on.
func (s Services) Place(ctx context.Context, q order.PlaceRequest) (order.Placement, error) {
	if q.OfferID != "" {
		if err := s.mayAgree(ctx, q.OfferID); err != nil {
			return order.Placement{}, err
		}
	}
	return s.Orders.Place(ctx, q)
}

// mayAgree refuses to accept an open offer between two people of whom one has blocked the other (row C7).
func (s Services) mayAgree(ctx context.Context, offerID string) error {
	offer, err := s.Orders.GetOffer(ctx, order.GetOfferRequest{ID: offerID})
	if err != nil {
		return err
	}
	if offer.Status != order.OfferSent {
		return nil
	}
	_, err = s.Chats.MayWrite(ctx, chat.MayWriteRequest{UserID: otherOf(ctx, offer)})
	switch {
	case fault.Is(err, fault.NotFound): // the two have no conversation, so nobody has blocked anybody
		return nil
	case fault.Is(err, fault.Forbidden):
		return fault.Conflictf("One of you two has blocked the other, so this offer cannot be accepted any more.")
	}
	return err
}

// otherOf is the other one of the two people of an offer.
func otherOf(ctx context.Context, o order.Offer) string {
	if identity.From(ctx).UserID == o.SellerID {
		return o.BuyerID
	}
	return o.SellerID
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
