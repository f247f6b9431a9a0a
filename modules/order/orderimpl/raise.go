package orderimpl

import (
	"fmt"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
)

// billRaise makes the payment of a higher price that both have agreed on. Its fees are the shares of the order's terms: the
// flat part was paid with the order.
func (s *service) billRaise(tx *db.Tx, row orderRow) error {
	price := row.amount(row.AskedAmount)
	buys, err := fee{Bips: row.Terms.BuyerFee}.of(price)
	if err != nil {
		return err
	}
	sells, err := fee{Bips: row.Terms.SellerFee}.of(price)
	if err != nil {
		return err
	}
	var open changeRow
	if err := tx.Where("order_id = ? AND status = 'open'", row.ID).Take(&open).Error; err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	l := lineRow{ID: open.ID, OrderID: row.ID, Kind: lineRaise, Text: open.Reason, Price: price.Minor, Fee: buys.Minor,
		SellerFee: min(sells.Minor, price.Minor), CreatedAt: tx.Now()}
	if err := tx.Create(&l).Error; err != nil {
		return fmt.Errorf("write what is to be paid: %w", err)
	}
	return s.bill(tx, row, paysRaise, l.ID, l.Price+l.Fee)
}

// addRaise adds the line of the open request to the order, if that is it; false if it is one of a request before.
func (r *orderRow) addRaise(tx *db.Tx, line string) (bool, error) {
	var open int
	if err := tx.Raw("SELECT COUNT(*) FROM changes WHERE id = ? AND status = 'open'", line).Scan(&open).Error; err != nil || open == 0 {
		return false, err
	}
	var l lineRow
	if err := tx.Where("id = ? AND paid_at IS NULL", line).Take(&l).Error; err != nil {
		return false, fmt.Errorf("read what was to be paid: %w", err)
	}
	now := tx.Now()
	l.PaidAt = &now
	r.Lines = append(r.Lines, l)
	return true, nil
}

// raise is journal 14: a higher price is paid, and held in escrow of its own.
func (s *service) raise(tx *db.Tx, row orderRow, st step) error {
	l := row.Lines[len(row.Lines)-1]
	if err := tx.Exec("UPDATE lines SET paid_at = ? WHERE id = ?", l.PaidAt, l.ID).Error; err != nil {
		return fmt.Errorf("note the payment: %w", err)
	}
	j, err := ledger.Funded(l.held(row), st.payment.Provider, st.payment.Charge)
	if err != nil {
		return err
	}
	return row.post(tx, j, st.actorID)
}

// bounce is journal 14, and at once 9: money for which there is no use any more goes back in full.
func (s *service) bounce(tx *db.Tx, row orderRow, st step) error {
	p, now := st.payment, tx.Now()
	l := lineRow{ID: p.Line, OrderID: row.ID, Kind: lineSurplus, Price: p.Amount, Refunded: p.Amount, CreatedAt: now, PaidAt: &now}
	if p.Kind == paysRaise {
		if err := tx.Where("id = ?", p.Line).Take(&l).Error; err != nil {
			return fmt.Errorf("read what was to be paid: %w", err)
		}
		done := tx.Exec("UPDATE lines SET kind = ?, refunded = price, paid_at = ? WHERE id = ? AND paid_at IS NULL", lineSurplus, now, l.ID)
		if done.Error != nil || done.RowsAffected != 1 {
			return fmt.Errorf("note the surplus: %d rows: %w", done.RowsAffected, done.Error)
		}
	} else if err := tx.Create(&l).Error; err != nil {
		return fmt.Errorf("note the surplus: %w", err)
	}
	l.Refunded = 0
	held := l.held(row)
	j, err := ledger.Funded(held, p.Provider, p.Charge)
	if err != nil {
		return err
	}
	if err := row.post(tx, j, st.actorID); err != nil {
		return err
	}
	all, err := held.Left()
	if err != nil {
		return err
	}
	id := newID()
	if j, err = ledger.RefundRequested(held, id); err != nil {
		return err
	}
	if err := row.post(tx, j, st.actorID); err != nil {
		return err
	}
	return s.send(tx, row, id, back{held, all, true})
}

// addToPay adds to the open request what the buyer has to pay, if both have agreed on a higher price.
func (s *service) addToPay(q *gorm.DB, row orderRow, role actor, o *order.Order) error {
	if row.Asked != acceptRaise || role != buyer {
		return nil
	}
	for i := range o.Changes {
		if c := &o.Changes[i]; c.Status == "open" {
			var err error
			c.Payment, err = s.paymentOfLine(q, c.ID)
			return err
		}
	}
	return nil
}
