package order

import "time"

// Timer is a step that an order, or an offer, will take by itself.
type Timer struct {
	OrderID string    `json:"order_id"`           // empty: it is an offer's
	OfferID string    `json:"offer_id,omitempty"` // with Kind offer_end
	Number  string    `json:"number"`             // of the order, for people
	Status  Status    `json:"status"`             // of an offer: an OfferStatus
	Kind    string    `json:"kind"`               // such as completion_end; docs/orders.md has them all
	DueAt   time.Time `json:"due_at"`
	Late    bool      `json:"late"` // it should have fired: nobody fires timers, or this one fails
}

// ListTimersRequest is the argument of ListTimers.
type ListTimersRequest struct {
	Limit  int    `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"`
}

// TimerList is a page of timers.
type TimerList struct {
	Items      []Timer `json:"items"`
	NextCursor string  `json:"next_cursor"`
}
