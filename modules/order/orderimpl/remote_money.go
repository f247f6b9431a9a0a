package orderimpl

import (
	"context"

	"marketplace/modules/order"
	"marketplace/platform/rpc"
)

func (r remote) RequestPayout(ctx context.Context, q order.RequestPayoutRequest) (order.Payout, error) {
	return rpc.Call[order.Payout](ctx, r.c, "RequestPayout", q)
}

func (r remote) ListPayouts(ctx context.Context, q order.ListPayoutsRequest) (order.PayoutList, error) {
	return rpc.Read[order.PayoutList](ctx, r.c, "ListPayouts", q)
}

func (r remote) DecidePayout(ctx context.Context, q order.DecidePayoutRequest) (order.Payout, error) {
	return rpc.Call[order.Payout](ctx, r.c, "DecidePayout", q)
}

func (r remote) PayoutAccount(ctx context.Context, q order.PayoutAccountRequest) (order.PayoutAccount, error) {
	return rpc.Call[order.PayoutAccount](ctx, r.c, "PayoutAccount", q)
}

func (r remote) Onboard(ctx context.Context, q order.OnboardRequest) (order.PayoutAccount, error) {
	return rpc.Call[order.PayoutAccount](ctx, r.c, "Onboard", q)
}

func (r remote) SchedulePayouts(ctx context.Context, q order.SchedulePayoutsRequest) (order.PayoutAccount, error) {
	return rpc.Call[order.PayoutAccount](ctx, r.c, "SchedulePayouts", q)
}

func (r remote) Statement(ctx context.Context, q order.StatementRequest) (order.Statement, error) {
	return rpc.Read[order.Statement](ctx, r.c, "Statement", q)
}

func (r remote) EarningsByMonth(ctx context.Context, q order.EarningsByMonthRequest) (order.EarningsByMonth, error) {
	return rpc.Read[order.EarningsByMonth](ctx, r.c, "EarningsByMonth", q)
}

func (r remote) Invoice(ctx context.Context, q order.InvoiceRequest) (order.Invoice, error) {
	return rpc.Read[order.Invoice](ctx, r.c, "Invoice", q)
}

func (r remote) ListChargebacks(ctx context.Context, q order.ListChargebacksRequest) (order.ChargebackList, error) {
	return rpc.Read[order.ChargebackList](ctx, r.c, "ListChargebacks", q)
}

func (r remote) AnswerChargeback(ctx context.Context, q order.AnswerChargebackRequest) (order.Chargeback, error) {
	return rpc.Call[order.Chargeback](ctx, r.c, "AnswerChargeback", q)
}

func (r remote) Reconcile(ctx context.Context, q order.ReconcileRequest) (order.Reconciliation, error) {
	return rpc.Call[order.Reconciliation](ctx, r.c, "Reconcile", q)
}

func (r remote) ListReconciliations(ctx context.Context, q order.ListReconciliationsRequest) (order.ReconciliationList, error) {
	return rpc.Read[order.ReconciliationList](ctx, r.c, "ListReconciliations", q)
}

func (r remote) ListTimers(ctx context.Context, q order.ListTimersRequest) (order.TimerList, error) {
	return rpc.Read[order.TimerList](ctx, r.c, "ListTimers", q)
}

func (r remote) Checkout(ctx context.Context, q order.CheckoutRequest) (order.CheckoutPage, error) {
	return rpc.Call[order.CheckoutPage](ctx, r.c, "Checkout", q)
}

func (r remote) Simulator(ctx context.Context, q order.SimulatorRequest) (order.Simulator, error) {
	return rpc.Read[order.Simulator](ctx, r.c, "Simulator", q)
}

func (r remote) Simulate(ctx context.Context, q order.SimulateRequest) (order.Done, error) {
	return rpc.Call[order.Done](ctx, r.c, "Simulate", q)
}
