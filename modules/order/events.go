package order

import (
	"time"

	"marketplace/platform/money"
)

// Facts are what every event of an order tells: who, what, and for how much.
type Facts struct {
	OrderID        string       `json:"order_id"`
	Number         string       `json:"number"`
	GigID          string       `json:"gig_id"`
	GigTitle       string       `json:"gig_title"`
	BuyerID        string       `json:"buyer_id"`
	BuyerUsername  string       `json:"buyer_username"`
	SellerID       string       `json:"seller_id"`
	SellerUsername string       `json:"seller_username"`
	Total          money.Amount `json:"total"`    // what the buyer pays
	Earnings       money.Amount `json:"earnings"` // what the seller gets
	Status         Status       `json:"status"`   // after the event
	Version        int          `json:"version"`
	At             time.Time    `json:"at"`
}

// Aggregate is the order.
func (f Facts) Aggregate() string { return f.OrderID }

// Told are the facts themselves: what every event of an order says.
func (f Facts) Told() Facts { return f }

// Placed says that an order waits for its payment.
type Placed struct{ Facts }

// Topic is order.placed.v1.
func (Placed) Topic() string { return "order.placed.v1" }

// Paid says that the buyer's money is held: the seller has an order.
type Paid struct{ Facts }

// Topic is order.paid.v1.
func (Paid) Topic() string { return "order.paid.v1" }

// Declined says that the provider refused the payment; the buyer may try again.
type Declined struct {
	Facts
	Message string `json:"message"`
}

// Topic is order.declined.v1.
func (Declined) Topic() string { return "order.declined.v1" }

// Expired says that nobody paid in time.
type Expired struct{ Facts }

// Topic is order.expired.v1.
func (Expired) Topic() string { return "order.expired.v1" }

// RequirementsDue reminds the buyer of the seller's questions.
type RequirementsDue struct {
	Facts
	CancelsAt time.Time `json:"cancels_at"` // when the order cancels itself
}

// Topic is order.requirements_due.v1.
func (RequirementsDue) Topic() string { return "order.requirements_due.v1" }

// Started says that the clock runs.
type Started struct {
	Facts
	DueAt time.Time `json:"due_at"`
}

// Topic is order.started.v1.
func (Started) Topic() string { return "order.started.v1" }

// Delivered says that work was handed over.
type Delivered struct {
	Facts
	Delivery    int       `json:"delivery"` // 1, 2, …
	Message     string    `json:"message"`
	CompletesAt time.Time `json:"completes_at"` // by itself
}

// Topic is order.delivered.v1.
func (Delivered) Topic() string { return "order.delivered.v1" }

// CompletionNear reminds the buyer that the order completes by itself soon.
type CompletionNear struct {
	Facts
	CompletesAt time.Time `json:"completes_at"`
}

// Topic is order.completion_near.v1.
func (CompletionNear) Topic() string { return "order.completion_near.v1" }

// RevisionRequested says that the buyer sent the delivery back.
type RevisionRequested struct {
	Facts
	Message string    `json:"message"`
	DueAt   time.Time `json:"due_at"`
}

// Topic is order.revision_requested.v1.
func (RevisionRequested) Topic() string { return "order.revision_requested.v1" }

// Completed says that the work is accepted and the seller's money released.
type Completed struct {
	Facts
	Automatic bool      `json:"automatic"` // by time, not by the buyer
	ClearsAt  time.Time `json:"clears_at"` // when the seller can withdraw
}

// Topic is order.completed.v1.
func (Completed) Topic() string { return "order.completed.v1" }

// Cancelled says that the order ended without completion; Refunded is what goes back to the buyer.
type Cancelled struct {
	Facts
	By       string       `json:"by"` // buyer, marketplace, moderator
	Reason   string       `json:"reason"`
	Refunded money.Amount `json:"refunded"`
}

// Topic is order.cancelled.v1.
func (Cancelled) Topic() string { return "order.cancelled.v1" }

// Cleared says that the clearing period of an earning is over. Amount can be withdrawn: nothing, if a case holds it back.
type Cleared struct {
	Facts
	Amount        money.Amount `json:"amount"`
	Debt          money.Amount `json:"debt"`           // that it paid
	Reserved      money.Amount `json:"reserved"`       // that stays in the reserve
	ReservedUntil time.Time    `json:"reserved_until"` // if something does
}

// Topic is order.cleared.v1.
func (Cleared) Topic() string { return "order.cleared.v1" }

// Late says that the time for a delivery is over, and then that the buyer may cancel alone.
type Late struct {
	Facts
	VeryLate bool      `json:"very_late"`
	DueAt    time.Time `json:"due_at"`
	Next     time.Time `json:"next"` // the buyer may cancel; when very late: the order cancels itself
}

// Topic is order.late.v1.
func (Late) Topic() string { return "order.late.v1" }

// ChangeRequested says that one side asks the other to agree to something.
type ChangeRequested struct {
	Facts
	Kind     ChangeKind   `json:"kind"`
	By       string       `json:"by"` // buyer, seller
	Reason   string       `json:"reason"`
	Days     int          `json:"days"`
	Amount   money.Amount `json:"amount"`
	AnswerBy time.Time    `json:"answer_by"`

	Revisions int `json:"revisions,omitempty"` // of a raise
}

// Topic is order.change_requested.v1.
func (ChangeRequested) Topic() string { return "order.change_requested.v1" }

// ChangeSettled says what became of what one side has asked for.
type ChangeSettled struct {
	Facts
	Kind    ChangeKind `json:"kind"`
	By      string     `json:"by"`      // who had asked
	Outcome string     `json:"outcome"` // accepted, declined, withdrawn, lapsed
	Note    string     `json:"note"`
}

// Topic is order.change_settled.v1.
func (ChangeSettled) Topic() string { return "order.change_settled.v1" }

// ReviewExtended says that the buyer takes more time to look at a delivery.
type ReviewExtended struct {
	Facts
	CompletesAt time.Time `json:"completes_at"`
}

// Topic is order.review_extended.v1.
func (ReviewExtended) Topic() string { return "order.review_extended.v1" }

// PartlyRefunded says that part of the price goes back to the buyer while the work goes on.
type PartlyRefunded struct {
	Facts
	Amount money.Amount `json:"amount"` // with the fee for it: what the buyer gets
	Reason string       `json:"reason"`
}

// Topic is order.partly_refunded.v1.
func (PartlyRefunded) Topic() string { return "order.partly_refunded.v1" }

// Disputed says that one side asks the marketplace to decide.
type Disputed struct {
	Facts
	By       string    `json:"by"` // buyer, seller
	Reason   string    `json:"reason"`
	AnswerBy time.Time `json:"answer_by"`
}

// Topic is order.disputed.v1.
func (Disputed) Topic() string { return "order.disputed.v1" }

// DisputeStated says that one side has said something in a dispute.
type DisputeStated struct {
	Facts
	By string `json:"by"` // buyer, seller
}

// Topic is order.dispute_stated.v1.
func (DisputeStated) Topic() string { return "order.dispute_stated.v1" }

// DisputeSettled says how a dispute has ended.
type DisputeSettled struct {
	Facts
	Outcome  string       `json:"outcome"`  // withdrawn, resolved
	Refunded money.Amount `json:"refunded"` // what the buyer gets, with the fee for it
	Earned   money.Amount `json:"earned"`   // what the seller gets
	Reason   string       `json:"reason"`
}

// Topic is order.dispute_settled.v1.
func (DisputeSettled) Topic() string { return "order.dispute_settled.v1" }

// ChangeAgreed says that both want a higher price; the buyer pays it now.
type ChangeAgreed struct {
	Facts
	Kind      ChangeKind   `json:"kind"`
	By        string       `json:"by"`     // who has agreed: buyer, seller
	Amount    money.Amount `json:"amount"` // on top of the price
	Days      int          `json:"days"`
	Revisions int          `json:"revisions"`
	PayBy     time.Time    `json:"pay_by"`
}

// Topic is order.change_agreed.v1.
func (ChangeAgreed) Topic() string { return "order.change_agreed.v1" }

// Tipped says that the buyer of a completed order has given something on top.
type Tipped struct {
	Facts
	Amount   money.Amount `json:"amount"`
	Message  string       `json:"message"`
	ClearsAt time.Time    `json:"clears_at"`
}

// Topic is order.tipped.v1.
func (Tipped) Topic() string { return "order.tipped.v1" }

// TakenBack says that staff have given part of a completed order's price back to its buyer.
type TakenBack struct {
	Facts
	Amount money.Amount `json:"amount"` // what the buyer gets, with the fee for it
	Reason string       `json:"reason"`
}

// Topic is order.taken_back.v1.
func (TakenBack) Topic() string { return "order.taken_back.v1" }
