package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

// offerLapsed is how the end of an offer is counted among the steps that are taken by themselves.
const offerLapsed = "offer_lapsed"

// lapseOffers ends the offers that nobody has answered, or paid, in time (row O7). It runs every second in every process; an
// offer is claimed with a lease and lapses once, also after a downtime.
func (s *service) lapseOffers(ctx context.Context) error {
	for {
		now := s.now()
		var due []string
		err := s.db.Read(ctx).Raw(`SELECT id FROM offers WHERE check_at <= ? AND `+isFree+`
			ORDER BY check_at, id LIMIT 100`, now, now, now.Add(leaseTime)).Scan(&due).Error
		if err != nil {
			return fmt.Errorf("find the offers that expire: %w", err)
		}
		if len(due) == 0 {
			return nil
		}
		var errs []error
		for _, id := range due {
			mine, err := s.own(ctx, "UPDATE offers SET claimed_until = ? WHERE id = ? AND check_at <= ? AND "+isFree,
				now.Add(leaseTime), id, now, now, now.Add(leaseTime))
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

// lapse ends an offer whose time is over, unless its first milestone has been paid. While it is being paid for, the offer
// is looked at again when the lease is over.
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
	if slices.ContainsFunc(ordered, milestoneRow.isPaid) {
		return tx.Exec("UPDATE offers SET check_at = NULL, claimed_until = NULL WHERE id = ?", id).Error
	}
	if len(ordered) > 0 {
		return nil
	}
	unpaid := row.Status == order.OfferAccepted
	s.fired.WithLabelValues(offerLapsed, strconv.FormatBool(now.Sub(*row.CheckAt) > lateAfter)).Inc()
	if err := s.settleOffer(tx, &row, order.OfferExpired, row.Note); err != nil {
		return err
	}
	return tx.Emit(order.OfferLapsed{OfferFacts: row.facts(now), Unpaid: unpaid})
}
