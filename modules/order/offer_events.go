package order

import (
	"time"

	"marketplace/platform/money"
)

// OfferFacts are what every event of an offer tells.
type OfferFacts struct {
	OfferID        string       `json:"offer_id"`
	Answers        string       `json:"answers"` // the offer that it counters, if any
	GigID          string       `json:"gig_id"`
	GigTitle       string       `json:"gig_title"`
	BuyerID        string       `json:"buyer_id"`
	BuyerUsername  string       `json:"buyer_username"`
	SellerID       string       `json:"seller_id"`
	SellerUsername string       `json:"seller_username"`
	SentBy         string       `json:"sent_by"` // buyer, seller
	Price          money.Amount `json:"price"`   // of all milestones
	Milestones     int          `json:"milestones"`
	Days           int          `json:"delivery_days"`
	Status         OfferStatus  `json:"status"` // after the event
	ExpiresAt      time.Time    `json:"expires_at"`
	At             time.Time    `json:"at"`
}

// Aggregate is the offer.
func (f OfferFacts) Aggregate() string { return f.OfferID }

// ToldOffer are the facts themselves: what every event of an offer says.
func (f OfferFacts) ToldOffer() OfferFacts { return f }

// OfferMade says that somebody has sent an offer, or answered one with an own one.
type OfferMade struct{ OfferFacts }

// Topic is order.offer_made.v1.
func (OfferMade) Topic() string { return "order.offer_made.v1" }

// OfferAnswered says what the other side has done with an offer: its Status is accepted, declined or countered.
type OfferAnswered struct {
	OfferFacts
	Note    string `json:"note"`
	Ordered bool   `json:"ordered"` // it was accepted by ordering the first milestone, which is not paid yet
}

// Topic is order.offer_answered.v1.
func (OfferAnswered) Topic() string { return "order.offer_answered.v1" }

// OfferTakenBack says that an offer was withdrawn: an open one by who had sent it, an accepted one by either.
type OfferTakenBack struct {
	OfferFacts
	By       string `json:"by"` // buyer, seller
	Note     string `json:"note"`
	Accepted bool   `json:"accepted"` // it had been: what was ordered of it goes on
}

// Topic is order.offer_taken_back.v1.
func (OfferTakenBack) Topic() string { return "order.offer_taken_back.v1" }

// OfferLapsed says that nobody answered an offer in time, or that nobody paid an accepted one.
type OfferLapsed struct {
	OfferFacts
	Unpaid bool `json:"unpaid"` // it had been accepted
}

// Topic is order.offer_lapsed.v1.
func (OfferLapsed) Topic() string { return "order.offer_lapsed.v1" }
