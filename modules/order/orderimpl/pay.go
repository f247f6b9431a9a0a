package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/telemetry"
)

const (
	firstCheck = 10 * time.Second // after placing, and least between two questions
	firstDelay = 10 * time.Second // between two attempts at what has failed
	lastCheck  = 72 * time.Hour   // after placing: nobody pays so late
	astray     = 2 * time.Hour    // nothing waits for so long: that time was set by a clock that was ahead
)

// isDue is the condition, in SQL, of what is tried again by now.
const isDue = "(try_at <= ? OR try_at > ?)"

// ReceiveWebhook is documented in the contract. What came is stored first, then the provider is asked what is true, and that
// is acted upon. Whatever goes wrong after the first step, the provider's repetition or handleWebhooks repairs.
func (s *service) ReceiveWebhook(ctx context.Context, q order.ReceiveWebhookRequest) (order.Done, error) {
	if q.Provider != s.provider.Name() {
		return order.Done{}, fault.NotFoundf("There is no such payment provider.")
	}
	notice, err := s.provider.VerifyWebhook(q.Headers, q.Body)
	if errors.Is(err, payment.ErrSignature) {
		s.refused.Inc()
		return order.Done{}, fault.Unauthenticatedf("The webhook's signature or timestamp is not valid.")
	}
	if err != nil {
		return order.Done{}, fmt.Errorf("verify the webhook: %w", err)
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec(`INSERT INTO webhooks (provider, event_id, kind, payment_id, body, received_at, attempts, try_at)
			VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT DO NOTHING`,
			q.Provider, notice.EventID, notice.Kind, notice.PaymentID, q.Body, tx.Now(), tx.Now().Add(firstDelay)).Error
	})
	if err != nil {
		return order.Done{}, fmt.Errorf("store the webhook: %w", err)
	}
	return order.Done{}, s.handle(ctx, notice)
}

// handle acts on a stored webhook, once.
func (s *service) handle(ctx context.Context, n payment.Notice) error {
	var open []string
	err := s.db.Read(ctx).Raw("SELECT event_id FROM webhooks WHERE provider = ? AND event_id = ? AND try_at IS NOT NULL",
		s.provider.Name(), n.EventID).Scan(&open).Error
	if err != nil || len(open) == 0 {
		return err
	}
	if err := s.hearNews(ctx, n); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("UPDATE webhooks SET try_at = NULL WHERE provider = ? AND event_id = ?", s.provider.Name(), n.EventID).Error
	})
}

// hearNews asks the provider for what a webhook was about, and acts upon the answer. All of it may be repeated.
func (s *service) hearNews(ctx context.Context, n payment.Notice) error {
	switch {
	case n.PaymentID == "":
		return nil
	case n.Kind == payment.AboutRefund:
		return s.askRefund(ctx, n.PaymentID)
	case n.Kind == payment.AboutPayout:
		return s.askPayout(ctx, n.PaymentID)
	case n.Kind == payment.AboutChargeback:
		return s.hearChargeback(ctx, n.PaymentID)
	case n.Kind == payment.AboutAccount:
		return s.refreshAccount(ctx, n.PaymentID)
	}
	return s.ask(ctx, n.PaymentID)
}

// askRefund has sendRefunds ask for a refund now.
func (s *service) askRefund(ctx context.Context, id string) error {
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("UPDATE refunds SET try_at = ? WHERE id = ? AND status = 'requested'", tx.Now(), id).Error
	})
}

// handleWebhooks acts on webhooks that were stored and could not be acted upon: the process stopped, the provider was away.
func (s *service) handleWebhooks(ctx context.Context) error {
	now := s.now()
	var open []struct {
		EventID   string
		Kind      payment.Kind
		PaymentID string
		Attempts  int
	}
	err := s.db.Read(ctx).Raw(`SELECT event_id, kind, payment_id, attempts FROM webhooks
		WHERE `+isDue+` AND provider = ? ORDER BY try_at LIMIT 100`, now, now.Add(astray), s.provider.Name()).Scan(&open).Error
	if err != nil {
		return fmt.Errorf("find the webhooks: %w", err)
	}
	var errs []error
	for _, w := range open {
		mine, err := s.own(ctx, "UPDATE webhooks SET attempts = attempts + 1, try_at = ? WHERE event_id = ? AND provider = ? AND "+isDue,
			backOff(now, w.Attempts), w.EventID, s.provider.Name(), now, now.Add(astray))
		if err == nil && mine {
			err = s.handle(ctx, payment.Notice{EventID: w.EventID, Kind: w.Kind, PaymentID: w.PaymentID})
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// own runs a statement that takes one row away from other processes; false if one of them was faster.
func (s *service) own(ctx context.Context, statement string, args ...any) (mine bool, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		done := tx.Exec(statement, args...)
		mine = done.RowsAffected == 1
		return done.Error
	})
	return mine, err
}

// backOff is when to try again: 10 seconds later, then twice as long each time, at most an hour.
func backOff(now time.Time, attempts int) time.Time {
	return now.Add(min(firstDelay<<min(attempts, 12), time.Hour))
}

// ask brings a payment to what the provider says of it.
func (s *service) ask(ctx context.Context, paymentID string) error {
	charge, err := s.provider.Fetch(ctx, paymentID)
	if err != nil {
		return fmt.Errorf("ask the provider: %w", err)
	}
	if charge.State == payment.Pending {
		return nil
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error { return s.settle(tx, paymentID, charge) })
}

// settle brings a payment and its order to what the provider says. It does so once, in whatever order the news come. News of
// a payment that is not ours changes nothing.
func (s *service) settle(tx *db.Tx, paymentID string, c payment.Charge) error {
	var orders []string
	if err := tx.Raw("SELECT order_id FROM payments WHERE id = ?", paymentID).Scan(&orders).Error; err != nil || len(orders) == 0 {
		return err
	}
	row, err := lock(tx, orders[0])
	if err != nil {
		return err
	}
	var p paymentRow
	if err := tx.Where("id = ?", paymentID).Take(&p).Error; err != nil {
		return fmt.Errorf("read the payment: %w", err)
	}
	switch {
	case p.captured():
		return nil
	case c.State == payment.Succeeded:
		return s.capture(tx, &row, p, c)
	case c.State == payment.Declined && c.Attempt > p.Attempt && (p.Kind != paysOrder || row.Status == order.StatusPendingPayment):
		return s.decline(tx, &row, p, c)
	}
	return nil
}

// captured says whether the money has arrived before.
func (r paymentRow) captured() bool {
	return r.Status == paymentSucceeded || r.Status == paymentRefunding || r.Status == paymentRefunded
}

// capture books the money that the provider has taken. If the order has ended by now, it goes back at once.
func (s *service) capture(tx *db.Tx, row *orderRow, p paymentRow, c payment.Charge) error {
	if want := row.amount(p.Amount); c.Amount != want {
		return fmt.Errorf("the provider has captured %s for the payment %s of %s: somebody has to look at it", c.Amount, p.ID, want)
	}
	err := tx.Exec("UPDATE payments SET status = ?, charge = ?, attempt = ?, message = '', check_at = NULL WHERE id = ?",
		paymentSucceeded, c.ID, c.Attempt, p.ID).Error
	if err != nil {
		return fmt.Errorf("note the capture: %w", err)
	}
	p.Charge = c.ID
	if p.Kind != paysOrder {
		return s.captureMore(tx, row, p)
	}
	return s.hear(tx, row, "", paymentConfirmed, paymentLate)
}

func (s *service) decline(tx *db.Tx, row *orderRow, p paymentRow, c payment.Charge) error {
	err := tx.Exec("UPDATE payments SET status = ?, attempt = ?, message = ? WHERE id = ?", paymentDeclinedStatus, c.Attempt, c.Message, p.ID).Error
	if err != nil {
		return fmt.Errorf("note the refusal: %w", err)
	}
	if p.Kind != paysOrder { // the buyer reads it where the payment is shown
		return nil
	}
	return s.hear(tx, row, c.Message, paymentDeclined)
}

// hear makes the transition for the provider's news.
func (s *service) hear(tx *db.Tx, row *orderRow, note string, events ...event) error {
	r, ok := s.process.find(row.life(), provider, tx.Now(), byEvent(events...))
	if !ok {
		return fmt.Errorf("the process has no rule for %v of an order that is %s", events, row.Status)
	}
	return s.move(tx, row, step{rule: r, actor: provider, actorID: s.provider.Name(), note: note})
}

// checkPayments asks the provider about payments of which nothing was heard: the tab was closed, the webhook lost (row O2).
// Less and less often, and for some days also after the order has expired: a late capture goes back.
func (s *service) checkPayments(ctx context.Context) error {
	now := s.now()
	var due []paymentRow
	err := s.db.Read(ctx).Where("check_at <= ?", now).Order("check_at, id").Limit(100).Find(&due).Error
	if err != nil {
		return fmt.Errorf("find the payments: %w", err)
	}
	var errs []error
	for _, p := range due {
		var next *time.Time
		if age := now.Sub(p.CreatedAt); age < lastCheck {
			next = after(&now, max(age, firstCheck))
		}
		mine, err := s.own(ctx, "UPDATE payments SET check_at = ? WHERE id = ? AND check_at <= ?", next, p.ID, now)
		if err == nil && mine {
			err = s.ask(ctx, p.ID)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

type refundRow struct {
	ID        string
	PaymentID string
	OrderID   string
	Amount    int64
	Credited  int64 // of it, at once
	Covered   int64 // of it, that the buyer has from their bank
	Currency  string
	Attempts  int
}

// sendRefunds asks the provider for the refunds that are due, and settles those that have arrived.
func (s *service) sendRefunds(ctx context.Context) error {
	now := s.now()
	var due []refundRow
	err := s.db.Read(ctx).Raw(`SELECT id, payment_id, order_id, amount, credited, covered, currency, attempts FROM refunds
		WHERE `+isDue+` ORDER BY try_at, id LIMIT 100`, now, now.Add(astray)).Scan(&due).Error
	if err != nil {
		return fmt.Errorf("find the refunds: %w", err)
	}
	var errs []error
	for _, r := range due {
		errs = append(errs, s.sendRefund(ctx, r, now))
	}
	return errors.Join(errs...)
}

// sendRefund is the second stage of a refund, and the third once the provider has done it. Its id is the provider's
// idempotency key, so that a repetition after a crash sends nothing twice.
func (s *service) sendRefund(ctx context.Context, r refundRow, now time.Time) error {
	mine, err := s.own(ctx, "UPDATE refunds SET attempts = attempts + 1, try_at = ? WHERE id = ? AND "+isDue, backOff(now, r.Attempts), r.ID, now, now.Add(astray))
	if err != nil || !mine {
		return err
	}
	state, err := s.provider.Refund(ctx, payment.Refund{ID: r.ID, PaymentID: r.PaymentID, Amount: r.amount()})
	if err != nil {
		telemetry.For(ctx, s.log).Warn("the provider did not take a refund; it is asked again", zap.String("labels.refund_id", r.ID), zap.Error(err))
		return s.db.Tx(ctx, func(tx *db.Tx) error {
			return tx.Exec("UPDATE refunds SET last_error = ? WHERE id = ?", shorten(err.Error()), r.ID).Error
		})
	}
	if state == payment.RefundMoving {
		return nil
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error { return s.settleRefund(tx, r, state) })
}
