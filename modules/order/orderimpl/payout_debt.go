package orderimpl

import (
	"fmt"

	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
)

// clearEarning is journal 5, after journal 18: what the seller owes is taken from it first. An earning that a case holds
// back stays where it is, until the case has ended.
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
	if rest := e.left() - pays; rest > 0 {
		if err := row.post(tx, ledger.Cleared(row.ID, row.SellerID, row.amount(rest)), actorID); err != nil {
			return err
		}
	}
	return tx.Exec("UPDATE earnings SET cleared_at = ? WHERE order_id = ? AND cleared_at IS NULL", row.ClearedAt, row.ID).Error
}
