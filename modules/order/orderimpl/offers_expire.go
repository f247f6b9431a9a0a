package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

const (
	offerLapsed  = "offer_lapsed" // as it is counted among the steps that are taken by themselves
	paymentPause = time.Minute    // an offer whose first milestone is being paid for is looked at again
)

// lapseOffers ends the offers that nobody has answered, or paid, in time (row O7). It runs every second in every process; an
// offer is claimed with a lease and lapses once, also after a downtime.
func (s *service) lapseOffers(ctx context.Context) error {
	for {
		now := s.now()
		var due []string
		err := s.db.Read(ctx).Raw(`SELECT id FROM offers WHERE check_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)
			ORDER BY check_at, id LIMIT 100`, now, now).Scan(&due).Error
		if err != nil {
			return fmt.Errorf("find the offers that expire: %w", err)
		}
		if len(due) == 0 {
			return nil
		}
		var errs []error
		for _, id := range due {
			mine, err := s.own(ctx, `UPDATE offers SET claimed_until = ? WHERE id = ? AND check_at <= ? AND (claimed_until IS NULL OR claimed_until <= ?)`,
				now.Add(leaseTime), id, now, now)
			if err == nil && mine {
				err = s.db.Tx(ctx, func(tx *db.Tx) error { return s.lapse(tx, id) })
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("look whether the offer %s has expired: %w", id, err))
			}
		}
		if err := errors.Join(errs...); err != nil || ctx.Err() != nil {
			return err
		}
	}
}

// lapse ends an offer whose time is over, unless its first milestone has been paid or is being paid for.
func (s *service) lapse(tx *db.Tx, id string) error {
	row, err := lockOfferRow(tx, id)
	now := tx.Now()
	if err != nil || row.CheckAt == nil || row.CheckAt.After(now) {
		return err
	}
	ordered, err := milestonesOf(tx.DB, []string{id})
	if err != nil {
		return err
	}
	if len(ordered) > 0 {
		var again *time.Time // never, once it was paid
		if !slices.ContainsFunc(ordered, milestoneRow.isPaid) {
			at := now.Add(paymentPause)
			again = &at
		}
		return tx.Exec("UPDATE offers SET check_at = ?, claimed_until = NULL WHERE id = ?", again, id).Error
	}
	unpaid := row.Status == order.OfferAccepted
	s.fired.WithLabelValues(offerLapsed, strconv.FormatBool(now.Sub(*row.CheckAt) > lateAfter)).Inc()
	if err := s.settleOffer(tx, &row, order.OfferExpired, row.Note); err != nil {
		return err
	}
	return tx.Emit(order.OfferLapsed{OfferFacts: row.facts(now), Unpaid: unpaid})
}
