package orderimpl

import (
	"fmt"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
)

// planted is what breaks an invariant, and a word of the sentence that tells it. A ? is the order in work.
type planted struct {
	invariant           int
	name                string
	statements, problem string
}

// violations breaks each of the invariants of docs/money.md; 15 and others have more cases in the ledger's own tests.
func violations() []planted {
	return []planted{
		{1, "a posting changed", "UPDATE postings SET amount = amount + 1 WHERE line = 1", "does not sum to zero"},
		{1, "no postings", "DELETE FROM postings", "fewer than two"},
		{2, "a posting changed", "UPDATE postings SET amount = amount + 1 WHERE line = 1", "All postings in USD"},
		{3, "a balance changed", "UPDATE accounts SET balance = balance + 1 WHERE code LIKE 'escrow:%' AND balance > 0", "is not the sum of its postings"},
		{4, "an account overdrawn", "UPDATE postings SET amount = amount + 99999 WHERE account LIKE 'escrow:%' AND amount > 0", "is on the wrong side"},
		{4, "a bound removed", "UPDATE accounts SET min_balance = NULL WHERE code LIKE 'user:%'", "has lost its bound"},
		{5, "a total changed", "UPDATE orders SET total = total + 1, fee = fee + 1 WHERE id = ?", "was not funded"},
		{5, "money gone", "UPDATE postings SET amount = amount - 1 WHERE journal_id IN (SELECT id FROM journals WHERE kind = 'funded') AND account LIKE 'psp:%'", "not as much funded"},
		{6, "ended with money", "UPDATE orders SET status = 'cancelled' WHERE id = ?", "money is left in its escrow"},
		{7, "in work without money", "UPDATE orders SET status = 'in_progress' WHERE status = 'completed' AND id <> ?", "no money is in its escrow"},
		{8, "released twice", "UPDATE journals SET kind = 'released' WHERE kind = 'funded' AND order_id <> ?", "more than one journal of one kind"},
		{9, "released without completion", "UPDATE history SET to_status = 'delivered' WHERE to_status = 'completed' AND order_id <> ?", "does not say that it was completed"},
		{10, "an earning lost", "DELETE FROM earnings WHERE order_id <> ?", "What is pending for the seller and currency seller USD"},
		{11, "a withdrawal stuck", withdrawalRow + "'sending', 500, 0, '2020-01-01 00:00:00+00:00')", "under way for more than three days"},
		{12, "a capture changed", "UPDATE payments SET amount = amount + 1 WHERE order_id = ?", "provider of simulator"},
		{13, "money in suspense", "INSERT INTO accounts (code, kind, currency, created_at) VALUES ('suspense:simulator:USD', 'asset', 'USD', '2026-01-01 00:00:00+00:00'); " +
			"UPDATE postings SET account = 'suspense:simulator:USD' WHERE account LIKE 'psp:%'", "suspense:simulator:USD is not zero"},
		{14, "a cause changed", "UPDATE journals SET cause = cause || '9' WHERE order_id = ?", "names a line of a history"},
		{14, "nobody did it", "UPDATE journals SET actor = '' WHERE order_id = ?", "does not say who"},
		{15, "a journal changed", "UPDATE journals SET actor = 'ann' WHERE order_id = ?", "is broken at journal 1"},
		{16, "half a withdrawal", withdrawalRow + "'requested', 500, 0, '2026-01-01 00:00:00+00:00')", "is half done"},
		{16, "half a refund", "INSERT INTO refunds (id, payment_id, order_id, status, amount, currency, attempts, last_error, created_at) " +
			"SELECT 'r', id, order_id, 'requested', 5, 'USD', 0, '', created_at FROM payments WHERE order_id = ?", "is half done"},
		{17, "a commission changed", "UPDATE orders SET seller_fee = seller_fee + 1, earnings = earnings - 1 WHERE status = 'completed' AND id <> ?", "The commission of the order"},
		{18, "bought from oneself", "PRAGMA ignore_check_constraints = 1; UPDATE orders SET buyer_id = seller_id WHERE id = ?", "is its seller"},
		{19, "another currency", "UPDATE orders SET currency = 'EUR' WHERE id = ?", "postings in another currency"},
		{20, "an event without effect", "UPDATE history SET event = 'deliver' WHERE event = 'accept' AND order_id <> ?; " +
			"UPDATE history SET event = 'accept' WHERE event = 'payment_confirmed' AND order_id = ?", "must have moved money once"},
	}
}

const withdrawalRow = `INSERT INTO payouts (currency, provider, account, automatic, reason, reference, decided_by, attempts, last_error, id, user_id, username,
	created_at, status, amount, fee, decided_at) VALUES ('USD', 'simulator', 'a', FALSE, '', '', 'op', 0, '', 'y', 'seller', 'Sam', '2020-01-01 00:00:00+00:00', `

func TestEveryInvariantIsShownWhatBreaksIt(t *testing.T) {
	t.Parallel()
	covered := map[int]bool{}
	for _, v := range violations() {
		covered[v.invariant] = true
		t.Run(fmt.Sprintf("%d %s", v.invariant, v.name), func(t *testing.T) {
			t.Parallel()
			b := onSQLite(t)
			done := b.delivered()
			must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: done.ID}))(t)
			o := b.working()
			if r := b.sound(); len(r.Invariants) != 20 {
				t.Fatalf("%d invariants are told", len(r.Invariants))
			}
			b.plant(v.statements, o.ID)
			r := must(b.orders.VerifyLedger(apptest.System(), order.VerifyLedgerRequest{}))(t)
			if got := strings.Join(r.Invariants[v.invariant-1].Problems, "\n"); !strings.Contains(got, v.problem) {
				t.Errorf("invariant %d tells %q, want %q; all: %q", v.invariant, got, v.problem, r.Problems)
			}
		})
	}
	for n := range 20 {
		if !covered[n+1] {
			t.Errorf("invariant %d is never broken", n+1)
		}
	}
}

// plant does what only somebody with the rights of the database's owner can do.
func (b *bed) plant(statements, id string) {
	b.t.Helper()
	var triggers []string
	if err := b.DB.Read(b.t.Context()).Raw("SELECT name FROM sqlite_master WHERE type = 'trigger'").Scan(&triggers).Error; err != nil {
		b.t.Fatal(err)
	}
	all := []string{"PRAGMA defer_foreign_keys = 1"}
	for _, name := range triggers {
		all = append(all, "DROP TRIGGER "+name)
	}
	err := b.DB.Tx(b.t.Context(), func(tx *db.Tx) error {
		for _, s := range append(all, strings.Split(statements, "; ")...) {
			args := []any{}
			if strings.Contains(s, "?") {
				args = append(args, id)
			}
			if err := tx.Exec(s, args...).Error; err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
}
