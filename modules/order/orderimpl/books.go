package orderimpl

import (
	"context"
	"fmt"
	"time"

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

// held is the order's money, of which so much of the price has gone back before.
func (r orderRow) held(refunded int64) ledger.Held {
	if r.isLatePaid() && r.Credit > 0 { // only what was captured is there, and it all goes back
		captured := r.Total - r.Credit
		return ledger.Held{OrderID: r.ID, SellerID: r.SellerID, Price: r.amount(captured), BuyerFee: r.amount(0), SellerFee: r.amount(0),
			Refunded: r.amount(min(refunded, captured))}
	}
	return ledger.Held{OrderID: r.ID, SellerID: r.SellerID, Price: r.amount(r.Subtotal), BuyerFee: r.amount(r.Fee), SellerFee: r.amount(r.SellerFee),
		Refunded: r.amount(refunded)}
}

// earned is what the seller gets of what has not gone back; of an order that was called off, what it would have been.
func (r orderRow) earned() int64 {
	left, err := r.held(r.Refunded).Left()
	if err != nil || r.Refunded == r.Subtotal {
		return r.Earnings
	}
	return left.Price.Minor - left.SellerFee.Minor
}

// moveMoney posts the journals of a transition, in its transaction.
func (s *service) moveMoney(tx *db.Tx, row orderRow, st step) error {
	for _, m := range st.rule.Money {
		if err := s.moveOne(tx, row, m, st); err != nil {
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

func (s *service) moveOne(tx *db.Tx, row orderRow, m journal, st step) error {
	switch m {
	case fund:
		return s.fund(tx, row, st.actorID)
	case release:
		return s.release(tx, row, st)
	case clears:
		return s.clearEarning(tx, row, st.actorID)
	case refunds:
		return s.refund(tx, row, st)
	case partly:
		return s.refundPart(tx, row, st)
	case split:
		return s.split(tx, row, st)
	}
	return fmt.Errorf("there is no such journal")
}

// fund is journal 1.
func (s *service) fund(tx *db.Tx, row orderRow, actorID string) error {
	p, err := paymentOf(tx, row.ID)
	if err != nil {
		return err
	}
	j, err := row.funding(p)
	if err != nil {
		return err
	}
	return row.post(tx, j, actorID)
}

// release is journal 4; what the seller has earned clears later.
func (s *service) release(tx *db.Tx, row orderRow, st step) error {
	j, err := ledger.Released(row.held(st.before.Refunded))
	if err != nil {
		return err
	}
	if err := row.post(tx, j, st.actorID); err != nil {
		return err
	}
	return row.earn(tx, row.earned())
}

// earn notes what the seller has earned, until it clears.
func (r orderRow) earn(tx *db.Tx, amount int64) error {
	return tx.Exec("INSERT INTO earnings (order_id, seller_id, amount, currency, clears_at) VALUES (?, ?, ?, ?, ?)",
		r.ID, r.SellerID, amount, r.Currency, *clearingEnd.in(r.life())).Error
}

// refund is journal 9: all that is left goes back. It is the intent, committed before the provider is asked (sendRefund).
func (s *service) refund(tx *db.Tx, row orderRow, st step) error {
	held := row.held(st.before.Refunded)
	left, err := held.Left()
	if err != nil {
		return err
	}
	id := newID()
	j, err := ledger.RefundRequested(held, id)
	if err != nil {
		return err
	}
	if err := row.post(tx, j, st.actorID); err != nil {
		return err
	}
	p, err := row.send(tx, id, left)
	if err != nil {
		return err
	}
	if err := s.payBecomes(tx, p.ID, paymentRefunding, paymentSucceeded); err != nil {
		return err
	}
	return endRefunding(tx, p.ID)
}

// endRefunding notes that a payment is refunded, once the last of its refunds has arrived.
func endRefunding(tx *db.Tx, paymentID string) error {
	return tx.Exec(`UPDATE payments SET status = ? WHERE id = ? AND status = ? AND NOT EXISTS
		(SELECT 1 FROM refunds WHERE payment_id = ? AND status = 'requested')`, paymentRefunded, paymentID, paymentRefunding, paymentID).Error
}

// refundPart is journal 10: part of the price goes back while the work goes on.
func (s *service) refundPart(tx *db.Tx, row orderRow, st step) error {
	held := row.held(st.before.Refunded)
	part, err := held.Back(st.back(row))
	if err != nil {
		return err
	}
	id := newID()
	j, err := ledger.PartRefunded(held, id, st.back(row))
	if err != nil {
		return err
	}
	if err := row.post(tx, j, st.actorID); err != nil {
		return err
	}
	_, err = row.send(tx, id, part)
	return err
}

// split is journal 11: a dispute is decided. Part of what is left goes back, the rest is the seller's.
func (s *service) split(tx *db.Tx, row orderRow, st step) error {
	held, back, id := row.held(st.before.Refunded), st.back(row), newID()
	j, err := ledger.Split(held, disputeKey(row), id, back)
	if err != nil {
		return err
	}
	if err := row.post(tx, j, st.actorID); err != nil {
		return err
	}
	if back.Minor > 0 {
		part, err := held.Back(back)
		if err != nil {
			return err
		}
		if _, err := row.send(tx, id, part); err != nil {
			return err
		}
	}
	return row.earn(tx, row.earned())
}

// disputeKey names the one decision that an order can have.
func disputeKey(row orderRow) string { return row.ID }

// send notes a refund that is to be sent, of the order's payment. What was paid from credit is credit again at once.
func (r orderRow) send(tx *db.Tx, id string, part ledger.Part) (paymentRow, error) {
	p, err := paymentOf(tx, r.ID)
	if err != nil {
		return p, err
	}
	total, err := part.Total()
	if err != nil {
		return p, err
	}
	card, err := toCard(tx, p, total.Minor)
	if err != nil {
		return p, err
	}
	now := tx.Now()
	status, next, settled := "requested", &now, (*time.Time)(nil)
	if card == 0 {
		status, next, settled = "credited", nil, &now
	}
	err = tx.Exec(`INSERT INTO refunds (id, payment_id, order_id, status, amount, credited, currency, attempts, try_at, last_error, created_at, settled_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, '', ?, ?)`, id, p.ID, r.ID, status, total.Minor, total.Minor-card, r.Currency, next, now, settled).Error
	if err != nil || card == total.Minor {
		return p, err
	}
	return p, r.giveBack(tx, id, r.amount(total.Minor-card), card == 0)
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

// amount is what the provider sends of it.
func (r refundRow) amount() money.Amount { return money.Of(r.Amount-r.Credited, r.Currency) }

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
	return endRefunding(tx, r.PaymentID)
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
