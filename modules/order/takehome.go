package order

import (
	"context"
	"time"

	"marketplace/platform/money"
)

// Calculator is the part of Service that tells a seller what a price brings before anybody agrees to it (row Z26): by the same
// computation as quotes and books.
type Calculator interface {
	// TakeHome computes prices for the acting seller: of a gig in a category, or with an order as that order's terms say.
	TakeHome(ctx context.Context, q TakeHomeRequest) (TakeHomes, error)
}

// TakeHome is one price: the buyer pays Pays, the marketplace takes Fee of the price, the seller gets Earns.
type TakeHome struct {
	Price     money.Amount `json:"price"`
	Pays      money.Amount `json:"pays"`
	Fee       money.Amount `json:"fee"`
	Earns     money.Amount `json:"earns"`
	Available time.Time    `json:"available"` // UTC; when it can be withdrawn, if the order is completed now
}

// TakeHomeRequest is the argument of TakeHome.
type TakeHomeRequest struct {
	Minors   []int64 `json:"minors"` // 1 to 50 prices, in the marketplace's currency; none less than 0
	Category string  `json:"category,omitempty"`
	OrderID  string  `json:"order_id,omitempty"` // of an order of the acting user's: its terms
	Less     bool    `json:"less,omitempty"`     // of an order: Minors are what is taken off its price
}

// TakeHomes are the answers, in the order of the prices.
type TakeHomes struct {
	Items []TakeHome `json:"items"`
	Sum   TakeHome   `json:"sum"` // of the prices as orders of their own, such as the milestones of an offer
}
