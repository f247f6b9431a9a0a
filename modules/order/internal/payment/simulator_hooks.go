package payment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"marketplace/platform/db"
)

// tell sends a webhook that was just stored, as the control page wants it. What does not arrive now, Deliver repeats.
func (s *Simulator) tell(ctx context.Context, hook webhookRow) {
	switch {
	case hook.ID == "" || hook.mode == hooksLate || hook.mode == hooksLost || hook.mode == hooksBackwards:
	case hook.mode == hooksTwice:
		_ = s.deliver(ctx, hook)
		_ = s.deliver(ctx, hook)
	default:
		_ = s.deliver(ctx, hook)
	}
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
	kind, _, _ := strings.Cut(m.Type, ".")
	return Notice{EventID: headers[headerID], Kind: Kind(kind), PaymentID: m.Data.PaymentID}, nil
}

type webhookRow struct {
	ID        string
	Body      string
	Attempts  int
	CreatedAt time.Time

	mode string `gorm:"-"` // when it was made
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
