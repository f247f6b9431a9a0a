package orderimpl

import (
	"errors"
	"fmt"

	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
)

// A payment that the buyer's bank has taken back is not refunded as well: the buyer would have the money twice. What was to go
// back of it waits (a refund that is requested and has no time to try) until the case has ended. If it is won, the refund is
// sent. If it is lost, the buyer has the money from the bank, and what was set aside for the refund pays for the case.

// isBeforeBank says whether the buyer's bank has taken a payment, and the case has not ended.
func isBeforeBank(tx *db.Tx, orderID, paymentID string) (bool, error) {
	var open int
	err := tx.Raw("SELECT COUNT(*) FROM chargebacks WHERE order_id = ? AND payment_id = ? AND closed_at IS NULL", orderID, paymentID).Scan(&open).Error
	if err != nil {
		return false, fmt.Errorf("look for chargebacks: %w", err)
	}
	return open > 0, nil
}

// stopRefunds has the refunds wait that nobody was asked for yet. Of the others the provider says whether they are under way.
func (r chargebackRow) stopRefunds(tx *db.Tx) error {
	err := tx.Exec("UPDATE refunds SET try_at = NULL WHERE payment_id = ? AND status = 'requested' AND attempts = 0", r.PaymentID).Error
	if err != nil {
		return fmt.Errorf("stop the refunds: %w", err)
	}
	return nil
}

// sendRest has sent what still waits, once no bank decides about the payment any more.
func (r chargebackRow) sendRest(tx *db.Tx) error {
	if open, err := isBeforeBank(tx, r.OrderID, r.PaymentID); err != nil || open {
		return err
	}
	err := tx.Exec("UPDATE refunds SET try_at = ? WHERE payment_id = ? AND status = 'requested' AND try_at IS NULL", tx.Now(), r.PaymentID).Error
	if err != nil {
		return fmt.Errorf("go on with the refunds: %w", err)
	}
	return nil
}

// waitingFor is what waits to go back of a payment, and is not promised to another case about it; minor units.
func waitingFor(tx *db.Tx, paymentID string) (minor int64, err error) {
	err = tx.Raw(`SELECT CAST(COALESCE((SELECT SUM(amount - credited - covered) FROM refunds WHERE payment_id = ? AND status = 'requested' AND try_at IS NULL), 0) -
		COALESCE((SELECT SUM(covered) FROM chargebacks WHERE payment_id = ? AND closed_at IS NULL), 0) AS BIGINT)`, paymentID, paymentID).Scan(&minor).Error
	if err != nil {
		return 0, fmt.Errorf("sum the refunds that wait: %w", err)
	}
	return minor, nil
}

// payWithRefunds pays what the case was to take of the refunds that wait, the oldest first.
func (r chargebackRow) payWithRefunds(tx *db.Tx) error {
	var waiting []refundRow
	err := tx.Raw(`SELECT id, payment_id, order_id, amount, credited, covered, currency FROM refunds
		WHERE payment_id = ? AND status = 'requested' AND try_at IS NULL ORDER BY created_at, id`, r.PaymentID).Scan(&waiting).Error
	if err != nil {
		return fmt.Errorf("read the refunds that wait: %w", err)
	}
	rest := r.Covered
	for _, w := range waiting {
		part := min(rest, w.amount().Minor)
		if part == 0 {
			break
		}
		if err := w.cover(tx, r, ledger.Disputed(r.Provider), part); err != nil {
			return err
		}
		rest -= part
	}
	return nil
}

// cover is journal 9e: the buyer has so much of the refund from their bank.
func (r *refundRow) cover(tx *db.Tx, of chargebackRow, by ledger.Account, minor int64) error {
	all := minor == r.amount().Minor
	status, settled := "requested", any(nil)
	if all {
		status, settled = "settled", tx.Now()
	}
	done := tx.Exec("UPDATE refunds SET covered = covered + ?, status = ?, settled_at = ?, try_at = NULL, last_error = '' WHERE id = ? AND status = 'requested'",
		minor, status, settled, r.ID)
	if done.Error != nil || done.RowsAffected != 1 {
		return errors.Join(errors.New("note what the buyer has from the bank"), done.Error)
	}
	if err := of.post(tx, ledger.RefundCovered(r.OrderID, r.ID, of.ID, by, of.amount(minor), all)); err != nil {
		return err
	}
	r.Covered += minor
	return endRefunding(tx, r.PaymentID)
}

// leaveToBank decides about a refund that the provider does not send: true if something of it is left for the buyer. While their
// bank decides it waits. What the bank has kept is not given a second time: it makes good what the marketplace has borne of that.
func (s *service) leaveToBank(tx *db.Tx, r *refundRow, state payment.RefundState) (left bool, err error) {
	open, err := isBeforeBank(tx, r.OrderID, r.PaymentID)
	if err != nil {
		return false, err
	}
	if open {
		return false, tx.Exec("UPDATE refunds SET try_at = NULL WHERE id = ? AND status = 'requested'", r.ID).Error
	}
	var lost []chargebackRow
	err = tx.Where("order_id = ? AND payment_id = ? AND stage = ?", r.OrderID, r.PaymentID, payment.Lost).Order("opened_at, id").Limit(100).Find(&lost).Error
	if err != nil {
		return false, fmt.Errorf("read the chargebacks: %w", err)
	}
	if len(lost) == 0 { // a case that we have not heard of yet: the provider is asked again
		return state == payment.RefundRejected, nil
	}
	kept := int64(0)
	for _, b := range lost {
		kept += b.Amount
	}
	var given int64
	if err := tx.Raw("SELECT CAST(COALESCE(SUM(covered), 0) AS BIGINT) FROM refunds WHERE payment_id = ?", r.PaymentID).Scan(&given).Error; err != nil {
		return false, fmt.Errorf("sum what the buyer has from the bank: %w", err)
	}
	part := min(r.amount().Minor, kept-given)
	if part > 0 {
		if err := r.cover(tx, lost[len(lost)-1], ledger.BadDebt(), part); err != nil {
			return false, err
		}
	}
	return r.amount().Minor > 0, nil
}
