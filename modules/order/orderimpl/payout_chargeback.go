package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
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
	Evidence   string
	OpenedAt   time.Time
	ClosedAt   *time.Time
}

// TableName is chargebacks.
func (chargebackRow) TableName() string { return "chargebacks" }

func (r chargebackRow) amount(minor int64) money.Amount { return money.Of(minor, r.Currency) }

func (r chargebackRow) frozen() int64 { return r.Pending + r.Available + r.Receivable }

func (r chargebackRow) books() ledger.Chargeback {
	return ledger.Chargeback{ID: r.ID, OrderID: r.OrderID, Provider: r.Provider, Amount: r.amount(r.Amount), Fee: r.amount(r.Fee)}
}

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
	_, left, err := row.left()
	if err != nil {
		return b, err
	}
	if c.Amount.Currency != row.Currency || b.Amount <= 0 || b.Amount > left {
		return b, fmt.Errorf("the bank has taken %s for an order of %s: somebody has to look at it", c.Amount, row.amount(left))
	}
	e, earned, err := earningOf(tx, row.ID)
	if err != nil {
		return b, err
	}
	if earned {
		if err := s.whereIsIt(tx, row, e, &b); err != nil {
			return b, err
		}
	}
	if err := tx.Create(&b).Error; err != nil {
		return b, fmt.Errorf("write the chargeback: %w", err)
	}
	j, err := ledger.ChargebackOpened(b.books())
	if err != nil {
		return b, err
	}
	if err := b.post(tx, j); err != nil || b.frozen() == 0 {
		return b, err
	}
	if err := b.post(tx, ledger.Frozen(b.OrderID, "cb:"+b.ID, b.taken())); err != nil {
		return b, err
	}
	if b.Pending == 0 {
		return b, nil
	}
	return b, tx.Exec("UPDATE earnings SET frozen_by = ? WHERE order_id = ? AND frozen_by = ''", "cb:"+b.ID, row.ID).Error
}

// whereIsIt finds the seller's share of what the bank took: in the clearing period, else among what can be withdrawn; the
// rest is a debt.
func (s *service) whereIsIt(tx *db.Tx, row orderRow, e earningRow, b *chargebackRow) error {
	_, total, err := row.left()
	if err != nil {
		return err
	}
	share, err := row.amount(e.left()).Portion(b.Amount, total)
	if err != nil {
		return fmt.Errorf("share the chargeback: %w", err)
	}
	if e.ClearedAt == nil && e.FrozenBy == "" && share.Minor == e.left() {
		b.Pending = share.Minor
		return nil
	}
	available, err := keptBalance(tx.DB, ledger.Available(row.SellerID), row.Currency)
	if err != nil {
		return err
	}
	b.Available = min(share.Minor, available)
	b.Receivable = share.Minor - b.Available
	return nil
}

// left is what the buyer has paid and not got back, and its total.
func (r orderRow) left() (ledger.Part, int64, error) {
	left, err := r.held(r.Refunded).Left()
	if err != nil {
		return left, 0, err
	}
	total, err := left.Total()
	return left, total.Minor, err
}

// winChargeback is journal 17. What is past its clearing period by now can be withdrawn; a debt that was worked off
// meanwhile is money again.
func (s *service) winChargeback(tx *db.Tx, row orderRow, b chargebackRow) error {
	to := b.taken()
	owed, err := keptBalance(tx.DB, ledger.Receivable(b.SellerID), b.Currency)
	if err != nil {
		return err
	}
	if worked := to.Receivable.Minor - owed; worked > 0 {
		to.Receivable.Minor -= worked
		to.Available.Minor += worked
	}
	if row.ClearedAt != nil {
		to.Available.Minor += to.Pending.Minor
		to.Pending.Minor = 0
	}
	if err := b.post(tx, ledger.ChargebackWon(b.books(), to)); err != nil || b.Pending == 0 {
		return err
	}
	return tx.Exec("UPDATE earnings SET frozen_by = '', cleared_at = ? WHERE order_id = ? AND frozen_by = ?", row.ClearedAt, b.OrderID, "cb:"+b.ID).Error
}

// loseChargeback is journal 16: what was frozen and the fees pay for it, or what is still in escrow.
func (s *service) loseChargeback(tx *db.Tx, row orderRow, b chargebackRow) error {
	if b.frozen() == 0 {
		return s.loseInEscrow(tx, row, b)
	}
	left, total, err := row.left()
	if err != nil {
		return err
	}
	service, err := left.BuyerFee.Portion(b.Amount, total)
	if err != nil {
		return err
	}
	commission := b.Amount - b.frozen() - service.Minor
	if commission < 0 { // rounding
		service.Minor, commission = service.Minor+commission, 0
	}
	what := ledger.Part{SellerFee: b.amount(commission), BuyerFee: service}
	if err := b.post(tx, ledger.ChargebackLost(b.books(), ledger.Taken{SellerID: b.SellerID, Held: b.amount(b.frozen())}, what)); err != nil {
		return err
	}
	return tx.Exec("UPDATE earnings SET taken = taken + ?, frozen_by = CASE WHEN frozen_by = ? THEN '' ELSE frozen_by END WHERE order_id = ?",
		b.frozen(), "cb:"+b.ID, b.OrderID).Error
}

// loseInEscrow ends an order that was still in work: its money is gone.
func (s *service) loseInEscrow(tx *db.Tx, row orderRow, b chargebackRow) error {
	j, err := ledger.ChargebackLostInEscrow(b.books(), row.held(row.Refunded))
	if err != nil {
		return err
	}
	return b.post(tx, j)
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

// ListChargebacks is documented in the contract.
func (s *service) ListChargebacks(ctx context.Context, q order.ListChargebacksRequest) (order.ChargebackList, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.ChargebackList{}, err
	}
	if q.All {
		if err := needOperator(ctx); err != nil {
			return order.ChargebackList{}, err
		}
	}
	if q.Limit == 0 {
		q.Limit = 20
	}
	at, err := parseCursor(q.Cursor)
	var c fault.Check
	c.That(q.Limit >= 1 && q.Limit <= 100, "limit", "Use 1 to 100.")
	c.That(err == nil, "cursor", "Use next_cursor of the page before, as it came.")
	if err := c.Err(); err != nil {
		return order.ChargebackList{}, err
	}
	find := s.db.Read(ctx).Table("chargebacks c").Joins("JOIN orders o ON o.id = c.order_id").Select("c.*, o.number AS order_number")
	if !q.All {
		find = find.Where("c.seller_id = ?", who.UserID)
	}
	if at != nil {
		find = find.Where("(c.opened_at, c.id) < (?, ?)", at.at, at.id)
	}
	var rows []struct {
		chargebackRow
		OrderNumber string
	}
	if err := find.Order("c.opened_at DESC, c.id DESC").Limit(q.Limit + 1).Scan(&rows).Error; err != nil {
		return order.ChargebackList{}, fmt.Errorf("list the chargebacks: %w", err)
	}
	list := order.ChargebackList{Items: []order.Chargeback{}}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		list.NextCursor = cursor{rows[q.Limit-1].OpenedAt, rows[q.Limit-1].ID}.String()
	}
	for _, r := range rows {
		list.Items = append(list.Items, r.chargeback(r.OrderNumber))
	}
	return list, nil
}

// AnswerChargeback is documented in the contract. The provider tells the new stage by its webhook.
func (s *service) AnswerChargeback(ctx context.Context, q order.AnswerChargebackRequest) (order.Chargeback, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Chargeback{}, err
	}
	var c fault.Check
	c.That(q.Evidence != "" && isText(q.Evidence, 5000), "evidence", "Write 1 to 5,000 characters.")
	if err := c.Err(); err != nil {
		return order.Chargeback{}, err
	}
	var b chargebackRow
	err = s.db.Read(ctx).Where("id = ? AND seller_id = ?", q.ID, who.UserID).Take(&b).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return order.Chargeback{}, fault.NotFoundf("There is no such case.")
	}
	if err != nil {
		return order.Chargeback{}, fmt.Errorf("read the chargeback: %w", err)
	}
	if b.Stage != string(payment.NeedsResponse) {
		return order.Chargeback{}, fault.Conflictf("The bank does not take evidence for this case any more.")
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("UPDATE chargebacks SET evidence = ? WHERE id = ?", q.Evidence, b.ID).Error
	})
	if err != nil {
		return order.Chargeback{}, fmt.Errorf("keep the evidence: %w", err)
	}
	if err := s.provider.Answer(ctx, b.Reference, q.Evidence); err != nil {
		return order.Chargeback{}, fmt.Errorf("send the evidence: %w", err)
	}
	if err := s.hearChargeback(ctx, b.Reference); err != nil {
		return order.Chargeback{}, err
	}
	row, _, err := s.find(ctx, b.OrderID, who)
	if err != nil {
		return order.Chargeback{}, err
	}
	err = s.db.Read(ctx).Where("id = ?", b.ID).Take(&b).Error
	return b.chargeback(row.Number), err
}
