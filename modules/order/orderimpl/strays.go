package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/page"
)

// What can become of money that fits nothing, as the contract names it.
const (
	strayOpen     = "open"
	strayMatched  = "matched"
	strayReturned = "returned"
)

type strayRow struct {
	Provider  string
	ID        string
	Kind      string // of the line: charge, refund
	Subject   string
	Amount    int64 // above zero
	Currency  string
	Status    string
	OrderID   string
	Note      string
	DecidedBy string
	FoundAt   time.Time
	DecidedAt *time.Time

	OrderNumber string `gorm:"->"` // of lists
}

// TableName is strays.
func (strayRow) TableName() string { return "strays" }

func (r strayRow) amount() money.Amount { return money.Of(r.Amount, r.Currency) }

// left says whether the money has left the provider instead of having come.
func (r strayRow) left() bool { return r.Kind == "refund" }

// moved is the amount as the provider reports it: below zero if it has left.
func (r strayRow) moved() money.Amount {
	if r.left() {
		return money.Of(-r.Amount, r.Currency)
	}
	return r.amount()
}

func (r strayRow) stray() order.Stray {
	return order.Stray{ID: r.ID, Provider: r.Provider, Kind: r.Kind, Subject: r.Subject, Amount: r.amount(), Status: r.Status, OrderNumber: r.OrderNumber, Note: r.Note,
		FoundAt: r.FoundAt, DecidedAt: r.DecidedAt}
}

// bookStrays is journal 21: a charge of the provider's report that is no payment of ours, or a refund that is none of ours, is
// kept apart, until somebody has found out whose it is. It stays a difference, and suspense an alert, until then.
func (s *service) bookStrays(ctx context.Context, until time.Time) error {
	var rows []transactionRow
	err := s.db.Read(ctx).Raw(`SELECT t.* FROM provider_transactions t WHERE t.provider = ? AND t.at < ?
		AND (t.kind = 'charge' AND t.amount > 0 AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.id = t.subject)
			OR t.kind = 'refund' AND t.amount < 0 AND NOT EXISTS (SELECT 1 FROM refunds r WHERE r.id = t.subject))
		AND NOT EXISTS (SELECT 1 FROM strays x WHERE x.provider = t.provider AND x.id = t.id) ORDER BY t.id LIMIT 100`, s.provider.Name(), until).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("find money that fits nothing: %w", err)
	}
	for _, t := range rows {
		err := s.db.Tx(ctx, func(tx *db.Tx) error {
			made := tx.Exec(`INSERT INTO strays (provider, id, kind, subject, amount, currency, status, order_id, note, decided_by, found_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, '', '', '', ?) ON CONFLICT DO NOTHING`, t.Provider, t.ID, t.Kind, t.Subject, max(t.Amount, -t.Amount), t.Currency,
				strayOpen, tx.Now())
			if made.Error != nil || made.RowsAffected == 0 {
				return made.Error
			}
			j := ledger.Unmatched(t.Provider, t.ID, money.Of(t.Amount, t.Currency))
			j.Actor, j.Cause, j.At = t.Provider, "report "+t.ID, tx.Now()
			_, err := ledger.Post(tx, j)
			return err
		})
		if err != nil {
			return fmt.Errorf("keep the money of the line %s apart: %w", t.ID, err)
		}
	}
	return nil
}

// ListStrays is documented in the contract.
func (s *service) ListStrays(ctx context.Context, q order.ListStraysRequest) (order.StrayList, error) {
	list := order.StrayList{Items: []order.Stray{}}
	if err := needOperator(ctx); err != nil {
		return list, err
	}
	var c fault.Check
	q.Limit = page.Limit(&c, q.Limit, 20)
	if err := c.Err(); err != nil {
		return list, err
	}
	var rows []strayRow
	err := s.db.Read(ctx).Table("strays x").Joins("LEFT JOIN orders o ON o.id = x.order_id").Select("x.*, COALESCE(o.number, '') AS order_number").
		Order("CASE WHEN x.status = 'open' THEN 0 ELSE 1 END, x.found_at DESC, x.id").Limit(q.Limit).Scan(&rows).Error
	if err != nil {
		return list, fmt.Errorf("list money that fits nothing: %w", err)
	}
	for _, r := range rows {
		list.Items = append(list.Items, r.stray())
	}
	return list, nil
}

// SettleStray is documented in the contract.
func (s *service) SettleStray(ctx context.Context, q order.SettleStrayRequest) (result order.Stray, err error) {
	if err := needOperator(ctx); err != nil {
		return result, err
	}
	who, err := identity.User(ctx)
	if err != nil {
		return result, err
	}
	q.Note = strings.TrimSpace(q.Note)
	var c fault.Check
	c.That(q.Note != "" && isText(q.Note, 500), "note", "Say in at most 500 characters how you found that out.")
	if err := c.Err(); err != nil {
		return result, err
	}
	of := ""
	if strings.TrimSpace(q.Order) != "" {
		if of, err = s.orderCalled(ctx, q.Order); err != nil {
			return result, err
		}
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		row, err := s.lockStray(tx, q.ID)
		if err != nil {
			return err
		}
		if row.Status != strayOpen {
			return fault.Conflictf("Somebody has settled this before.")
		}
		j, err := s.settlement(tx, who, &row, of)
		if err != nil {
			return err
		}
		now := tx.Now()
		done := tx.Exec("UPDATE strays SET status = ?, order_id = ?, note = ?, decided_by = ?, decided_at = ? WHERE provider = ? AND id = ? AND status = ?",
			row.Status, of, q.Note, who.UserID, now, row.Provider, row.ID, strayOpen)
		if done.Error != nil || done.RowsAffected != 1 {
			return errors.Join(errors.New("settle the stray"), done.Error)
		}
		j.Actor, j.Cause, j.At = who.UserID, "stray "+row.ID, now
		if _, err := ledger.Post(tx, j); err != nil {
			return err
		}
		row.Note, row.DecidedAt = q.Note, &now
		result = row.stray()
		return nil
	})
	return result, err
}

// settlement is the end of journal 21: for the buyer of an order, or, without one, the other way. It notes in the row what becomes of
// the money.
func (s *service) settlement(tx *db.Tx, who identity.Actor, row *strayRow, of string) (ledger.Journal, error) {
	if of == "" {
		row.Status = strayReturned
		return ledger.Returned(row.Provider, row.ID, row.moved()), nil
	}
	owner, err := lock(tx, of)
	if err != nil {
		return ledger.Journal{}, err
	}
	if owner.BuyerID == who.UserID {
		return ledger.Journal{}, fault.Forbiddenf("Another operator has to decide about your own money.")
	}
	if owner.Currency != row.Currency {
		return ledger.Journal{}, fault.Wrong("order", "This order is in %s.", owner.Currency)
	}
	row.Status, row.OrderNumber = strayMatched, owner.Number
	to := ledger.Credit(owner.BuyerID)
	if row.left() { // who has it keeps it
		to = ledger.GoodwillGiven()
	}
	return ledger.Matched(row.Provider, row.ID, to, row.moved()), nil
}

func (s *service) lockStray(tx *db.Tx, id string) (row strayRow, err error) {
	missing := fault.NotFoundf("There is no such money.")
	if !isText(id, 2*mostID) {
		return row, missing
	}
	return held[strayRow](tx.ForUpdate().Where("provider = ? AND id = ?", s.provider.Name(), id).Omit("OrderNumber"), "stray", missing)
}
