package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

type chargebackRow struct {
	ID         string
	Provider   string
	Reference  string
	PaymentID  string
	OrderID    string
	SellerID   string
	Stage      string
	Reason     string
	Amount     int64
	Fee        int64
	Currency   string
	Pending    int64 // frozen, and where it was
	Available  int64
	Receivable int64
	Reserved   int64 // frozen before, in the seller's reserve
	Contested  int64 // frozen before, by a dispute about the completed order
	Borne      int64 // by the marketplace, since its policy protects the seller
	Covered    int64 // by refunds that were not sent
	Evidence   string
	OpenedAt   time.Time
	ClosedAt   *time.Time

	OrderNumber string `gorm:"->"` // of lists
}

// TableName is chargebacks.
func (chargebackRow) TableName() string { return "chargebacks" }

func (r chargebackRow) amount(minor int64) money.Amount { return money.Of(minor, r.Currency) }

func (r chargebackRow) frozen() int64 {
	return r.Pending + r.Available + r.Receivable + r.Reserved + r.Contested
}

// rest is what is not paid by refunds that wait: somebody else loses it.
func (r chargebackRow) rest() int64 { return r.Amount - r.Covered }

func (r chargebackRow) books() ledger.Chargeback {
	return ledger.Chargeback{ID: r.ID, OrderID: r.OrderID, Provider: r.Provider, Amount: r.amount(r.Amount), Fee: r.amount(r.Fee)}
}

// lost is the case without what refunds pay.
func (r chargebackRow) lost() ledger.Chargeback {
	c := r.books()
	c.Amount = r.amount(r.rest())
	return c
}

// taken is from where the case has frozen money; what was held before is not in it.
func (r chargebackRow) taken() ledger.Taken {
	return ledger.Taken{SellerID: r.SellerID, Pending: r.amount(r.Pending), Available: r.amount(r.Available), Receivable: r.amount(r.Receivable)}
}

func (r chargebackRow) chargeback(orderNumber string) order.Chargeback {
	return order.Chargeback{ID: r.ID, OrderID: r.OrderID, OrderNumber: orderNumber, SellerID: r.SellerID, Stage: r.Stage, Reason: r.Reason,
		Amount: r.amount(r.Amount), Frozen: r.amount(r.frozen()), Evidence: r.Evidence, OpenedAt: r.OpenedAt, ClosedAt: r.ClosedAt}
}

// hearChargeback asks the provider for a case and brings the books to it.
func (s *service) hearChargeback(ctx context.Context, reference string) error {
	c, err := s.provider.Chargeback(ctx, reference)
	if err != nil {
		return fmt.Errorf("ask the provider for a chargeback: %w", err)
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error { return s.settleChargeback(tx, c) })
}

// settleChargeback opens a case, follows its stages and ends it: each once, in whatever order the news come. News about a
// payment that is not ours change nothing.
func (s *service) settleChargeback(tx *db.Tx, c payment.Chargeback) error {
	if c.Stage == "" { // an inquiry, so far
		return nil
	}
	var orders []string
	if err := tx.Raw("SELECT order_id FROM payments WHERE id = ?", c.PaymentID).Scan(&orders).Error; err != nil || len(orders) == 0 {
		return err
	}
	row, err := lock(tx, orders[0])
	if err != nil {
		return err
	}
	var cases []chargebackRow
	if err := tx.Where("provider = ? AND reference = ?", s.provider.Name(), c.Reference).Find(&cases).Error; err != nil {
		return fmt.Errorf("read the chargeback: %w", err)
	}
	var b chargebackRow
	if len(cases) > 0 {
		b = cases[0]
	} else if b, err = s.openChargeback(tx, row, c); err != nil {
		return err
	}
	if b.ClosedAt != nil || b.Stage == string(c.Stage) && len(cases) > 0 {
		return nil
	}
	was := b.Stage
	b.Stage = string(c.Stage)
	if c.Stage == payment.Won || c.Stage == payment.Lost {
		now := tx.Now()
		b.ClosedAt = &now
	}
	done := tx.Exec("UPDATE chargebacks SET stage = ?, closed_at = ? WHERE id = ? AND stage = ?", b.Stage, b.ClosedAt, b.ID, was)
	if done.Error != nil || done.RowsAffected != 1 {
		return errors.Join(fmt.Errorf("change the chargeback from %s to %s", was, b.Stage), done.Error)
	}
	switch c.Stage {
	case payment.Won:
		err = s.winChargeback(tx, row, b)
	case payment.Lost:
		err = s.loseChargeback(tx, row, b)
	}
	if err != nil {
		return fmt.Errorf("end the chargeback: %w", err)
	}
	return tx.Emit(order.ChargebackChanged{Facts: row.facts(tx.Now()), ChargebackID: b.ID, Stage: b.Stage, Amount: b.amount(b.Amount), Frozen: b.amount(b.frozen()), Reason: b.Reason})
}

// openChargeback is journal 15, and 15b if the seller has earned: their share is held until the case ends.
func (s *service) openChargeback(tx *db.Tx, row orderRow, c payment.Chargeback) (chargebackRow, error) {
	b := chargebackRow{ID: newID(), Provider: s.provider.Name(), Reference: c.Reference, PaymentID: c.PaymentID, OrderID: row.ID, SellerID: row.SellerID,
		Stage: string(payment.NeedsResponse), Reason: shorten(c.Reason), Amount: c.Amount.Minor, Fee: c.Fee.Minor, Currency: row.Currency, OpenedAt: tx.Now()}
	k, err := stakeOf(tx, row, b.PaymentID)
	if err != nil {
		return b, err
	}
	if c.Amount.Currency != row.Currency || b.Amount <= 0 || b.Amount > k.paid {
		return b, fmt.Errorf("the bank has taken %s of a payment of %s: somebody has to look at it", c.Amount, row.amount(k.paid))
	}
	if err := tx.Create(&b).Error; err != nil {
		return b, fmt.Errorf("write the chargeback: %w", err)
	}
	j, err := ledger.ChargebackOpened(b.books())
	if err != nil {
		return b, err
	}
	if err := b.post(tx, j); err != nil {
		return b, err
	}
	if err := b.stopRefunds(tx); err != nil || !k.earned {
		return b, err
	}
	err = b.freeze(tx, row, k)
	return b, err
}

// freezeCases freezes what an order has just brought, where a bank decides about its payments.
func freezeCases(tx *db.Tx, row orderRow) error {
	var open []chargebackRow
	if err := tx.Where("order_id = ? AND closed_at IS NULL", row.ID).Order("opened_at, id").Limit(100).Find(&open).Error; err != nil {
		return fmt.Errorf("look for chargebacks: %w", err)
	}
	for _, b := range open {
		k, err := stakeOf(tx, row, b.PaymentID)
		if err != nil {
			return err
		}
		if !k.earned { // money that goes back; another case may be about what was earned
			continue
		}
		if err := b.freeze(tx, row, k); err != nil {
			return err
		}
	}
	return nil
}

// freeze is journal 15b: the seller's share is held until the case ends. It is taken from what clears.
func (r *chargebackRow) freeze(tx *db.Tx, row orderRow, k stake) error {
	if err := r.find(tx, row, k); err != nil {
		return err
	}
	if t := r.taken(); t.Total() > 0 {
		if err := r.post(tx, ledger.Frozen(r.OrderID, "cb:"+r.ID, t)); err != nil {
			return err
		}
	}
	err := tx.Exec("UPDATE chargebacks SET pending = ?, available = ?, receivable = ?, reserved = ?, contested = ?, borne = ?, covered = ? WHERE id = ?",
		r.Pending, r.Available, r.Receivable, r.Reserved, r.Contested, r.Borne, r.Covered, r.ID).Error
	if err != nil {
		return fmt.Errorf("note what is frozen: %w", err)
	}
	return k.take(tx, r.Pending+r.Contested)
}

// find finds the seller's share of what the bank took: in the clearing period, else where a dispute holds it, else in the reserve,
// else among what can be withdrawn; the rest is a debt, up to the limit of the order's terms. What is beyond it, and everything
// after the time in which sellers are liable, the marketplace bears (row Z14). Refunds that wait pay before the seller.
func (r *chargebackRow) find(tx *db.Tx, row orderRow, k stake) error {
	waiting, err := waitingFor(tx, r.PaymentID)
	if err != nil {
		return err
	}
	r.Covered = min(r.Amount, waiting)
	share, err := k.share(r.rest())
	if err != nil {
		return err
	}
	short := max(0, share-k.left) // a case before has taken it
	share -= short
	r.Borne = short + max(0, r.rest()-k.total) // the buyer had it back
	if t := row.Terms; t.Liability > 0 && row.EndedAt != nil && r.OpenedAt.After(row.EndedAt.Add(t.Liability)) {
		r.Borne += share
		return nil
	}
	switch {
	case k.contested:
		r.Contested = share
		return nil
	case k.clearedAt == nil:
		r.Pending = share
		return nil
	}
	if r.Reserved, err = useReserve(tx, row.SellerID, row.Currency, share); err != nil {
		return err
	}
	available, err := keptBalance(tx.DB, ledger.Available(row.SellerID), row.Currency)
	if err != nil {
		return err
	}
	r.Available = min(share-r.Reserved, available)
	r.Receivable = share - r.Reserved - r.Available
	if limit := row.Terms.DebtLimit; limit > 0 && r.Receivable > 0 {
		owed, err := keptBalance(tx.DB, ledger.Receivable(row.SellerID), row.Currency)
		if err != nil {
			return err
		}
		over := max(0, r.Receivable-max(0, limit-owed))
		r.Receivable, r.Borne = r.Receivable-over, r.Borne+over
	}
	return nil
}

// useReserve takes up to an amount from the reserves of a seller's earnings, those that end first before the others.
func useReserve(tx *db.Tx, sellerID, currency string, most int64) (used int64, err error) {
	var rows []earningRow
	err = tx.Where("seller_id = ? AND currency = ? AND reserved > 0", sellerID, currency).Order("reserve_ends_at, order_id").Limit(1000).Find(&rows).Error
	if err != nil {
		return 0, fmt.Errorf("read the reserves: %w", err)
	}
	for _, e := range rows {
		part := min(e.Reserved, most-used)
		if part == 0 {
			break
		}
		done := tx.Exec("UPDATE earnings SET reserved = reserved - ? WHERE order_id = ? AND reserved >= ?", part, e.OrderID, part)
		if done.Error != nil || done.RowsAffected != 1 {
			return used, errors.Join(errors.New("take from the reserve"), done.Error)
		}
		used += part
	}
	return used, nil
}

// winChargeback is journal 17. What is past its clearing period by now can be withdrawn; a debt that was worked off
// meanwhile is money again; what a dispute still holds stays there.
func (s *service) winChargeback(tx *db.Tx, row orderRow, b chargebackRow) error {
	k, err := stakeOf(tx, row, b.PaymentID)
	if err != nil {
		return err
	}
	to := b.taken()
	to.Available.Minor += b.Reserved // its time in reserve is forgotten
	owed, err := keptBalance(tx.DB, ledger.Receivable(b.SellerID), b.Currency)
	if err != nil {
		return err
	}
	if worked := to.Receivable.Minor - owed; worked > 0 {
		to.Receivable.Minor -= worked
		to.Available.Minor += worked
	}
	if !k.contested {
		to.Pending.Minor += b.Contested
	}
	if k.clearedAt != nil {
		to.Available.Minor += to.Pending.Minor
		to.Pending.Minor = 0
	}
	if err := b.post(tx, ledger.ChargebackWon(b.books(), to)); err != nil {
		return err
	}
	if err := k.take(tx, -b.Pending-b.Contested); err != nil {
		return err
	}
	if err := b.sendRest(tx); err != nil {
		return err
	}
	return workOff(tx, debt{book: b.OrderID, order: b.OrderID, cause: "cb:" + b.ID, seller: b.SellerID, currency: b.Currency, actor: b.Provider})
}

// post writes a journal of the case.
func (r chargebackRow) post(tx *db.Tx, j ledger.Journal) error {
	j.Actor, j.Cause, j.At = r.Provider, "chargeback "+r.ID, tx.Now()
	_, err := ledger.Post(tx, j)
	return err
}

type earningRow struct {
	OrderID   string
	SellerID  string
	Amount    int64
	Currency  string
	ClearsAt  time.Time
	ClearedAt *time.Time
	Taken     int64
	FrozenBy  string

	Reserved      int64 // of what has cleared
	ReserveEndsAt *time.Time
}

// TableName is earnings.
func (earningRow) TableName() string { return "earnings" }

func (r earningRow) left() int64 { return r.Amount - r.Taken }

// earningOf reads what an order has brought; false if it was not released.
func earningOf(tx *db.Tx, orderID string) (earningRow, bool, error) {
	var rows []earningRow
	if err := tx.Where("order_id = ?", orderID).Find(&rows).Error; err != nil {
		return earningRow{}, false, fmt.Errorf("read the earning: %w", err)
	}
	if len(rows) == 0 {
		return earningRow{}, false, nil
	}
	return rows[0], true, nil
}
