package orderimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/page"
)

// timerPlace is where a page of timers ends.
type timerPlace struct {
	At   time.Time `json:"at"`
	ID   string    `json:"id"`
	Kind string    `json:"kind"`
}

// ListTimers is documented in the contract.
func (s *service) ListTimers(ctx context.Context, q order.ListTimersRequest) (order.TimerList, error) {
	if err := needOperator(ctx); err != nil {
		return order.TimerList{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, 20)
	after := page.After[timerPlace](&c, q.Cursor)
	if err := c.Err(); err != nil {
		return order.TimerList{}, err
	}
	if after == nil {
		after = &timerPlace{}
	}
	var rows []struct {
		OrderID, Number, Status, Kind string

		DueAt time.Time
	}
	err := s.db.Read(ctx).Raw(`SELECT t.order_id, t.kind, t.due_at, o.number, o.status FROM timers t JOIN orders o ON o.id = t.order_id
		WHERE (t.due_at, t.order_id, t.kind) > (?, ?, ?) ORDER BY t.due_at, t.order_id, t.kind LIMIT ?`, after.At, after.ID, after.Kind, limit+1).Scan(&rows).Error
	if err != nil {
		return order.TimerList{}, fmt.Errorf("list the timers: %w", err)
	}
	list := order.TimerList{Items: []order.Timer{}}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		if list.NextCursor, err = page.Cursor(timerPlace{last.DueAt.UTC(), last.OrderID, last.Kind}); err != nil {
			return order.TimerList{}, err
		}
	}
	for _, r := range rows {
		list.Items = append(list.Items, order.Timer{OrderID: r.OrderID, Number: r.Number, Status: order.Status(r.Status), Kind: r.Kind,
			DueAt: r.DueAt.UTC(), Late: s.now().Sub(r.DueAt) > lateAfter})
	}
	return list, nil
}
