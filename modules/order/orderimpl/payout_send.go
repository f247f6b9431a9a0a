package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
)

// lockPayout reads a withdrawal for a change.
func lockPayout(tx *db.Tx, id string) (payoutRow, error) {
	missing := fault.NotFoundf("There is no such withdrawal.")
	if !isText(id, mostID) {
		return payoutRow{}, missing
	}
	return held[payoutRow](tx.ForUpdate().Where("id = ?", id), "withdrawal", missing)
}

// DecidePayout is documented in the contract.
func (s *service) DecidePayout(ctx context.Context, q order.DecidePayoutRequest) (order.Payout, error) {
	if err := needOperator(ctx); err != nil {
		return order.Payout{}, err
	}
	var c fault.Check
	c.That(q.Decision == "approve" || q.Decision == "pay" || q.Decision == "reject", "decision", "Use approve, pay or reject.")
	c.That(q.Decision != "reject" || q.Reason != "", "reason", "Say why: the seller reads it.")
	c.That(q.Decision != "pay" || q.Reference != "", "reference", "Write the bank's reference of the transfer.")
	c.That(isText(q.Reason, 500), "reason", "Use at most 500 characters.")
	c.That(isText(q.Reference, 100), "reference", "Use at most 100 characters.")
	if err := c.Err(); err != nil {
		return order.Payout{}, err
	}
	by := identity.From(ctx).UserID
	var result order.Payout
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		row, err := lockPayout(tx, q.ID)
		if err != nil {
			return err
		}
		if row.UserID == by {
			return fault.Forbiddenf("Another operator has to decide about your own withdrawal.")
		}
		if row.Status != payoutRequested {
			return fault.Conflictf("This withdrawal is %s: it was decided before.", row.Status)
		}
		now := tx.Now()
		row.DecidedBy, row.DecidedAt = by, &now
		switch q.Decision {
		case "approve":
			row.TryAt = &now
			err = s.payoutBecomes(tx, &row, payoutApproved, nil, by)
		case "pay":
			row.Reference = q.Reference
			bank := ledger.Bank()
			err = s.payoutBecomes(tx, &row, payoutPaid, &bank, by)
		case "reject":
			row.Reason = q.Reason
			err = s.payoutBecomes(tx, &row, payoutRejected, nil, by)
		}
		result = row.payout()
		tx.Audit(telemetry.Act{Action: "payout-" + q.Decision, Whom: row.UserID, Amount: row.amount(row.Amount), What: map[string]string{"payout_id": row.ID}})
		return err
	})
	return result, err
}

// payoutBecomes changes a locked withdrawal, and moves its money: journal 7 from where it was paid, journal 8 if it
// will not arrive.
func (s *service) payoutBecomes(tx *db.Tx, row *payoutRow, status string, from *ledger.Account, actor string) error {
	was := row.Status
	row.Status = status
	if status != payoutApproved && status != payoutSending {
		now := tx.Now()
		row.EndedAt, row.TryAt = &now, nil
	}
	done := tx.Model(&payoutRow{}).Where("id = ? AND status = ?", row.ID, was).
		Select("status", "reason", "reference", "decided_by", "decided_at", "try_at", "ended_at", "last_error").Updates(row)
	if done.Error != nil || done.RowsAffected != 1 {
		return errors.Join(fmt.Errorf("change the withdrawal from %s to %s", was, status), done.Error)
	}
	j, err := payoutJournal(row.withdrawal(), was, status, from)
	if err != nil {
		return err
	}
	if j.Key != "" {
		if err := row.post(tx, j, actor); err != nil {
			return err
		}
	}
	if status == payoutFailed || status == payoutRejected {
		err := workOff(tx, debt{book: "payout:" + row.ID, cause: "payout:" + row.ID, seller: row.UserID, currency: row.Currency, actor: actor})
		if err != nil {
			return err
		}
	}
	if status == payoutSending { // the seller has heard that it was approved
		return nil
	}
	return row.announce(tx)
}

func payoutJournal(w ledger.Withdrawal, was, status string, from *ledger.Account) (ledger.Journal, error) {
	switch {
	case status == payoutPaid:
		return ledger.PayoutPaid(w, *from)
	case status == payoutFailed && was == payoutPaid:
		return ledger.PayoutReturned(w, *from)
	case status == payoutFailed || status == payoutRejected:
		return ledger.PayoutFailed(w)
	}
	return ledger.Journal{}, nil
}

// sendPayouts asks the provider for the withdrawals that are due, and settles those that it has answered.
func (s *service) sendPayouts(ctx context.Context) error {
	now := s.now()
	var due []payoutRow
	if err := s.db.Read(ctx).Where(isDue, now, now.Add(astray)).Order("try_at, id").Limit(100).Find(&due).Error; err != nil {
		return fmt.Errorf("find the withdrawals: %w", err)
	}
	var errs []error
	for _, p := range due {
		mine, err := s.own(ctx, "UPDATE payouts SET attempts = attempts + 1, try_at = ? WHERE id = ? AND "+isDue, backOff(now, p.Attempts), p.ID, now, now.Add(astray))
		if err == nil && mine {
			err = s.sendPayout(ctx, p)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// sendPayout is the second stage of a withdrawal, and the third once the provider has answered. Its id is the provider's
// idempotency key, so that a repetition after a crash sends nothing twice.
func (s *service) sendPayout(ctx context.Context, p payoutRow) error {
	result, err := s.provider.Payout(ctx, payment.Payout{ID: p.ID, Account: p.Account, Amount: p.amount(p.Amount - p.Fee)})
	if err != nil {
		telemetry.For(ctx, s.log).Warn("the provider did not take a withdrawal; it is asked again", zap.String("labels.payout_id", p.ID), zap.Error(err))
		return s.db.Tx(ctx, func(tx *db.Tx) error {
			return tx.Exec("UPDATE payouts SET last_error = ? WHERE id = ?", shorten(err.Error()), p.ID).Error
		})
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error { return s.settlePayout(tx, p.ID, result) })
}

// settlePayout brings a withdrawal to what the provider says, once, in whatever order the news come.
func (s *service) settlePayout(tx *db.Tx, id string, r payment.PayoutResult) error {
	row, err := lockPayout(tx, id)
	if err != nil {
		return err
	}
	clearing := ledger.Clearing(row.Provider)
	open := row.Status == payoutApproved || row.Status == payoutSending
	if r.Reference != "" {
		row.Reference = r.Reference
	}
	row.LastError = ""
	switch {
	case r.State == payment.PayoutMoving && row.Status == payoutApproved:
		return s.payoutBecomes(tx, &row, payoutSending, nil, row.Provider)
	case r.State == payment.PayoutPaid && open:
		return s.payoutBecomes(tx, &row, payoutPaid, &clearing, row.Provider)
	case r.State == payment.PayoutFailed && (open || row.Status == payoutPaid):
		row.Reason = r.Message
		return s.payoutBecomes(tx, &row, payoutFailed, &clearing, row.Provider)
	}
	return nil
}

// askPayout hears of a withdrawal at the provider. News of one that was never sent there change nothing.
func (s *service) askPayout(ctx context.Context, id string) error {
	var rows []payoutRow
	if err := s.db.Read(ctx).Where("id = ? AND provider = ? AND status IN ?", id, s.provider.Name(), []string{payoutApproved, payoutSending, payoutPaid}).Find(&rows).Error; err != nil {
		return fmt.Errorf("find the withdrawal: %w", err)
	}
	if len(rows) == 0 || rows[0].Status == payoutPaid && rows[0].Attempts == 0 { // paid from the bank
		return nil
	}
	return s.sendPayout(ctx, rows[0])
}

// schedulePayouts requests the withdrawals that sellers want by themselves (row Ps2). A schedule that finds too little, or
// a withdrawal under way, comes again the next time.
func (s *service) schedulePayouts(ctx context.Context) error {
	now := s.now()
	var due []payoutAccountRow
	if err := s.db.Read(ctx).Where("next_at <= ?", now).Order("next_at, user_id").Limit(100).Find(&due).Error; err != nil {
		return fmt.Errorf("find the schedules: %w", err)
	}
	var errs []error
	for _, a := range due {
		mine, err := s.own(ctx, "UPDATE payout_accounts SET next_at = ? WHERE user_id = ? AND next_at <= ?", nextPayout(a.Every, now), a.UserID, now)
		if err == nil && mine {
			err = s.requestScheduled(ctx, a)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (s *service) requestScheduled(ctx context.Context, a payoutAccountRow) error {
	set, err := s.current(ctx)
	if err != nil {
		return err
	}
	available, err := keptBalance(s.db.Read(ctx), ledger.Available(a.UserID), set.Currency)
	if err != nil || available < max(a.Minimum, set.PayoutLeast) {
		return err
	}
	if set.PayoutDayLimit > 0 {
		available = min(available, set.PayoutDayLimit)
	}
	_, err = s.requestPayout(ctx, payoutRow{UserID: a.UserID, Username: a.Username, Amount: available, Automatic: true}, nothingKept())
	if fault.Of(err) != nil { // not ready, or one is under way
		return nil
	}
	return err
}

// nextPayout is the next Monday, or the first of the next month, at midnight UTC.
func nextPayout(every string, now time.Time) *time.Time {
	today := now.UTC().Truncate(day)
	var next time.Time
	switch every {
	case "week":
		next = today.AddDate(0, 0, 7-(int(today.Weekday())+6)%7)
	case "month":
		next = time.Date(today.Year(), today.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	default:
		return nil
	}
	return &next
}
