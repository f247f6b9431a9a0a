package order

import (
	"context"
	"time"

	"marketplace/platform/money"
)

// Money is the part of Service that moves money to sellers, and shows everybody what has moved. Everything it tells is
// a sum of postings, or the postings themselves.
type Money interface {
	// RequestPayout withdraws from what is available (row P10): the amount leaves the balance at once, and an operator
	// decides. One withdrawal is open at a time (Conflict). Refused until the provider knows the seller (row Ps3).
	RequestPayout(ctx context.Context, q RequestPayoutRequest) (Payout, error)
	// ListPayouts lists the acting user's withdrawals, newest first; for operators with All the queue, oldest first.
	ListPayouts(ctx context.Context, q ListPayoutsRequest) (PayoutList, error)
	// DecidePayout approves, pays or rejects a withdrawal (row P10). For operators; a rejection needs a reason.
	DecidePayout(ctx context.Context, q DecidePayoutRequest) (Payout, error)
	// PayoutAccount says where the acting user's withdrawals go, and whether the provider knows them (row Ps3).
	PayoutAccount(ctx context.Context, q PayoutAccountRequest) (PayoutAccount, error)
	// Onboard makes the account at the provider and returns the provider's page to fill in, in URL.
	Onboard(ctx context.Context, q OnboardRequest) (PayoutAccount, error)
	// SchedulePayouts has withdrawals requested by themselves (row Ps2).
	SchedulePayouts(ctx context.Context, q SchedulePayoutsRequest) (PayoutAccount, error)

	// Statement lists every movement of a period, oldest first (row P16): the seller's own, the buyer's own, or for
	// operators all postings.
	Statement(ctx context.Context, q StatementRequest) (Statement, error)
	// EarningsByMonth sums what the acting user has earned in each of the last twelve months, oldest first.
	EarningsByMonth(ctx context.Context, q EarningsByMonthRequest) (EarningsByMonth, error)
	// Invoice is the buyer's invoice or the seller's receipt of a paid order, from the order's own figures (row P5).
	Invoice(ctx context.Context, q InvoiceRequest) (Invoice, error)

	// ListChargebacks lists the acting seller's cases, newest first; for operators with All everybody's (row P13).
	ListChargebacks(ctx context.Context, q ListChargebacksRequest) (ChargebackList, error)
	// AnswerChargeback sends the seller's evidence to the provider, while it asks for it.
	AnswerChargeback(ctx context.Context, q AnswerChargebackRequest) (Chargeback, error)

	// Reconcile compares the provider's report with the books and the orders, keeps the report and alerts at one minor
	// unit (row P17). For operators and the system, which does it every night.
	Reconcile(ctx context.Context, q ReconcileRequest) (Reconciliation, error)
	// ListReconciliations lists the last comparisons, newest first. For operators.
	ListReconciliations(ctx context.Context, q ListReconciliationsRequest) (ReconciliationList, error)
	// ListTimers lists the steps that orders will take by themselves, the next first (row Z18). For operators.
	ListTimers(ctx context.Context, q ListTimersRequest) (TimerList, error)

	// Checkout returns the provider's page where the buyer pays, made now if the provider needs that.
	Checkout(ctx context.Context, q CheckoutRequest) (CheckoutPage, error)
	// Simulator shows what the payment simulator has done and how it is set. NotFound with another provider.
	Simulator(ctx context.Context, q SimulatorRequest) (Simulator, error)
	// Simulate lets something happen at the simulator (row Z8). NotFound with another provider.
	Simulate(ctx context.Context, q SimulateRequest) (Done, error)
}

// Payout is one withdrawal: Amount leaves the balance, Amount − Fee arrives.
type Payout struct {
	ID        string       `json:"id"`
	UserID    string       `json:"user_id"`
	Username  string       `json:"username"`
	Status    string       `json:"status"` // requested, approved, sending, paid, failed, rejected
	Amount    money.Amount `json:"amount"`
	Fee       money.Amount `json:"fee"`
	Net       money.Amount `json:"net"`
	Automatic bool         `json:"automatic"` // by the schedule
	Reason    string       `json:"reason"`    // why it was rejected, or has failed
	Reference string       `json:"reference"` // the provider's, or the bank's
	CreatedAt time.Time    `json:"created_at"`
	EndedAt   *time.Time   `json:"ended_at"`
}

// RequestPayoutRequest is the argument of RequestPayout.
type RequestPayoutRequest struct {
	RequestID string `json:"request_id,omitempty"`
	Minor     int64  `json:"minor"` // in the marketplace's currency; 0: all that is available
}

// ListPayoutsRequest is the argument of ListPayouts.
type ListPayoutsRequest struct {
	All    bool     `json:"all,omitempty"` // for operators
	Status []string `json:"status,omitempty"`
	Limit  int      `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string   `json:"cursor,omitempty"`
}

// PayoutList is a page of withdrawals.
type PayoutList struct {
	Items      []Payout `json:"items"`
	NextCursor string   `json:"next_cursor"`
}

// DecidePayoutRequest is the argument of DecidePayout. Approve has the provider asked to send it; pay says that an
// operator has sent it from the bank, under Reference; reject returns it to the seller, who reads Reason.
type DecidePayoutRequest struct {
	ID        string `json:"id"`
	Decision  string `json:"decision"`            // approve, pay, reject
	Reason    string `json:"reason,omitempty"`    // of a rejection, 1 to 500 characters
	Reference string `json:"reference,omitempty"` // of a payment, 1 to 100 characters
}

// PayoutAccount is where a seller's withdrawals go.
type PayoutAccount struct {
	Provider string       `json:"provider"`
	Status   string       `json:"status"`    // none, incomplete, review, restricted, ready
	Message  string       `json:"message"`   // what is missing
	Every    string       `json:"every"`     // the schedule: empty, week, month
	Minimum  money.Amount `json:"minimum"`   // below it the schedule waits
	NextAt   *time.Time   `json:"next_at"`   // of the schedule
	URL      string       `json:"url"`       // of Onboard: the provider's page
	Fee      money.Amount `json:"fee"`       // of one withdrawal
	Least    money.Amount `json:"least"`     // that can be withdrawn
	DayLimit money.Amount `json:"day_limit"` // in 24 hours; 0: no limit
	Policy   RiskPolicy   `json:"policy"`    // of orders that are placed now
}

// RiskPolicy is what a seller accepts with an order: how much of the earnings is held in reserve, and for which chargebacks
// the seller is liable (row Z14).
type RiskPolicy struct {
	ReserveBasisPoints int          `json:"reserve_basis_points"` // of each earning, after it has cleared; 0: no reserve
	ReserveDays        int          `json:"reserve_days"`
	ReserveOrders      int          `json:"reserve_orders"` // of sellers with at most so many completed orders; 0: of all
	LiableDays         int          `json:"liable_days"`    // after completion; 0: without end
	DebtLimit          money.Amount `json:"debt_limit"`     // 0: none
}

// PayoutAccountRequest is the argument of PayoutAccount.
type PayoutAccountRequest struct{}

// OnboardRequest is the argument of Onboard.
type OnboardRequest struct{}

// SchedulePayoutsRequest is the argument of SchedulePayouts.
type SchedulePayoutsRequest struct {
	Every string `json:"every"` // empty: never; week, month
	Minor int64  `json:"minor"` // the minimum, in the marketplace's currency
}

// StatementRequest is the argument of Statement.
type StatementRequest struct {
	Side   string     `json:"side"` // seller, buyer, operator
	Since  *time.Time `json:"since,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Limit  int        `json:"limit,omitempty"` // 1 to 100; 50
	Cursor string     `json:"cursor,omitempty"`
}

// Statement is a page of movements. Opening and Closing are of the whole period, on the person's own side: for a seller what
// the marketplace owes, for a buyer what was paid; zero for an operator, since the books sum to zero.
type Statement struct {
	Opening    money.Amount    `json:"opening"`
	Closing    money.Amount    `json:"closing"`
	Lines      []StatementLine `json:"lines"`
	NextCursor string          `json:"next_cursor"`
}

// StatementLine is one movement. A seller's tells the change of each balance and their sum in Amount, a buyer's what was paid
// (or came back, negative) in Amount and the change of the credit; an operator's is one posting, debit positive.
type StatementLine struct {
	JournalID   string       `json:"journal_id"`
	At          time.Time    `json:"at"`
	Kind        string       `json:"kind"`
	Text        string       `json:"text"`
	OrderID     string       `json:"order_id"`
	OrderNumber string       `json:"order_number"`
	Account     string       `json:"account,omitempty"`
	Amount      money.Amount `json:"amount"`
	Pending     money.Amount `json:"pending"`
	Available   money.Amount `json:"available"`
	Held        money.Amount `json:"held"`
	Owed        money.Amount `json:"owed"` // by the seller to the marketplace
	Credit      money.Amount `json:"credit"`
}

// EarningsByMonthRequest is the argument of EarningsByMonth.
type EarningsByMonthRequest struct{}

// EarningsByMonth are twelve months, oldest first.
type EarningsByMonth struct {
	Months []MonthEarned `json:"months"`
}

// MonthEarned is what was earned in one month, less what was taken back.
type MonthEarned struct {
	Month  time.Time    `json:"month"` // its first moment, UTC
	Earned money.Amount `json:"earned"`
}

// InvoiceRequest is the argument of Invoice.
type InvoiceRequest struct {
	OrderID string `json:"order_id"`
}

// Invoice tells the figures of a paid order: to its buyer what was bought and paid, to its seller what was earned.
type Invoice struct {
	Number      string        `json:"number"`
	Kind        string        `json:"kind"` // invoice (the buyer's), receipt (the seller's)
	OrderNumber string        `json:"order_number"`
	Marketplace string        `json:"marketplace"`
	From        string        `json:"from"`
	To          string        `json:"to"`
	PaidAt      time.Time     `json:"paid_at"`
	Lines       []InvoiceLine `json:"lines"`
	Total       money.Amount  `json:"total"`
	Credit      money.Amount  `json:"credit"`   // of Total, paid from the buyer's credit
	Refunded    money.Amount  `json:"refunded"` // of Total, so far
	Provider    string        `json:"provider"`
	Reference   string        `json:"reference"` // the provider's, of the payment; to the buyer only
}

// InvoiceLine is one line: Amount is Quantity × Price.
type InvoiceLine struct {
	Text     string       `json:"text"`
	Quantity int          `json:"quantity"`
	Price    money.Amount `json:"price"`
	Amount   money.Amount `json:"amount"`
}

// Chargeback is a payment that the buyer's bank has taken back.
type Chargeback struct {
	ID          string       `json:"id"`
	OrderID     string       `json:"order_id"`
	OrderNumber string       `json:"order_number"`
	SellerID    string       `json:"seller_id"`
	Stage       string       `json:"stage"` // needs_response, under_review, won, lost
	Reason      string       `json:"reason"`
	Amount      money.Amount `json:"amount"` // that the bank took
	Frozen      money.Amount `json:"frozen"` // of the seller's money
	Evidence    string       `json:"evidence"`
	OpenedAt    time.Time    `json:"opened_at"`
	ClosedAt    *time.Time   `json:"closed_at"` // nil also of a lost part of the payment of an order in work, until that order ends
}

// ListChargebacksRequest is the argument of ListChargebacks.
type ListChargebacksRequest struct {
	All    bool   `json:"all,omitempty"`   // for operators
	Limit  int    `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"`
}

// ChargebackList is a page of chargebacks.
type ChargebackList struct {
	Items      []Chargeback `json:"items"`
	NextCursor string       `json:"next_cursor"`
}

// AnswerChargebackRequest is the argument of AnswerChargeback.
type AnswerChargebackRequest struct {
	ID       string `json:"id"`
	Evidence string `json:"evidence"` // 1 to 5,000 characters
}

// ReconcileRequest is the argument of Reconcile.
type ReconcileRequest struct{}

// Reconciliation is one comparison of the provider's report with the books.
type Reconciliation struct {
	ID           string       `json:"id"`
	Provider     string       `json:"provider"`
	Until        time.Time    `json:"until"`
	Transactions int          `json:"transactions"`
	Differences  []Difference `json:"differences"` // none is what is wanted
	Signature    string       `json:"signature"`   // HMAC-SHA256 of the report
	CreatedAt    time.Time    `json:"created_at"`
}

// Difference is money about which the provider and the marketplace do not agree.
type Difference struct {
	Kind    string       `json:"kind"`
	Subject string       `json:"subject"`
	OrderID string       `json:"order_id"`
	Ours    money.Amount `json:"ours"`
	Theirs  money.Amount `json:"theirs"`
	Cause   string       `json:"cause"` // a sentence
}

// ListReconciliationsRequest is the argument of ListReconciliations.
type ListReconciliationsRequest struct {
	Limit int `json:"limit,omitempty"` // 1 to 100; 20
}

// ReconciliationList are the last comparisons.
type ReconciliationList struct {
	Items []Reconciliation `json:"items"`
}

// CheckoutRequest is the argument of Checkout.
type CheckoutRequest struct {
	PaymentID string `json:"payment_id"`
}

// CheckoutPage is where to pay.
type CheckoutPage struct {
	URL string `json:"url"`
}

// SimulatorRequest is the argument of Simulator.
type SimulatorRequest struct{}

// Simulator is what the control page of the payment simulator shows.
type Simulator struct {
	Modes    []SimulatorMode    `json:"modes"`
	Payments []SimulatorPayment `json:"payments"`
	Payouts  []Payout           `json:"payouts"`
}

// SimulatorMode is something that can be set, with its values, the usual one first.
type SimulatorMode struct {
	Name    string   `json:"name"`
	Value   string   `json:"value"`
	Choices []string `json:"choices"`
}

// SimulatorPayment is a payment as the simulator knows it.
type SimulatorPayment struct {
	ID         string       `json:"id"`
	Status     string       `json:"status"`
	Amount     money.Amount `json:"amount"`
	Refunded   money.Amount `json:"refunded"`
	Chargeback string       `json:"chargeback"` // its reference; empty: none
	Stage      string       `json:"stage"`
	Open       bool         `json:"open"` // nobody has paid it yet
}

// SimulateRequest is the argument of Simulate. The actions with what ID is: set (Name and Value of a mode), stray (nothing),
// succeed, decline, challenge, again, refund, chargeback (a payment), won, lost (a chargeback), pay, fail (a withdrawal), account (Value is its status).
type SimulateRequest struct {
	Action string `json:"action"`
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Value  string `json:"value,omitempty"`
}
