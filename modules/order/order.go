// Package order holds other people's money while work is done: placing, paying, delivering, accepting,
// cancelling, and the books of all of it. States, guards, money and timers are those of docs/orders.md.
package order

import (
	"context"
	"time"

	"marketplace/platform/money"
)

// Service is what the module order offers. Every command that names an order is for its buyer or its seller, and some
// for the marketplace's staff (the roles operator and moderator, who see every order); an order of somebody else is NotFound; a command that the state does not allow is a Conflict that lists what
// is allowed. RequestID, where a request has it, is the caller's idempotency key: the same key with the same
// request answers what it answered first, without a second effect; with another request it is refused.
type Service interface {
	// Quote computes what a package would cost, from the catalogue's prices alone (rows O1, P5, Z26), without a login; or what
	// a milestone of an offer would, to its buyer.
	Quote(ctx context.Context, q QuoteRequest) (Quote, error)
	// Place makes an order and its payment. The server prices it; nobody orders their own gig (rows O1, O3). An open offer of
	// the seller is accepted by ordering its first milestone (row O8); a milestone that waits for its payment already is
	// answered with that order.
	Place(ctx context.Context, q PlaceRequest) (Placement, error)
	// Get returns one order with its deliveries and timeline to its buyer or seller (row O19).
	Get(ctx context.Context, q GetRequest) (Order, error)
	// List lists the acting user's orders, newest first (row O24). Deliveries and timeline are left out.
	List(ctx context.Context, q ListRequest) (List, error)

	// SubmitRequirements answers the seller's questions; the clock starts (row O5).
	SubmitRequirements(ctx context.Context, q SubmitRequirementsRequest) (Order, error)
	// SkipRequirements starts the clock without answers; the seller's choice (row O5).
	SkipRequirements(ctx context.Context, q SkipRequirementsRequest) (Order, error)
	// Deliver hands over a message and files; again after a revision; all are kept (row O12).
	Deliver(ctx context.Context, q DeliverRequest) (Order, error)
	// RequestRevision sends the delivery back within the package's limit; the automatic completion stops (row O13).
	RequestRevision(ctx context.Context, q RequestRevisionRequest) (Order, error)
	// Accept completes the order and releases the money to the seller (rows P3, journal 4).
	Accept(ctx context.Context, q AcceptRequest) (Order, error)
	// Cancel ends the order where the buyer alone may do that, and returns the money in the same operation (row O17).
	Cancel(ctx context.Context, q CancelRequest) (Order, error)

	// Ask asks the other side to cancel, for more time, for a lower or for a higher price (rows O15, O16, O20). It has two
	// days to answer. A higher price, which may bring more days and revisions, is paid by itself once both have agreed.
	Ask(ctx context.Context, q AskRequest) (Order, error)
	// Agree accepts what the other side has asked for; it happens at once, money included.
	Agree(ctx context.Context, q AnswerRequest) (Order, error)
	// Decline refuses what the other side has asked for.
	Decline(ctx context.Context, q AnswerRequest) (Order, error)
	// Withdraw takes back what the acting side has asked for.
	Withdraw(ctx context.Context, q AnswerRequest) (Order, error)
	// ExtendReview gives the buyer more time to look at a delivery (row Os1).
	ExtendReview(ctx context.Context, q ExtendReviewRequest) (Order, error)
	// RefundPart gives part of the price back to the buyer while the work goes on; the seller's choice.
	RefundPart(ctx context.Context, q RefundPartRequest) (Order, error)

	// OpenDispute asks the marketplace to decide; the order stands still meanwhile (row O18).
	OpenDispute(ctx context.Context, q OpenDisputeRequest) (Order, error)
	// State says something in the dispute, with files as evidence.
	State(ctx context.Context, q StateRequest) (Order, error)
	// WithdrawDispute ends the acting side's own dispute; the order goes on with the time that was left.
	WithdrawDispute(ctx context.Context, q WithdrawDisputeRequest) (Order, error)
	// Resolve decides a dispute: how much of the price goes back, the rest is the seller's. For staff; above a limit, a
	// second moderator has to say the same (Draft).
	Resolve(ctx context.Context, q ResolveRequest) (Order, error)
	// StaffCancel ends an order and returns its money, for staff.
	StaffCancel(ctx context.Context, q StaffCancelRequest) (Order, error)
	// StaffRefund gives part of a completed order's price back, or all of it, for staff: the seller's part is taken from
	// what the order has brought, from what the seller can withdraw, or becomes a debt (journals 12 and 12b).
	StaffRefund(ctx context.Context, q StaffRefundRequest) (Order, error)
	// Tip gives the seller of a completed order something on top, once, usually within 30 days (row O21). It is paid by itself: the
	// answer's Tip has the payment.
	Tip(ctx context.Context, q TipRequest) (Order, error)

	// File returns a file that was delivered, or attached to an answer or a statement, to a party of the order. Of a
	// delivered picture the buyer gets a preview with a watermark until the order is completed (row O23).
	File(ctx context.Context, q FileRequest) (File, error)
	// LinkFile makes a link to a file that works for ten minutes without a login, for whoever has it.
	LinkFile(ctx context.Context, q FileRequest) (FileLink, error)
	// LinkedFile returns the file of such a link. NotFound when it was not made here, or has expired.
	LinkedFile(ctx context.Context, q LinkedFileRequest) (File, error)

	// Balance returns the acting user's sums, all of them sums of postings (row P9).
	Balance(ctx context.Context, q BalanceRequest) (Balance, error)
	// ReceiveWebhook takes what a payment provider sends: checked for its signature and age, stored once, acted
	// upon once, in whatever order they come (row P14).
	ReceiveWebhook(ctx context.Context, q ReceiveWebhookRequest) (Done, error)
	// SimulatedPayment shows a payment on the simulator's pay page (row P2). NotFound with another provider.
	SimulatedPayment(ctx context.Context, q SimulatedPaymentRequest) (SimulatedPayment, error)
	// DecideSimulatedPayment is the simulator's card form: succeed or decline. The order moves when the simulator's
	// webhook comes back.
	DecideSimulatedPayment(ctx context.Context, q DecideSimulatedPaymentRequest) (SimulatedPayment, error)
	// VerifyLedger checks the invariants of the books (row P6). For the system and its operators.
	VerifyLedger(ctx context.Context, q VerifyLedgerRequest) (LedgerReport, error)

	Money       // withdrawals, statements, invoices, chargebacks, the provider: money.go
	Policies    // fees, times and limits: settings.go
	Adjustments // by operators: adjustments.go
	Offers      // of sellers to one buyer, and what the two make of them: offers.go
	Calculator  // of what sellers get: takehome.go
}

// Done is the answer of a command that has nothing to tell.
type Done struct{}

// Status is where an order is in its life.
type Status string

// The statuses of an order; the last three are final.
const (
	StatusPendingPayment       Status = "pending_payment"
	StatusAwaitingRequirements Status = "awaiting_requirements"
	StatusInProgress           Status = "in_progress"
	StatusDelivered            Status = "delivered"
	StatusInRevision           Status = "in_revision"
	StatusDisputed             Status = "disputed"
	StatusCompleted            Status = "completed"
	StatusCancelled            Status = "cancelled"
	StatusExpired              Status = "expired"
)

// Order is what a buyer has ordered from a seller, with everything as it was when it was placed (row G6).
type Order struct {
	ID             string `json:"id"`
	Number         string `json:"number"` // for people: short, unique
	Status         Status `json:"status"`
	Version        int    `json:"version"` // grows with every change
	BuyerID        string `json:"buyer_id"`
	BuyerUsername  string `json:"buyer_username"`
	SellerID       string `json:"seller_id"`
	SellerUsername string `json:"seller_username"`

	GigID        string   `json:"gig_id"`
	GigTitle     string   `json:"gig_title"`
	GigPictureID string   `json:"gig_picture_id"`
	Package      string   `json:"package"` // basic, standard, premium; offer: it is a milestone of an offer
	PackageTitle string   `json:"package_title"`
	Includes     []string `json:"includes"`
	DeliveryDays int      `json:"delivery_days"`
	Revisions    int      `json:"revisions"` // allowed; gig.Unlimited (-1) is no limit
	RevisionUsed int      `json:"revisions_used"`

	OfferID    string `json:"offer_id,omitempty"`
	Milestone  int    `json:"milestone,omitempty"`  // of the offer: 1, 2, …
	Milestones int    `json:"milestones,omitempty"` // how many the offer has

	Quantity int          `json:"quantity"`
	Extras   []Extra      `json:"extras"`            // chosen, for each one
	Price    money.Amount `json:"price"`             // of one, with its extras
	Subtotal money.Amount `json:"subtotal"`          // price × quantity: what is held in escrow
	Fee      money.Amount `json:"fee"`               // the buyer's service fee
	Total    money.Amount `json:"total"`             // what the buyer pays
	Credit   money.Amount `json:"credit"`            // that has paid of Total, or will
	Lines    []Line       `json:"lines"`             // what the subtotal consists of
	Refunded money.Amount `json:"refunded"`          // of the subtotal, gone back to the buyer; the fee goes back in proportion
	Earnings money.Amount `json:"earnings"`          // what the seller gets at completion, of what has not gone back; 0 when the order was cancelled or has expired
	Payment  *Payment     `json:"payment,omitempty"` // to the buyer only

	Requirements []Requirement `json:"requirements"`      // the questions, with answers once given
	Deliveries   []Delivery    `json:"deliveries"`        // oldest first
	Timeline     []Entry       `json:"timeline"`          // oldest first
	Changes      []Change      `json:"changes"`           // that the two sides asked for, oldest first
	Dispute      *Dispute      `json:"dispute,omitempty"` // the last one
	Tip          *Tip          `json:"tip,omitempty"`     // that was paid; to its buyer also one that waits for its payment

	BankDecides bool `json:"bank_decides"` // the buyer's bank has taken a payment back: what goes back of it waits until the case has ended

	Late     bool `json:"late"`      // in work, and past its time
	VeryLate bool `json:"very_late"` // so late that the buyer may cancel alone

	Next    *Next    `json:"next,omitempty"` // what happens next and when (row Z6); nil when it is over
	Allowed []Action `json:"allowed"`        // what the one who asks may do now

	PlacedAt    time.Time  `json:"placed_at"`
	PaidAt      *time.Time `json:"paid_at"`
	StartedAt   *time.Time `json:"started_at"`
	DueAt       *time.Time `json:"due_at"`
	DeliveredAt *time.Time `json:"delivered_at"` // the last time
	EndedAt     *time.Time `json:"ended_at"`     // completed, cancelled or expired

	ReviewableUntil *time.Time `json:"reviewable_until"` // of a completed order: both sides may review it before

	Replayed bool `json:"replayed,omitempty"` // of a command: the request had been answered before, this is that answer
}

// Action is something that a party can do with an order; the API's path segment and the page's form.
type Action string

// The actions.
const (
	ActionPay                Action = "pay"
	ActionSubmitRequirements Action = "requirements"
	ActionSkipRequirements   Action = "skip-requirements"
	ActionDeliver            Action = "deliveries"
	ActionRequestRevision    Action = "revisions"
	ActionAccept             Action = "accept"
	ActionCancel             Action = "cancel"
	ActionReview             Action = "reviews"
	ActionAsk                Action = "changes"
	ActionAgree              Action = "changes/accept"
	ActionDecline            Action = "changes/decline"
	ActionWithdraw           Action = "changes/withdraw"
	ActionExtendReview       Action = "extend-review"
	ActionRefund             Action = "refunds"
	ActionDispute            Action = "disputes"
	ActionState              Action = "disputes/statements"
	ActionWithdrawDispute    Action = "disputes/withdraw"
	ActionResolve            Action = "disputes/resolve"
	ActionStaffCancel        Action = "staff-cancel"
	ActionStaffRefund        Action = "staff-refund"
	ActionPayChange          Action = "changes/pay"
	ActionTip                Action = "tips"
)

// Next is what happens next: who has to act, or what the marketplace does by itself and when.
type Next struct {
	Actor string     `json:"actor"` // buyer, seller, marketplace
	Event string     `json:"event"` // of the process table, such as auto_complete
	Text  string     `json:"text"`  // a sentence for both sides
	At    *time.Time `json:"at"`    // UTC; when it is due or happens by itself
}

// Payment is how the buyer pays.
type Payment struct {
	ID          string       `json:"id"`
	Provider    string       `json:"provider"`
	Status      string       `json:"status"` // pending, succeeded, declined, expired, refunding, refunded
	Amount      money.Amount `json:"amount"`
	CheckoutURL string       `json:"checkout_url"` // the provider's page, while the payment is pending
	Message     string       `json:"message"`      // why it was declined
}

// Requirement is a question of the seller with the buyer's answer.
type Requirement struct {
	Question string    `json:"question"`
	Type     string    `json:"type"` // text, choice, file
	Required bool      `json:"required"`
	Choices  []string  `json:"choices,omitempty"`
	Answer   string    `json:"answer"`
	Files    []FileRef `json:"files"`
}

// Delivery is one hand-over of work.
type Delivery struct {
	ID       string    `json:"id"`
	Number   int       `json:"number"` // 1, 2, …
	Message  string    `json:"message"`
	Files    []FileRef `json:"files"`
	At       time.Time `json:"at"`
	Revision string    `json:"revision"` // what the buyer asked to change, if anything
}

// FileRef names a file of the order.
type FileRef struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"`              // bytes
	SHA256      string `json:"sha256"`            // hex: the receipt of what was handed over
	Preview     bool   `json:"preview,omitempty"` // the buyer gets a watermarked preview until the order is completed
}

// File is a file with its content.
type File struct {
	FileRef
	Content []byte `json:"content"`
}

// FileLink is a short way to a file.
type FileLink struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Upload is a file that comes with a request: at most 10 a request, 25 MB each.
type Upload struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// Entry is one line of the timeline (row O19).
type Entry struct {
	Event  string    `json:"event"` // of the process table
	Actor  string    `json:"actor"` // buyer, seller, provider, marketplace, moderator
	From   Status    `json:"from"`
	To     Status    `json:"to"`
	Note   string    `json:"note"` // the reason or message, if there was one
	At     time.Time `json:"at"`
	Late   bool      `json:"late"`   // the step was due earlier (the process was down)
	Number int       `json:"number"` // 1, 2, …
}

// Quote is a price before it is an order.
type Quote struct {
	Subtotal      money.Amount `json:"subtotal"`
	Fee           money.Amount `json:"fee"`
	Total         money.Amount `json:"total"`
	Credit        money.Amount `json:"credit"` // that pays of Total
	Charge        money.Amount `json:"charge"` // the rest: what the provider takes
	SellerFee     money.Amount `json:"seller_fee"`
	Earnings      money.Amount `json:"earnings"`
	BuyerFeeBips  int          `json:"buyer_fee_basis_points"`
	SellerFeeBips int          `json:"seller_fee_basis_points"`
	ClearingDays  int          `json:"clearing_days"` // from completion until the seller can withdraw
	Lines         []Line       `json:"lines"`         // what the total consists of
	FeeVersion    string       `json:"fee_version"`   // names the fees
	ExpiresAt     time.Time    `json:"expires_at"`    // until then Place charges this, if it gets the token
	Token         string       `json:"token"`         // signed
}

// Line is one part of a total: Amount is Quantity × Price.
type Line struct {
	Text     string       `json:"text"`
	Quantity int          `json:"quantity"`
	Price    money.Amount `json:"price"`
	Amount   money.Amount `json:"amount"`
}

// Extra is what a buyer has added to a package (row G3), as it was when the order was placed.
type Extra struct {
	Title     string       `json:"title"`
	Price     money.Amount `json:"price"`     // of one
	Days      int          `json:"days"`      // more for the delivery, once; negative: fewer
	Revisions int          `json:"revisions"` // more
}

// Placement is the answer of Place.
type Placement struct {
	Order    Order `json:"order"`
	Replayed bool  `json:"replayed"` // the request had been answered before; this is that answer
}

// List is a page of orders.
type List struct {
	Items      []Order `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

// Balance is what the books say about one user in the marketplace's currency.
type Balance struct {
	Escrow    money.Amount `json:"escrow"`    // paid by buyers for orders in work: the seller's part of it
	Pending   money.Amount `json:"pending"`   // earned, in the clearing period
	Available money.Amount `json:"available"` // can be withdrawn
	Sending   money.Amount `json:"sending"`   // withdrawals under way
	Withdrawn money.Amount `json:"withdrawn"`
	Held      money.Amount `json:"held"`     // frozen by a chargeback or a dispute, or in reserve
	Reserved  money.Amount `json:"reserved"` // of Held: the reserve, until its time is over
	Owed      money.Amount `json:"owed"`     // to the marketplace: the next earnings pay it
	Credit    money.Amount `json:"credit"`   // the buyer's store credit
}

// SimulatedPayment is a payment as the simulator's pay page shows it.
type SimulatedPayment struct {
	ID          string       `json:"id"`
	OrderID     string       `json:"order_id"`
	Description string       `json:"description"`
	Amount      money.Amount `json:"amount"`
	Status      string       `json:"status"` // pending, authentication, succeeded, declined, expired
	ReturnURL   string       `json:"return_url"`
}

// LedgerReport says whether the books are in order.
type LedgerReport struct {
	Journals int      `json:"journals"`
	Postings int      `json:"postings"`
	Orders   int      `json:"orders"`
	Problems []string `json:"problems"` // one sentence each; none is what is wanted

	Invariants []Invariant `json:"invariants"` // all of docs/money.md, by their numbers
}
