package orderimpl

import (
	"context"
	"fmt"
	"strings"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/once"
)

// Resolve is documented in the contract.
func (s *service) Resolve(ctx context.Context, q order.ResolveRequest) (order.Order, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Order{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	q.Reason = strings.TrimSpace(q.Reason)
	var c fault.Check
	c.That(q.Refund >= 0, "refund", "Say how much of the price goes back; 0 for nothing.")
	c.That(q.Reason != "" && isText(q.Reason, mostMessage), "reason", "Give the reasons, for both sides to read, in at most %d characters.", mostMessage)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	r, err := once.NewRequest(who.UserID, "resolve", key, q)
	if err != nil {
		return order.Order{}, err
	}
	result, replayed, err := once.Do(ctx, s.once, r, func() (order.Order, error) { return s.resolve(ctx, who, q, r) })
	result.Replayed = replayed
	return result, err
}

func (s *service) resolve(ctx context.Context, who identity.Actor, q order.ResolveRequest, r once.Request) (order.Order, error) {
	set, err := s.current(ctx)
	if err != nil {
		return order.Order{}, err
	}
	return s.within(ctx, who, q.OrderID, r, func(tx *db.Tx, row *orderRow, role actor) error {
		rule, err := s.process.attempt(row.life(), role, tx.Now(), order.ActionResolve, resolutionOf(*row, q.Refund))
		if err != nil {
			return err
		}
		if left := row.price() - row.gone(); q.Refund > left {
			return fault.Wrong("refund", "Use 0 to %s, which is what is left of the price.", row.amount(left))
		}
		return s.decide(tx, set, row, who, q, rule)
	})
}

// resolutionOf is the event of a decision: all back, or not.
func resolutionOf(row orderRow, refund int64) event {
	if refund == row.price()-row.gone() {
		return resolveRefund
	}
	return resolveSplit
}

// decide carries the decision out, or keeps it for a second moderator to say the same.
func (s *service) decide(tx *db.Tx, set settings, row *orderRow, who identity.Actor, q order.ResolveRequest, rule rule) error {
	var d disputeRow
	if err := tx.Where("order_id = ? AND status = 'open'", row.ID).Take(&d).Error; err != nil {
		return fmt.Errorf("read the dispute: %w", err)
	}
	confirmed := d.DraftBy != "" && d.DraftBy != who.UserID && d.DraftRefund == q.Refund
	if row.price()-row.gone() <= set.SoloLimit || confirmed {
		return s.move(tx, row, step{rule: rule, actor: moderator, actorID: who.UserID, note: q.Reason, deal: deal{Amount: q.Refund}})
	}
	err := tx.Exec("UPDATE disputes SET draft_refund = ?, draft_reason = ?, draft_by = ? WHERE id = ? AND status = 'open'", q.Refund, q.Reason, who.UserID, d.ID).Error
	if err != nil {
		return fmt.Errorf("keep the proposal: %w", err)
	}
	return nil
}

// StaffCancel is documented in the contract.
func (s *service) StaffCancel(ctx context.Context, q order.StaffCancelRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Reason = strings.TrimSpace(q.Reason)
	var c fault.Check
	c.That(q.Reason != "" && isText(q.Reason, mostReason), "reason", "Give the reason, for both sides to read, in at most %d characters.", mostReason)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "staff_cancel", key: key, body: q, order: q.OrderID, action: order.ActionStaffCancel, note: q.Reason})
}
