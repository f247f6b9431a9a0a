// Package payment is how the marketplace talks to payment providers: one small interface, and the simulator, a provider
// that needs no account anywhere. What a webhook says is never believed: it only says that the provider should be asked.
package payment

import (
	"context"
	"errors"
	"time"

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
	// Refund asks for money back, or how that went: the same id again answers the present state. Of a payment that the
	// buyer's bank has taken back nothing is sent, so that nobody gets their money twice.
	Refund(ctx context.Context, r Refund) (RefundState, error)
	// Checkout makes the page where a buyer pays, or finds the one that is open, and returns its address.
	Checkout(ctx context.Context, c Checkout) (string, error)
	// Payout sends money to a seller's account, or answers how that went: the same id again answers the present state.
	Payout(ctx context.Context, p Payout) (PayoutResult, error)
	// Onboard makes a seller's account, unless it is there, and returns where they tell the provider who they are.
	Onboard(ctx context.Context, o Onboarding) (Account, error)
	// Account asks how far the provider is in knowing a seller.
	Account(ctx context.Context, account string) (Account, error)
	// Chargeback asks for the present state of a chargeback, by the provider's reference.
	Chargeback(ctx context.Context, reference string) (Chargeback, error)
	// Answer sends the seller's evidence against a chargeback.
	Answer(ctx context.Context, reference, evidence string) error
	// Report calls each for every movement at the provider from since (inclusive) to until, in no particular order.
	Report(ctx context.Context, since, until time.Time, each func(Transaction) error) error
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
	RefundDisputed RefundState = "disputed" // the buyer's bank has taken the payment back: nothing is sent while it decides
)

// Checkout is what the provider's page is about.
type Checkout struct {
	PaymentID   string
	Amount      money.Amount
	Description string
	ReturnURL   string // where the buyer comes back to, paid or not
}

// Payout is money to send to a seller.
type Payout struct {
	ID      string // ours
	Account string // the provider's
	Amount  money.Amount
}

// PayoutState is where a payout is at the provider.
type PayoutState string

// The states of a payout.
const (
	PayoutMoving PayoutState = "moving" // ask again later
	PayoutPaid   PayoutState = "paid"   // may still come back: then it is failed
	PayoutFailed PayoutState = "failed" // final: the money is the seller's again
)

// PayoutResult is how a payout went.
type PayoutResult struct {
	State     PayoutState
	Reference string // the provider's
	Message   string // why it has failed, for the seller
}

// Onboarding is a seller who wants to be paid out.
type Onboarding struct {
	UserID    string
	Account   string // the provider's; empty: none yet
	ReturnURL string
}

// AccountStatus says whether a seller can be paid out.
type AccountStatus string

// The states of a seller's account at the provider.
const (
	AccountIncomplete AccountStatus = "incomplete" // the seller has to tell more
	AccountReview     AccountStatus = "review"     // the provider looks at it
	AccountRestricted AccountStatus = "restricted" // refused, until the seller has done what Message says
	AccountReady      AccountStatus = "ready"
)

// Account is a seller as the provider knows them.
type Account struct {
	ID      string // the provider's
	Status  AccountStatus
	Message string // what is missing, for the seller
	URL     string // of Onboard: where to tell it
}

// ChargebackStage is where a chargeback is.
type ChargebackStage string

// The stages of a chargeback.
const (
	NeedsResponse ChargebackStage = "needs_response"
	UnderReview   ChargebackStage = "under_review"
	Won           ChargebackStage = "won"
	Lost          ChargebackStage = "lost"
)

// Chargeback is a payment that the buyer's bank has taken back.
type Chargeback struct {
	Reference string // the provider's id
	PaymentID string
	Stage     ChargebackStage
	Amount    money.Amount
	Fee       money.Amount
	Reason    string
}

// Transaction is one line of the provider's report.
type Transaction struct {
	ID      string       // the provider's
	Kind    string       // charge, refund, payout, payout_returned, chargeback, chargeback_won, settlement
	Subject string       // our id of the payment, refund or payout; the provider's of a chargeback or settlement
	Amount  money.Amount // what it does to the balance at the provider, before the fee; refunds are negative
	Fee     money.Amount // what the provider keeps of it
	At      time.Time
}

// Kind is what a webhook is about.
type Kind string

// What a webhook can be about.
const (
	AboutPayment    Kind = "payment"
	AboutRefund     Kind = "refund"
	AboutPayout     Kind = "payout"
	AboutChargeback Kind = "chargeback"
	AboutAccount    Kind = "account"
)

// Notice is what a webhook tells: that something happened to a payment, or to something else.
type Notice struct {
	EventID   string // the provider's, for doing it once
	Kind      Kind   // empty: a payment
	PaymentID string // ours of a payment, refund or payout, the provider's of the others; empty if it is about something that we do not use
}
