// Package payment is how the marketplace talks to payment providers: one small interface, and the simulator, a provider
// that needs no account anywhere. What a webhook says is never believed: it only says that the provider should be asked.
package payment

import (
	"context"
	"errors"

	"marketplace/platform/money"
)

// ErrSignature is returned by VerifyWebhook for what the provider has not sent, or has sent too long ago.
var ErrSignature = errors.New("payment: the webhook's signature or age is wrong")

// Provider takes money from buyers and gives it back. Every call is idempotent by the id that we give, so that it may be
// repeated after a crash or a timeout. No call is made inside a transaction.
type Provider interface {
	// Name is the provider in our books and addresses: lower-case letters.
	Name() string
	// CheckoutURL is where the buyer pays. It is known without asking the provider, so that an order can be placed while
	// the provider is away; a provider with sessions makes one when the buyer goes there.
	CheckoutURL(paymentID string) string
	// Fetch asks for the present state of a payment. One that nobody has tried to pay is Pending.
	Fetch(ctx context.Context, paymentID string) (Charge, error)
	// Refund asks for money back, or how that went: the same id again answers the present state.
	Refund(ctx context.Context, r Refund) (RefundState, error)
	// VerifyWebhook checks signature and age of what came, over the bytes as they came; ErrSignature.
	VerifyWebhook(headers map[string]string, body []byte) (Notice, error)
}

// State is where a payment is at the provider.
type State string

// The states of a payment.
const (
	Pending   State = "pending"
	Succeeded State = "succeeded" // the money is captured; final
	Declined  State = "declined"  // the buyer may try again: another attempt
)

// Charge is a payment as the provider knows it.
type Charge struct {
	ID      string // the provider's, of the captured money
	State   State
	Amount  money.Amount // captured, or tried
	Attempt int          // 1, 2, …; grows with every try of the buyer
	Message string       // why it was declined, for the buyer
}

// Refund is money to send back.
type Refund struct {
	ID        string // ours
	PaymentID string
	Amount    money.Amount
}

// RefundState is where a refund is at the provider.
type RefundState string

// The states of a refund.
const (
	RefundMoving   RefundState = "moving"   // ask again later
	RefundArrived  RefundState = "arrived"  // final
	RefundRejected RefundState = "rejected" // the provider will never send it: it becomes store credit
)

// Notice is what a webhook tells: that something happened to a payment.
type Notice struct {
	EventID   string // the provider's, for doing it once
	PaymentID string // ours; empty if it is about something that we do not use
}
