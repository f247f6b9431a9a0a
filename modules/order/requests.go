package order

import "time"

// QuoteRequest is the argument of Quote.
type QuoteRequest struct {
	GigID    string `json:"gig_id"`
	Package  string `json:"package"`
	Quantity int    `json:"quantity"` // 1 to 20; 0 is 1

	Extras    []string `json:"extras,omitempty"`     // titles of the gig's extras, for each one
	UseCredit bool     `json:"use_credit,omitempty"` // the acting buyer's credit pays as much as it can

	OfferID   string `json:"offer_id,omitempty"`  // instead of a gig's package: a milestone of an offer to the acting buyer
	Milestone int    `json:"milestone,omitempty"` // 1, 2, …
}

// PlaceRequest is the argument of Place.
type PlaceRequest struct {
	RequestID string `json:"request_id"` // required, 8 to 255 characters, the client's
	GigID     string `json:"gig_id"`
	Package   string `json:"package"`         // basic, standard, premium
	Quantity  int    `json:"quantity"`        // 1 to 20; 0 is 1
	Quote     string `json:"quote,omitempty"` // the token of a quote for just this: what was shown is charged

	Extras    []string `json:"extras,omitempty"`     // titles of the gig's extras, for each one
	UseCredit bool     `json:"use_credit,omitempty"` // what the quote says of it; without a quote, as much as there is

	OfferID   string `json:"offer_id,omitempty"`  // instead of a gig's package: a milestone of an offer to the acting buyer
	Milestone int    `json:"milestone,omitempty"` // 1, 2, …
}

// GetRequest is the argument of Get.
type GetRequest struct {
	ID string `json:"id"`
}

// ListRequest is the argument of List. Zero fields do not filter.
type ListRequest struct {
	Role   string     `json:"role,omitempty"` // buyer, seller; both if empty; staff: everybody's, for staff only
	Status []Status   `json:"status,omitempty"`
	Since  *time.Time `json:"since,omitempty"` // placed at or after
	Until  *time.Time `json:"until,omitempty"` // placed before
	Limit  int        `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string     `json:"cursor,omitempty"`
}

// Answer answers one question, which is named by its text.
type Answer struct {
	Question string   `json:"question"`
	Answer   string   `json:"answer"` // at most 5,000 characters
	Files    []Upload `json:"files,omitempty"`
}

// SubmitRequirementsRequest is the argument of SubmitRequirements.
type SubmitRequirementsRequest struct {
	RequestID string   `json:"request_id,omitempty"`
	OrderID   string   `json:"order_id"`
	Answers   []Answer `json:"answers"`
}

// SkipRequirementsRequest is the argument of SkipRequirements.
type SkipRequirementsRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
}

// DeliverRequest is the argument of Deliver.
type DeliverRequest struct {
	RequestID string   `json:"request_id,omitempty"`
	OrderID   string   `json:"order_id"`
	Message   string   `json:"message"` // 1 to 5,000 characters, or a file
	Files     []Upload `json:"files,omitempty"`
}

// RequestRevisionRequest is the argument of RequestRevision.
type RequestRevisionRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Message   string `json:"message"` // 1 to 5,000 characters
}

// AcceptRequest is the argument of Accept.
type AcceptRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
}

// CancelRequest is the argument of Cancel.
type CancelRequest struct {
	RequestID string `json:"request_id,omitempty"`
	OrderID   string `json:"order_id"`
	Reason    string `json:"reason,omitempty"` // at most 1,000 characters
}

// FileRequest is the argument of File.
type FileRequest struct {
	OrderID string `json:"order_id"`
	FileID  string `json:"file_id"`
}

// LinkedFileRequest is the argument of LinkedFile.
type LinkedFileRequest struct {
	Token string `json:"token"`
}

// BalanceRequest is the argument of Balance.
type BalanceRequest struct{}

// ReceiveWebhookRequest is the argument of ReceiveWebhook.
type ReceiveWebhookRequest struct {
	Provider string            `json:"provider"`
	Headers  map[string]string `json:"headers"` // lower-case names
	Body     []byte            `json:"body"`    // as it came: the signature is over these bytes
}

// SimulatedPaymentRequest is the argument of SimulatedPayment.
type SimulatedPaymentRequest struct {
	ID string `json:"id"`
}

// DecideSimulatedPaymentRequest is the argument of DecideSimulatedPayment.
type DecideSimulatedPaymentRequest struct {
	ID      string `json:"id"`
	Succeed bool   `json:"succeed"`
}

// VerifyLedgerRequest is the argument of VerifyLedger.
type VerifyLedgerRequest struct{}
