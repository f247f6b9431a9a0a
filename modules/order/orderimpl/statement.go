package orderimpl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// endOfTime is later than any journal.
func endOfTime() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }

// side is whose statement it is: movements as a query with the columns id, at, kind, order_id, account and the changes. A
// query takes args first.
type side struct {
	movements string
	args      []any
}

// Statement is documented in the contract.
func (s *service) Statement(ctx context.Context, q order.StatementRequest) (order.Statement, error) {
	who, err := identity.User(ctx)
	if err != nil && q.Side != operator {
		return order.Statement{}, err
	}
	if q.Side == operator {
		if err := needOperator(ctx); err != nil {
			return order.Statement{}, err
		}
	}
	var c fault.Check
	at := paged(&c, &q.Limit, 50, q.Cursor)
	c.That(q.Side == string(seller) || q.Side == string(buyer) || q.Side == operator, "side", "Use seller, buyer or operator.")
	if err := c.Err(); err != nil {
		return order.Statement{}, err
	}
	since, until := time.Time{}, endOfTime()
	if q.Since != nil {
		since = q.Since.UTC()
	}
	if q.Until != nil {
		until = q.Until.UTC()
	}
	return s.statement(ctx, s.sideOf(q.Side, who.UserID), since, until, at, q.Limit)
}

func (s *service) sideOf(name, userID string) side {
	currency := s.settings.Currency
	switch name {
	case string(seller):
		codes := []string{ledger.Pending(userID).Code(currency), ledger.Available(userID).Code(currency), ledger.HeldBack(userID).Code(currency), ledger.Receivable(userID).Code(currency)}
		return side{args: []any{codes[0], codes[1], codes[2], codes[3], codes}, movements: `SELECT j.id, j.created_at AS at, j.kind, j.order_id, '' AS account, SUM(-p.amount) AS amount,
			SUM(CASE WHEN p.account = ? THEN -p.amount ELSE 0 END) AS pending, SUM(CASE WHEN p.account = ? THEN -p.amount ELSE 0 END) AS available,
			SUM(CASE WHEN p.account = ? THEN -p.amount ELSE 0 END) AS held, SUM(CASE WHEN p.account = ? THEN p.amount ELSE 0 END) AS owed, 0 AS credit
			FROM postings p JOIN journals j ON j.id = p.journal_id WHERE p.account IN ? GROUP BY j.id, j.created_at, j.kind, j.order_id`}
	case string(buyer):
		code := ledger.Credit(userID).Code(currency)
		return side{args: []any{code, code, userID}, movements: `SELECT j.id, j.created_at AS at, j.kind, j.order_id, '' AS account,
			SUM(CASE WHEN p.account LIKE 'psp:%' THEN p.amount ELSE 0 END) AS amount, 0 AS pending, 0 AS available, 0 AS held, 0 AS owed,
			SUM(CASE WHEN p.account = ? THEN -p.amount ELSE 0 END) AS credit
			FROM postings p JOIN journals j ON j.id = p.journal_id WHERE p.account = ? OR (p.account LIKE 'psp:%:clearing:%'
				AND j.kind IN ('funded', 'tipped', 'refund_settled') AND j.order_id IN (SELECT id FROM orders WHERE buyer_id = ?))
			GROUP BY j.id, j.created_at, j.kind, j.order_id`}
	}
	return side{movements: `SELECT j.id || '#' || p.line AS id, j.created_at AS at, j.kind, j.order_id, p.account, p.amount,
		0 AS pending, 0 AS available, 0 AS held, 0 AS owed, 0 AS credit FROM postings p JOIN journals j ON j.id = p.journal_id`}
}

type movement struct {
	ID, Kind, OrderID, Account, Number             string
	At                                             time.Time
	Amount, Pending, Available, Held, Owed, Credit int64
}

func (s *service) statement(ctx context.Context, d side, since, until time.Time, at *cursor, limit int) (order.Statement, error) {
	st := order.Statement{Lines: []order.StatementLine{}}
	sums := make([]int64, 2)
	for i, moment := range []time.Time{since, until} {
		err := s.db.Read(ctx).Raw("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM ("+d.movements+") m WHERE at < ?", append(append([]any{}, d.args...), moment)...).Scan(&sums[i]).Error
		if err != nil {
			return st, fmt.Errorf("sum the statement: %w", err)
		}
	}
	st.Opening, st.Closing = money.Of(sums[0], s.settings.Currency), money.Of(sums[1], s.settings.Currency)
	after := cursor{at: since.Add(-time.Microsecond), id: "~"}
	if at != nil {
		after = *at
	}
	var rows []movement
	err := s.db.Read(ctx).Raw("SELECT m.*, COALESCE(o.number, '') AS number FROM ("+d.movements+`) m LEFT JOIN orders o ON o.id = m.order_id
		WHERE (m.at, m.id) > (?, ?) AND m.at < ? ORDER BY m.at, m.id LIMIT ?`, append(append([]any{}, d.args...), after.at, after.id, until, limit+1)...).Scan(&rows).Error
	if err != nil {
		return st, fmt.Errorf("read the statement: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		st.NextCursor = cursor{rows[limit-1].At, rows[limit-1].ID}.String()
	}
	for _, m := range rows {
		st.Lines = append(st.Lines, m.line(s.settings.Currency))
	}
	return st, nil
}

func (m movement) line(currency string) order.StatementLine {
	of := func(minor int64) money.Amount { return money.Of(minor, currency) }
	id, _, _ := strings.Cut(m.ID, "#")
	return order.StatementLine{JournalID: id, At: m.At.UTC(), Kind: m.Kind, Text: inBooks(m.Kind), OrderID: m.OrderID, OrderNumber: m.Number, Account: m.Account,
		Amount: of(m.Amount), Pending: of(m.Pending), Available: of(m.Available), Held: of(m.Held), Owed: of(m.Owed), Credit: of(m.Credit)}
}

// inBooks says what a journal was, for people.
func inBooks(kind string) string {
	texts := map[string]string{
		"funded": "Order paid", "released": "Order completed", "cleared": "Clearing period over", "reserve_ended": "Reserve ended", "refund_requested": "Refund on its way",
		"refund_settled": "Refund arrived", "refund_credited": "Refund as credit", "refund_covered": "Refund kept by the bank", "resolved": "Dispute decided", "taken_back": "Refund after completion",
		"tipped": "Tip", "chargeback_opened": "Chargeback opened", "frozen": "Held back", "thawed": "No longer held back", "chargeback_lost": "Chargeback lost",
		"chargeback_won": "Chargeback won", "debt_paid": "Debt worked off", "written_off": "Debt written off", "goodwill": "Goodwill credit",
		"payout_requested": "Withdrawal", "payout_paid": "Withdrawal paid", "payout_failed": "Withdrawal returned", "payout_returned": "Withdrawal returned",
		"provider_fee": "Provider's fee", "settled": "Paid to the bank", "unmatched": "Unmatched money", "matched": "Matched money", "returned": "Returned money",
		"exchanged": "Currency exchanged",
	}
	if text, ok := texts[kind]; ok {
		return text
	}
	return kind
}

// monthsShown is how far back the chart of the earnings goes.
const monthsShown = 12

// EarningsByMonth is documented in the contract. A month counts what was released in it, tips too, less what was taken back.
func (s *service) EarningsByMonth(ctx context.Context, _ order.EarningsByMonthRequest) (order.EarningsByMonth, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.EarningsByMonth{}, err
	}
	now := s.now().UTC()
	first := time.Date(now.Year(), now.Month()-monthsShown+1, 1, 0, 0, 0, 0, time.UTC)
	result := order.EarningsByMonth{}
	var parts []string
	var args []any
	for i := range monthsShown {
		month := first.AddDate(0, i, 0)
		result.Months = append(result.Months, order.MonthEarned{Month: month, Earned: money.Of(0, s.settings.Currency)})
		parts = append(parts, fmt.Sprintf("SELECT %d AS month", i)+`, CAST(COALESCE(-SUM(p.amount), 0) AS BIGINT) AS earned FROM postings p JOIN journals j ON j.id = p.journal_id
			WHERE p.account IN ? AND j.kind IN ('released', 'resolved', 'tipped', 'taken_back', 'chargeback_lost') AND j.created_at >= ? AND j.created_at < ?`)
		args = append(args, s.ownAccounts(who.UserID), month, month.AddDate(0, 1, 0))
	}
	var sums []struct{ Month, Earned int64 }
	if err := s.db.Read(ctx).Raw(strings.Join(parts, " UNION ALL "), args...).Scan(&sums).Error; err != nil {
		return result, fmt.Errorf("sum the months: %w", err)
	}
	for _, sum := range sums {
		result.Months[sum.Month].Earned.Minor = sum.Earned
	}
	return result, nil
}

// ownAccounts are the accounts in which a seller's money is.
func (s *service) ownAccounts(userID string) []string {
	var codes []string
	for _, a := range []ledger.Account{ledger.Pending(userID), ledger.Available(userID), ledger.HeldBack(userID), ledger.Receivable(userID)} {
		codes = append(codes, a.Code(s.settings.Currency))
	}
	return codes
}
