package orderimpl

import (
	"context"
	"fmt"

	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

// The statuses of a payment, as the contract names them.
const (
	paymentPending        = "pending"
	paymentSucceeded      = "succeeded"
	paymentDeclinedStatus = "declined"
	paymentExpiredStatus  = "expired"
	paymentRefunding      = "refunding"
	paymentRefunded       = "refunded"
)

func (r orderRow) held() ledger.Held {
	return ledger.Held{OrderID: r.ID, SellerID: r.SellerID, Price: r.amount(r.Subtotal), BuyerFee: r.amount(r.Fee), SellerFee: r.amount(r.SellerFee)}
}

// moveMoney posts the journals of a transition, in its transaction.
func (s *service) moveMoney(tx *db.Tx, row orderRow, st step) error {
	for _, m := range st.rule.Money {
		if err := s.moveOne(tx, row, m, st.actorID); err != nil {
			return fmt.Errorf("move the money (%s): %w", m, err)
		}
	}
	if row.EndedAt != nil && row.PaidAt == nil { // ended unpaid
		err := tx.Exec("UPDATE payments SET status = ? WHERE order_id = ? AND status IN (?, ?)",
			paymentExpiredStatus, row.ID, paymentPending, paymentDeclinedStatus).Error
		if err != nil {
			return fmt.Errorf("end the payment: %w", err)
		}
	}
	return nil
}

func (s *service) moveOne(tx *db.Tx, row orderRow, m journal, actorID string) error {
	switch m {
	case fund:
		return s.fund(tx, row, actorID)
	case release:
		return s.release(tx, row, actorID)
	case clears:
		return s.clear(tx, row, actorID)
	case refunds:
		return s.refund(tx, row, actorID)
	}
	return fmt.Errorf("there is no such journal")
}

// fund is journal 1.
func (s *service) fund(tx *db.Tx, row orderRow, actorID string) error {
	p, err := paymentOf(tx, row.ID)
	if err != nil {
		return err
	}
	j, err := ledger.Funded(row.held(), p.Provider, p.Charge)
	if err != nil {
		return err
	}
	return row.post(tx, j, actorID)
}

// release is journal 4; what the seller has earned clears later.
func (s *service) release(tx *db.Tx, row orderRow, actorID string) error {
	j, err := ledger.Released(row.held())
	if err != nil {
		return err
	}
	if err := row.post(tx, j, actorID); err != nil {
		return err
	}
	return tx.Exec("INSERT INTO earnings (order_id, seller_id, amount, currency, clears_at) VALUES (?, ?, ?, ?, ?)",
		row.ID, row.SellerID, row.Earnings, row.Currency, *clearingEnd.in(row.life())).Error
}

// clear is journal 5.
func (s *service) clear(tx *db.Tx, row orderRow, actorID string) error {
	if row.Earnings > 0 {
		if err := row.post(tx, ledger.Cleared(row.ID, row.SellerID, row.amount(row.Earnings)), actorID); err != nil {
			return err
		}
	}
	return tx.Exec("UPDATE earnings SET cleared_at = ? WHERE order_id = ? AND cleared_at IS NULL", row.ClearedAt, row.ID).Error
}

// refund is journal 9: the intent, committed before the provider is asked (sendRefund).
func (s *service) refund(tx *db.Tx, row orderRow, actorID string) error {
	p, err := paymentOf(tx, row.ID)
	if err != nil {
		return err
	}
	id := newID()
	j, err := ledger.RefundRequested(row.held(), id)
	if err != nil {
		return err
	}
	if err := row.post(tx, j, actorID); err != nil {
		return err
	}
	err = tx.Exec(`INSERT INTO refunds (id, payment_id, order_id, status, amount, currency, attempts, try_at, last_error, created_at)
		VALUES (?, ?, ?, 'requested', ?, ?, 0, ?, '', ?)`, id, p.ID, row.ID, row.Total, row.Currency, tx.Now(), tx.Now()).Error
	if err != nil {
		return err
	}
	return s.payBecomes(tx, p.ID, paymentRefunding, paymentSucceeded)
}

// post writes a journal of the order; its cause is the line of the history that is being written.
func (r orderRow) post(tx *db.Tx, j ledger.Journal, actorID string) error {
	j.Actor, j.Cause, j.At = actorID, fmt.Sprintf("%s#%d", r.ID, r.Version), tx.Now()
	_, err := ledger.Post(tx, j)
	return err
}

// payBecomes changes the status of a payment from one of others.
func (s *service) payBecomes(tx *db.Tx, id, to string, from ...string) error {
	done := tx.Exec("UPDATE payments SET status = ? WHERE id = ? AND status IN ?", to, id, from)
	if done.Error == nil && done.RowsAffected != 1 {
		return fmt.Errorf("the payment cannot become %s", to)
	}
	return done.Error
}

func paymentOf(tx *db.Tx, orderID string) (paymentRow, error) {
	var p paymentRow
	err := tx.Where("order_id = ?", orderID).Take(&p).Error
	if err != nil {
		err = fmt.Errorf("read the payment: %w", err)
	}
	return p, err
}

func (r refundRow) amount() money.Amount { return money.Of(r.Amount, r.Currency) }

// settleRefund is journal 9b, or 9c if the provider will never send the money: then it is the buyer's credit.
func (s *service) settleRefund(tx *db.Tx, r refundRow, state payment.RefundState) error {
	row, err := lock(tx, r.OrderID)
	if err != nil {
		return err
	}
	status := "settled"
	j := ledger.RefundSettled(r.OrderID, r.ID, s.provider.Name(), r.amount())
	if state == payment.RefundRejected {
		status, j = "credited", ledger.RefundCredited(r.OrderID, r.ID, row.BuyerID, r.amount())
	}
	done := tx.Exec("UPDATE refunds SET status = ?, try_at = NULL, settled_at = ?, last_error = '' WHERE id = ? AND status = 'requested'", status, tx.Now(), r.ID)
	if done.Error != nil || done.RowsAffected == 0 { // another process was faster
		return done.Error
	}
	j.Actor, j.Cause, j.At = s.provider.Name(), "refund "+r.ID, tx.Now()
	if _, err := ledger.Post(tx, j); err != nil {
		return err
	}
	return s.payBecomes(tx, r.PaymentID, paymentRefunded, paymentRefunding)
}

// sealLedger chains the journals of all orders.
func (s *service) sealLedger(ctx context.Context) error {
	for {
		var waiting []string
		if err := s.db.Read(ctx).Raw("SELECT journal_id FROM unsealed LIMIT 1").Scan(&waiting).Error; err != nil || len(waiting) == 0 {
			return err
		}
		if err := s.db.Tx(ctx, func(tx *db.Tx) error { _, err := ledger.Seal(tx); return err }); err != nil {
			return fmt.Errorf("seal the ledger: %w", err)
		}
	}
}
