package gig

import "time"

// Published says that everybody can see and order the gig.
type Published struct {
	GigID    string    `json:"gig_id"`
	SellerID string    `json:"seller_id"`
	Title    string    `json:"title"`
	At       time.Time `json:"at"`
}

// Topic is gig.published.v1.
func (Published) Topic() string { return "gig.published.v1" }

// Aggregate is the gig.
func (e Published) Aggregate() string { return e.GigID }

// Paused says that the gig takes no orders: paused or deleted by its seller.
type Paused struct {
	GigID    string    `json:"gig_id"`
	SellerID string    `json:"seller_id"`
	At       time.Time `json:"at"`
}

// Topic is gig.paused.v1.
func (Paused) Topic() string { return "gig.paused.v1" }

// Aggregate is the gig.
func (e Paused) Aggregate() string { return e.GigID }
