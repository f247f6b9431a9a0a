package payment

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/platform/db"
	"marketplace/platform/money"
)

// What can be set on the control page: how webhooks travel, and how the next withdrawals go.
const (
	modeWebhooks = "webhooks"
	modePayouts  = "payouts"
	modeRefunds  = "refunds"

	hooksLate      = "late"      // a minute later
	hooksTwice     = "twice"     // each of them two times
	hooksBackwards = "backwards" // the newest first
	hooksLost      = "lost"      // never

	payoutsFail = "fail"
	payoutsWait = "wait" // until somebody decides

	refundsWait   = "wait"   // until this is set to something else
	refundsReject = "reject" // the card is closed
)

// lateness is how late late webhooks are.
const lateness = time.Minute

// Modes are the choices of the control page with their values, the usual one first.
func Modes() map[string][]string {
	return map[string][]string{
		modeWebhooks: {"normal", hooksLate, hooksTwice, hooksBackwards, hooksLost},
		modePayouts:  {"pay", payoutsFail, payoutsWait},
		modeRefunds:  {"arrive", refundsWait, refundsReject},
	}
}

// modeOf returns what is set, the usual one if nothing is.
func modeOf(q *gorm.DB, name string) (string, error) {
	var values []string
	if err := q.Raw("SELECT value FROM simulator_modes WHERE name = ?", name).Scan(&values).Error; err != nil {
		return "", fmt.Errorf("read how %s shall go: %w", name, err)
	}
	if len(values) == 0 {
		return Modes()[name][0], nil
	}
	return values[0], nil
}

// Mode returns what is set on the control page.
func (s *Simulator) Mode(ctx context.Context, name string) (string, error) {
	return modeOf(s.db.Read(ctx), name)
}

// SetMode sets it. The caller has checked both words against Modes.
func (s *Simulator) SetMode(ctx context.Context, name, value string) error {
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("INSERT INTO simulator_modes (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, value).Error
	})
}

// Challenge is the card form of a card whose bank wants to see the buyer: nothing is decided until Decide is. It says
// false if the payment has succeeded before.
func (s *Simulator) Challenge(ctx context.Context, paymentID string) (bool, error) {
	var open bool
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		var paid int
		if err := tx.Raw("SELECT COUNT(*) FROM simulator_payments WHERE id = ? AND status = 'succeeded'", paymentID).Scan(&paid).Error; err != nil || paid > 0 {
			open = false
			return err
		}
		open = true
		return tx.Exec("INSERT INTO simulator_challenges (payment_id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING", paymentID, tx.Now()).Error
	})
	if err != nil {
		return false, fmt.Errorf("challenge the buyer: %w", err)
	}
	return open, nil
}

// Challenged says whether the bank waits for the buyer.
func (s *Simulator) Challenged(ctx context.Context, paymentID string) (bool, error) {
	var n int
	err := s.db.Read(ctx).Raw("SELECT COUNT(*) FROM simulator_challenges WHERE payment_id = ?", paymentID).Scan(&n).Error
	return n > 0, err
}

// Again sends the last webhooks of a payment, payout or chargeback once more, newest first, also those that were lost.
func (s *Simulator) Again(ctx context.Context, subjectID string) error {
	var hooks []webhookRow
	err := s.db.Read(ctx).Raw("SELECT id, body, attempts, created_at FROM simulator_webhooks WHERE payment_id = ? ORDER BY id DESC LIMIT 20", subjectID).Scan(&hooks).Error
	if err != nil {
		return fmt.Errorf("find the webhooks: %w", err)
	}
	for _, hook := range hooks {
		if err := s.deliver(ctx, hook); err != nil {
			return err
		}
	}
	return nil
}

// Stray is a transfer that belongs to no payment of the marketplace's: somebody has paid into the account by hand.
func (s *Simulator) Stray(ctx context.Context, amount money.Amount) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	_, err = s.Decide(ctx, "stray_"+id.String(), amount, true)
	return err
}

// RefundByHand sends half of what is left of a payment back, as somebody does in a provider's dashboard: the marketplace does not
// know of it before it reads the report.
func (s *Simulator) RefundByHand(ctx context.Context, paymentID string) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec(`INSERT INTO simulator_refunds (id, payment_id, amount, currency, created_at)
			SELECT ?, x.id, (x.amount - x.back + 1) / 2, x.currency, ? FROM (SELECT p.id, p.amount, p.currency,
				(SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM simulator_refunds r WHERE r.payment_id = p.id) AS back
				FROM simulator_payments p WHERE p.id = ? AND p.status = 'succeeded') x WHERE x.amount > x.back`, "hand_"+id.String(), tx.Now(), paymentID).Error
	})
}

// ChargeBack has the buyer's bank take back a payment that has succeeded: all of it that was not sent back, or one of so many
// parts, rounded up. There is one case for a payment at a time.
func (s *Simulator) ChargeBack(ctx context.Context, paymentID, reason string, parts int64) (string, error) {
	var hook webhookRow
	id := "dp_" + paymentID
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		hook = webhookRow{}
		done := tx.Exec(`INSERT INTO simulator_disputes (id, payment_id, amount, fee, currency, status, reason, evidence, created_at)
			SELECT ?, id, (amount - (SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM simulator_refunds r WHERE r.payment_id = p.id) + ?) / ?, ?, currency, ?, ?, '', ?
			FROM simulator_payments p WHERE id = ? AND status = 'succeeded' ON CONFLICT DO NOTHING`, id, parts-1, parts, chargebackFee, NeedsResponse, reason, tx.Now(), paymentID)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		var err error
		hook, err = s.announce(tx, AboutChargeback, "opened", id)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("charge back: %w", err)
	}
	s.tell(ctx, hook)
	return id, nil
}

// chargebackFee is what the simulator takes for a case, in minor units.
const chargebackFee = 1500

// DecideChargeback ends a case.
func (s *Simulator) DecideChargeback(ctx context.Context, reference string, won bool) error {
	stage := Lost
	if won {
		stage = Won
	}
	return s.change(ctx, AboutChargeback, string(stage), reference, "UPDATE simulator_disputes SET status = ?, ended_at = ? WHERE id = ? AND ended_at IS NULL",
		stage, s.clock.Now(), reference)
}

// change makes one change and, if there was anything to change, sends the webhook about it.
func (s *Simulator) change(ctx context.Context, about Kind, what, subjectID, statement string, args ...any) error {
	var hook webhookRow
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		hook = webhookRow{}
		done := tx.Exec(statement, args...)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		var err error
		hook, err = s.announce(tx, about, what, subjectID)
		return err
	})
	if err != nil {
		return fmt.Errorf("change a %s at the simulator: %w", about, err)
	}
	s.tell(ctx, hook)
	return nil
}

// DecidePayout ends a withdrawal that waits, or returns one that was paid.
func (s *Simulator) DecidePayout(ctx context.Context, id string, paid bool) error {
	state, from, message := PayoutPaid, "'moving'", ""
	if !paid {
		state, from, message = PayoutFailed, "'moving', 'paid'", payoutRefused
	}
	return s.change(ctx, AboutPayout, string(state), id, "UPDATE simulator_payouts SET status = ?, message = ?, ended_at = ? WHERE id = ? AND status IN ("+from+")",
		state, message, s.clock.Now(), id)
}

// DecideAccount says who the simulator knows by now.
func (s *Simulator) DecideAccount(ctx context.Context, account string, status AccountStatus) error {
	return s.change(ctx, AboutAccount, string(status), account, "UPDATE simulator_accounts SET status = ? WHERE id = ?", status, account)
}

// Payment is a payment as the control page lists it.
type Payment struct {
	Charge
	Challenged bool
	Refunded   money.Amount
	Chargeback Chargeback // zero: none
}

// Payments lists what the simulator has decided, newest first, at most 50.
func (s *Simulator) Payments(ctx context.Context) ([]Payment, error) {
	var rows []struct {
		Row       simulatedRow `gorm:"embedded"`
		Refunded  int64
		DisputeID string
		Stage     ChargebackStage
		Reason    string
	}
	err := s.db.Read(ctx).Raw(`SELECT p.id, p.status, p.amount, p.currency, p.message, p.attempt,
		(SELECT CAST(COALESCE(SUM(r.amount), 0) AS BIGINT) FROM simulator_refunds r WHERE r.payment_id = p.id) AS refunded,
		COALESCE(d.id, '') AS dispute_id, COALESCE(d.status, '') AS stage, COALESCE(d.reason, '') AS reason
		FROM simulator_payments p LEFT JOIN simulator_disputes d ON d.payment_id = p.id ORDER BY p.decided_at DESC, p.id DESC LIMIT 50`).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list the simulator's payments: %w", err)
	}
	list := make([]Payment, len(rows))
	for i, r := range rows {
		list[i] = Payment{Charge: r.Row.charge(), Refunded: money.Of(r.Refunded, r.Row.Currency), Chargeback: Chargeback{Reference: r.DisputeID, Stage: r.Stage, Reason: r.Reason}}
	}
	return list, nil
}
