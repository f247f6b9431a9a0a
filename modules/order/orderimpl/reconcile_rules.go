package orderimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/money"
)

type differenceRow struct {
	ReconciliationID string
	Kind             string
	Subject          string
	OrderID          string
	Ours             int64
	Theirs           int64
	Currency         string
	Cause            string
}

func (r differenceRow) difference() order.Difference {
	return order.Difference{Kind: r.Kind, Subject: r.Subject, OrderID: r.OrderID, Ours: money.Of(r.Ours, r.Currency), Theirs: money.Of(r.Theirs, r.Currency), Cause: r.Cause}
}

// ours is what our rows say that the provider must report, in the words of the report, with whether the journal of it is
// there. A row that may still be on its way has no time.
const ours = `
	SELECT 'charge' AS kind, p.id AS subject, p.order_id, p.amount, p.currency, COALESCE(t.paid_at, l.paid_at, o.paid_at) AS at,
		CASE WHEN t.id IS NULL THEN 'psp:' || p.provider || ':' || p.charge ELSE 'tip:' || t.id END AS idem
		FROM payments p JOIN orders o ON o.id = p.order_id LEFT JOIN lines l ON l.id = p.line
		LEFT JOIN tips t ON t.id = p.line AND t.paid_at IS NOT NULL WHERE p.provider = ? AND p.status IN ('succeeded', 'refunding', 'refunded')
	UNION ALL SELECT 'refund', r.id, r.order_id, -(r.amount - r.credited - r.covered), r.currency, r.settled_at, 'refund:' || r.id || ':settled'
		FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.provider = ? AND r.status = 'settled' AND r.amount > r.credited + r.covered
	UNION ALL SELECT 'payout', y.id, '', -(y.amount - y.fee), y.currency, y.ended_at, 'payout:' || y.id || ':paid'
		FROM payouts y WHERE y.provider = ? AND y.status = 'paid' AND y.attempts > 0
	UNION ALL SELECT 'chargeback', c.reference, c.order_id, -c.amount, c.currency, c.opened_at, 'cb:' || c.id || ':open' FROM chargebacks c WHERE c.provider = ?
	UNION ALL SELECT 'chargeback_won', c.reference, c.order_id, c.amount, c.currency, c.closed_at, 'cb:' || c.id || ':won' FROM chargebacks c WHERE c.provider = ? AND c.stage = 'won'`

// comparison is one way in which two sets of rows differ: columns as in differenceRow. It takes the provider, then until.
type comparison struct{ cause, sql string }

func comparisons() []comparison {
	const theirs = `provider_transactions t WHERE t.provider = ? AND t.at < ? AND t.kind IN ('charge', 'refund', 'payout', 'chargeback', 'chargeback_won')`
	return []comparison{
		{"The amounts are not equal.", `SELECT w.kind, w.subject, w.order_id, w.amount AS ours, t.amount AS theirs, w.currency
			FROM (` + ours + `) w JOIN (SELECT * FROM ` + theirs + `) t ON t.kind = w.kind AND t.subject = w.subject WHERE w.amount <> t.amount OR w.currency <> t.currency`},
		{"It is in the books, and the provider does not report it.", `SELECT w.kind, w.subject, w.order_id, w.amount AS ours, 0 AS theirs, w.currency
			FROM (` + ours + `) w LEFT JOIN (SELECT * FROM ` + theirs + `) t ON t.kind = w.kind AND t.subject = w.subject WHERE t.id IS NULL AND w.at < ?`},
		{"The provider reports it, and it is not in the books.", `SELECT t.kind, t.subject, '' AS order_id, 0 AS ours, t.amount AS theirs, t.currency
			FROM (SELECT * FROM ` + theirs + `) t LEFT JOIN (` + ours + `) w ON w.kind = t.kind AND w.subject = t.subject WHERE w.subject IS NULL
			AND NOT EXISTS (SELECT 1 FROM provider_transactions b WHERE b.provider = t.provider AND b.kind = 'payout_returned' AND b.subject = t.subject AND t.kind = 'payout')
			AND NOT EXISTS (SELECT 1 FROM strays x WHERE x.provider = t.provider AND x.id = t.id AND x.status <> 'open')`},
		{"It is among the orders, and its journal is not in the books.", `SELECT w.kind, w.subject, w.order_id, 0 AS ours, w.amount AS theirs, w.currency
			FROM (` + ours + `) w WHERE NOT EXISTS (SELECT 1 FROM journals j WHERE j.idem = w.idem)`},
	}
}

// arguments of each comparison, in the order of its marks.
func (s *service) arguments(n int, until time.Time) []any {
	p := s.provider.Name()
	all := []any{p, p, p, p, p}
	switch n {
	case 0:
		return append(all, p, until)
	case 1:
		return append(all, p, endOfTime(), until)
	case 2:
		return append([]any{p, until}, all...)
	}
	return all
}

// compare finds money about which provider, orders and books do not agree, among what is older than until.
func (s *service) compare(ctx context.Context, until time.Time) ([]order.Difference, error) {
	var all []order.Difference
	for n, c := range comparisons() {
		var rows []differenceRow
		if err := s.db.Read(ctx).Raw("SELECT * FROM ("+c.sql+") x ORDER BY kind, subject LIMIT 500", s.arguments(n, until)...).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("compare with the report: %w", err)
		}
		for _, r := range rows {
			r.Cause = c.cause
			all = append(all, r.difference())
		}
	}
	return all, s.nameOrders(ctx, all)
}
