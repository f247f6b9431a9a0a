package orderimpl

import (
	"context"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

type tipRow struct {
	ID        string
	OrderID   string
	SellerID  string
	Amount    int64
	Currency  string
	Message   string
	CreatedAt time.Time
	PaidAt    *time.Time
	ClearedAt *time.Time
	Taken     int64
	FrozenBy  string
}

// TableName is tips.
func (tipRow) TableName() string { return "tips" }

func (r tipRow) left() int64 { return r.Amount - r.Taken }

// paidTip reads the tip of an order that was paid; false without one.
func paidTip(q *gorm.DB, row orderRow) (t tipRow, paid bool, err error) {
	if row.TippedAt == nil {
		return t, false, nil
	}
	if err := q.Where("order_id = ? AND paid_at IS NOT NULL", row.ID).Take(&t).Error; err != nil {
		return t, false, fmt.Errorf("read the tip: %w", err)
	}
	return t, true, nil
}

// Tip is documented in the contract. It is paid like an order: the provider's news make it a tip. Of several attempts the
// one that is paid first counts; what comes after it goes back.
func (s *service) Tip(ctx context.Context, q order.TipRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Message = strings.TrimSpace(q.Message)
	set, err := s.current(ctx)
	if err != nil {
		return order.Order{}, err
	}
	var c fault.Check
	c.That(q.Amount >= set.TipLeast && q.Amount <= set.TipMost, "amount", "Use %s to %s.", set.amount(set.TipLeast), set.amount(set.TipMost))
	c.That(isText(q.Message, mostReason), "message", "Use at most %d characters.", mostReason)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "tip", key: key, body: q, order: q.OrderID, action: order.ActionTip,
		effect: func(tx *db.Tx, row *orderRow, _ person, _ []fileRow) error {
			if err := expire(tx, row.ID, paysTip); err != nil {
				return err
			}
			t := tipRow{ID: newID(), OrderID: row.ID, SellerID: row.SellerID, Amount: q.Amount, Currency: row.Currency, Message: q.Message, CreatedAt: tx.Now()}
			if err := tx.Create(&t).Error; err != nil {
				return fmt.Errorf("write the tip: %w", err)
			}
			return s.bill(tx, *row, paysTip, t.ID, t.Amount)
		}})
}

// bill makes a payment of an order beside its own.
func (s *service) bill(tx *db.Tx, row orderRow, kind, line string, amount int64) error {
	now := tx.Now()
	p := paymentRow{ID: newID(), OrderID: row.ID, Provider: s.provider.Name(), Status: paymentPending, Amount: amount, Currency: row.Currency,
		CheckAt: after(&now, firstCheck), CreatedAt: now, Kind: kind, Line: line}
	if err := tx.Create(&p).Error; err != nil {
		return fmt.Errorf("write the payment: %w", err)
	}
	return nil
}

// captureMore books money that was captured for something else than the order's own price; what nobody waits for any more
// goes straight back.
func (s *service) captureMore(tx *db.Tx, row *orderRow, p paymentRow) error {
	wanted := tipPaid
	if p.Kind == paysRaise {
		wanted = raisePaid
	}
	r, ok := s.process.find(row.life(), provider, tx.Now(), byEvent(wanted))
	if ok && p.Kind == paysRaise { // of the one that both have agreed on, not of one before
		var err error
		if ok, err = row.addRaise(tx, p.Line); err != nil {
			return err
		}
	}
	if !ok {
		if r, ok = s.process.find(row.life(), provider, tx.Now(), byEvent(paymentSurplus)); !ok {
			return fmt.Errorf("the process has no use for a %s of an order that is %s", p.Kind, row.Status)
		}
	}
	return s.move(tx, row, step{rule: r, actor: provider, actorID: p.Provider, payment: &p})
}

// tipped is journal 13.
func (s *service) tipped(tx *db.Tx, row orderRow, st step) error {
	p := st.payment
	done := tx.Exec("UPDATE tips SET paid_at = ? WHERE id = ? AND paid_at IS NULL", row.TippedAt, p.Line)
	if done.Error != nil || done.RowsAffected != 1 {
		return fmt.Errorf("note the tip: %d rows: %w", done.RowsAffected, done.Error)
	}
	j, err := ledger.Tipped(row.ID, p.Line, row.SellerID, p.Provider, row.amount(p.Amount), row.amount(0))
	if err != nil {
		return err
	}
	return row.post(tx, j, st.actorID)
}

// clearTip is journal 5 of a tip. What the seller owes is worked off with it. A tip that a case holds stays where it is.
func (s *service) clearTip(tx *db.Tx, row orderRow, st step) error {
	t, paid, err := paidTip(tx.DB, row)
	if err != nil || !paid || t.FrozenBy != "" {
		return err
	}
	if t.left() > 0 {
		if err := row.post(tx, ledger.TipCleared(row.ID, t.ID, row.SellerID, row.amount(t.left())), st.actorID); err != nil {
			return err
		}
	}
	if err := tx.Exec("UPDATE tips SET cleared_at = ? WHERE id = ?", row.TipClearedAt, t.ID).Error; err != nil {
		return fmt.Errorf("note that the tip has cleared: %w", err)
	}
	return workOff(tx, debt{book: row.ID, order: row.ID, cause: "tip:" + t.ID, seller: row.SellerID, currency: row.Currency, actor: st.actorID})
}

// addTips reads the tip, or the one that waits for its payment.
func (s *service) addTips(q *gorm.DB, row orderRow, role actor, o *order.Order) error {
	if row.Status != order.StatusCompleted {
		return nil
	}
	var tips []tipRow
	find := q.Where("order_id = ?", row.ID).Order("CASE WHEN paid_at IS NULL THEN 1 ELSE 0 END, created_at DESC").Limit(1)
	if err := find.Find(&tips).Error; err != nil || len(tips) == 0 {
		return err
	}
	t := tips[0]
	if t.PaidAt == nil && role != buyer {
		return nil
	}
	o.Tip = &order.Tip{Amount: row.amount(t.Amount), Message: t.Message, PaidAt: t.PaidAt}
	if role != buyer {
		return nil
	}
	var err error
	o.Tip.Payment, err = s.paymentOfLine(q, t.ID)
	return err
}

// paymentOfLine is a payment beside the order's own, as its buyer sees it.
func (s *service) paymentOfLine(q *gorm.DB, line string) (*order.Payment, error) {
	var rows []paymentRow
	if err := q.Where("line = ?", line).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0].payment(s.provider.CheckoutURL(rows[0].ID)), nil
}
