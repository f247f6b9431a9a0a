package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"marketplace/platform/db"
	"marketplace/platform/fault"
)

const (
	leaseTime = time.Minute      // while one process fires a timer, others leave it alone
	lateAfter = 30 * time.Second // a step this much after its time is marked as late: the process was down
)

// isFree is the condition, in SQL, of a timer that nobody fires: there is no lease, it is over, or it was taken by a clock that was
// ahead.
const isFree = "(claimed_until IS NULL OR claimed_until <= ? OR claimed_until > ?)"

type timerRow struct {
	OrderID      string
	Kind         moment
	DueAt        time.Time
	OrderVersion int
}

// fireTimers makes the steps that orders take by themselves and whose time has come. It runs every second in every
// process; a timer is claimed with a lease and fires once, also after a downtime.
func (s *service) fireTimers(ctx context.Context) error {
	for {
		now := s.now()
		var due []timerRow
		err := s.db.Read(ctx).Raw(`SELECT order_id, kind, due_at, order_version FROM timers
			WHERE due_at <= ? AND `+isFree+` ORDER BY due_at, order_id LIMIT 100`, now, now, now.Add(leaseTime)).Scan(&due).Error
		if err != nil {
			return fmt.Errorf("find the timers: %w", err)
		}
		if len(due) == 0 {
			return nil
		}
		var errs []error
		for _, t := range due {
			mine, err := s.claim(ctx, t, now)
			if err == nil && mine {
				err = s.fire(ctx, t)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("fire %s of the order %s: %w", t.Kind, t.OrderID, err))
			}
		}
		if err := errors.Join(errs...); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

func (s *service) claim(ctx context.Context, t timerRow, now time.Time) (bool, error) {
	return s.own(ctx, `UPDATE timers SET claimed_until = ? WHERE order_id = ? AND kind = ? AND order_version = ? AND due_at <= ?
		AND `+isFree, now.Add(leaseTime), t.OrderID, t.Kind, t.OrderVersion, now, now, now.Add(leaseTime))
}

// fire makes one step, if the order is still where the timer was set.
func (s *service) fire(ctx context.Context, t timerRow) error {
	if t.Kind == paymentEnd { // it may have been paid, and the webhook lost
		var payments []string
		if err := s.db.Read(ctx).Raw("SELECT id FROM payments WHERE order_id = ?", t.OrderID).Scan(&payments).Error; err != nil {
			return err
		}
		for _, id := range payments {
			if err := s.ask(ctx, id); err != nil {
				return err
			}
		}
	}
	err := s.db.Tx(ctx, func(tx *db.Tx) error { return s.fireOne(tx, t) })
	if fault.Is(err, fault.Conflict) { // the buyer's bank is deciding about the same money
		return s.postpone(ctx, t)
	}
	return err
}

// postpone has a timer fire a day later.
func (s *service) postpone(ctx context.Context, t timerRow) error {
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("UPDATE timers SET due_at = ?, claimed_until = NULL WHERE order_id = ? AND kind = ? AND order_version = ?",
			tx.Now().Add(day), t.OrderID, t.Kind, t.OrderVersion).Error
	})
}

func (s *service) fireOne(tx *db.Tx, t timerRow) error {
	row, err := lock(tx, t.OrderID)
	if err != nil {
		return err
	}
	gone := tx.Exec("DELETE FROM timers WHERE order_id = ? AND kind = ? AND order_version = ?", t.OrderID, t.Kind, t.OrderVersion)
	if gone.Error != nil || gone.RowsAffected == 0 || row.Entered != t.OrderVersion {
		return gone.Error
	}
	now := tx.Now()
	r, ok := s.process.find(row.life(), marketplace, now, byMoment(t.Kind))
	if !ok {
		return nil
	}
	if t.Kind.isNotice() {
		if overtaken, err := isOvertaken(tx, t, now); err != nil || overtaken {
			return err
		}
	}
	late := now.Sub(t.DueAt) > lateAfter
	s.fired.WithLabelValues(string(r.Event), strconv.FormatBool(late)).Inc()
	return s.move(tx, &row, step{rule: r, actor: marketplace, actorID: "system", late: late})
}

// isOvertaken says whether a later step of the order is due as well: after a downtime nobody needs to be reminded of what
// happens in the next moment.
func isOvertaken(tx *db.Tx, t timerRow, now time.Time) (bool, error) {
	var later int
	err := tx.Raw("SELECT COUNT(*) FROM timers WHERE order_id = ? AND due_at > ? AND due_at <= ?", t.OrderID, t.DueAt, now).Scan(&later).Error
	return later > 0, err
}
