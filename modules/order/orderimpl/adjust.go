package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/once"
)

// The kinds and statuses of an adjustment, as the contract names them.
const (
	goodwill = "goodwill"
	writeOff = "write_off"

	adjustmentWaits    = "waiting"
	adjustmentDone     = "done"
	adjustmentRejected = "rejected"
)

type adjustmentRow struct {
	ID        string
	Kind      string
	Status    string
	OrderID   string
	UserID    string
	Username  string
	Amount    int64
	Currency  string
	Reason    string
	AskedBy   string
	Asker     string
	DecidedBy string
	Decider   string
	CreatedAt time.Time
	DecidedAt *time.Time

	OrderNumber string `gorm:"->"` // of lists
}

// TableName is adjustments.
func (adjustmentRow) TableName() string { return "adjustments" }

func (r adjustmentRow) adjustment(orderNumber, userID string) order.Adjustment {
	return order.Adjustment{ID: r.ID, Kind: r.Kind, Status: r.Status, OrderID: r.OrderID, OrderNumber: orderNumber, Username: r.Username,
		Amount: money.Of(r.Amount, r.Currency), Reason: r.Reason, AskedBy: r.Asker, DecidedBy: r.Decider, Mine: r.AskedBy == userID, CreatedAt: r.CreatedAt, DecidedAt: r.DecidedAt}
}

// Adjust is documented in the contract.
func (s *service) Adjust(ctx context.Context, q order.AdjustRequest) (order.Adjustment, error) {
	if err := needOperator(ctx); err != nil {
		return order.Adjustment{}, err
	}
	who, err := identity.User(ctx)
	if err != nil {
		return order.Adjustment{}, err
	}
	const most = 1_000_000_000
	var c fault.Check
	q.Reason = strings.TrimSpace(q.Reason)
	c.That(q.Kind == goodwill || q.Kind == writeOff, "kind", "Use goodwill or write_off.")
	c.That(q.Minor > 0 && q.Minor <= most, "amount", "Use an amount up to %s.", money.Of(most, s.settings.Currency))
	checkReason(&c, q.Reason, false)
	if err := c.Err(); err != nil {
		return order.Adjustment{}, err
	}
	set, err := s.current(ctx)
	if err != nil {
		return order.Adjustment{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	r, err := once.NewRequest(who.UserID, "adjust", key, q)
	if err != nil {
		return order.Adjustment{}, err
	}
	a, _, err := once.Do(ctx, s.once, r, func() (order.Adjustment, error) { return s.adjust(ctx, set, who, q, r) })
	return a, err
}

func (s *service) adjust(ctx context.Context, set settings, who identity.Actor, q order.AdjustRequest, r once.Request) (result order.Adjustment, err error) {
	id, err := s.orderCalled(ctx, q.Order)
	if err != nil {
		return result, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		of, err := lock(tx, id)
		if err != nil {
			return err
		}
		if err := r.IsNew(tx); err != nil {
			return err
		}
		a := adjustmentRow{ID: newID(), Kind: q.Kind, Status: adjustmentWaits, OrderID: of.ID, UserID: of.BuyerID, Username: of.BuyerUsername, Amount: q.Minor,
			Currency: of.Currency, Reason: q.Reason, AskedBy: who.UserID, Asker: who.Username, CreatedAt: tx.Now()}
		if a.Kind == writeOff {
			a.UserID, a.Username = of.SellerID, of.SellerUsername
		}
		if a.UserID == who.UserID {
			return fault.Forbiddenf("Another operator has to decide about your own money.")
		}
		if a.Amount <= set.SoloLimit {
			a.Status = adjustmentDone
		}
		if err := tx.Omit("OrderNumber").Create(&a).Error; err != nil {
			return fmt.Errorf("write the adjustment: %w", err)
		}
		if a.Status == adjustmentDone {
			if err := a.post(tx, who.UserID); err != nil {
				return err
			}
		}
		result = a.adjustment(of.Number, who.UserID)
		return r.Keep(tx, result)
	})
	return result, err
}

// orderCalled finds an order by its number or its id.
func (s *service) orderCalled(ctx context.Context, name string) (string, error) {
	name = strings.TrimSpace(name)
	var ids []string
	if name != "" && isText(name, mostID) {
		err := s.db.Read(ctx).Raw("SELECT id FROM orders WHERE id = ? OR number = ? LIMIT 1", name, strings.ToUpper(name)).Scan(&ids).Error
		if err != nil {
			return "", fmt.Errorf("find the order: %w", err)
		}
	}
	if len(ids) == 0 {
		return "", fault.Wrong("order", "There is no order with this number.")
	}
	return ids[0], nil
}

// post is journal 19 or 20.
func (r adjustmentRow) post(tx *db.Tx, actor string) error {
	amount := money.Of(r.Amount, r.Currency)
	j := ledger.Goodwill(r.ID, r.OrderID, r.UserID, amount)
	if r.Kind == writeOff {
		j = ledger.WrittenOff(r.ID, r.OrderID, r.UserID, amount)
		owed, err := keptBalance(tx.DB, ledger.Receivable(r.UserID), r.Currency)
		if err != nil {
			return err
		}
		if owed < r.Amount {
			return fault.Wrong("amount", "%s owes %s.", r.Username, money.Of(owed, r.Currency))
		}
	}
	j.Actor, j.Cause, j.At = actor, "adjustment "+r.ID, tx.Now()
	_, err := ledger.Post(tx, j)
	if errors.Is(err, ledger.ErrShort) {
		return fault.Conflictf("The debt was paid meanwhile. Look at it again.")
	}
	return err
}

// DecideAdjustment is documented in the contract.
func (s *service) DecideAdjustment(ctx context.Context, q order.DecideAdjustmentRequest) (result order.Adjustment, err error) {
	if err := needOperator(ctx); err != nil {
		return result, err
	}
	who := identity.From(ctx)
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		a, err := lockAdjustment(tx, q.ID)
		if err != nil {
			return err
		}
		if a.Status != adjustmentWaits {
			return fault.Conflictf("Somebody has decided about this before.")
		}
		if a.AskedBy == who.UserID && q.Confirm || a.UserID == who.UserID {
			return fault.Forbiddenf("Another operator has to confirm this.")
		}
		of, err := lock(tx, a.OrderID)
		if err != nil {
			return err
		}
		now := tx.Now()
		a.Status, a.DecidedBy, a.Decider, a.DecidedAt = adjustmentRejected, who.UserID, who.Username, &now
		if q.Confirm {
			a.Status = adjustmentDone
			if err := a.post(tx, who.UserID); err != nil {
				return err
			}
		}
		done := tx.Exec("UPDATE adjustments SET status = ?, decided_by = ?, decider = ?, decided_at = ? WHERE id = ? AND status = ?",
			a.Status, a.DecidedBy, a.Decider, a.DecidedAt, a.ID, adjustmentWaits)
		if done.Error != nil || done.RowsAffected != 1 {
			return errors.Join(errors.New("decide about the adjustment"), done.Error)
		}
		result = a.adjustment(of.Number, who.UserID)
		return nil
	})
	return result, err
}

func lockAdjustment(tx *db.Tx, id string) (a adjustmentRow, err error) {
	missing := fault.NotFoundf("There is no such adjustment.")
	if !isText(id, mostID) {
		return a, missing
	}
	return held[adjustmentRow](tx.ForUpdate().Where("id = ?", id).Omit("OrderNumber"), "adjustment", missing)
}

// ListAdjustments is documented in the contract.
func (s *service) ListAdjustments(ctx context.Context, q order.ListAdjustmentsRequest) (order.AdjustmentList, error) {
	list := order.AdjustmentList{Items: []order.Adjustment{}}
	if err := needOperator(ctx); err != nil {
		return list, err
	}
	var c fault.Check
	at := paged(&c, &q.Limit, 20, q.Cursor)
	if err := c.Err(); err != nil {
		return list, err
	}
	find := s.db.Read(ctx).Table("adjustments a").Joins("JOIN orders o ON o.id = a.order_id").Select("a.*, o.number AS order_number")
	if at != nil {
		find = find.Where("(a.created_at, a.id) < (?, ?)", at.at, at.id)
	}
	var rows []adjustmentRow
	if err := find.Order("a.created_at DESC, a.id DESC").Limit(q.Limit + 1).Scan(&rows).Error; err != nil {
		return list, fmt.Errorf("list the adjustments: %w", err)
	}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		list.NextCursor = cursor{rows[q.Limit-1].CreatedAt, rows[q.Limit-1].ID}.String()
	}
	for _, r := range rows {
		list.Items = append(list.Items, r.adjustment(r.OrderNumber, identity.From(ctx).UserID))
	}
	return list, nil
}
