package orderimpl

import (
	"context"
	"fmt"
	"strings"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/once"
	"marketplace/platform/telemetry"
)

// command is what a party does with an order.
type command struct {
	name   string // for the idempotency key
	key    string
	body   any // the request without its key
	order  string
	action order.Action
	events []event // of the action, if it has several
	deal   deal
	note   string // for the timeline and the other side
	files  []order.Upload

	// check refuses what does not fit the order, and changes its row. It runs twice: before files are stored, and
	// on the locked row.
	check func(row *orderRow, files []fileRow) error
	// effect writes what belongs to the command, before the transition.
	effect func(tx *db.Tx, row *orderRow, by person, files []fileRow) error
}

// person is who carries a command out, and what they are in the order.
type person struct {
	id   string
	role actor
}

// do carries a command out: once for each key, only by a party, only if the process allows it.
func (s *service) do(ctx context.Context, c command) (order.Order, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Order{}, err
	}
	r, err := once.NewRequest(who.UserID, c.name, c.key, c.body)
	if err != nil {
		return order.Order{}, err
	}
	result, replayed, err := once.Do(ctx, s.once, r, func() (order.Order, error) { return s.perform(ctx, who, r, c) })
	result.Replayed = replayed
	return result, err
}

func (s *service) perform(ctx context.Context, who identity.Actor, r once.Request, c command) (order.Order, error) {
	if len(c.files) == 0 {
		return s.transact(ctx, who, r, c, nil)
	}
	files, err := describe(c.files, c.order, s.now())
	if err != nil {
		return order.Order{}, err
	}
	if err := s.rehearse(ctx, who, c, files); err != nil {
		return order.Order{}, err
	}
	return keepFiles(ctx, s, files, c.files, func() (order.Order, error) { return s.transact(ctx, who, r, c, files) })
}

// rehearse finds out whether the command would be refused, before its files are stored.
func (s *service) rehearse(ctx context.Context, who identity.Actor, c command, files []fileRow) error {
	row, role, err := s.find(ctx, c.order, who)
	if err != nil {
		return err
	}
	if _, err := s.process.attempt(row.life(), role, s.now(), c.action, c.events...); err != nil {
		return err
	}
	if c.check == nil {
		return nil
	}
	return c.check(&row, files)
}

func (s *service) transact(ctx context.Context, who identity.Actor, r once.Request, c command, files []fileRow) (order.Order, error) {
	return s.within(ctx, who, c.order, r, func(tx *db.Tx, row *orderRow, role actor) error {
		rule, err := s.process.attempt(row.life(), role, tx.Now(), c.action, c.events...)
		if err != nil {
			return err
		}
		if err := c.apply(tx, row, person{who.UserID, role}, files); err != nil {
			return err
		}
		return s.move(tx, row, step{rule: rule, actor: role, actorID: who.UserID, note: c.note, deal: c.deal})
	})
}

// within does something with an order in one transaction: its row is locked, who acts is a party of it or staff, the request
// is new, and the order as it is then is kept as its answer.
func (s *service) within(ctx context.Context, who identity.Actor, orderID string, r once.Request,
	act func(tx *db.Tx, row *orderRow, role actor) error) (result order.Order, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		row, err := lock(tx, orderID)
		if err != nil {
			return err
		}
		role, ok := row.role(who)
		if !ok {
			return errNoOrder()
		}
		if err := r.IsNew(tx); err != nil {
			return err
		}
		if err := act(tx, &row, role); err != nil {
			return err
		}
		if result, err = s.full(tx.DB, row, role, who.UserID, tx.Now()); err != nil {
			return err
		}
		return r.Keep(tx, result)
	})
	return result, err
}

func (c command) apply(tx *db.Tx, row *orderRow, by person, files []fileRow) error {
	if c.check != nil {
		if err := c.check(row, files); err != nil {
			return err
		}
	}
	if c.effect == nil {
		return nil
	}
	return c.effect(tx, row, by, files)
}

// step is one transition that is being made.
type step struct {
	rule    rule
	actor   actor
	actorID string
	note    string
	deal    deal
	late    bool // it was due earlier

	payment *paymentRow // that was captured

	before life          // set by move
	purses []ledger.Held // as they were before
}

// back is how much of the price goes back with the step.
func (st step) back(row orderRow) money.Amount { return row.amount(row.gone() - st.before.Refunded) }

// move makes a transition of a locked order, all of it in the transaction: the row, the history, the timers, the money,
// the announcements.
func (s *service) move(tx *db.Tx, row *orderRow, st step) error {
	now, from, version := tx.Now(), row.Status, row.Version
	st.before, st.purses = row.life(), row.purses()
	row.take(st.rule.follow(st.before, now, st.deal))
	row.Version++
	if st.rule.To != "" {
		row.Entered = row.Version
	}
	if err := update(tx, row, from, version); err != nil {
		return err
	}
	if err := updateLines(tx, *row, st.purses); err != nil {
		return err
	}
	line := historyRow{OrderID: row.ID, Number: row.Version, Event: st.rule.Event, Actor: st.actor, ActorID: st.actorID,
		FromStatus: from, ToStatus: row.Status, Note: st.note, Late: st.late, At: now}
	if err := tx.Create(&line).Error; err != nil {
		return fmt.Errorf("write the history: %w", err)
	}
	if err := moveTimers(tx, *row, st); err != nil {
		return err
	}
	if err := s.record(tx, *row, st); err != nil {
		return err
	}
	if err := s.moveMoney(tx, *row, st); err != nil {
		return err
	}
	s.figures.moved(tx, *row, st)
	if st.actor == moderator {
		tx.Audit(telemetry.Act{Action: "case-" + strings.ReplaceAll(string(st.rule.Event), "_", "-"), By: st.actorID, Amount: st.back(*row),
			What: map[string]string{"order_id": row.ID}})
	}
	return s.announce(tx, *row, st)
}

// update writes what rules and commands may change, if nobody else has.
func update(tx *db.Tx, row *orderRow, from order.Status, version int) error {
	done := tx.Model(&orderRow{}).Where("id = ? AND status = ? AND version = ?", row.ID, from, version).
		Select("status", "version", "entered", "revisions_used", "requirements", "paid_at", "started_at", "due_at", "delivered_at", "ended_at", "cleared_at",
			"review_ends_at", "extensions", "refunded", "asked", "asked_by", "asked_at", "asked_days", "asked_amount", "asked_revisions", "pressed",
			"disputed_at", "disputed_by", "disputed_from", "heard", "contested", "judged", "revisions", "tipped_at", "tip_cleared_at").
		Updates(row)
	if done.Error != nil {
		return fmt.Errorf("change the order: %w", done.Error)
	}
	if done.RowsAffected != 1 {
		return fmt.Errorf("change the order: it was changed by somebody else")
	}
	return nil
}
