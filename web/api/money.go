package api

import (
	"context"
	"time"

	"marketplace/modules/order"
	"marketplace/web/edge"
)

// money is what moves to sellers, and what everybody can see of the books.
func (a *API) money() {
	on(a, op{method: "GET", path: "/me/statement", id: "getStatement", access: edge.SignedIn, summary: "Every movement of a period, oldest first (also in CSV at /statement.csv)"}, a.getStatement)
	on(a, op{method: "GET", path: "/me/earnings", id: "getEarnings", access: edge.SignedIn, summary: "What was earned in each of the last twelve months"}, a.getEarnings)
	on(a, op{method: "GET", path: "/me/payouts", id: "listPayouts", access: edge.SignedIn, summary: "The own withdrawals, newest first"}, a.listPayouts)
	on(a, op{method: "POST", path: "/me/payouts", id: "requestPayout", access: edge.Verified, status: 201, summary: "Withdraw; an operator approves it"}, a.requestPayout)
	on(a, op{method: "GET", path: "/me/payout-account", id: "getPayoutAccount", access: edge.SignedIn, summary: "Whether the provider knows the seller, and the schedule"}, a.getPayoutAccount)
	on(a, op{method: "POST", path: "/me/payout-account", id: "startOnboarding", access: edge.Verified, summary: "Make the account at the provider; url is the page to fill in"}, a.startOnboarding)
	on(a, op{method: "PUT", path: "/me/payout-account/schedule", id: "schedulePayouts", access: edge.Verified, summary: "Withdraw by itself"}, a.schedulePayouts)
	on(a, op{method: "GET", path: "/me/chargebacks", id: "listChargebacks", access: edge.SignedIn, summary: "Payments of the own sales that a bank has taken back"}, a.listChargebacks)
	on(a, op{method: "POST", path: "/me/chargebacks/{id}/evidence", id: "answerChargeback", access: edge.SignedIn, summary: "Tell the bank why the money is the seller's"}, a.answerChargeback)
	on(a, op{method: "GET", path: "/orders/{id}/invoice", id: "getInvoice", access: edge.SignedIn, summary: "The buyer's invoice or the seller's receipt (also as PDF at /orders/{id}/invoice.pdf)"}, a.getInvoice)
	on(a, op{method: "GET", path: "/operator/payouts", id: "listAllPayouts", access: edge.Operator, summary: "The queue of withdrawals, the longest waiting first"}, a.listAllPayouts)
	on(a, op{method: "POST", path: "/operator/payouts/{id}/decision", id: "decidePayout", access: edge.Operator, summary: "Approve, pay or reject a withdrawal"}, a.decidePayout)
	on(a, op{method: "GET", path: "/operator/reconciliations", id: "listReconciliations", access: edge.Operator, summary: "The last comparisons with the provider's report"}, a.listReconciliations)
	on(a, op{method: "POST", path: "/operator/reconciliations", id: "reconcile", access: edge.Operator, summary: "Compare with the provider's report now"}, a.reconcile)
	on(a, op{method: "GET", path: "/operator/ledger", id: "verifyLedger", access: edge.Operator, summary: "Check every rule of the books now"}, a.verifyLedger)
}

type movementsInput struct {
	Paged
	Side  string    `query:"side" enum:"seller,buyer,operator" default:"seller" doc:"operator: all postings, for operators."`
	Since time.Time `query:"since"`
	Until time.Time `query:"until"`
}

func (a *API) getStatement(ctx context.Context, in *movementsInput) (*body[order.Statement], error) {
	return answer(a.Orders.Statement(ctx, order.StatementRequest{Side: in.Side, Since: given(in.Since), Until: given(in.Until), Limit: in.Limit, Cursor: in.Cursor}))
}

func (a *API) getEarnings(ctx context.Context, _ *struct{}) (*body[order.EarningsByMonth], error) {
	return answer(a.Orders.EarningsByMonth(ctx, order.EarningsByMonthRequest{}))
}

func (a *API) listPayouts(ctx context.Context, in *Paged) (*body[List[order.Payout]], error) {
	list, err := a.Orders.ListPayouts(ctx, order.ListPayoutsRequest{Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(list.Items, list.NextCursor), err)
}

type requestPayoutInput struct {
	Keyed
	Body struct {
		Minor int64 `json:"minor" doc:"In minor units of the marketplace's currency; 0 is all that is available."`
	}
}

func (a *API) requestPayout(ctx context.Context, in *requestPayoutInput) (*body[order.Payout], error) {
	return answer(a.Orders.RequestPayout(ctx, order.RequestPayoutRequest{RequestID: in.Key, Minor: in.Body.Minor}))
}

func (a *API) getPayoutAccount(ctx context.Context, _ *struct{}) (*body[order.PayoutAccount], error) {
	return answer(a.Orders.PayoutAccount(ctx, order.PayoutAccountRequest{}))
}

func (a *API) startOnboarding(ctx context.Context, _ *struct{}) (*body[order.PayoutAccount], error) {
	return answer(a.Orders.Onboard(ctx, order.OnboardRequest{}))
}

type scheduleInput struct {
	Body struct {
		Every string `json:"every" doc:"week, month, or nothing for no schedule."`
		Minor int64  `json:"minor" doc:"The least that is worth it, in minor units."`
	}
}

func (a *API) schedulePayouts(ctx context.Context, in *scheduleInput) (*body[order.PayoutAccount], error) {
	return answer(a.Orders.SchedulePayouts(ctx, order.SchedulePayoutsRequest{Every: in.Body.Every, Minor: in.Body.Minor}))
}

func (a *API) listChargebacks(ctx context.Context, in *Paged) (*body[List[order.Chargeback]], error) {
	list, err := a.Orders.ListChargebacks(ctx, order.ListChargebacksRequest{Limit: in.Limit, Cursor: in.Cursor})
	return answer(listOf(list.Items, list.NextCursor), err)
}

type evidenceInput struct {
	ByID
	Body struct {
		Evidence string `json:"evidence" doc:"1 to 5,000 characters."`
	}
}

func (a *API) answerChargeback(ctx context.Context, in *evidenceInput) (*body[order.Chargeback], error) {
	return answer(a.Orders.AnswerChargeback(ctx, order.AnswerChargebackRequest{ID: in.ID, Evidence: in.Body.Evidence}))
}

func (a *API) getInvoice(ctx context.Context, in *ByID) (*body[order.Invoice], error) {
	return answer(a.Orders.Invoice(ctx, order.InvoiceRequest{OrderID: in.ID}))
}

type queueInput struct {
	Paged
	Status []string `query:"status" maxItems:"6" doc:"Comma separated; requested if absent."`
}

func (a *API) listAllPayouts(ctx context.Context, in *queueInput) (*body[List[order.Payout]], error) {
	q := order.ListPayoutsRequest{All: true, Status: in.Status, Limit: in.Limit, Cursor: in.Cursor}
	if len(q.Status) == 0 {
		q.Status = []string{"requested"}
	}
	list, err := a.Orders.ListPayouts(ctx, q)
	return answer(listOf(list.Items, list.NextCursor), err)
}

type decisionInput struct {
	ByID
	Body struct {
		Decision  string `json:"decision" doc:"approve, pay or reject."`
		Reason    string `json:"reason,omitempty" doc:"Of a rejection; the seller reads it."`
		Reference string `json:"reference,omitempty" doc:"Of a payment from the bank."`
	}
}

func (a *API) decidePayout(ctx context.Context, in *decisionInput) (*body[order.Payout], error) {
	return answer(a.Orders.DecidePayout(ctx, order.DecidePayoutRequest{ID: in.ID, Decision: in.Body.Decision, Reason: in.Body.Reason, Reference: in.Body.Reference}))
}

func (a *API) listReconciliations(ctx context.Context, _ *struct{}) (*body[List[order.Reconciliation]], error) {
	list, err := a.Orders.ListReconciliations(ctx, order.ListReconciliationsRequest{})
	return answer(listOf(list.Items, ""), err)
}

func (a *API) reconcile(ctx context.Context, _ *struct{}) (*body[order.Reconciliation], error) {
	return answer(a.Orders.Reconcile(ctx, order.ReconcileRequest{}))
}

func (a *API) verifyLedger(ctx context.Context, _ *struct{}) (*body[order.LedgerReport], error) {
	return answer(a.Orders.VerifyLedger(ctx, order.VerifyLedgerRequest{}))
}
