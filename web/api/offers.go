package api

import (
	"context"
	"net/http"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/web/edge"
)

// offers is what two people agree on between themselves. A milestone is ordered with POST /orders.
func (a *API) offers() {
	on(a, op{method: "GET", path: "/conversations/{id}/offers", id: "listOffersWith", access: edge.SignedIn, summary: "The offers between the two people of a conversation, newest first"}, a.listOffersWith)
	on(a, op{method: "POST", path: "/conversations/{id}/offers", id: "sendOffer", access: edge.Verified, status: http.StatusCreated, summary: "Offer work in milestones to the other person, as the seller of a gig"}, a.sendOffer)
	on(a, op{method: "GET", path: "/offers", id: "listOffers", access: edge.SignedIn, summary: "The own offers, sent and received, newest first"}, a.listOffers)
	on(a, op{method: "GET", path: "/offers/{id}", id: "getOffer", access: edge.SignedIn, summary: "One offer with its milestones, their orders, and the offers that it answers"}, a.getOffer)
	on(a, op{method: "POST", path: "/offers/{id}/counter", id: "counterOffer", access: edge.Verified, status: http.StatusCreated, summary: "Answer an offer with another one, for the same gig"}, a.counterOffer)
	on(a, op{method: "POST", path: "/offers/{id}/accept", id: "acceptOffer", access: edge.Verified, summary: "Accept an offer; as its buyer, order the first milestone then, or do both with POST /orders"}, a.answerOffer(a.AcceptOffer))
	on(a, op{method: "POST", path: "/offers/{id}/decline", id: "declineOffer", access: edge.SignedIn, summary: "Decline an offer"}, a.answerOffer(a.Orders.DeclineOffer))
	on(a, op{method: "POST", path: "/offers/{id}/withdraw", id: "withdrawOffer", access: edge.SignedIn, summary: "Take back an own open offer, or what nobody has ordered of an accepted one"}, a.answerOffer(a.Orders.WithdrawOffer))
}

// Terms are what an offer says.
type Terms struct {
	Description string               `json:"description" doc:"What is to be done: 1 to 5,000 characters."`
	Milestones  []order.NewMilestone `json:"milestones" doc:"1 to 10, each with a title, a price in minor units, days and revisions."`
	Days        int                  `json:"expires_in,omitempty" doc:"Days until it expires: 1 to 30; 7 if absent."`
}

func (t Terms) terms() order.OfferTerms {
	return order.OfferTerms{Description: t.Description, Milestones: t.Milestones, Days: t.Days}
}

type sendOfferInput struct {
	ByID
	Keyed
	Body struct {
		GigID string `json:"gig_id" doc:"One of your own active gigs: category and fees are its."`
		Terms
	}
}

func (a *API) sendOffer(ctx context.Context, in *sendOfferInput) (*Replayable[order.Offer], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return repeatableOffer(a.SendOffer(ctx, in.ID, order.SendOfferRequest{RequestID: in.Key, GigID: in.Body.GigID, OfferTerms: in.Body.terms()}))
}

type counterOfferInput struct {
	ByID
	Keyed
	Body Terms
}

func (a *API) counterOffer(ctx context.Context, in *counterOfferInput) (*Replayable[order.Offer], error) {
	if err := needKey(in.Key); err != nil {
		return nil, err
	}
	return repeatableOffer(a.CounterOffer(ctx, order.CounterOfferRequest{RequestID: in.Key, OfferID: in.ID, OfferTerms: in.Body.terms()}))
}

func (a *API) answerOffer(answer func(context.Context, order.AnswerOfferRequest) (order.Offer, error)) func(context.Context, *answerInput) (*Replayable[order.Offer], error) {
	return func(ctx context.Context, in *answerInput) (*Replayable[order.Offer], error) {
		q := order.AnswerOfferRequest{RequestID: in.Key, OfferID: in.ID}
		if in.Body != nil {
			q.Note = in.Body.Note
		}
		return repeatableOffer(answer(ctx, q))
	}
}

// repeatableOffer says in the header what the module says of a repeated command; the body is that of the first answer.
func repeatableOffer(o order.Offer, err error) (*Replayable[order.Offer], error) {
	if err != nil {
		return nil, err
	}
	header := replayedHeader(o.Replayed)
	o.Replayed = false
	return &Replayable[order.Offer]{Replayed: header, Body: o}, nil
}

func (a *API) getOffer(ctx context.Context, in *ByID) (*body[order.Offer], error) {
	return answer(a.Orders.GetOffer(ctx, order.GetOfferRequest{ID: in.ID}))
}

type listOffersInput struct {
	Paged
	Role   string   `query:"role" enum:"buyer,seller" doc:"Both if absent."`
	Status []string `query:"status" maxItems:"6" doc:"Comma separated."`
}

func (a *API) listOffers(ctx context.Context, in *listOffersInput) (*body[List[order.Offer]], error) {
	q := order.ListOffersRequest{Role: in.Role, Limit: in.Limit, Cursor: in.Cursor}
	for _, s := range in.Status {
		q.Status = append(q.Status, order.OfferStatus(s))
	}
	offers, err := a.Orders.ListOffers(ctx, q)
	return answer(listOf(offers.Items, offers.NextCursor), err)
}

func (a *API) listOffersWith(ctx context.Context, in *PageOf) (*body[List[order.Offer]], error) {
	conversation, err := a.Chats.Get(ctx, chat.GetRequest{ID: in.ID})
	if err != nil {
		return nil, err
	}
	offers, err := a.Orders.ListOffers(ctx, order.ListOffersRequest{WithID: conversation.With.ID, Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(offers.Items, offers.NextCursor), err)
}
