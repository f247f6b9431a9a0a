package order

import (
	"time"

	"marketplace/platform/money"
)

// What the two sides ask of each other, and what happens when they do not agree.

// ChangeKind is what one side asks for.
type ChangeKind string

// The kinds of a change: to end the order with all money back, more days, a lower price, a higher price with what it buys.
const (
	ChangeCancel    ChangeKind = "cancel"
	ChangeExtension ChangeKind = "extension"
	ChangePrice     ChangeKind = "price"
	ChangeRaise     ChangeKind = "raise"
)

// Change is what one side has asked the other to agree to (rows O15, O16, O20). One an order is open at a time.
type Change struct {
	ID        string       `json:"id"`
	Kind      ChangeKind   `json:"kind"`
	AskedBy   string       `json:"asked_by"` // buyer, seller
	Reason    string       `json:"reason"`
	Days      int          `json:"days"`       // more, for an extension or a raise
	Revisions int          `json:"revisions"`  // more, for a raise
	Amount    money.Amount `json:"amount"`     // off the price, for a lower one; the buyer's fee for it goes back too; of a raise, on top of it
	Status    string       `json:"status"`     // open, accepted, declined, withdrawn, lapsed
	Note      string       `json:"note"`       // of who answered
	AskedAt   time.Time    `json:"asked_at"`   // UTC
	AnswerBy  time.Time    `json:"answer_by"`  // then it lapses; a buyer's request to cancel a late order is granted
	AgreedAt  *time.Time   `json:"agreed_at"`  // of a raise: both have agreed, and the buyer pays until AnswerBy
	SettledAt *time.Time   `json:"settled_at"` // answered, withdrawn or lapsed; of a raise: paid

	Payment *Payment `json:"payment,omitempty"` // of a raise that both have agreed on, to the buyer
}

// Tip is what a buyer gives on top of a completed order.
type Tip struct {
	Amount  money.Amount `json:"amount"`
	Message string       `json:"message"`
	PaidAt  *time.Time   `json:"paid_at"`
	Payment *Payment     `json:"payment,omitempty"` // to the buyer
}

// Dispute is a case between the two sides of an order (rows O18, Z10). Nothing else of the order moves by itself while
// it is open.
type Dispute struct {
	ID         string       `json:"id"`
	OpenedBy   string       `json:"opened_by"` // buyer, seller
	Reason     string       `json:"reason"`    // one of DisputeReasons
	Status     string       `json:"status"`    // open, withdrawn, resolved
	Statements []Claim      `json:"statements"`
	OpenedAt   time.Time    `json:"opened_at"`
	SettledAt  *time.Time   `json:"settled_at"`
	Refund     money.Amount `json:"refund"`   // of the price, decided; the fees follow in proportion
	Decision   string       `json:"decision"` // the reasons, for both sides
	Draft      *Draft       `json:"draft,omitempty"`
}

// Draft is what one moderator proposes where two are needed. Only staff see it.
type Draft struct {
	Refund money.Amount `json:"refund"`
	Reason string       `json:"reason"`
	ByMe   bool         `json:"by_me"` // another moderator has to confirm it
}

// Claim is what one side says in a dispute, with files as evidence.
type Claim struct {
	Actor string    `json:"actor"` // buyer, seller
	Text  string    `json:"text"`
	Files []FileRef `json:"files"`
	At    time.Time `json:"at"`
}

// DisputeReasons are what a dispute can be about.
func DisputeReasons() []string {
	return []string{"not_delivered", "not_as_described", "quality", "no_answer", "rights", "other"}
}

// AskRequest is the argument of Ask.
type AskRequest struct {
	RequestID string     `json:"request_id,omitempty"`
	OrderID   string     `json:"order_id"`
	Kind      ChangeKind `json:"kind"`
	Reason    string     `json:"reason"`              // 1 to 1,000 characters
	Days      int        `json:"days"`                // 1 to 90, for an extension; 0 to 90, for a raise
	Amount    int64      `json:"amount"`              // minor units off the price, less than all of it, for a lower price; on top of it, for a raise
	Revisions int        `json:"revisions,omitempty"` // 0 to 20 more, for a raise
}

// AnswerRequest is the argument of Agree, Decline and Withdraw.
type AnswerRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Note      string `json:"note,omitempty"` // at most 1,000 characters
}

// ExtendReviewRequest is the argument of ExtendReview.
type ExtendReviewRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
}

// RefundPartRequest is the argument of RefundPart.
type RefundPartRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Amount    int64  `json:"amount"` // minor units of the price
	Reason    string `json:"reason"` // 1 to 1,000 characters
}

// OpenDisputeRequest is the argument of OpenDispute.
type OpenDisputeRequest struct {
	RequestID string   `json:"request_id,omitempty"`
	OrderID   string   `json:"order_id"`
	Reason    string   `json:"reason"` // one of DisputeReasons
	Text      string   `json:"text"`   // 1 to 5,000 characters
	Files     []Upload `json:"files,omitempty"`
}

// StateRequest is the argument of State.
type StateRequest struct {
	RequestID string   `json:"request_id,omitempty"`
	OrderID   string   `json:"order_id"`
	Text      string   `json:"text"` // 1 to 5,000 characters
	Files     []Upload `json:"files,omitempty"`
}

// WithdrawDisputeRequest is the argument of WithdrawDispute.
type WithdrawDisputeRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
}

// ResolveRequest is the argument of Resolve.
type ResolveRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Refund    int64  `json:"refund"` // minor units of the price that go back; 0 releases all to the seller
	Reason    string `json:"reason"` // 1 to 5,000 characters, for both sides to read
}

// StaffCancelRequest is the argument of StaffCancel.
type StaffCancelRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Reason    string `json:"reason"` // 1 to 1,000 characters, for both sides to read
}

// StaffRefundRequest is the argument of StaffRefund.
type StaffRefundRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Amount    int64  `json:"amount"` // minor units of the price; the fees for it go back too
	Reason    string `json:"reason"` // 1 to 1,000 characters, for both sides to read
}

// TipRequest is the argument of Tip.
type TipRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Amount    int64  `json:"amount"`            // minor units, within the limits of the settings: usually 1 to 500 whole units of the currency
	Message   string `json:"message,omitempty"` // at most 1,000 characters, for the seller
}
