package orderimpl

import (
	"context"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func otherClerk() context.Context { return apptest.As("op2", "Otto", operator) }

// Journals 19 and 20, with two persons above the limit.
func TestOperatorsGiveCreditAndGiveUpDebts(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		o := b.rich()
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		b.chargedBack(o)
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		b.change(map[string]int64{"moderator_limit": 5000})

		ask := order.AdjustRequest{RequestID: b.key(), Kind: goodwill, Order: strings.ToLower(o.Number), Minor: 5000, Reason: "Sorry."}
		given := must(b.orders.Adjust(clerk(), ask))(t)
		if again := must(b.orders.Adjust(clerk(), ask))(t); again.ID != given.ID || given.Status != "done" || given.Username != "Bea" || !given.Mine {
			t.Errorf("given is %+v, again %+v", given, again)
		}
		b.owns(5000)
		waits := must(b.orders.Adjust(clerk(), order.AdjustRequest{Kind: goodwill, Order: o.ID, Minor: 5001, Reason: "Very sorry."}))(t)
		if waits.Status != "waiting" {
			t.Errorf("it is %+v", waits)
		}
		b.owns(5000)
		_, err := b.orders.DecideAdjustment(clerk(), order.DecideAdjustmentRequest{ID: waits.ID, Confirm: true})
		refused(t, err, fault.Forbidden)
		_, err = b.orders.DecideAdjustment(b.buyer, order.DecideAdjustmentRequest{ID: waits.ID, Confirm: true})
		refused(t, err, fault.Forbidden)
		_, err = b.orders.DecideAdjustment(clerk(), order.DecideAdjustmentRequest{ID: "nothing", Confirm: true})
		refused(t, err, fault.NotFound)
		if got := must(b.orders.DecideAdjustment(otherClerk(), order.DecideAdjustmentRequest{ID: waits.ID, Confirm: true}))(t); got.Status != "done" || got.DecidedBy != "Otto" || got.Mine {
			t.Errorf("it is %+v", got)
		}
		b.owns(10001)
		_, err = b.orders.DecideAdjustment(otherClerk(), order.DecideAdjustmentRequest{ID: waits.ID})
		refused(t, err, fault.Conflict)

		_, err = b.orders.Adjust(clerk(), order.AdjustRequest{Kind: writeOff, Order: o.ID, Minor: 4000, Reason: "Gone."})
		if err != nil {
			t.Error(err)
		}
		if got := b.balance(b.seller); got.Owed.Minor != 4000 {
			t.Errorf("the seller owes %+v", got)
		}
		_, err = b.orders.Adjust(clerk(), order.AdjustRequest{Kind: writeOff, Order: o.ID, Minor: 4001, Reason: "More than is owed."})
		refused(t, err, fault.Invalid)
		rejected := must(b.orders.Adjust(clerk(), order.AdjustRequest{Kind: writeOff, Order: o.ID, Minor: 9000, Reason: "Too much."}))(t)
		must(b.orders.DecideAdjustment(clerk(), order.DecideAdjustmentRequest{ID: rejected.ID}))(t) // one's own can be taken back
		b.sound()
		list := must(b.orders.ListAdjustments(clerk(), order.ListAdjustmentsRequest{Limit: 3}))(t)
		rest := must(b.orders.ListAdjustments(clerk(), order.ListAdjustmentsRequest{Limit: 3, Cursor: list.NextCursor}))(t)
		if len(list.Items) != 3 || list.Items[0].Status != "rejected" || list.Items[0].OrderNumber != o.Number || len(rest.Items) != 1 {
			t.Errorf("the list is %+v, then %+v", list, rest)
		}
	})
}

func TestAdjustmentsAreForOperatorsAndNotForThemselves(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		for _, who := range []context.Context{b.buyer, b.staff} {
			_, err := b.orders.Adjust(who, order.AdjustRequest{Kind: goodwill, Order: o.ID, Minor: 1, Reason: "x"})
			refused(t, err, fault.Forbidden)
			_, err = b.orders.ListAdjustments(who, order.ListAdjustmentsRequest{})
			refused(t, err, fault.Forbidden)
			_, err = b.orders.ListStrays(who, order.ListStraysRequest{})
			refused(t, err, fault.Forbidden)
			_, err = b.orders.SettleStray(who, order.SettleStrayRequest{ID: "x", Note: "x"})
			refused(t, err, fault.Forbidden)
		}
		_, err := b.orders.Adjust(apptest.As("buyer", "Bea", operator), order.AdjustRequest{Kind: goodwill, Order: o.ID, Minor: 1, Reason: "x"})
		refused(t, err, fault.Forbidden)
		_, err = b.orders.Adjust(clerk(), order.AdjustRequest{Kind: "gift", Minor: -1})
		if f := refused(t, err, fault.Invalid); len(f.Fields) != 3 {
			t.Errorf("told is %+v", f)
		}
		_, err = b.orders.Adjust(clerk(), order.AdjustRequest{Kind: goodwill, Order: "ABCDE-FGHJK", Minor: 1, Reason: "x"})
		refused(t, err, fault.Invalid)
	})
}

// Journal 21, rows P17 and Z9: money that fits nothing is found, kept apart, and settled by an operator.
func TestMoneyThatFitsNothingIsKeptApartUntilItIsKnownWhoseItIs(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		b.simulate("stray", "", "")
		b.simulate("stray", "", "")
		b.pass(2 * time.Hour)
		r := must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(t)
		if len(r.Differences) != 2 || r.Differences[0].Theirs.Minor != strayMinor {
			t.Errorf("the reconciliation says %+v", r.Differences)
		}
		report := must(b.orders.VerifyLedger(apptest.System(), order.VerifyLedgerRequest{}))(t)
		if len(report.Problems) != 1 || !strings.Contains(report.Problems[0], "suspense:simulator:USD is not zero") {
			t.Errorf("the books say %v", report.Problems)
		}
		strays := must(b.orders.ListStrays(clerk(), order.ListStraysRequest{}))(t).Items
		if len(strays) != 2 || strays[0].Status != "open" || strays[0].Amount.Minor != strayMinor {
			t.Fatalf("the strays are %+v", strays)
		}
		_, err := b.orders.SettleStray(clerk(), order.SettleStrayRequest{ID: strays[0].ID})
		refused(t, err, fault.Invalid)
		_, err = b.orders.SettleStray(clerk(), order.SettleStrayRequest{ID: "nothing", Note: "x"})
		refused(t, err, fault.NotFound)
		got := must(b.orders.SettleStray(clerk(), order.SettleStrayRequest{ID: strays[0].ID, Order: o.Number, Note: "The buyer has called."}))(t)
		if got.Status != "matched" || got.OrderNumber != o.Number {
			t.Errorf("it is %+v", got)
		}
		_, err = b.orders.SettleStray(clerk(), order.SettleStrayRequest{ID: strays[0].ID, Note: "Again."})
		refused(t, err, fault.Conflict)
		must(b.orders.SettleStray(clerk(), order.SettleStrayRequest{ID: strays[1].ID, Note: "Sent back."}))(t)
		b.owns(strayMinor)
		if again := must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(t); len(again.Differences) != 0 {
			t.Errorf("the reconciliation still says %+v", again.Differences)
		}
	})
}

// Row Z9: somebody refunds in the provider's dashboard, and the night finds it, to the cent.
func TestARefundByHandIsADifference(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		b.simulate("refund", o.Payment.ID, "")
		b.pass(2 * time.Hour)
		r := must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(t)
		if len(r.Differences) != 1 || r.Differences[0].Kind != "refund" || r.Differences[0].Theirs.Minor != -5275 {
			t.Errorf("the reconciliation says %+v", r.Differences)
		}
	})
}

// Journal 21, row Z9: what was refunded by hand cannot be undone, so the marketplace bears it, and nobody is alarmed any more;
// or the provider has brought it back.
func TestARefundByHandIsBorneByTheMarketplaceOrBroughtBack(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o, other := b.working(), b.working()
		b.simulate("refund", o.Payment.ID, "")
		b.simulate("refund", other.Payment.ID, "")
		b.pass(2 * time.Hour)
		must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(t)
		strays := must(b.orders.ListStrays(clerk(), order.ListStraysRequest{}))(t).Items
		if len(strays) != 2 || strays[0].Kind != "refund" || strays[0].Amount.Minor != 5275 {
			t.Fatalf("the strays are %+v", strays)
		}
		if got := b.Series(t)["marketplace_reconciliation_differences order"]; got != 2 {
			t.Errorf("%v differences are shown", got)
		}
		sums := func() map[string]int64 {
			all := map[string]int64{}
			for _, line := range b.statement(clerk(), order.StatementRequest{Side: "operator"}).Lines {
				all[line.Account] += line.Amount.Minor
			}
			return all
		}
		before := sums()
		must(b.orders.SettleStray(clerk(), order.SettleStrayRequest{ID: strays[0].ID, Order: o.Number, Note: "By mistake."}))(t)
		must(b.orders.SettleStray(clerk(), order.SettleStrayRequest{ID: strays[1].ID, Note: "The refund has failed."}))(t)
		after := sums()
		for account, moved := range map[string]int64{"expense:goodwill:USD": 5275, "suspense:simulator:USD": -2 * 5275, "psp:simulator:clearing:USD": 5275} {
			if after[account]-before[account] != moved {
				t.Errorf("%s was %d and is %d", account, before[account], after[account])
			}
		}
		if again := must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(t); len(again.Differences) != 0 || b.Series(t)["marketplace_reconciliation_differences order"] != 0 {
			t.Errorf("the reconciliation still says %+v", again.Differences)
		}
		b.sound()
	})
}

// Row Z8: the control page pays, declines and challenges anybody's payment.
func TestTheControlPagePaysAndDeclines(t *testing.T) {
	b := onSQLite(t)
	o := b.place("plain")
	of := func() order.SimulatorPayment {
		return must(b.orders.Simulator(b.another, order.SimulatorRequest{}))(t).Payments[0]
	}
	if p := of(); !p.Open || p.ID != o.Payment.ID || p.Status != "pending" {
		t.Errorf("the page shows %+v", p)
	}
	for _, action := range []string{"decline", "challenge", "succeed"} {
		must(b.orders.Simulate(b.another, order.SimulateRequest{Action: action, ID: o.Payment.ID}))(t)
		if p := of(); p.Open != (action != "succeed") || action == "decline" && p.Status != "declined" {
			t.Errorf("after %s the page shows %+v", action, p)
		}
	}
	b.is(b.get(o), order.StatusInProgress)
	_, err := b.orders.Simulate(b.another, order.SimulateRequest{Action: "succeed", ID: "nothing"})
	refused(t, err, fault.NotFound)
	b.sound()
}
