package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
)

// stake is what has become of one payment of an order, and what of it is the seller's: a bank that takes the payment back takes
// no more than that.
type stake struct {
	paid   int64       // by card, minor units
	stored int64       // by the buyer's credit beside it, into the same purse, and not yet given back
	held   ledger.Held // its purse
	part   ledger.Part // what the buyer has not got back of it
	total  int64       // of part, minor units; 0: the buyer has all of it
	tip    string      // which tip it is; empty: it pays a price
	of     string      // the order

	earned    bool       // the seller has it
	left      int64      // of what was earned, that was not taken back; of all prices of the order together
	clearedAt *time.Time // the clearing period is over
	contested bool       // a dispute holds it
}

// stakeOf finds out where the money of a payment is.
func stakeOf(tx *db.Tx, row orderRow, paymentID string) (stake, error) {
	var p paymentRow
	if err := tx.Where("id = ?", paymentID).Take(&p).Error; err != nil {
		return stake{}, fmt.Errorf("read the payment: %w", err)
	}
	k := stake{paid: p.Amount, of: row.ID}
	if p.Kind == paysTip {
		return k.ofTip(tx, row, p.Line)
	}
	if p.Kind == paysOrder {
		if err := tx.Raw("SELECT ? - CAST(COALESCE(SUM(credited), 0) AS BIGINT) FROM refunds WHERE payment_id = ?", row.Credit, p.ID).Scan(&k.stored).Error; err != nil {
			return k, fmt.Errorf("sum what is credit again: %w", err)
		}
	}
	for _, h := range row.purses() {
		if h.Line != p.Line {
			continue
		}
		if err := k.keeps(h); err != nil {
			return k, err
		}
	}
	e, earned, err := earningOf(tx, row.ID)
	k.earned, k.left, k.contested = earned && k.total > 0, e.left(), e.FrozenBy != ""
	if earned {
		k.clearedAt = row.ClearedAt
	}
	return k, err
}

func (k stake) ofTip(tx *db.Tx, row orderRow, tip string) (stake, error) {
	t, paid, err := paidTip(tx.DB, row)
	if err != nil || !paid || t.ID != tip { // the other ones went back
		return k, err
	}
	zero := row.amount(0)
	k.tip, k.earned, k.left, k.clearedAt = t.ID, true, t.left(), row.TipClearedAt
	return k, k.keeps(ledger.Held{OrderID: row.ID, Line: t.ID, SellerID: row.SellerID, Price: row.amount(t.Amount), BuyerFee: zero, SellerFee: zero})
}

// keeps notes what a purse holds, or has held at the end.
func (k *stake) keeps(h ledger.Held) error {
	part, err := h.Left()
	if err != nil {
		return err
	}
	total, err := part.Total()
	k.held, k.part, k.total = h, part, total.Minor
	return err
}

// share is the seller's part of so much of the payment.
func (k stake) share(minor int64) (int64, error) {
	earned, err := k.part.Earned()
	if err != nil {
		return 0, err
	}
	share, err := earned.Portion(min(minor, k.total), k.total)
	if err != nil {
		return 0, fmt.Errorf("share the chargeback: %w", err)
	}
	return share.Minor, nil
}

// fees are the marketplace's parts of so much of the payment, of which the seller's part and what the marketplace bears is taken:
// the buyer's fee in proportion, the seller's as what is left.
func (k stake) fees(minor, taken int64) (ledger.Part, error) {
	service, err := k.part.BuyerFee.Portion(min(minor, k.total), k.total)
	if err != nil {
		return ledger.Part{}, fmt.Errorf("share the chargeback: %w", err)
	}
	commission := k.part.SellerFee
	commission.Minor = minor - taken - service.Minor
	if commission.Minor < 0 { // rounding
		service.Minor, commission.Minor = service.Minor+commission.Minor, 0
	}
	return ledger.Part{SellerFee: commission, BuyerFee: service}, nil
}

// take notes that so much of what the payment has brought is no longer the seller's; less than nothing: it is again.
func (k stake) take(tx *db.Tx, minor int64) error {
	if minor == 0 {
		return nil
	}
	statement, id := "UPDATE earnings SET taken = taken + ? WHERE order_id = ?", k.of
	if k.tip != "" {
		statement, id = "UPDATE tips SET taken = taken + ? WHERE id = ?", k.tip
	}
	done := tx.Exec(statement, minor, id)
	if done.Error != nil || done.RowsAffected != 1 {
		return errors.Join(errors.New("note what was taken"), done.Error)
	}
	return nil
}

// lostOf is what banks have taken from the seller of an order, of all its payments.
func (s *service) lostOf(ctx context.Context, row orderRow) (lost int64, err error) {
	err = s.db.Read(ctx).Raw(`SELECT CAST(COALESCE(SUM(pending + available + receivable + reserved + contested), 0) AS BIGINT) FROM chargebacks
		WHERE order_id = ? AND stage = 'lost'`, row.ID).Scan(&lost).Error
	if err != nil {
		return 0, fmt.Errorf("sum what banks have taken: %w", err)
	}
	return lost, nil
}
