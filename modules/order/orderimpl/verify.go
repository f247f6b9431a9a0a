package orderimpl

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"go.uber.org/zap"
	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// VerifyLedger is documented in the contract.
func (s *service) VerifyLedger(ctx context.Context, _ order.VerifyLedgerRequest) (order.LedgerReport, error) {
	if who := identity.From(ctx); !who.System && !who.Is("operator") {
		return order.LedgerReport{}, fault.Forbiddenf("Only operators may check the books.")
	}
	return s.verify(ctx)
}

// verify reads everything in one transaction that sees one moment, so that orders go on meanwhile.
func (s *service) verify(ctx context.Context) (order.LedgerReport, error) {
	var report order.LedgerReport
	var options []*sql.TxOptions
	if s.db.Postgres() {
		options = append(options, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	}
	err := s.db.Read(ctx).Transaction(func(tx *gorm.DB) (err error) {
		report, err = inspect(s.now(), func(into any, query string, args ...any) error { return tx.Raw(query, args...).Scan(into).Error })
		return err
	}, options...)
	if err != nil {
		return report, fmt.Errorf("verify the ledger: %w", err)
	}
	s.sound.Set(0)
	if len(report.Problems) == 0 {
		s.sound.Set(1)
	} else {
		s.log.Error("the books are not in order", zap.Strings("problems", report.Problems))
	}
	return report, nil
}

func inspect(now time.Time, q ledger.Query) (order.LedgerReport, error) {
	books, err := ledger.Verify(q)
	report := order.LedgerReport{Journals: books.Journals, Postings: books.Postings, Problems: append([]string{}, books.Problems...)}
	if err != nil {
		return report, err
	}
	if err := q(&report.Orders, "SELECT COUNT(*) FROM orders"); err != nil {
		return report, fmt.Errorf("count the orders: %w", err)
	}
	for _, inv := range invariants(now) {
		var found []string
		if err := q(&found, inv.sql, inv.args...); err != nil {
			return report, fmt.Errorf("check invariant %s: %w", inv.number, err)
		}
		for _, what := range found {
			report.Problems = append(report.Problems, fmt.Sprintf(inv.problem, what))
		}
	}
	return report, nil
}

// stuckAfter is how long a refund may be under way.
const stuckAfter = 72 * time.Hour

// invariant is one of docs/orders.md that needs the orders beside the books, as a query that returns what breaks it.
type invariant struct {
	number, problem, sql string
	args                 []any
}

// perOrder sums the postings of each order by what they are: held is still in escrow, and so on; debit +, credit −.
const perOrder = `SELECT o.id, o.status, o.total, o.paid_at,
	COALESCE(SUM(CASE WHEN j.kind = 'funded' AND p.account LIKE 'psp:%' THEN p.amount END), 0) AS funded,
	COALESCE(-SUM(CASE WHEN p.account LIKE 'escrow:%' THEN p.amount END), 0) AS escrow,
	COALESCE(-SUM(CASE WHEN p.account LIKE 'escrow_fee:%' THEN p.amount END), 0) AS escrow_fee,
	COALESCE(-SUM(CASE WHEN j.kind = 'refund_requested' AND p.account LIKE 'refund_payable:%' THEN p.amount END), 0) AS refunded,
	COALESCE(-SUM(CASE WHEN j.kind = 'released' AND p.account NOT LIKE 'escrow%' THEN p.amount END), 0) AS released
	FROM orders o LEFT JOIN journals j ON j.order_id = o.id LEFT JOIN postings p ON p.journal_id = j.id GROUP BY o.id, o.status, o.total, o.paid_at`

func invariants(now time.Time) []invariant {
	stuck := invariant{number: "11", problem: "The refund %s has been under way for more than three days.",
		sql: `SELECT id FROM refunds WHERE status = 'requested' AND created_at < ? ORDER BY id LIMIT 20`, args: []any{now.Add(-stuckAfter)}}
	return []invariant{stuck,
		{number: "5", problem: "The order %s has not as much funded as is in escrow, refunded and released.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE funded <> escrow + escrow_fee + refunded + released ORDER BY id LIMIT 20`},
		{number: "5", problem: "The order %s was not funded with what its buyer pays.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE funded <> CASE WHEN paid_at IS NULL THEN 0 ELSE total END ORDER BY id LIMIT 20`},
		{number: "6", problem: "The order %s has ended, and money is left in its escrow.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE status IN ('completed', 'cancelled', 'expired') AND (escrow <> 0 OR escrow_fee <> 0) ORDER BY id LIMIT 20`},
		{number: "7", problem: "The order %s is in work, and no money is in its escrow.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE status NOT IN ('pending_payment', 'completed', 'cancelled', 'expired') AND escrow <= 0
			ORDER BY id LIMIT 20`},
		{number: "9", problem: "The money of the order %s was released, and its history does not say that it was completed.",
			sql: `SELECT DISTINCT j.order_id FROM journals j WHERE j.kind = 'released' AND NOT EXISTS
			(SELECT 1 FROM history h WHERE h.order_id = j.order_id AND h.to_status = 'completed') ORDER BY j.order_id LIMIT 20`},
		{number: "10", problem: "What is pending for sellers in %s is not the sum of the earnings that have not cleared.",
			sql: `SELECT c.currency FROM (SELECT DISTINCT currency FROM orders) c WHERE
			(SELECT COALESCE(-SUM(amount), 0) FROM postings WHERE account LIKE 'user:%:pending:%' AND currency = c.currency) <>
			(SELECT COALESCE(SUM(amount), 0) FROM earnings WHERE cleared_at IS NULL AND currency = c.currency) ORDER BY c.currency LIMIT 20`},
		{number: "12", problem: "What the provider of %s has captured and not sent back is not what the books say.",
			sql: `SELECT c.provider FROM (SELECT DISTINCT provider FROM payments) c WHERE
			(SELECT COALESCE(SUM(amount), 0) FROM postings WHERE account LIKE 'psp:' || c.provider || ':clearing:%') <>
			(SELECT COALESCE(SUM(amount), 0) FROM payments WHERE provider = c.provider AND status IN ('succeeded', 'refunding', 'refunded')) -
			(SELECT COALESCE(SUM(r.amount), 0) FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.provider = c.provider AND r.status = 'settled')
			ORDER BY c.provider LIMIT 20`},
		{number: "14", problem: "The journal %s names a line of a history that is not there.",
			sql: `SELECT j.id FROM journals j WHERE j.cause LIKE '%#%' AND NOT EXISTS
			(SELECT 1 FROM history h WHERE h.order_id = j.order_id AND j.cause = h.order_id || '#' || h.number) ORDER BY j.id LIMIT 20`},
		{number: "14", problem: "The journal %s names an order that is not there.",
			sql: `SELECT j.id FROM journals j LEFT JOIN orders o ON o.id = j.order_id WHERE o.id IS NULL ORDER BY j.id LIMIT 20`},
		{number: "17", problem: "The commission of the order %s is not that of the fees that it was placed under.",
			sql: `SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM journals r WHERE r.order_id = o.id AND r.kind = 'released') AND
			(o.seller_fee <> (SELECT COALESCE(-SUM(p.amount), 0) FROM postings p JOIN journals j ON j.id = p.journal_id
				WHERE j.order_id = o.id AND j.kind = 'released' AND p.account LIKE 'income:seller_fee:%')
			OR o.fee <> (SELECT COALESCE(-SUM(p.amount), 0) FROM postings p JOIN journals j ON j.id = p.journal_id
				WHERE j.order_id = o.id AND j.kind = 'released' AND p.account LIKE 'income:buyer_fee:%')) ORDER BY o.id LIMIT 20`},
		{number: "18", problem: "The buyer of the order %s is its seller.", sql: `SELECT id FROM orders WHERE buyer_id = seller_id ORDER BY id LIMIT 20`},
		{number: "19", problem: "The order %s has postings in another currency.",
			sql: `SELECT DISTINCT o.id FROM orders o JOIN journals j ON j.order_id = o.id JOIN postings p ON p.journal_id = j.id
			WHERE p.currency <> o.currency ORDER BY o.id LIMIT 20`},
	}
}
