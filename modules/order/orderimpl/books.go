package orderimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/order"
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

// What payments are for.
const (
	paysOrder = "order"
	paysRaise = "raise"
	paysTip   = "tip"
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

// earned is what the seller gets of what has not gone back; of an order that came to nothing, nothing.
func (r orderRow) earned() int64 {
	if r.Status == order.StatusCancelled || r.Status == order.StatusExpired {
		return 0
	}
	var sum int64
	for _, h := range r.purses() {
		left, err := h.Left()
		if err != nil { // the row fits the figures that were posted
			return 0
		}
		sum += left.Price.Minor - left.SellerFee.Minor
	}
	return sum
}

// moveMoney posts the journals of a transition, in its transaction.
func (s *service) moveMoney(tx *db.Tx, row orderRow, st step) error {
	for _, m := range st.rule.Money {
		if err := s.moveOne(tx, row, m, st); err != nil {
			return fmt.Errorf("move the money (%s): %w", m, err)
		}
	}
	switch {
	case row.EndedAt != nil && row.PaidAt == nil: // ended unpaid
		return expire(tx, row.ID, paysOrder)
	case row.EndedAt != nil && st.before.EndedAt == nil:
		return s.loseRest(tx, row)
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
		return s.refund(tx, row, st)
	case split:
		return s.split(tx, row, st)
	}
	return s.moveAfter(tx, row, m, st)
}

// expire ends the payments of a kind that nobody has made.
func expire(tx *db.Tx, orderID, kind string) error {
	err := tx.Exec("UPDATE payments SET status = ? WHERE order_id = ? AND kind = ? AND status IN (?, ?)",
		paymentExpiredStatus, orderID, kind, paymentPending, paymentDeclinedStatus).Error
	if err != nil {
		return fmt.Errorf("end the payment: %w", err)
	}
	return nil
}

// fund is journal 1.
func (s *service) fund(tx *db.Tx, row orderRow, actorID string) error {
	p, err := paymentOf(tx, row.ID, "")
	if err != nil {
		return err
	}
	j, err := row.funding(p)
	if err != nil {
		return err
	}
	return row.post(tx, j, actorID)
}

// release is journal 4, of all that was paid; what the seller has earned clears later.
func (s *service) release(tx *db.Tx, row orderRow, st step) error {
	var parts []ledger.Journal
	for _, h := range st.purses {
		j, err := ledger.Released(h)
		if err != nil {
			return err
		}
		parts = append(parts, j)
	}
	if err := row.post(tx, ledger.Together(parts[0], parts[1:]...), st.actorID); err != nil {
		return err
	}
	return row.earn(tx, row.earned())
}

// earn notes what the seller has earned, until it clears. Of what a bank is deciding about, the seller's share is frozen at once.
func (r orderRow) earn(tx *db.Tx, amount int64) error {
	err := tx.Exec("INSERT INTO earnings (order_id, seller_id, amount, currency, clears_at) VALUES (?, ?, ?, ?, ?)",
		r.ID, r.SellerID, amount, r.Currency, *clearingEnd.in(r.life())).Error
	if err != nil {
		return fmt.Errorf("write the earning: %w", err)
	}
	return freezeCases(tx, r)
}

// refund is journal 9, or 10 where something is left: of each payment goes back what the step returns of it. It is the
// intent, committed before the provider is asked (sendRefund).
func (s *service) refund(tx *db.Tx, row orderRow, st step) error {
	backs, err := st.backs(row)
	if err != nil {
		return err
	}
	for _, b := range backs {
		id := newID()
		j, err := ledger.PartRefunded(b.held, id, b.part.Price)
		if err != nil {
			return err
		}
		if err := row.post(tx, j, st.actorID); err != nil {
			return err
		}
		if err := s.send(tx, row, id, b); err != nil {
			return err
		}
	}
	return nil
}

// endRefunding notes that a payment is refunded, once the last of its refunds has arrived.
func endRefunding(tx *db.Tx, paymentID string) error {
	return tx.Exec(`UPDATE payments SET status = ? WHERE id = ? AND status = ? AND NOT EXISTS
		(SELECT 1 FROM refunds WHERE payment_id = ? AND status = 'requested')`, paymentRefunded, paymentID, paymentRefunding, paymentID).Error
}

// split is journal 11: a dispute is decided. Part of what is left goes back, the rest is the seller's.
func (s *service) split(tx *db.Tx, row orderRow, st step) error {
	backs, err := st.backs(row)
	if err != nil {
		return err
	}
	var parts []ledger.Journal
	sent := map[string]string{} // the refunds, by their lines
	for _, h := range st.purses {
		price := row.amount(0)
		for _, b := range backs {
			if b.held.Line == h.Line {
				sent[h.Line], price = newID(), b.part.Price
			}
		}
		j, err := ledger.Split(h, disputeKey(row), sent[h.Line], price)
		if err != nil {
			return err
		}
		parts = append(parts, j)
	}
	if err := row.post(tx, ledger.Together(parts[0], parts[1:]...), st.actorID); err != nil {
		return err
	}
	for _, b := range backs {
		if err := s.send(tx, row, sent[b.held.Line], b); err != nil {
			return err
		}
	}
	return row.earn(tx, row.earned())
}

// disputeKey names the one decision that an order can have.
func disputeKey(row orderRow) string { return row.ID }

// send notes a refund that is to be sent, of the payment that the money came with. What was paid from credit is credit again
// at once.
func (s *service) send(tx *db.Tx, row orderRow, id string, b back) error {
	p, err := paymentOf(tx, row.ID, b.held.Line)
	if err != nil {
		return err
	}
	total, err := b.part.Total()
	if err != nil {
		return err
	}
	card, err := toCard(tx, p, total.Minor)
	if err != nil {
		return err
	}
	now := tx.Now()
	status, next, settled := "requested", &now, (*time.Time)(nil)
	if card == 0 {
		status, next, settled = "credited", nil, &now
	} else if waits, err := isBeforeBank(tx, row.ID, p.ID); err != nil {
		return err
	} else if waits {
		next = nil
	}
	err = tx.Exec(`INSERT INTO refunds (id, payment_id, order_id, status, amount, credited, currency, attempts, try_at, last_error, created_at, settled_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, '', ?, ?)`, id, p.ID, row.ID, status, total.Minor, total.Minor-card, row.Currency, next, now, settled).Error
	if err == nil && card < total.Minor {
		err = row.giveBack(tx, id, row.amount(total.Minor-card), card == 0)
	}
	if err == nil && b.all {
		if err = s.payBecomes(tx, p.ID, paymentRefunding, paymentSucceeded); err == nil {
			err = endRefunding(tx, p.ID)
		}
	}
	return err
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

// paymentOf is the payment of an order, or of a line of it.
func paymentOf(tx *db.Tx, orderID, line string) (paymentRow, error) {
	var p paymentRow
	err := tx.Where("order_id = ? AND line = ?", orderID, line).Take(&p).Error
	if err != nil {
		err = fmt.Errorf("read the payment: %w", err)
	}
	return p, err
}

// amount is what the provider sends of it.
func (r refundRow) amount() money.Amount { return money.Of(r.Amount-r.Credited-r.Covered, r.Currency) }

// settleRefund is journal 9b, or 9c if the provider will never send the money: then it is the buyer's credit, unless their bank
// has taken the payment back.
func (s *service) settleRefund(tx *db.Tx, r refundRow, state payment.RefundState) error {
	row, err := lock(tx, r.OrderID)
	if err != nil {
		return err
	}
	status := "settled"
	j := ledger.RefundSettled(r.OrderID, r.ID, s.provider.Name(), r.amount())
	if state != payment.RefundArrived {
		if left, err := s.leaveToBank(tx, &r, state); err != nil || !left {
			return err
		}
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
