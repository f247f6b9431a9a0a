package order

import (
	"time"

	"marketplace/platform/money"
)

// PayoutChanged says how far a withdrawal is: it was requested, approved, paid, rejected, or has failed.
type PayoutChanged struct {
	PayoutID  string       `json:"payout_id"`
	UserID    string       `json:"user_id"`
	Username  string       `json:"username"`
	Status    string       `json:"status"`
	Net       money.Amount `json:"net"` // what arrives
	Reason    string       `json:"reason"`
	Automatic bool         `json:"automatic"` // the schedule asked for it
	Reference string       `json:"reference"` // the provider's or the bank's, if it was paid
	At        time.Time    `json:"at"`
}

// Topic is order.payout_changed.v1.
func (PayoutChanged) Topic() string { return "order.payout_changed.v1" }

// Aggregate is the withdrawal.
func (e PayoutChanged) Aggregate() string { return e.PayoutID }

// ChargebackChanged says that a buyer's bank has taken a payment back, or how that ended.
type ChargebackChanged struct {
	Facts
	ChargebackID string       `json:"chargeback_id"`
	Stage        string       `json:"stage"` // needs_response, under_review, won, lost
	Amount       money.Amount `json:"amount"`
	Frozen       money.Amount `json:"frozen"` // of the seller's money
	Reason       string       `json:"reason"`
}

// Topic is order.chargeback_changed.v1.
func (ChargebackChanged) Topic() string { return "order.chargeback_changed.v1" }
