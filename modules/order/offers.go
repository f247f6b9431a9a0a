package order

import (
	"context"
	"time"

	"marketplace/platform/money"
)

// Offers is the part of Service for work that two people agree on between themselves (rows O7 to O10): a seller offers it in
// one to ten milestones, the two bargain, and the buyer orders milestone after milestone with Quote and Place. Each
// milestone is an order of its own, with its own money, delivery, revisions, completion, dispute and review.
//
// An offer is for its buyer and its seller; for anybody else it is NotFound. Staff see one that has become an
// order, and those of a conversation that they read in a case. A
// command that its status does not allow is a Conflict. Whether two people may write to each other is asked of the chat by
// whoever calls (chat.MayWrite): orders do not know conversations.
type Offers interface {
	// SendOffer offers work on one of the acting seller's active gigs to a person. A person can have 20 open offers of
	// another at most.
	SendOffer(ctx context.Context, q SendOfferRequest) (Offer, error)
	// CounterOffer answers an open offer of the other with an own one, for the same gig (row O9).
	CounterOffer(ctx context.Context, q CounterOfferRequest) (Offer, error)
	// AcceptOffer agrees to an open offer of the other. The buyer then orders the first milestone, or does both at once with
	// Place; if nothing is paid until the offer's ExpiresAt, at least three days from now, it expires after all.
	AcceptOffer(ctx context.Context, q AnswerOfferRequest) (Offer, error)
	// DeclineOffer refuses an open offer of the other.
	DeclineOffer(ctx context.Context, q AnswerOfferRequest) (Offer, error)
	// WithdrawOffer takes an own open offer back; and an accepted one, by either side: what has been ordered goes on,
	// nothing more can be ordered.
	WithdrawOffer(ctx context.Context, q AnswerOfferRequest) (Offer, error)
	// GetOffer returns one offer with its history: the offers that it answers, oldest first.
	GetOffer(ctx context.Context, q GetOfferRequest) (Offer, error)
	// ListOffers lists the acting user's offers, newest first, or looks up many by id; those of others are left out. Their
	// History is left out.
	ListOffers(ctx context.Context, q ListOffersRequest) (OfferList, error)
}

// OfferStatus is where an offer is in its life.
type OfferStatus string

// The statuses of an offer; all but the first two are final.
const (
	OfferSent      OfferStatus = "sent"      // the other side can answer
	OfferAccepted  OfferStatus = "accepted"  // its milestones can be ordered one after the other
	OfferDeclined  OfferStatus = "declined"  // by the other side
	OfferCountered OfferStatus = "countered" // the other side has answered with an own offer
	OfferWithdrawn OfferStatus = "withdrawn" // by who sent it; an accepted one by either
	OfferExpired   OfferStatus = "expired"   // nobody answered, or nobody paid, in time
)

// OfferAction is something that somebody can do with an offer now; the API's path segment and the page's form.
type OfferAction string

// The actions. OfferOrder is Place, for the milestone that says Payable.
const (
	OfferAccept   OfferAction = "accept"
	OfferDecline  OfferAction = "decline"
	OfferCounter  OfferAction = "counter"
	OfferWithdraw OfferAction = "withdraw"
	OfferOrder    OfferAction = "order"
)

// Offer is work that one of two people offers, or asks for, in milestones. What it says never changes.
type Offer struct {
	ID             string      `json:"id"`
	Status         OfferStatus `json:"status"`
	SentBy         string      `json:"sent_by"` // buyer, seller
	BuyerID        string      `json:"buyer_id"`
	BuyerUsername  string      `json:"buyer_username"`
	SellerID       string      `json:"seller_id"`
	SellerUsername string      `json:"seller_username"`
	GigID          string      `json:"gig_id"`
	GigTitle       string      `json:"gig_title"`

	Description string      `json:"description"` // the scope
	Milestones  []Milestone `json:"milestones"`

	Price money.Amount `json:"price"` // of all milestones
	Pays  money.Amount `json:"pays"`  // the buyer, for all milestones, fees included
	Earns money.Amount `json:"earns"` // the seller, with all milestones
	Days  int          `json:"delivery_days"`

	Answers    string     `json:"answers"`     // the id of the offer that it counters; empty: it began the bargaining
	AnsweredBy string     `json:"answered_by"` // of a countered one: the id of the offer that counters it
	Note       string     `json:"note"`        // of who declined or withdrew it
	SentAt     time.Time  `json:"sent_at"`     // UTC
	ExpiresAt  time.Time  `json:"expires_at"`  // until then it can be answered, and of an accepted one the first milestone be paid
	SettledAt  *time.Time `json:"settled_at"`  // accepted, declined, countered, withdrawn or expired

	Allowed []OfferAction `json:"allowed"`           // what the one who asks may do now
	History []Offer       `json:"history,omitempty"` // what it answers, oldest first; with GetOffer

	Replayed bool `json:"replayed,omitempty"` // of a command: the request had been answered before, this is that answer
}

// Milestone is one part of an offer. Pays and Earns are by the fees in force, and of an order by those it was placed under.
type Milestone struct {
	Number       int          `json:"number"` // 1, 2, …
	Title        string       `json:"title"`
	Price        money.Amount `json:"price"`
	DeliveryDays int          `json:"delivery_days"`
	Revisions    int          `json:"revisions"` // gig.Unlimited (-1) is no limit
	Pays         money.Amount `json:"pays"`      // the buyer, with the fee
	Fee          money.Amount `json:"fee"`       // of Price, that the seller does not get
	Earns        money.Amount `json:"earns"`     // the seller

	OrderID     string `json:"order_id"` // once ordered; not of an order that nobody paid in time
	OrderNumber string `json:"order_number"`
	OrderStatus Status `json:"order_status"`
	Payable     bool   `json:"payable"` // the one who asks can order it now: the one before has been paid
}

// OfferList is a page of offers.
type OfferList struct {
	Items      []Offer `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

// NewMilestone is a milestone of an offer that is sent.
type NewMilestone struct {
	Title        string `json:"title"`         // 1 to 80 characters
	Price        int64  `json:"price"`         // minor units of the marketplace's currency: 5 to 20,000 whole ones
	DeliveryDays int    `json:"delivery_days"` // 1 to 90
	Revisions    int    `json:"revisions"`     // 0 to 20; -1 is no limit
}

// OfferTerms are what an offer that is sent says.
type OfferTerms struct {
	Description string         `json:"description"` // 1 to 5,000 characters
	Milestones  []NewMilestone `json:"milestones"`  // 1 to 10
	Days        int            `json:"expires_in"`  // days until it expires: 1 to 30; 0 is 7
}

// SendOfferRequest is the argument of SendOffer.
type SendOfferRequest struct {
	RequestID string `json:"request_id"` // required, 8 to 255 characters, the client's
	BuyerID   string `json:"buyer_id"`
	GigID     string `json:"gig_id"`
	OfferTerms
}

// CounterOfferRequest is the argument of CounterOffer.
type CounterOfferRequest struct {
	RequestID string `json:"request_id"` // required, 8 to 255 characters, the client's
	OfferID   string `json:"offer_id"`
	OfferTerms
}

// AnswerOfferRequest is the argument of AcceptOffer, DeclineOffer and WithdrawOffer.
type AnswerOfferRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OfferID   string `json:"offer_id"`
	Note      string `json:"note,omitempty"` // at most 1,000 characters, for the other side
}

// GetOfferRequest is the argument of GetOffer.
type GetOfferRequest struct {
	ID string `json:"id"`
}

// ListOffersRequest is the argument of ListOffers. Zero fields do not filter; with IDs, at most 100, nothing else does.
type ListOffersRequest struct {
	IDs    []string      `json:"ids,omitempty"`
	CaseID string        `json:"case_id,omitempty"` // with IDs, by staff: the open case through which they read the conversation of the offers
	WithID string        `json:"with_id,omitempty"` // the other person
	Role   string        `json:"role,omitempty"`    // of the one who asks: buyer, seller
	Status []OfferStatus `json:"status,omitempty"`
	Limit  int           `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string        `json:"cursor,omitempty"`
}
