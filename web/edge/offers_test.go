package edge_test

import (
	"context"
	"strings"
	"testing"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/web/edge"
)

// talk is a chat in which Ana may write to Ben what is no address.
type talk struct {
	chat.Service
	asked  chat.MayWriteRequest
	refuse error
}

func (c *talk) MayWrite(_ context.Context, q chat.MayWriteRequest) (chat.Conversation, error) {
	c.asked = q
	if c.refuse != nil {
		return chat.Conversation{}, c.refuse
	}
	if strings.Contains(q.Text, "@") {
		return chat.Conversation{}, fault.Wrong("text", "Please leave out contact details.")
	}
	return chat.Conversation{With: chat.Person{ID: "ben"}}, nil
}

// books are orders that note what is offered.
type books struct {
	order.Service
	status    order.OfferStatus
	agreed    []string
	sent      order.SendOfferRequest
	countered order.CounterOfferRequest
}

func (o *books) AcceptOffer(_ context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	o.agreed = append(o.agreed, "accepted "+q.OfferID)
	return order.Offer{}, nil
}

func (o *books) Place(_ context.Context, q order.PlaceRequest) (order.Placement, error) {
	o.agreed = append(o.agreed, "placed "+q.OfferID+q.GigID)
	return order.Placement{}, nil
}

func (o *books) GetOffer(context.Context, order.GetOfferRequest) (order.Offer, error) {
	return order.Offer{BuyerID: "ana", SellerID: "ben", Status: o.status}, nil
}

func (o *books) SendOffer(_ context.Context, q order.SendOfferRequest) (order.Offer, error) {
	o.sent = q
	return order.Offer{}, nil
}

func (o *books) CounterOffer(_ context.Context, q order.CounterOfferRequest) (order.Offer, error) {
	o.countered = q
	return order.Offer{}, nil
}

// Rows C7, C8: the chat is asked about all words of an offer, and whom it is for.
func TestAnOfferIsSentIfItsWordsMayReachTheOther(t *testing.T) {
	chats, orders := &talk{}, &books{}
	s := edge.Services{Chats: chats, Orders: orders}
	ana := apptest.As("ana", "Ana")
	terms := order.OfferTerms{Description: "A logo.", Milestones: []order.NewMilestone{{Title: "First"}, {Title: "ana@example.com"}}}
	_, err := s.SendOffer(ana, "talk-1", order.SendOfferRequest{OfferTerms: terms})
	if f := fault.Of(err); f == nil || len(f.Fields) != 1 || f.Fields[0].Name != "description" {
		t.Errorf("%+v", f)
	}
	_, err = s.CounterOffer(ana, order.CounterOfferRequest{OfferID: "offer-1", OfferTerms: terms})
	if !fault.Is(err, fault.Invalid) || orders.sent.BuyerID != "" || orders.countered.OfferID != "" {
		t.Errorf("it was sent: %v", err)
	}
	terms.Milestones[1].Title = "Second"
	if _, err := s.SendOffer(ana, "talk-1", order.SendOfferRequest{BuyerID: "eve", OfferTerms: terms}); err != nil || orders.sent.BuyerID != "ben" ||
		chats.asked != (chat.MayWriteRequest{ConversationID: "talk-1", Text: "A logo.\nFirst\nSecond"}) {
		t.Errorf("%v, asked was %+v, sent to %s", err, chats.asked, orders.sent.BuyerID)
	}
	for who, other := range map[string]string{"ana": "ben", "ben": "ana"} {
		if _, err := s.CounterOffer(apptest.As(who, who), order.CounterOfferRequest{OfferID: "offer-1", OfferTerms: terms}); err != nil || chats.asked.UserID != other {
			t.Errorf("%v, asked was %+v", err, chats.asked)
		}
	}
}

// Row C7: a block stops the acceptance of what was offered before; what has been agreed on, and orders of gigs, go on.
func TestABlockStopsTheAcceptanceOfAnOffer(t *testing.T) {
	ana := apptest.As("ana", "Ana")
	for _, tt := range []struct {
		refuse error
		status order.OfferStatus
		agreed int
	}{
		{fault.Forbiddenf("You cannot write to this person."), order.OfferSent, 1},
		{fault.Forbiddenf("You cannot write to this person."), order.OfferAccepted, 3},
		{fault.NotFoundf("There is no such conversation."), order.OfferSent, 3},
		{nil, order.OfferSent, 3},
	} {
		chats, orders := &talk{refuse: tt.refuse}, &books{status: tt.status}
		s := edge.Services{Chats: chats, Orders: orders}
		_, accept := s.AcceptOffer(ana, order.AnswerOfferRequest{OfferID: "offer-1"})
		_, place := s.Place(ana, order.PlaceRequest{OfferID: "offer-1", Milestone: 1})
		if _, err := s.Place(ana, order.PlaceRequest{GigID: "gig-1"}); err != nil {
			t.Error(err)
		}
		if len(orders.agreed) != tt.agreed || fault.Is(accept, fault.Conflict) != (tt.agreed == 1) || fault.Is(place, fault.Conflict) != (tt.agreed == 1) {
			t.Errorf("%v, %s: %v, %v, %v", tt.refuse, tt.status, accept, place, orders.agreed)
		}
		if tt.status == order.OfferSent && (chats.asked.UserID != "ben" || chats.asked.Text != "") {
			t.Errorf("asked was %+v", chats.asked)
		}
	}
}
