package payment

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"marketplace/platform/clock"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

const (
	attemptTime = 2 * time.Second  // of one delivery of a webhook
	firstDelay  = time.Second      // before the second attempt; then twice as long each time
	longest     = 5 * time.Minute  // between attempts
	givenUp     = 72 * time.Hour   // after the first
	lease       = 10 * time.Second // while one process delivers a webhook, others leave it alone
	batch       = 50               // webhooks delivered in one go
)

// declined is what the simulator's buyer reads.
const declined = "The card was declined. Try again, or use another card."

// Simulator plays a payment provider: it has its own tables, decides when a person clicks, and tells the marketplace by
// signed webhooks, which are repeated until they arrive.
type Simulator struct {
	db         *db.DB
	clock      *clock.Clock
	secret     []byte
	webhookURL string
	publicURL  string
	http       *http.Client
}

// NewSimulator makes the simulator. Webhooks go to webhookURL, signed with secret; its pay page is under publicURL.
func NewSimulator(d *db.DB, c *clock.Clock, secret []byte, webhookURL, publicURL string) *Simulator {
	return &Simulator{db: d, clock: c, secret: secret, webhookURL: webhookURL, publicURL: publicURL, http: &http.Client{
		Timeout:       attemptTime,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 30 * time.Second}, // no proxy of the environment
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Name is simulator.
func (s *Simulator) Name() string { return "simulator" }

// CheckoutURL is the simulator's pay page.
func (s *Simulator) CheckoutURL(paymentID string) string {
	return s.publicURL + "/simulator/pay/" + paymentID
}

type simulatedRow struct {
	ID       string
	Status   string
	Amount   int64
	Currency string
	Message  string
	Attempt  int
}

func (r simulatedRow) charge() Charge {
	return Charge{ID: r.ID, State: State(r.Status), Amount: money.Of(r.Amount, r.Currency), Attempt: r.Attempt, Message: r.Message}
}

// Fetch returns what was decided.
func (s *Simulator) Fetch(ctx context.Context, paymentID string) (Charge, error) {
	rows := []simulatedRow{}
	err := s.db.Read(ctx).Raw("SELECT id, status, amount, currency, message, attempt FROM simulator_payments WHERE id = ?", paymentID).Scan(&rows).Error
	if err != nil {
		return Charge{}, fmt.Errorf("ask the simulator: %w", err)
	}
	if len(rows) == 0 {
		return Charge{ID: paymentID, State: Pending}, nil
	}
	return rows[0].charge(), nil
}

// Decide is the card form: the payment succeeds or is declined, durably; then a webhook tells the marketplace, once at
// once and until it arrives by Deliver. A declined payment can be tried again; one that has succeeded stays so.
func (s *Simulator) Decide(ctx context.Context, paymentID string, amount money.Amount, succeed bool) (Charge, error) {
	var result Charge
	var hook webhookRow
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		var err error
		result, hook, err = s.decide(tx, paymentID, amount, succeed)
		return err
	})
	if err != nil {
		return result, err
	}
	s.tell(ctx, hook)
	return result, nil
}

// decide keeps the decision and the webhook about it; without a webhook there was nothing to decide.
func (s *Simulator) decide(tx *db.Tx, paymentID string, amount money.Amount, succeed bool) (Charge, webhookRow, error) {
	row := simulatedRow{ID: paymentID, Status: string(Succeeded), Amount: amount.Minor, Currency: amount.Currency}
	if !succeed {
		row.Status, row.Message = string(Declined), declined
	}
	done := tx.Raw(`INSERT INTO simulator_payments (id, status, amount, currency, message, attempt, decided_at) VALUES (?, ?, ?, ?, ?, 1, ?)
		ON CONFLICT (id) DO UPDATE SET status = excluded.status, message = excluded.message, attempt = simulator_payments.attempt + 1,
			decided_at = excluded.decided_at
		WHERE simulator_payments.status = 'declined' RETURNING attempt`,
		row.ID, row.Status, row.Amount, row.Currency, row.Message, tx.Now()).Scan(&row.Attempt)
	if done.Error != nil {
		return Charge{}, webhookRow{}, fmt.Errorf("keep the decision: %w", done.Error)
	}
	if row.Attempt == 0 { // it has succeeded before
		err := tx.Raw("SELECT id, status, amount, currency, message, attempt FROM simulator_payments WHERE id = ?", paymentID).Scan(&row).Error
		return row.charge(), webhookRow{}, err
	}
	if err := tx.Exec("DELETE FROM simulator_challenges WHERE payment_id = ?", row.ID).Error; err != nil {
		return Charge{}, webhookRow{}, fmt.Errorf("end the challenge: %w", err)
	}
	hook, err := s.announce(tx, AboutPayment, row.Status, row.ID)
	return row.charge(), hook, err
}

// announce stores the webhook. Its first attempt follows at once, so it is due for Deliver a little later; how webhooks
// shall behave is set on the control page.
func (s *Simulator) announce(tx *db.Tx, about Kind, what, subjectID string) (webhookRow, error) {
	mode, err := modeOf(tx.DB, modeWebhooks)
	if err != nil {
		return webhookRow{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return webhookRow{}, err
	}
	body, err := json.Marshal(message{Type: string(about) + "." + what, Timestamp: tx.Now(), Data: subject{PaymentID: subjectID}})
	if err != nil {
		return webhookRow{}, err
	}
	hook := webhookRow{ID: "evt_" + id.String(), Body: string(body), CreatedAt: tx.Now(), mode: mode}
	var due any = tx.Now().Add(lease)
	switch mode {
	case hooksLate:
		due = tx.Now().Add(lateness)
	case hooksLost:
		due = nil
	case hooksBackwards: // what waits lets the newer one go first
		due = tx.Now().Add(lease)
		err := tx.Exec("UPDATE simulator_webhooks SET due_at = ? WHERE payment_id = ? AND due_at IS NOT NULL", tx.Now().Add(2*lease), subjectID).Error
		if err != nil {
			return webhookRow{}, err
		}
	}
	err = tx.Exec("INSERT INTO simulator_webhooks (id, payment_id, body, attempts, due_at, created_at) VALUES (?, ?, ?, 0, ?, ?)",
		hook.ID, subjectID, hook.Body, due, tx.Now()).Error
	return hook, err
}

// chargedBack says whether the buyer's bank is deciding about the payment. A refund that was sent before stays sent.
func chargedBack(tx *db.Tx, r Refund) (bool, error) {
	var cases int
	err := tx.Raw(`SELECT COUNT(*) FROM simulator_disputes WHERE payment_id = ? AND ended_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM simulator_refunds WHERE id = ?)`, r.PaymentID, r.ID).Scan(&cases).Error
	return cases > 0, err
}

// Refund sends the money back, at once unless the control page says otherwise, if as much was captured and not yet sent back.
func (s *Simulator) Refund(ctx context.Context, r Refund) (RefundState, error) {
	state := RefundRejected
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		state = RefundRejected
		if charged, err := chargedBack(tx, r); err != nil || charged {
			state = RefundDisputed
			return err
		}
		mode, err := modeOf(tx.DB, modeRefunds)
		if err != nil || mode == refundsReject {
			return err
		}
		if mode == refundsWait {
			state = RefundMoving
			return nil
		}
		var captured, back []int64
		lock := ""
		if tx.Postgres() {
			lock = " FOR UPDATE"
		}
		err = tx.Raw("SELECT amount FROM simulator_payments WHERE id = ? AND status = 'succeeded' AND currency = ?"+lock,
			r.PaymentID, r.Amount.Currency).Scan(&captured).Error
		if err != nil || len(captured) == 0 {
			return err
		}
		err = tx.Raw(`SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM (SELECT amount FROM simulator_refunds WHERE payment_id = ? AND id <> ?
			UNION ALL SELECT amount FROM simulator_disputes WHERE payment_id = ? AND status = ?) x`, r.PaymentID, r.ID, r.PaymentID, Lost).Scan(&back).Error
		if err != nil || back[0]+r.Amount.Minor > captured[0] {
			return err
		}
		state = RefundArrived
		return tx.Exec("INSERT INTO simulator_refunds (id, payment_id, amount, currency, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
			r.ID, r.PaymentID, r.Amount.Minor, r.Amount.Currency, tx.Now()).Error
	})
	if err != nil {
		return "", fmt.Errorf("refund at the simulator: %w", err)
	}
	return state, nil
}
