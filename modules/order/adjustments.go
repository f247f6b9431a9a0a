package order

import (
	"context"
	"time"

	"marketplace/platform/money"
)

// Adjustments is the part of Service by which operators put things right by hand: journals 19 to 21 of docs/money.md. Each names
// the order that it is about, and its reason.
type Adjustments interface {
	// Adjust gives the buyer of an order credit (goodwill), or gives up what its seller owes (write_off). Above the limit for one
	// person it waits until another operator confirms it. For operators.
	Adjust(ctx context.Context, q AdjustRequest) (Adjustment, error)
	// DecideAdjustment confirms or rejects what another operator has asked for. For operators.
	DecideAdjustment(ctx context.Context, q DecideAdjustmentRequest) (Adjustment, error)
	// ListAdjustments lists them, newest first. For operators.
	ListAdjustments(ctx context.Context, q ListAdjustmentsRequest) (AdjustmentList, error)
	// ListStrays lists money at the provider that fits nothing, the open ones first. For operators.
	ListStrays(ctx context.Context, q ListStraysRequest) (StrayList, error)
	// SettleStray says whose it is: the buyer of an order gets it as credit, or the provider has sent it back. What was sent to the
	// buyer of an order by hand is borne by the marketplace, or the provider has brought it back. For operators.
	SettleStray(ctx context.Context, q SettleStrayRequest) (Stray, error)
}

// Adjustment is one correction by hand.
type Adjustment struct {
	ID          string       `json:"id"`
	Kind        string       `json:"kind"`   // goodwill, write_off
	Status      string       `json:"status"` // waiting, done, rejected
	OrderID     string       `json:"order_id"`
	OrderNumber string       `json:"order_number"`
	Username    string       `json:"username"` // who gets the credit, or owed
	Amount      money.Amount `json:"amount"`
	Reason      string       `json:"reason"`
	AskedBy     string       `json:"asked_by"`   // user name
	DecidedBy   string       `json:"decided_by"` // user name; empty: nobody else was needed, or has looked
	Mine        bool         `json:"mine"`       // the acting operator has asked for it: another one has to confirm
	CreatedAt   time.Time    `json:"created_at"`
	DecidedAt   *time.Time   `json:"decided_at"`
}

// AdjustRequest is the argument of Adjust.
type AdjustRequest struct {
	RequestID string `json:"request_id,omitempty"`
	Kind      string `json:"kind"`  // goodwill, write_off
	Order     string `json:"order"` // its number or id
	Minor     int64  `json:"minor"` // in the marketplace's currency
	Reason    string `json:"reason"`
}

// DecideAdjustmentRequest is the argument of DecideAdjustment.
type DecideAdjustmentRequest struct {
	ID      string `json:"id"`
	Confirm bool   `json:"confirm"` // false: rejected
}

// ListAdjustmentsRequest is the argument of ListAdjustments.
type ListAdjustmentsRequest struct {
	Limit  int    `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"`
}

// AdjustmentList is a page of adjustments.
type AdjustmentList struct {
	Items      []Adjustment `json:"items"`
	NextCursor string       `json:"next_cursor"`
}

// Stray is money that the provider reports, and that belongs to no payment and no refund that we know (journal 21).
type Stray struct {
	ID          string       `json:"id"` // the line of the provider's report
	Provider    string       `json:"provider"`
	Kind        string       `json:"kind"`    // charge: it has come; refund: it has left
	Subject     string       `json:"subject"` // what the provider calls it
	Amount      money.Amount `json:"amount"`
	Status      string       `json:"status"` // open, matched, returned
	OrderNumber string       `json:"order_number"`
	Note        string       `json:"note"`
	FoundAt     time.Time    `json:"found_at"`
	DecidedAt   *time.Time   `json:"decided_at"`
}

// ListStraysRequest is the argument of ListStrays.
type ListStraysRequest struct {
	Limit int `json:"limit,omitempty"` // 1 to 100; 20
}

// StrayList are strays.
type StrayList struct {
	Items []Stray `json:"items"`
}

// SettleStrayRequest is the argument of SettleStray.
type SettleStrayRequest struct {
	ID    string `json:"id"`
	Order string `json:"order,omitempty"` // number or id: its buyer gets the money as credit, or has got it; empty: the provider has sent it back, or brought it
	Note  string `json:"note"`            // how that was found out, 1 to 500 characters
}
