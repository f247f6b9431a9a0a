package orderimpl

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/rpc"
)

// remote is the module in another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) order.Service { return remote{c} }

func (r remote) Quote(ctx context.Context, q order.QuoteRequest) (order.Quote, error) {
	return rpc.Read[order.Quote](ctx, r.c, "Quote", q)
}

func (r remote) Place(ctx context.Context, q order.PlaceRequest) (order.Placement, error) {
	return rpc.Call[order.Placement](ctx, r.c, "Place", q)
}

func (r remote) Get(ctx context.Context, q order.GetRequest) (order.Order, error) {
	return rpc.Read[order.Order](ctx, r.c, "Get", q)
}

func (r remote) List(ctx context.Context, q order.ListRequest) (order.List, error) {
	return rpc.Read[order.List](ctx, r.c, "List", q)
}

func (r remote) SubmitRequirements(ctx context.Context, q order.SubmitRequirementsRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "SubmitRequirements", q)
}

func (r remote) SkipRequirements(ctx context.Context, q order.SkipRequirementsRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "SkipRequirements", q)
}

func (r remote) Deliver(ctx context.Context, q order.DeliverRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Deliver", q)
}

func (r remote) RequestRevision(ctx context.Context, q order.RequestRevisionRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "RequestRevision", q)
}

func (r remote) Accept(ctx context.Context, q order.AcceptRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Accept", q)
}

func (r remote) Cancel(ctx context.Context, q order.CancelRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Cancel", q)
}

func (r remote) Ask(ctx context.Context, q order.AskRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Ask", q)
}

func (r remote) Agree(ctx context.Context, q order.AnswerRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Agree", q)
}

func (r remote) Decline(ctx context.Context, q order.AnswerRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Decline", q)
}

func (r remote) Withdraw(ctx context.Context, q order.AnswerRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Withdraw", q)
}

func (r remote) ExtendReview(ctx context.Context, q order.ExtendReviewRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "ExtendReview", q)
}

func (r remote) RefundPart(ctx context.Context, q order.RefundPartRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "RefundPart", q)
}

func (r remote) OpenDispute(ctx context.Context, q order.OpenDisputeRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "OpenDispute", q)
}

func (r remote) State(ctx context.Context, q order.StateRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "State", q)
}

func (r remote) WithdrawDispute(ctx context.Context, q order.WithdrawDisputeRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "WithdrawDispute", q)
}

func (r remote) Resolve(ctx context.Context, q order.ResolveRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Resolve", q)
}

func (r remote) StaffCancel(ctx context.Context, q order.StaffCancelRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "StaffCancel", q)
}

func (r remote) StaffRefund(ctx context.Context, q order.StaffRefundRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "StaffRefund", q)
}

func (r remote) Tip(ctx context.Context, q order.TipRequest) (order.Order, error) {
	return rpc.Call[order.Order](ctx, r.c, "Tip", q)
}

func (r remote) File(ctx context.Context, q order.FileRequest) (order.File, error) {
	return rpc.Read[order.File](ctx, r.c, "File", q)
}

func (r remote) LinkFile(ctx context.Context, q order.FileRequest) (order.FileLink, error) {
	return rpc.Read[order.FileLink](ctx, r.c, "LinkFile", q)
}

func (r remote) LinkedFile(ctx context.Context, q order.LinkedFileRequest) (order.File, error) {
	return rpc.Read[order.File](ctx, r.c, "LinkedFile", q)
}

func (r remote) Balance(ctx context.Context, q order.BalanceRequest) (order.Balance, error) {
	return rpc.Read[order.Balance](ctx, r.c, "Balance", q)
}

func (r remote) ReceiveWebhook(ctx context.Context, q order.ReceiveWebhookRequest) (order.Done, error) {
	return rpc.Call[order.Done](ctx, r.c, "ReceiveWebhook", q)
}

func (r remote) SimulatedPayment(ctx context.Context, q order.SimulatedPaymentRequest) (order.SimulatedPayment, error) {
	return rpc.Read[order.SimulatedPayment](ctx, r.c, "SimulatedPayment", q)
}

func (r remote) DecideSimulatedPayment(ctx context.Context, q order.DecideSimulatedPaymentRequest) (order.SimulatedPayment, error) {
	return rpc.Call[order.SimulatedPayment](ctx, r.c, "DecideSimulatedPayment", q)
}

func (r remote) VerifyLedger(ctx context.Context, q order.VerifyLedgerRequest) (order.LedgerReport, error) {
	return rpc.Read[order.LedgerReport](ctx, r.c, "VerifyLedger", q)
}
