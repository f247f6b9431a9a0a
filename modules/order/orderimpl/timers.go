package orderimpl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
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
	rows, err := s.nextTimers(ctx, *after, limit+1)
	if err != nil {
		return order.TimerList{}, err
	}
	list := order.TimerList{Items: []order.Timer{}}
	if len(rows) > limit {
		rows = rows[:limit]
		if list.NextCursor, err = page.Cursor(rows[limit-1].place()); err != nil {
			return order.TimerList{}, err
		}
	}
	for _, r := range rows {
		list.Items = append(list.Items, order.Timer{OrderID: r.OrderID, OfferID: r.OfferID, Number: r.Number, Status: order.Status(r.Status), Kind: r.Kind,
			DueAt: r.DueAt.UTC(), Late: s.now().Sub(r.DueAt) > lateAfter})
	}
	return list, nil
}

// offerEnd is the timer of an offer: nobody has answered, or paid, in time.
const offerEnd = "offer_end"

// dueRow is a step that will be taken: of an order, or of an offer.
type dueRow struct {
	OrderID, OfferID, Number, Status, Kind string

	DueAt time.Time
}

func (r dueRow) place() timerPlace { return timerPlace{r.DueAt.UTC(), r.OrderID + r.OfferID, r.Kind} }

// nextTimers are the steps after a place, of orders and of offers, those that are due first before the others.
func (s *service) nextTimers(ctx context.Context, after timerPlace, most int) ([]dueRow, error) {
	var rows, offers []dueRow
	err := s.db.Read(ctx).Raw(`SELECT t.order_id, t.kind, t.due_at, o.number, o.status FROM timers t JOIN orders o ON o.id = t.order_id
		WHERE (t.due_at, t.order_id, t.kind) > (?, ?, ?) ORDER BY t.due_at, t.order_id, t.kind LIMIT ?`, after.At, after.ID, after.Kind, most).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list the timers: %w", err)
	}
	err = s.db.Read(ctx).Raw(`SELECT id AS offer_id, status, check_at AS due_at FROM offers WHERE check_at IS NOT NULL AND (check_at, id) > (?, ?)
		ORDER BY check_at, id LIMIT ?`, after.At, after.ID, most).Scan(&offers).Error
	if err != nil {
		return nil, fmt.Errorf("list the offers that expire: %w", err)
	}
	for i := range offers {
		offers[i].Kind = offerEnd
	}
	rows = append(rows, offers...)
	slices.SortFunc(rows, func(a, b dueRow) int {
		x, y := a.place(), b.place()
		return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.ID, y.ID), cmp.Compare(x.Kind, y.Kind))
	})
	return rows[:min(len(rows), most)], nil
}
