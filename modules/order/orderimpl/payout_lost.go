package orderimpl

import (
	"fmt"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
)

// paymentReversed is what happens to an order whose payment, or one of them, the buyer's bank has kept (row 23). It is not in the
// table of the process, since nobody does it with the order: the money is gone.
const paymentReversed event = "payment_reversed"

// loseChargeback is journal 16: who has the money of this payment pays for it. That is the seller, if it was earned, or its
// escrow, if the order is in work; what went back to the buyer before is the marketplace's loss.
func (s *service) loseChargeback(tx *db.Tx, row orderRow, b chargebackRow) error {
	k, err := stakeOf(tx, row, b.PaymentID)
	if err != nil {
		return err
	}
	switch {
	case k.earned:
		return s.loseEarned(tx, row, k, b)
	case k.total > 0 && row.EndedAt == nil:
		return s.loseInEscrow(tx, row, k, b)
	}
	return b.post(tx, ledger.ChargebackBorne(b.books()))
}

// loseEarned takes the seller's share and the marketplace's fees. A dispute about the order is over then: the buyer has the money.
func (s *service) loseEarned(tx *db.Tx, row orderRow, k stake, b chargebackRow) error {
	if b.frozen()+b.Borne == 0 { // the case was opened before shares were frozen at completion
		if err := b.freeze(tx, row, k); err != nil {
			return err
		}
	}
	what, err := k.fees(b.Amount, b.frozen()+b.Borne)
	if err != nil {
		return err
	}
	if err := b.post(tx, ledger.ChargebackLost(b.books(), ledger.Taken{SellerID: b.SellerID, Held: b.amount(b.frozen())}, what, b.amount(b.Borne))); err != nil {
		return err
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
	stored := int64(0)
	if k.held.Line == "" {
		stored = row.Credit
	}
	if b.Amount < k.total-stored {
		return fmt.Errorf("the bank has kept %s of a payment in work with %s left: somebody has to look at it", b.amount(b.Amount), b.amount(k.total))
	}
	j, err := ledger.ChargebackLostInEscrow(b.books(), k.held, row.BuyerID, row.amount(stored))
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
