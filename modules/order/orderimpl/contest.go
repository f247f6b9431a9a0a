package orderimpl

import (
	"context"
	"fmt"
	"strings"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// What happens to the money of a completed order: it is frozen while a dispute is open, and taken back where staff decide so.

// moveAfter posts the journals of what was paid beside the order's own price, and of completed orders.
func (s *service) moveAfter(tx *db.Tx, row orderRow, m journal, st step) error {
	switch m {
	case raises:
		return s.raise(tx, row, st)
	case bounces:
		return s.bounce(tx, row, st)
	case tips:
		return s.tipped(tx, row, st)
	case clearTip:
		return s.clearTip(tx, row, st)
	case freezes:
		return s.freezeEarning(tx, row, st)
	case thaws:
		return s.thaw(tx, row, st)
	case takes, takesAll:
		return s.takeBack(tx, row, st)
	}
	return fmt.Errorf("there is no such journal")
}

// StaffRefund is documented in the contract.
func (s *service) StaffRefund(ctx context.Context, q order.StaffRefundRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Reason = strings.TrimSpace(q.Reason)
	var c fault.Check
	c.That(q.Amount > 0, "amount", "Say how much of the price goes back.")
	c.That(q.Reason != "" && isText(q.Reason, mostReason), "reason", "Give the reason, for both sides to read, in at most %d characters.", mostReason)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "staff_refund", key: key, body: q, order: q.OrderID, action: order.ActionStaffRefund, note: q.Reason, deal: deal{Amount: q.Amount},
		check: func(row *orderRow, _ []fileRow) error {
			if left := row.price() - row.gone(); q.Amount > left {
				return fault.Wrong("amount", "Use at most %s, which is what is left of the price.", row.amount(left))
			}
			return nil
		}})
}

// uncharged refuses to move money of a completed order that a bank has taken, or is deciding about: it would go back twice. A
// tip is other money.
func uncharged(tx *db.Tx, row orderRow) error {
	var cases int
	err := tx.Raw(`SELECT COUNT(*) FROM chargebacks c JOIN payments p ON p.id = c.payment_id
		WHERE c.order_id = ? AND c.stage <> 'won' AND p.kind <> ?`, row.ID, paysTip).Scan(&cases).Error
	if err != nil {
		return fmt.Errorf("look for chargebacks: %w", err)
	}
	if cases > 0 {
		return fault.Conflictf("The buyer's bank has taken this payment back, or is deciding about it. The money cannot go back a second time.")
	}
	return nil
}

// freezeEarning is journal 15b for a dispute: what the order has brought is held until it is decided.
func (s *service) freezeEarning(tx *db.Tx, row orderRow, st step) error {
	if err := uncharged(tx, row); err != nil {
		return err
	}
	e, cause, err := contested(tx, row)
	if err != nil || e.left() == 0 {
		return err
	}
	done := tx.Exec("UPDATE earnings SET frozen_by = ? WHERE order_id = ? AND frozen_by = '' AND cleared_at IS NULL", cause, row.ID)
	if done.Error != nil || done.RowsAffected != 1 {
		return fmt.Errorf("freeze the earning: %d rows: %w", done.RowsAffected, done.Error)
	}
	return row.post(tx, ledger.Frozen(row.ID, cause, ledger.Taken{SellerID: row.SellerID, Pending: row.amount(e.left())}), st.actorID)
}

// contested is the earning of a completed order, and what freezes it: its last dispute.
func contested(tx *db.Tx, row orderRow) (earningRow, string, error) {
	e, earned, err := earningOf(tx, row.ID)
	if err != nil || !earned {
		return e, "", fmt.Errorf("the order has brought nothing: %w", err)
	}
	var d disputeRow
	if err := tx.Where("order_id = ?", row.ID).Order("opened_at DESC, id DESC").Take(&d).Error; err != nil {
		return e, "", fmt.Errorf("read the dispute: %w", err)
	}
	return e, "dispute:" + d.ID, nil
}

// thaw ends a dispute that was withdrawn: the earning clears as if nothing had been.
func (s *service) thaw(tx *db.Tx, row orderRow, st step) error {
	e, cause, err := contested(tx, row)
	if err != nil || e.FrozenBy != cause {
		return err
	}
	if err := tx.Exec("UPDATE earnings SET frozen_by = '' WHERE order_id = ?", row.ID).Error; err != nil {
		return fmt.Errorf("thaw the earning: %w", err)
	}
	if e.left() == 0 { // a bank has it
		return nil
	}
	return row.post(tx, ledger.Thawed(row.ID, cause, ledger.Taken{SellerID: row.SellerID, Pending: row.amount(e.left())}), st.actorID)
}

// takeBack is journal 12, and 12b where the seller has cleared it: part of what was released goes back to the buyer, from the
// seller and from the marketplace's fees. What a dispute held is thawed first.
func (s *service) takeBack(tx *db.Tx, row orderRow, st step) error {
	if st.before.Contested {
		if err := s.thaw(tx, row, st); err != nil {
			return err
		}
	}
	backs, err := st.backs(row)
	if err != nil || len(backs) == 0 {
		return err
	}
	if err := uncharged(tx, row); err != nil {
		return err
	}
	e, earned, err := earningOf(tx, row.ID)
	if err != nil || !earned {
		return fmt.Errorf("the order has brought nothing: %w", err)
	}
	for _, b := range backs {
		from, err := s.takenFrom(tx, row, e, b)
		if err != nil {
			return err
		}
		id := newID()
		j, err := ledger.TakenBack(b.held, id, b.part, from)
		if err != nil {
			return err
		}
		if err := row.post(tx, j, st.actorID); err != nil {
			return err
		}
		if err := tx.Exec("UPDATE earnings SET taken = taken + ? WHERE order_id = ?", from.Total(), row.ID).Error; err != nil {
			return fmt.Errorf("note what was taken: %w", err)
		}
		if err := s.send(tx, row, id, b); err != nil {
			return err
		}
	}
	return nil
}

// takenFrom finds the seller's part of what goes back: in the clearing period, else in the reserve, else among what can be
// withdrawn; the rest the seller owes.
func (s *service) takenFrom(tx *db.Tx, row orderRow, e earningRow, b back) (ledger.Taken, error) {
	from := ledger.Taken{SellerID: row.SellerID}
	share, err := b.part.Earned()
	if err != nil {
		return from, err
	}
	if e.ClearedAt == nil {
		from.Pending = share
		return from, nil
	}
	reserved, err := useReserve(tx, row.SellerID, row.Currency, share.Minor)
	if err != nil {
		return from, err
	}
	available, err := keptBalance(tx.DB, ledger.Available(row.SellerID), row.Currency)
	if err != nil {
		return from, err
	}
	from.Held = row.amount(reserved)
	from.Available = row.amount(min(share.Minor-reserved, available))
	from.Receivable = row.amount(share.Minor - reserved - from.Available.Minor)
	return from, nil
}
