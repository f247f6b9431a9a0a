package orderimpl

import (
	"fmt"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// fromCredit is the provider of a payment that needs none: the buyer's credit pays all of it (row Ps6).
const fromCredit = "credit"

// spendable is what a buyer has of credit, less what their unpaid orders will take of it.
func spendable(q *gorm.DB, buyerID, currency string) (int64, error) {
	stored, err := keptBalance(q, ledger.Credit(buyerID), currency)
	if err != nil || stored == 0 {
		return 0, err
	}
	var promised int64
	err = q.Raw("SELECT CAST(COALESCE(SUM(credit), 0) AS BIGINT) FROM orders WHERE buyer_id = ? AND currency = ? AND status = ?",
		buyerID, currency, order.StatusPendingPayment).Scan(&promised).Error
	if err != nil {
		return 0, fmt.Errorf("sum what unpaid orders take of the credit: %w", err)
	}
	return max(0, stored-promised), nil
}

// useCredit decides what of an order its buyer's credit pays: what was promised, or all there is. Orders of one buyer are placed
// one after the other (limitUnpaid), so that no credit is spent twice.
func (r *orderRow) useCredit(tx *db.Tx, asked bool, promised *int64) error {
	if !asked {
		return nil
	}
	there, err := spendable(tx.DB, r.BuyerID, r.Currency)
	if err != nil {
		return err
	}
	r.Credit = min(there, r.Total)
	if promised != nil && *promised != r.Credit {
		if *promised > there {
			return fault.Wrong("quote", "Your credit has changed. Look at the price again.")
		}
		r.Credit = *promised
	}
	return nil
}

// payment is how the rest is paid; nothing is left to pay when credit pays all of it.
func (r orderRow) payment(provider string) paymentRow {
	p := paymentRow{ID: newID(), OrderID: r.ID, Provider: provider, Status: paymentPending, Amount: r.Total - r.Credit,
		Currency: r.Currency, CheckAt: after(&r.PlacedAt, firstCheck), CreatedAt: r.PlacedAt, Kind: paysOrder}
	if r.Credit == r.Total {
		p.Provider, p.Status, p.Amount, p.CheckAt = fromCredit, paymentSucceeded, r.Total, nil
	}
	return p
}

// payFromCredit confirms the payment of an order that needs no provider.
func (s *service) payFromCredit(tx *db.Tx, row *orderRow) error {
	r, ok := s.process.find(row.life(), provider, tx.Now(), byEvent(paymentConfirmed))
	if !ok {
		return fmt.Errorf("the process has no rule for an order that is %s and paid", row.Status)
	}
	return s.move(tx, row, step{rule: r, actor: provider, actorID: fromCredit})
}

// funding is journal 1, 1b, or both in one. Of an order that had ended before its payment came, only what the provider has
// captured is there: the credit was never taken.
func (r orderRow) funding(p paymentRow) (ledger.Journal, error) {
	switch {
	case p.Provider == fromCredit:
		return ledger.FundedFromCredit(r.held(0), r.BuyerID)
	case r.Credit == 0 || r.isLatePaid():
		return ledger.Funded(r.held(0), p.Provider, p.Charge)
	}
	return ledger.FundedPartly(r.held(0), p.Provider, p.Charge, r.BuyerID, r.amount(r.Credit))
}

// isLatePaid says whether the payment came after the order had ended: it goes back at once.
func (r orderRow) isLatePaid() bool {
	return r.PaidAt != nil && r.EndedAt != nil && r.PaidAt.After(*r.EndedAt)
}

// toCard is what of a refund the provider sends; the rest is credit again. What was paid by card goes back first.
func toCard(tx *db.Tx, p paymentRow, total int64) (int64, error) {
	if p.Provider == fromCredit {
		return 0, nil
	}
	var sent int64
	err := tx.Raw("SELECT CAST(COALESCE(SUM(amount - credited), 0) AS BIGINT) FROM refunds WHERE payment_id = ?", p.ID).Scan(&sent).Error
	if err != nil {
		return 0, fmt.Errorf("sum the refunds: %w", err)
	}
	return max(0, min(total, p.Amount-sent)), nil
}

// giveBack posts the part of a refund that is credit at once.
func (r orderRow) giveBack(tx *db.Tx, refund string, amount money.Amount, all bool) error {
	j := ledger.RefundToCredit(r.ID, refund, r.BuyerID, amount)
	if all {
		j = ledger.RefundCredited(r.ID, refund, r.BuyerID, amount)
	}
	j.Actor, j.Cause, j.At = "system", "refund "+refund, tx.Now()
	_, err := ledger.Post(tx, j)
	return err
}
