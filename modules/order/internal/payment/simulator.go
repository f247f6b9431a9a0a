package payment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
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
	if err != nil || hook.ID == "" {
		return result, err
	}
	_ = s.deliver(ctx, hook) // it is stored, and Deliver repeats it
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
	hook, err := s.announce(tx, row)
	return row.charge(), hook, err
}

// announce stores the webhook. The first attempt follows at once, so it is due for Deliver a little later.
func (s *Simulator) announce(tx *db.Tx, row simulatedRow) (webhookRow, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return webhookRow{}, err
	}
	body, err := json.Marshal(message{Type: "payment." + row.Status, Timestamp: tx.Now(), Data: subject{PaymentID: row.ID}})
	if err != nil {
		return webhookRow{}, err
	}
	hook := webhookRow{ID: "evt_" + id.String(), Body: string(body), CreatedAt: tx.Now()}
	err = tx.Exec("INSERT INTO simulator_webhooks (id, payment_id, body, attempts, due_at, created_at) VALUES (?, ?, ?, 0, ?, ?)",
		hook.ID, row.ID, hook.Body, tx.Now().Add(lease), tx.Now()).Error
	return hook, err
}

// Refund sends the money back at once, if as much was captured and not yet sent back.
func (s *Simulator) Refund(ctx context.Context, r Refund) (RefundState, error) {
	state := RefundRejected
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		state = RefundRejected
		var captured, back []int64
		lock := ""
		if tx.Postgres() {
			lock = " FOR UPDATE"
		}
		err := tx.Raw("SELECT amount FROM simulator_payments WHERE id = ? AND status = 'succeeded' AND currency = ?"+lock,
			r.PaymentID, r.Amount.Currency).Scan(&captured).Error
		if err != nil || len(captured) == 0 {
			return err
		}
		err = tx.Raw("SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM simulator_refunds WHERE payment_id = ? AND id <> ?", r.PaymentID, r.ID).Scan(&back).Error
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

// message is the body of a webhook.
type message struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"`
	Data      subject   `json:"data"`
}

type subject struct {
	PaymentID string `json:"payment_id"`
}

// VerifyWebhook checks a webhook of the simulator.
func (s *Simulator) VerifyWebhook(headers map[string]string, body []byte) (Notice, error) {
	if !verify(s.secret, headers, body, s.clock.Now()) {
		return Notice{}, ErrSignature
	}
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return Notice{}, fmt.Errorf("read the webhook: %w", errors.Join(ErrSignature, err))
	}
	return Notice{EventID: headers[headerID], PaymentID: m.Data.PaymentID}, nil
}

type webhookRow struct {
	ID        string
	Body      string
	Attempts  int
	CreatedAt time.Time
}

// Deliver sends the webhooks that are due. One that does not arrive comes again later, for three days.
func (s *Simulator) Deliver(ctx context.Context) error {
	var due []webhookRow
	now := s.clock.Now()
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		due = nil
		skip := ""
		if tx.Postgres() {
			skip = " FOR UPDATE SKIP LOCKED"
		}
		return tx.Raw(`UPDATE simulator_webhooks SET due_at = ? WHERE id IN
			(SELECT id FROM simulator_webhooks WHERE due_at <= ? ORDER BY due_at, id LIMIT ?`+skip+`)
			RETURNING id, body, attempts, created_at`, now.Add(lease), now, batch).Scan(&due).Error
	})
	if err != nil {
		return fmt.Errorf("find the simulator's webhooks: %w", err)
	}
	var errs []error
	for _, hook := range due {
		errs = append(errs, s.deliver(ctx, hook))
	}
	return errors.Join(errs...)
}

// deliver makes one attempt and notes how it went. That a webhook did not arrive is no error.
func (s *Simulator) deliver(ctx context.Context, hook webhookRow) error {
	arrived := s.post(ctx, hook) == nil
	now := s.clock.Now()
	hook.Attempts++
	next := now.Add(min(firstDelay<<min(hook.Attempts-1, 10), longest))
	return s.db.Tx(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		switch {
		case arrived:
			return tx.Exec("UPDATE simulator_webhooks SET attempts = ?, due_at = NULL, delivered_at = ? WHERE id = ?", hook.Attempts, now, hook.ID).Error
		case next.Sub(hook.CreatedAt) > givenUp:
			return tx.Exec("UPDATE simulator_webhooks SET attempts = ?, due_at = NULL WHERE id = ?", hook.Attempts, hook.ID).Error
		}
		return tx.Exec("UPDATE simulator_webhooks SET attempts = ?, due_at = ? WHERE id = ?", hook.Attempts, next, hook.ID).Error
	})
}

func (s *Simulator) post(ctx context.Context, hook webhookRow) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTime)
	defer cancel()
	body := []byte(hook.Body)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.webhookURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	timestamp := strconv.FormatInt(s.clock.Now().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(headerID, hook.ID)
	r.Header.Set(headerTimestamp, timestamp)
	r.Header.Set(headerSignature, sign(s.secret, hook.ID, timestamp, body))
	response, err := s.http.Do(r)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("unexpected answer %d", response.StatusCode)
	}
	return nil
}
