package orderimpl

import (
	"fmt"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
)

// paymentReversed is what happens to an order whose payment, or one of them, the buyer's bank has kept (row 23). It is not in the
// table of the process, since nobody does it with the order: the money is gone.
const paymentReversed event = "payment_reversed"

// loseChargeback is journal 16: who has the money of this payment pays for it. That is what waits to go back to the buyer, then
// the seller, if it was earned, or its escrow, if the order is in work; what went back to the buyer before is the marketplace's
// loss. A part of the payment of an order in work stays undecided until the order has ended (loseRest).
func (s *service) loseChargeback(tx *db.Tx, row orderRow, b chargebackRow) error {
	k, err := stakeOf(tx, row, b.PaymentID)
	if err != nil {
		return err
	}
	if !k.earned { // of what was earned it was found when the share was frozen
		waiting, err := waitingFor(tx, b.PaymentID)
		if err != nil {
			return err
		}
		b.Covered = min(b.Amount, waiting)
	}
	switch {
	case k.earned:
		err = s.loseEarned(tx, row, k, &b)
	case k.total > 0 && row.EndedAt == nil:
		if b.rest() < k.total-k.stored {
			return tx.Exec("UPDATE chargebacks SET closed_at = NULL WHERE id = ?", b.ID).Error
		}
		err = s.loseInEscrow(tx, row, k, b)
	case b.rest() > 0:
		err = b.post(tx, ledger.ChargebackBorne(b.lost()))
	}
	if err != nil {
		return err
	}
	if err := tx.Exec("UPDATE chargebacks SET covered = ? WHERE id = ?", b.Covered, b.ID).Error; err != nil {
		return fmt.Errorf("note what refunds pay for: %w", err)
	}
	if err := b.payWithRefunds(tx); err != nil {
		return err
	}
	return b.sendRest(tx)
}

// loseRest ends the lost cases that have waited for the end of the order: by then it is known who has the money.
func (s *service) loseRest(tx *db.Tx, row orderRow) error {
	var lost []chargebackRow
	if err := tx.Where("order_id = ? AND stage = ? AND closed_at IS NULL", row.ID, payment.Lost).Order("opened_at, id").Limit(100).Find(&lost).Error; err != nil {
		return fmt.Errorf("look for chargebacks: %w", err)
	}
	for _, b := range lost {
		if err := tx.Exec("UPDATE chargebacks SET closed_at = ? WHERE id = ?", tx.Now(), b.ID).Error; err != nil {
			return fmt.Errorf("end the chargeback: %w", err)
		}
		if err := s.loseChargeback(tx, row, b); err != nil {
			return err
		}
	}
	return nil
}

// loseEarned takes the seller's share and the marketplace's fees. A dispute about the order is over then: the buyer has the money.
func (s *service) loseEarned(tx *db.Tx, row orderRow, k stake, b *chargebackRow) error {
	if b.frozen()+b.Borne+b.Covered == 0 { // the case was opened before shares were frozen at completion
		if err := b.freeze(tx, row, k); err != nil {
			return err
		}
	}
	if b.rest() > 0 {
		what, err := k.fees(b.rest(), b.frozen()+b.Borne)
		if err != nil {
			return err
		}
		if err := b.post(tx, ledger.ChargebackLost(b.lost(), ledger.Taken{SellerID: b.SellerID, Held: b.amount(b.frozen())}, what, b.amount(b.Borne))); err != nil {
			return err
		}
	}
	if err := k.take(tx, b.frozen()-b.Pending-b.Contested); err != nil { // these were taken when they were frozen
		return err
	}
	if !row.Contested || k.tip != "" {
		return nil
	}
	settled := rule{Row: "23b", Event: paymentReversed, Actor: provider, From: row.Status, Money: []journal{thaws}, Sets: []moment{clearingEnd},
		Emits: []announcement{disputeSettled}}
	return s.move(tx, &row, step{rule: settled, actor: provider, actorID: b.Provider, note: "The buyer's bank has decided: it has taken the payment back."})
}

// loseInEscrow pays from the escrow of the payment. Without the order's own payment there is no order any more, and what else was
// paid goes back; without a higher price it goes on for the price before.
func (s *service) loseInEscrow(tx *db.Tx, row orderRow, k stake, b chargebackRow) error {
	j, err := ledger.ChargebackLostInEscrow(b.lost(), k.held, row.BuyerID, row.amount(k.stored))
	if err != nil {
		return err
	}
	if err := b.post(tx, j); err != nil {
		return err
	}
	if k.held.Line != "" {
		return s.loseLine(tx, row, k.held.Line, b)
	}
	row.Refunded = row.Subtotal
	end := rule{Row: "23", Event: paymentReversed, Actor: provider, From: row.Status, To: order.StatusCancelled, Money: []journal{refunds}, Emits: []announcement{cancelled}}
	return s.move(tx, &row, step{rule: end, actor: provider, actorID: b.Provider, note: "The buyer's bank has taken the payment back."})
}

// loseLine goes on without a higher price. An open request may be about the same money: it is settled without an answer.
func (s *service) loseLine(tx *db.Tx, row orderRow, id string, b chargebackRow) error {
	if err := tx.Exec("UPDATE lines SET refunded = price WHERE id = ?", id).Error; err != nil {
		return fmt.Errorf("note what the bank has taken: %w", err)
	}
	for i := range row.Lines {
		if row.Lines[i].ID == id {
			row.Lines[i].Refunded = row.Lines[i].Price
		}
	}
	goes := rule{Row: "23a", Event: paymentReversed, Actor: provider, From: row.Status, Clock: pauseOf(row.Status), Sets: timersOf(row.Status)}
	if row.Asked != "" {
		goes.Emits = []announcement{changeSettled}
	}
	return s.move(tx, &row, step{rule: goes, actor: provider, actorID: b.Provider, note: "The buyer's bank has taken the payment of a higher price back."})
}
