package site_test

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

func cents(minor int64) money.Amount { return money.Of(minor, "USD") }

func (o orders) PayoutAccount(context.Context, order.PayoutAccountRequest) (order.PayoutAccount, error) {
	o.w.read("orders.PayoutAccount")
	if o.w.empty {
		return order.PayoutAccount{Provider: "simulator", Status: "none", Minimum: cents(0), Fee: cents(100), Least: cents(1000)}, nil
	}
	next := o.w.now.Add(80 * time.Hour)
	return order.PayoutAccount{Provider: "simulator", Status: "ready", Every: "week", Minimum: cents(2500), NextAt: &next, Fee: cents(100), Least: cents(1000)}, nil
}

func (o orders) EarningsByMonth(context.Context, order.EarningsByMonthRequest) (order.EarningsByMonth, error) {
	var e order.EarningsByMonth
	for i := range 12 {
		earned := int64(i * 1234)
		if o.w.empty {
			earned = 0
		}
		e.Months = append(e.Months, order.MonthEarned{Month: time.Date(2025, time.Month(4+i), 1, 0, 0, 0, 0, time.UTC), Earned: cents(earned)})
	}
	return e, nil
}

func (o orders) payout(status string) order.Payout {
	p := order.Payout{ID: "w-" + status, UserID: benID, Username: "ben", Status: status, Amount: cents(8000), Fee: cents(100), Net: cents(7900), CreatedAt: o.w.now.Add(-time.Hour)}
	if status != "requested" && status != "sending" && status != "approved" {
		p.EndedAt, p.Reason = &o.w.now, "The account is in another name."
	}
	return p
}

func (o orders) ListPayouts(_ context.Context, q order.ListPayoutsRequest) (order.PayoutList, error) {
	o.w.read("orders.ListPayouts")
	if o.w.empty {
		return order.PayoutList{}, nil
	}
	if q.All {
		return order.PayoutList{Items: []order.Payout{o.payout("requested"), o.payout("sending"), o.payout("failed")}, NextCursor: "more"}, nil
	}
	return order.PayoutList{Items: []order.Payout{o.payout("rejected"), o.payout("paid")}}, nil
}

func (o orders) ListChargebacks(context.Context, order.ListChargebacksRequest) (order.ChargebackList, error) {
	o.w.read("orders.ListChargebacks")
	var list order.ChargebackList
	if o.w.empty {
		return list, nil
	}
	for _, stage := range []string{"needs_response", "under_review", "won", "lost"} {
		list.Items = append(list.Items, order.Chargeback{ID: "c-" + stage, OrderID: "o1", OrderNumber: "MX-4K7Q", SellerID: anaID, Stage: stage, Reason: "product not received",
			Amount: cents(10550), Frozen: cents(8000), OpenedAt: o.w.now.Add(-50 * time.Hour)})
	}
	return list, nil
}

func (o orders) RequestPayout(_ context.Context, q order.RequestPayoutRequest) (order.Payout, error) {
	return o.payout("requested"), o.w.call(fmt.Sprintf("RequestPayout %d %s", q.Minor, q.RequestID))
}

func (o orders) Onboard(context.Context, order.OnboardRequest) (order.PayoutAccount, error) {
	return order.PayoutAccount{Status: "incomplete", URL: "https://connect.stripe.com/setup/1"}, o.w.call("Onboard")
}

func (o orders) SchedulePayouts(_ context.Context, q order.SchedulePayoutsRequest) (order.PayoutAccount, error) {
	return order.PayoutAccount{}, o.w.call(fmt.Sprintf("SchedulePayouts %s %d", q.Every, q.Minor))
}

func (o orders) AnswerChargeback(_ context.Context, q order.AnswerChargebackRequest) (order.Chargeback, error) {
	return order.Chargeback{}, o.w.call("AnswerChargeback " + q.ID + " " + q.Evidence)
}

func (o orders) DecidePayout(_ context.Context, q order.DecidePayoutRequest) (order.Payout, error) {
	p := o.payout("requested")
	p.Status = q.Decision + "d"
	return p, o.w.call(fmt.Sprintf("DecidePayout %s %s %s %s", q.ID, q.Decision, q.Reason, q.Reference))
}

func (o orders) Statement(ctx context.Context, q order.StatementRequest) (order.Statement, error) {
	o.w.read("orders.Statement")
	if q.Side == "operator" && !identity.From(ctx).Is("operator") {
		return order.Statement{}, fault.Forbiddenf("Only operators may do this.")
	}
	if o.w.empty {
		return order.Statement{Opening: cents(0), Closing: cents(0)}, nil
	}
	line := order.StatementLine{JournalID: "j1", At: o.w.now, Kind: "released", Text: "Order completed", OrderID: "o1", OrderNumber: "MX-4K7Q",
		Amount: cents(8000), Pending: cents(8000), Available: cents(0), Held: cents(0), Owed: cents(0), Credit: cents(0)}
	if q.Cursor == "more" {
		line.JournalID = "j2"
		return order.Statement{Opening: cents(0), Closing: cents(16000), Lines: []order.StatementLine{line}}, nil
	}
	return order.Statement{Opening: cents(0), Closing: cents(16000), Lines: []order.StatementLine{line}, NextCursor: "more"}, nil
}

func (o orders) Invoice(context.Context, order.InvoiceRequest) (order.Invoice, error) {
	if o.w.fail != nil {
		return order.Invoice{}, o.w.fail
	}
	return order.Invoice{Number: "INV-MX-4K7Q", Kind: "invoice", OrderNumber: "MX-4K7Q", Marketplace: "Meridian", From: "ben", To: "ana", PaidAt: o.w.now,
		Lines: []order.InvoiceLine{{Text: "I will draw a logo", Quantity: 2, Price: cents(5000), Amount: cents(10000)}, {Text: "Service fee", Quantity: 1, Price: cents(550), Amount: cents(550)}},
		Total: cents(10550), Refunded: cents(3165), Provider: "stripe", Reference: "pi_1"}, nil
}

func (o orders) VerifyLedger(context.Context, order.VerifyLedgerRequest) (order.LedgerReport, error) {
	r := order.LedgerReport{Journals: 3, Postings: 9, Orders: 2, Invariants: order.Invariants()}
	r.Invariants[4].Problems = []string{"The order o1 has not as much funded as is in escrow, refunded and released."}
	return r, nil
}

func (o orders) Reconcile(context.Context, order.ReconcileRequest) (order.Reconciliation, error) {
	return order.Reconciliation{Differences: []order.Difference{{Cause: "The amounts are not equal."}}}, o.w.call("Reconcile")
}

func (o orders) ListReconciliations(context.Context, order.ListReconciliationsRequest) (order.ReconciliationList, error) {
	r := order.Reconciliation{ID: "r1", Provider: "stripe", CreatedAt: o.w.now, Transactions: 7}
	bad := r
	bad.Differences = []order.Difference{{Kind: "charge", Subject: "p1", OrderID: "o1", Ours: cents(10550), Theirs: cents(10549), Cause: "The amounts are not equal."}}
	return order.ReconciliationList{Items: []order.Reconciliation{r, bad}}, nil
}

func (o orders) Checkout(context.Context, order.CheckoutRequest) (order.CheckoutPage, error) {
	return order.CheckoutPage{URL: "https://checkout.stripe.com/c/pay/cs_1"}, nil
}

func (o orders) Simulator(context.Context, order.SimulatorRequest) (order.Simulator, error) {
	return order.Simulator{Modes: []order.SimulatorMode{{Name: "webhooks", Value: "late", Choices: []string{"normal", "late"}}},
		Payments: []order.SimulatorPayment{{ID: "p1", Status: "succeeded", Amount: cents(10550), Refunded: cents(0)},
			{ID: "p2", Status: "succeeded", Amount: cents(10550), Refunded: cents(0), Chargeback: "dp_p2", Stage: "needs_response"}},
		Payouts: []order.Payout{o.payout("sending"), o.payout("paid")}}, nil
}

func (o orders) Simulate(_ context.Context, q order.SimulateRequest) (order.Done, error) {
	return order.Done{}, o.w.call(fmt.Sprintf("Simulate %s %s %s %s", q.Action, q.ID, q.Name, q.Value))
}
