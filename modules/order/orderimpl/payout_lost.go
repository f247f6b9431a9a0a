package orderimpl

import (
	"fmt"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
)

// paymentReversed is the end of an order in work whose payment the buyer's bank has kept (row 23). It is not in the table of
// the process, since nobody does it with the order: the money is gone.
const paymentReversed event = "payment_reversed"

// loseChargeback is journal 16: who has the money pays for it. That is the seller, if the order was completed, or the
// escrow, if it is in work; what went back to the buyer before is the marketplace's loss.
func (s *service) loseChargeback(tx *db.Tx, row orderRow, b chargebackRow) error {
	e, earned, err := earningOf(tx, row.ID)
	if err != nil {
		return err
	}
	switch {
	case earned:
		return s.loseEarned(tx, row, e, b)
	case row.EndedAt == nil:
		return s.loseInEscrow(tx, row, b)
	}
	return b.post(tx, ledger.ChargebackBorne(b.books()))
}

// loseEarned takes the seller's share and the marketplace's fees. The share is frozen now if the order was completed after
// the case was opened.
func (s *service) loseEarned(tx *db.Tx, row orderRow, e earningRow, b chargebackRow) error {
	if b.frozen()+b.Borne == 0 && e.left() > 0 {
		if err := s.freeze(tx, row, e, &b); err != nil {
			return err
		}
	}
	left, total, err := row.left()
	if err != nil {
		return err
	}
	service, err := left.BuyerFee.Portion(b.Amount, total)
	if err != nil {
		return fmt.Errorf("share the chargeback: %w", err)
	}
	commission := b.Amount - b.frozen() - b.Borne - service.Minor
	if commission < 0 { // rounding
		service.Minor, commission = service.Minor+commission, 0
	}
	what := ledger.Part{SellerFee: b.amount(commission), BuyerFee: service}
	if err := b.post(tx, ledger.ChargebackLost(b.books(), ledger.Taken{SellerID: b.SellerID, Held: b.amount(b.frozen())}, what, b.amount(b.Borne))); err != nil {
		return err
	}
	if e, _, err = earningOf(tx, row.ID); err != nil {
		return err
	}
	taken := b.frozen() + b.Borne
	if e.FrozenBy != "cb:"+b.ID { // a part of what is clearing was taken when it was frozen
		taken -= b.Pending
	}
	return tx.Exec("UPDATE earnings SET taken = taken + ?, frozen_by = CASE WHEN frozen_by = ? THEN '' ELSE frozen_by END WHERE order_id = ?",
		taken, "cb:"+b.ID, b.OrderID).Error
}

// loseInEscrow ends an order that was in work.
func (s *service) loseInEscrow(tx *db.Tx, row orderRow, b chargebackRow) error {
	left, total, err := row.left()
	if err != nil {
		return err
	}
	if b.Amount != total-row.Credit {
		return fmt.Errorf("the bank has kept %s of an order in work with %s left: somebody has to look at it", b.amount(b.Amount), left.Price)
	}
	j, err := ledger.ChargebackLostInEscrow(b.books(), row.held(row.Refunded), row.BuyerID, row.amount(row.Credit))
	if err != nil {
		return err
	}
	if err := b.post(tx, j); err != nil {
		return err
	}
	end := rule{Row: "23", Event: paymentReversed, Actor: provider, From: row.Status, To: order.StatusCancelled, Emits: []announcement{cancelled}}
	return s.move(tx, &row, step{rule: end, actor: provider, actorID: b.Provider, note: "The buyer's bank has taken the payment back."})
}
