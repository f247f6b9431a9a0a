package orderimpl

import (
	"slices"
	"time"
)

// stuckAfter is how long money may be under way.
const stuckAfter = 72 * time.Hour

// invariant is one of docs/money.md that needs the orders beside the books, as a query that returns what breaks it.
type invariant struct {
	number       int
	problem, sql string
	args         []any
}

// perOrder sums the postings of each order by what they are: held is still in escrow, and so on; debit +, credit −.
const perOrder = `SELECT o.id, o.status, o.total, o.credit, o.paid_at, o.ended_at,
	COALESCE(SUM(CASE WHEN j.kind = 'funded' AND (p.account LIKE 'psp:%' OR p.account LIKE 'buyer:%') THEN p.amount END), 0) AS funded,
	COALESCE(-SUM(CASE WHEN p.account LIKE 'escrow:%' THEN p.amount END), 0) AS escrow,
	COALESCE(-SUM(CASE WHEN p.account LIKE 'escrow_fee:%' THEN p.amount END), 0) AS escrow_fee,
	COALESCE(-SUM(CASE WHEN p.account LIKE 'tax:%' THEN p.amount END), 0) AS tax,
	COALESCE(-SUM(CASE WHEN j.kind IN ('refund_requested', 'resolved', 'taken_back') AND p.account LIKE 'refund_payable:%' THEN p.amount END), 0) AS refunded,
	COALESCE(-SUM(CASE WHEN j.kind IN ('released', 'resolved', 'taken_back', 'chargeback_lost')
		AND (p.account LIKE 'user:%' OR p.account LIKE 'income:%' OR p.account LIKE 'expense:bad_debt:%') THEN p.amount END), 0) AS released,
	COALESCE(-SUM(CASE WHEN j.kind = 'chargeback_lost' AND (p.account LIKE 'psp:%' OR p.account LIKE 'buyer:%') THEN p.amount END), 0) AS lost
	FROM orders o LEFT JOIN journals j ON j.order_id = o.id LEFT JOIN postings p ON p.journal_id = j.id GROUP BY o.id, o.status, o.total, o.credit, o.paid_at, o.ended_at`

func invariants(now time.Time) []invariant {
	return slices.Concat(ofOrders(), ofProcess(), ofPeople(), ofTransit(now.Add(-stuckAfter)), ofCauses())
}

// ofOrders are 5 to 7: what was paid is somewhere.
func ofOrders() []invariant {
	return []invariant{
		{number: 5, problem: "The order %s has not as much funded as is in escrow, refunded and released.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE funded <> escrow + escrow_fee + tax + refunded + released + lost ORDER BY id LIMIT 20`},
		{number: 5, problem: "The order %s was not funded with what its buyer pays.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE funded <> CASE WHEN paid_at IS NULL THEN 0 WHEN paid_at > ended_at THEN total - credit ELSE total END +
			COALESCE((SELECT SUM(l.price + l.fee) FROM lines l WHERE l.order_id = x.id AND l.paid_at IS NOT NULL), 0) ORDER BY id LIMIT 20`},
		{number: 6, problem: "The order %s has ended, and money is left in its escrow.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE status IN ('completed', 'cancelled', 'expired') AND (escrow <> 0 OR escrow_fee <> 0) ORDER BY id LIMIT 20`},
		{number: 7, problem: "The order %s is in work, and no money is in its escrow.",
			sql: `SELECT id FROM (` + perOrder + `) x WHERE status NOT IN ('pending_payment', 'completed', 'cancelled', 'expired') AND escrow <= 0
			AND NOT EXISTS (SELECT 1 FROM chargebacks c WHERE c.order_id = x.id AND c.stage = 'lost') ORDER BY id LIMIT 20`},
	}
}

// ofProcess are 8, 9 and 17 to 19: the books fit the orders.
func ofProcess() []invariant {
	const posted = `SELECT o.id,
		COALESCE(-SUM(CASE WHEN p.account LIKE 'income:seller_fee:%' THEN p.amount END), 0) AS commission,
		COALESCE(-SUM(CASE WHEN p.account LIKE 'income:buyer_fee:%' THEN p.amount END), 0) AS service
		FROM orders o JOIN journals j ON j.order_id = o.id JOIN postings p ON p.journal_id = j.id
		WHERE o.status = 'completed' AND j.kind IN ('released', 'resolved', 'taken_back') GROUP BY o.id`
	// Fees of what went back are given up in proportion, of each payment rounded once: (2ab + c) / 2c is ab/c, half up.
	const agreed = `SELECT id, SUM(seller_fee - (2 * seller_fee * refunded + price) / (2 * price)) AS commission,
		SUM(fee - (2 * fee * refunded + price) / (2 * price)) AS service FROM (
			SELECT id, seller_fee, fee, refunded, subtotal AS price FROM orders
			UNION ALL SELECT order_id, seller_fee, fee, refunded, price FROM lines WHERE kind = 'raise' AND paid_at IS NOT NULL
		) parts GROUP BY id`
	return []invariant{
		{number: 9, problem: "The money of the order %s was released, and its history does not say that it was completed.",
			sql: `SELECT DISTINCT j.order_id FROM journals j WHERE j.kind IN ('released', 'resolved') AND NOT EXISTS
			(SELECT 1 FROM history h WHERE h.order_id = j.order_id AND (h.to_status = 'completed' OR j.kind = 'resolved' AND h.from_status = 'disputed'))
			ORDER BY j.order_id LIMIT 20`},
		{number: 17, problem: "The commission of the order %s is not that of the fees that it was placed under.",
			sql: `SELECT x.id FROM (` + posted + `) x JOIN (` + agreed + `) a ON a.id = x.id
			WHERE x.commission <> a.commission OR x.service <> a.service ORDER BY x.id LIMIT 20`},
		{number: 18, problem: "The buyer of the order %s is its seller.", sql: `SELECT id FROM orders WHERE buyer_id = seller_id ORDER BY id LIMIT 20`},
		{number: 19, problem: "The order %s has postings in another currency.",
			sql: `SELECT DISTINCT o.id FROM orders o JOIN journals j ON j.order_id = o.id JOIN postings p ON p.journal_id = j.id
			WHERE p.currency <> o.currency ORDER BY o.id LIMIT 20`},
	}
}

// ofPeople is 10: what sellers have is what their orders brought.
func ofPeople() []invariant {
	return []invariant{
		{number: 10, problem: "What is pending for the seller and currency %s is not the sum of the earnings that have not cleared.",
			sql: `SELECT who FROM (
				SELECT SUBSTR(p.account, 6, LENGTH(p.account) - 17) || ' ' || p.currency AS who, -p.amount AS amount FROM postings p WHERE p.account LIKE 'user:%:pending:%'
				UNION ALL SELECT e.seller_id || ' ' || e.currency, -(e.amount - e.taken) FROM earnings e WHERE e.cleared_at IS NULL AND e.frozen_by = ''
				UNION ALL SELECT t.seller_id || ' ' || t.currency, -(t.amount - t.taken) FROM tips t WHERE t.paid_at IS NOT NULL AND t.cleared_at IS NULL AND t.frozen_by = ''
			) x GROUP BY who HAVING SUM(amount) <> 0 ORDER BY who LIMIT 20`},
		{number: 10, problem: "The reserve of the seller and currency %s is more than is held back for them.",
			sql: `SELECT e.seller_id || ' ' || e.currency FROM earnings e WHERE e.reserved <> 0 GROUP BY e.seller_id, e.currency HAVING SUM(e.reserved) >
			COALESCE((SELECT a.balance FROM accounts a WHERE a.code = 'user:' || e.seller_id || ':held:' || e.currency), 0) ORDER BY 1 LIMIT 20`},
	}
}

// ofTransit are 11 and 12: what is between the marketplace and its providers.
func ofTransit(old time.Time) []invariant {
	return []invariant{
		{number: 11, problem: "The refund %s has been under way for more than three days.",
			sql: `SELECT r.id FROM refunds r WHERE r.status = 'requested' AND r.created_at < ? AND NOT EXISTS
			(SELECT 1 FROM chargebacks c WHERE c.payment_id = r.payment_id AND (c.closed_at IS NULL OR c.closed_at >= ?)) ORDER BY r.id LIMIT 20`, args: []any{old, old}},
		{number: 11, problem: "The withdrawal %s has been under way for more than three days.",
			sql: `SELECT id FROM payouts WHERE status = 'sending' AND decided_at < ? ORDER BY id LIMIT 20`, args: []any{old}},
		{number: 11, problem: "The withdrawal %s is not what its account holds.",
			sql: `SELECT y.id FROM payouts y LEFT JOIN accounts a ON a.code = 'payout:' || y.id || ':' || y.currency WHERE COALESCE(a.balance, 0) <>
			CASE WHEN y.status IN ('requested', 'approved', 'sending') THEN y.amount - y.fee ELSE 0 END ORDER BY y.id LIMIT 20`},
		{number: 12, problem: "What the provider of %s has captured and not sent back is not what the books say.",
			sql: `SELECT c.provider FROM (SELECT DISTINCT provider FROM payments WHERE provider <> 'credit') c WHERE
			(SELECT COALESCE(SUM(p.amount), 0) FROM postings p JOIN journals j ON j.id = p.journal_id WHERE p.account LIKE 'psp:' || c.provider || ':clearing:%'
				AND j.kind NOT IN ('provider_fee', 'settled', 'unmatched', 'matched', 'returned', 'payout_paid', 'payout_returned')
				AND NOT (j.kind = 'funded' AND p.account LIKE 'psp:%' AND j.idem NOT IN (SELECT 'psp:' || m.provider || ':' || m.charge FROM payments m))) <>
			(SELECT COALESCE(SUM(amount), 0) FROM payments WHERE provider = c.provider AND status IN ('succeeded', 'refunding', 'refunded')) -
			(SELECT COALESCE(SUM(r.amount - r.credited - r.covered), 0) FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.provider = c.provider AND r.status = 'settled') -
			(SELECT COALESCE(SUM(CASE WHEN stage = 'won' THEN fee ELSE amount + fee END), 0) FROM chargebacks WHERE provider = c.provider)
			ORDER BY c.provider LIMIT 20`},
		{number: 12, problem: "The provider's report has a line that is not in the books: %s.",
			sql: `SELECT t.id FROM provider_transactions t LEFT JOIN payments p ON p.id = t.subject WHERE t.kind = 'charge' AND t.at < ?
			AND NOT EXISTS (SELECT 1 FROM strays x WHERE x.provider = t.provider AND x.id = t.id) AND (p.id IS NULL OR p.amount <> t.amount OR p.status NOT IN ('succeeded', 'refunding', 'refunded')) ORDER BY t.id LIMIT 20`, args: []any{old}},
	}
}

// ofCauses are 14, 16 and 20: what moves money is written down, and what is written down has moved it.
func ofCauses() []invariant {
	return []invariant{
		{number: 14, problem: "The journal %s names a line of a history that is not there.",
			sql: `SELECT j.id FROM journals j WHERE j.cause LIKE '%#%' AND NOT EXISTS
			(SELECT 1 FROM history h WHERE h.order_id = j.order_id AND j.cause = h.order_id || '#' || h.number) ORDER BY j.id LIMIT 20`},
		{number: 14, problem: "The journal %s names an order that is not there.",
			sql: `SELECT j.id FROM journals j LEFT JOIN orders o ON o.id = j.order_id WHERE j.order_id <> '' AND o.id IS NULL ORDER BY j.id LIMIT 20`},
		{number: 16, problem: "The refund %s is half done: it is there without its journal.",
			sql: `SELECT r.id FROM refunds r WHERE NOT EXISTS (SELECT 1 FROM postings p WHERE p.account = 'refund_payable:' || r.id || ':' || r.currency AND p.amount = -r.amount)
			OR (r.status <> 'requested') <> EXISTS (SELECT 1 FROM journals j WHERE j.idem = 'refund:' || r.id || ':settled') ORDER BY r.id LIMIT 20`},
		{number: 16, problem: "The withdrawal %s is half done: its state is not that of its journals.",
			sql: `SELECT y.id FROM payouts y WHERE NOT EXISTS (SELECT 1 FROM journals j WHERE j.idem = 'payout:' || y.id || ':request')
			OR (y.status = 'paid') <> (EXISTS (SELECT 1 FROM journals j WHERE j.idem = 'payout:' || y.id || ':paid') AND NOT EXISTS (SELECT 1 FROM journals j WHERE j.idem = 'payout:' || y.id || ':returned'))
			ORDER BY y.id LIMIT 20`},
		{number: 16, problem: "The earning of the order %s is half done: it is there without the release of its money.",
			sql: `SELECT e.order_id FROM earnings e WHERE NOT EXISTS (SELECT 1 FROM journals j WHERE j.order_id = e.order_id AND j.kind IN ('released', 'resolved'))
			ORDER BY e.order_id LIMIT 20`},
		{number: 16, problem: "The tip %s is half done: it is paid and not in the books, or in the books and not paid.",
			sql: `SELECT t.id FROM tips t WHERE (t.paid_at IS NOT NULL) <> EXISTS (SELECT 1 FROM journals j WHERE j.idem = 'tip:' || t.id) ORDER BY t.id LIMIT 20`},
		{number: 20, problem: "The line %s of a history must have moved money once, and has not.",
			sql: `SELECT h.order_id || '#' || h.number FROM history h JOIN orders o ON o.id = h.order_id
			LEFT JOIN journals j ON j.cause = h.order_id || '#' || h.number AND j.order_id = h.order_id AND j.kind =
				CASE WHEN h.event IN ('accept', 'auto_complete') THEN 'released' WHEN h.event = 'tip_paid' THEN 'tipped' ELSE 'funded' END
			WHERE h.event IN ('payment_confirmed', 'payment_late', 'accept', 'auto_complete', 'raise_paid', 'payment_surplus', 'tip_paid') GROUP BY h.order_id, h.number, h.event HAVING COUNT(j.id) <> 1
			ORDER BY h.order_id LIMIT 20`},
		{number: 20, problem: "The journal %s was not announced by the line of the history that moved it.",
			sql: `SELECT j.id FROM journals j WHERE j.kind IN ('funded', 'released', 'cleared', 'resolved') AND j.cause NOT LIKE '%#%' ORDER BY j.id LIMIT 20`},
	}
}
