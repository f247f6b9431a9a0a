package orderimpl

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

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
	var c fault.Check
	at := paged(&c, &q.Limit, 20, q.Cursor)
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
	var rows []chargebackRow
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
