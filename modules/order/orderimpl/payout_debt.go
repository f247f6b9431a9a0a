package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

// clearEarning is journal 5, after journal 18: what the seller owes is taken from it first, and a new seller's reserve from the
// rest. An earning that a case holds back stays where it is, until the case has ended.
func (s *service) clearEarning(tx *db.Tx, row orderRow, actorID string) error {
	e, earned, err := earningOf(tx, row.ID)
	if err != nil || !earned || e.ClearedAt != nil || e.FrozenBy != "" {
		return err
	}
	owed, err := keptBalance(tx.DB, ledger.Receivable(row.SellerID), row.Currency)
	if err != nil {
		return err
	}
	pays := min(owed, e.left())
	if pays > 0 {
		if err := row.post(tx, ledger.DebtPaid(row.ID, row.SellerID, row.amount(pays)), actorID); err != nil {
			return fmt.Errorf("work off the debt: %w", err)
		}
	}
	var reserve int64
	if rest := e.left() - pays; rest > 0 {
		if reserve, err = row.reserve(tx, rest); err != nil {
			return err
		}
		j, err := ledger.Cleared(row.ID, row.SellerID, row.amount(rest), row.amount(reserve))
		if err != nil {
			return err
		}
		if err := row.post(tx, j, actorID); err != nil {
			return err
		}
	}
	var ends *time.Time
	if reserve > 0 {
		ends = after(row.ClearedAt, row.Terms.ReservePeriod)
	}
	return tx.Exec("UPDATE earnings SET cleared_at = ?, reserved = ?, reserve_ends_at = ? WHERE order_id = ? AND cleared_at IS NULL",
		row.ClearedAt, reserve, ends, row.ID).Error
}

// reserve is what of an earning that clears stays in the seller's reserve (row Z14), by the terms of the order.
func (r orderRow) reserve(tx *db.Tx, earned int64) (int64, error) {
	t := r.Terms
	if t.Reserve == 0 || t.ReservePeriod == 0 {
		return 0, nil
	}
	if t.ReserveOrders > 0 {
		var done int
		if err := tx.Raw("SELECT COUNT(*) FROM orders WHERE seller_id = ? AND status = ?", r.SellerID, order.StatusCompleted).Scan(&done).Error; err != nil {
			return 0, fmt.Errorf("count the seller's orders: %w", err)
		}
		if done > t.ReserveOrders {
			return 0, nil
		}
	}
	part, err := r.amount(earned).Share(int64(t.Reserve))
	return part.Minor, err
}

// clearedFacts tells what has become of an earning whose clearing period is over.
func clearedFacts(tx *db.Tx, row orderRow, facts order.Facts) (order.Cleared, error) {
	told := order.Cleared{Facts: facts, Amount: row.amount(0), Debt: row.amount(0), Reserved: row.amount(0)}
	var sums []struct {
		Account string
		Amount  int64
	}
	err := tx.Raw("SELECT p.account, p.amount FROM postings p JOIN journals j ON j.id = p.journal_id WHERE j.idem IN (?, ?) AND p.amount < 0",
		"earning:"+row.ID+":clear", "earning:"+row.ID+":debt").Scan(&sums).Error
	if err != nil {
		return told, fmt.Errorf("read what has cleared: %w", err)
	}
	for _, sum := range sums {
		switch sum.Account {
		case ledger.Available(row.SellerID).Code(row.Currency):
			told.Amount.Minor = -sum.Amount
		case ledger.Receivable(row.SellerID).Code(row.Currency):
			told.Debt.Minor = -sum.Amount
		case ledger.HeldBack(row.SellerID).Code(row.Currency):
			told.Reserved.Minor = -sum.Amount
			told.ReservedUntil = *after(row.ClearedAt, row.Terms.ReservePeriod)
		}
	}
	return told, nil
}

// endReserves frees what has been in reserve for long enough.
func (s *service) endReserves(ctx context.Context) error {
	var due []string
	err := s.db.Read(ctx).Raw("SELECT order_id FROM earnings WHERE reserve_ends_at <= ? ORDER BY reserve_ends_at, order_id LIMIT 100", s.now()).Scan(&due).Error
	if err != nil {
		return fmt.Errorf("find the reserves: %w", err)
	}
	var errs []error
	for _, id := range due {
		errs = append(errs, s.db.Tx(ctx, func(tx *db.Tx) error { return endReserve(tx, id) }))
	}
	return errors.Join(errs...)
}

// endReserve is journal 5b, and 18 if the seller owes.
func endReserve(tx *db.Tx, orderID string) error {
	row, err := lock(tx, orderID)
	if err != nil {
		return err
	}
	e, _, err := earningOf(tx, orderID)
	if err != nil || e.ReserveEndsAt == nil || e.ReserveEndsAt.After(tx.Now()) {
		return err
	}
	if err := tx.Exec("UPDATE earnings SET reserved = 0, reserve_ends_at = NULL WHERE order_id = ?", orderID).Error; err != nil || e.Reserved == 0 {
		return err
	}
	j := ledger.ReserveEnded(orderID, e.SellerID, row.amount(e.Reserved))
	j.Actor, j.Cause, j.At = "system", "reserve "+orderID, tx.Now()
	if _, err := ledger.Post(tx, j); err != nil {
		return err
	}
	return workOff(tx, debt{book: j.Book, order: orderID, cause: "reserve:" + orderID, seller: e.SellerID, currency: e.Currency, actor: "system"})
}

// debt is what a seller owes at a moment at which money has come back to them.
type debt struct{ book, order, cause, seller, currency, actor string }

// workOff is journal 18 from what can be withdrawn: nobody withdraws while they owe.
func workOff(tx *db.Tx, d debt) error {
	owed, err := keptBalance(tx.DB, ledger.Receivable(d.seller), d.currency)
	if err != nil || owed == 0 {
		return err
	}
	available, err := keptBalance(tx.DB, ledger.Available(d.seller), d.currency)
	if err != nil || available == 0 {
		return err
	}
	j := ledger.DebtPaidFromAvailable(d.book, d.order, d.cause, d.seller, money.Of(min(owed, available), d.currency))
	j.Actor, j.Cause, j.At = d.actor, d.cause, tx.Now()
	if _, err := ledger.Post(tx, j); err != nil {
		return fmt.Errorf("work off the debt: %w", err)
	}
	return nil
}
