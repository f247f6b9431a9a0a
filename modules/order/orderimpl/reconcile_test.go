package orderimpl

import (
	"context"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// teller reports what the simulator does, with something else in between.
type teller struct {
	payment.Provider
	change func(payment.Transaction) (payment.Transaction, bool)
	more   []payment.Transaction
}

func (p *teller) Report(ctx context.Context, since, until time.Time, each func(payment.Transaction) error) error {
	err := p.Provider.Report(ctx, since, until, func(t payment.Transaction) error {
		if p.change != nil {
			changed, ok := p.change(t)
			if !ok {
				return nil
			}
			t = changed
		}
		return each(t)
	})
	for _, t := range p.more {
		if err == nil {
			err = each(t)
		}
	}
	return err
}

// busy has one of everything at the provider, and returns a paid order.
func (b *bed) busy() order.Order {
	b.t.Helper()
	b.known(b.seller, "seller")
	o := b.rich()
	b.decided(b.withdraw(5000).ID, "approve")
	b.refunding()
	won := b.completed()
	b.chargedBack(won)
	b.simulate("won", "dp_"+won.Payment.ID, "")
	b.chargedBack(b.completed())
	b.pass(2 * time.Hour)
	return o
}

func (b *bed) reconciled() order.Reconciliation {
	b.t.Helper()
	return must(b.orders.Reconcile(clerk(), order.ReconcileRequest{}))(b.t)
}

// Rows P17, Z9.
func TestAReportThatAgreesHasNoDifference(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.busy()
		r := b.reconciled()
		if len(r.Differences) != 0 || r.Transactions != 9 || len(r.Signature) != 64 {
			t.Fatalf("the report is %+v", r)
		}
		again := b.reconciled()
		if len(again.Differences) != 0 {
			t.Errorf("the second time: %+v", again)
		}
		list := must(b.orders.ListReconciliations(clerk(), order.ListReconciliationsRequest{}))(t)
		if len(list.Items) < 2 || list.Items[0].ID != again.ID {
			t.Errorf("the list is %+v", list)
		}
		_, err := b.orders.Reconcile(b.seller, order.ReconcileRequest{})
		refused(t, err, fault.Forbidden)
		_, err = b.orders.ListReconciliations(b.seller, order.ListReconciliationsRequest{})
		refused(t, err, fault.Forbidden)
		b.sound()
	})
}

// Row Z9: "remove or alter one gateway row: the report names order, amount and cause".
func TestOneCentOfDifferenceIsToldWithOrderAmountAndCause(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.busy()
		s := b.orders.(*service)
		p := &teller{Provider: s.provider}
		s.provider = p
		if err := b.DB.Tx(t.Context(), txExec("DELETE FROM reconciliations")); err != nil { // as if it were the first
			t.Fatal(err)
		}
		mine := func(x payment.Transaction) bool { return x.Subject == o.Payment.ID && x.Kind == "charge" }
		for name, c := range map[string]struct {
			change func(payment.Transaction) (payment.Transaction, bool)
			theirs int64
			cause  string
		}{
			"altered": {func(x payment.Transaction) (payment.Transaction, bool) {
				if mine(x) {
					x.Amount.Minor--
				}
				return x, true
			}, 10549, "changed a line"},
			"removed": {func(x payment.Transaction) (payment.Transaction, bool) { return x, !mine(x) }, 0, "removed a line"},
		} {
			p.change = nil
			b.reconciled()
			p.change = c.change
			r := b.reconciled()
			if len(r.Differences) != 1 {
				t.Fatalf("%s: %+v", name, r)
			}
			if d := r.Differences[0]; d.OrderID != o.ID || d.Ours.Minor != 10550 || d.Theirs.Minor != c.theirs || !strings.Contains(d.Cause, c.cause) {
				t.Errorf("%s: %+v", name, d)
			}
			if got := must(b.orders.ListReconciliations(clerk(), order.ListReconciliationsRequest{Limit: 1}))(t).Items[0]; len(got.Differences) != 1 || got.Signature != r.Signature {
				t.Errorf("%s is kept as %+v", name, got)
			}
		}
	})
}

func TestWhatOnlyOneSideKnowsIsTold(t *testing.T) {
	b := onSQLite(t)
	o := b.working()
	b.refunding()
	b.tasks()
	b.pass(2 * time.Hour)
	s := b.orders.(*service)
	ghost := payment.Transaction{ID: "ch_ghost", Kind: "charge", Subject: "ghost", Amount: money.Of(700, "USD"), Fee: money.Of(0, "USD"), At: b.Clock.Now().Add(-2 * time.Hour)}
	s.provider = &teller{Provider: s.provider, more: []payment.Transaction{ghost}, change: func(x payment.Transaction) (payment.Transaction, bool) {
		if x.Kind == "refund" {
			x.Amount.Minor++
		}
		return x, x.Subject != o.Payment.ID
	}}
	if err := b.DB.Tx(t.Context(), txExec("DELETE FROM reconciliations")); err != nil {
		t.Fatal(err)
	}
	b.plant("DELETE FROM provider_transactions", "")
	causes := map[string]order.Difference{}
	r := b.reconciled()
	for _, d := range r.Differences {
		causes[d.Cause] = d
	}
	unequal := causes["The amounts are not equal."]
	if len(r.Differences) != 3 || unequal.Theirs.Minor != unequal.Ours.Minor+1 || unequal.OrderID == "" ||
		causes["It is in the books, and the provider does not report it."].OrderID != o.ID ||
		causes["The provider reports it, and it is not in the books."].Theirs.Minor != 700 {
		t.Errorf("the differences are %+v", r.Differences)
	}
}

// Journals 2 and 3.
func TestFeesAndSettlementsOfTheReportAreBookedOnce(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.working()
		b.pass(2 * time.Hour)
		s := b.orders.(*service)
		s.provider = &teller{Provider: s.provider,
			change: func(x payment.Transaction) (payment.Transaction, bool) {
				x.ID += "f"
				x.Fee.Minor = 336
				return x, true
			},
			more: []payment.Transaction{{ID: "po_1", Kind: "settlement", Subject: "po_1", Amount: money.Of(-10214, "USD"), Fee: money.Of(0, "USD"), At: b.Clock.Now().Add(-time.Hour)}}}
		for range 2 {
			b.reconciled()
		}
		all := b.statement(clerk(), order.StatementRequest{Side: "operator"})
		sums := map[string]int64{}
		for _, line := range all.Lines {
			sums[line.Account] += line.Amount.Minor
		}
		if sums["expense:psp_fee:USD"] != 336 || sums["bank:main:USD"] != 10214 || sums["psp:simulator:clearing:USD"] != 0 {
			t.Errorf("the books say %v", sums)
		}
		b.sound()
	})
}

func TestEveryNightIsReconciledOnce(t *testing.T) {
	b := onSQLite(t)
	before := b.count("reconciliations")
	for range 10 {
		b.pass(6 * time.Hour)
	}
	if n := b.count("reconciliations") - before; n < 2 || n > 4 {
		t.Errorf("%d comparisons in two and a half days", n)
	}
}
