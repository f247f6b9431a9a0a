package payment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"marketplace/platform/db"
	"marketplace/platform/money"
)

// The simulator's bank: sellers it knows, withdrawals, chargebacks, and its report.

// errUnknown is returned for what the simulator has never seen.
var errUnknown = errors.New("payment: the simulator does not know this")

// payoutRefused is what sellers read.
const payoutRefused = "The receiving bank refused the transfer. Check your bank details."

// Checkout is the simulator's pay page: it needs no session.
func (s *Simulator) Checkout(_ context.Context, c Checkout) (string, error) {
	return s.CheckoutURL(c.PaymentID), nil
}

// Onboard makes an account; the page where the seller is asked is the simulator's.
func (s *Simulator) Onboard(ctx context.Context, o Onboarding) (Account, error) {
	id := "acct_" + o.UserID
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("INSERT INTO simulator_accounts (id, user_id, status) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", id, o.UserID, AccountIncomplete).Error
	})
	if err != nil {
		return Account{}, fmt.Errorf("make an account at the simulator: %w", err)
	}
	a, err := s.Account(ctx, id)
	a.URL = s.publicURL + "/simulator/onboarding/" + id
	return a, err
}

// Account is what was decided on the simulator's page.
func (s *Simulator) Account(ctx context.Context, account string) (Account, error) {
	var found []AccountStatus
	if err := s.db.Read(ctx).Raw("SELECT status FROM simulator_accounts WHERE id = ?", account).Scan(&found).Error; err != nil {
		return Account{}, fmt.Errorf("ask the simulator for an account: %w", err)
	}
	if len(found) == 0 {
		return Account{}, errUnknown
	}
	messages := map[AccountStatus]string{AccountIncomplete: "Tell the bank who you are.", AccountReview: "The bank looks at what you have sent.",
		AccountRestricted: "The bank could not read your document. Send it again."}
	return Account{ID: account, Status: found[0], Message: messages[found[0]]}, nil
}

// Payout sends at once, unless the control page says otherwise.
func (s *Simulator) Payout(ctx context.Context, p Payout) (PayoutResult, error) {
	var result PayoutResult
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		mode, err := modeOf(tx.DB, modePayouts)
		if err != nil {
			return err
		}
		state, message, ended := PayoutPaid, "", any(tx.Now())
		switch mode {
		case payoutsFail:
			state, message = PayoutFailed, payoutRefused
		case payoutsWait:
			state, ended = PayoutMoving, nil
		}
		err = tx.Exec(`INSERT INTO simulator_payouts (id, account, amount, currency, status, message, created_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, p.ID, p.Account, p.Amount.Minor, p.Amount.Currency, state, message, tx.Now(), ended).Error
		if err != nil {
			return err
		}
		return tx.Raw("SELECT status AS state, message FROM simulator_payouts WHERE id = ?", p.ID).Scan(&result).Error
	})
	result.Reference = "po_" + p.ID
	if err != nil {
		return PayoutResult{}, fmt.Errorf("pay out at the simulator: %w", err)
	}
	return result, nil
}

// Chargeback is the case as the simulator's bank has it.
func (s *Simulator) Chargeback(ctx context.Context, reference string) (Chargeback, error) {
	var rows []struct {
		PaymentID string
		Status    ChargebackStage
		Amount    int64
		Fee       int64
		Currency  string
		Reason    string
	}
	err := s.db.Read(ctx).Raw("SELECT payment_id, status, amount, fee, currency, reason FROM simulator_disputes WHERE id = ?", reference).Scan(&rows).Error
	if err != nil {
		return Chargeback{}, fmt.Errorf("ask the simulator for a chargeback: %w", err)
	}
	if len(rows) == 0 {
		return Chargeback{}, errUnknown
	}
	r := rows[0]
	return Chargeback{Reference: reference, PaymentID: r.PaymentID, Stage: r.Status, Amount: money.Of(r.Amount, r.Currency), Fee: money.Of(r.Fee, r.Currency), Reason: r.Reason}, nil
}

// Answer puts the evidence before the bank; then the case is under review.
func (s *Simulator) Answer(ctx context.Context, reference, evidence string) error {
	return s.change(ctx, AboutChargeback, string(UnderReview), reference, "UPDATE simulator_disputes SET status = ?, evidence = ? WHERE id = ? AND status = ?",
		UnderReview, evidence, reference, NeedsResponse)
}

// reported is the report as one query. The simulator takes no fee of payments.
const reported = `
	SELECT 'ch_' || id AS id, 'charge' AS kind, id AS subject, amount, 0 AS fee, currency, decided_at AS at FROM simulator_payments WHERE status = 'succeeded'
	UNION ALL SELECT 're_' || id, 'refund', id, -amount, 0, currency, created_at FROM simulator_refunds
	UNION ALL SELECT 'po_' || id, 'payout', id, -amount, 0, currency, created_at FROM simulator_payouts WHERE status IN ('paid', 'moving') OR status = 'failed'
	UNION ALL SELECT 'pf_' || id, 'payout_returned', id, amount, 0, currency, ended_at FROM simulator_payouts WHERE status = 'failed'
	UNION ALL SELECT id, 'chargeback', id, -amount, fee, currency, created_at FROM simulator_disputes
	UNION ALL SELECT 'won_' || id, 'chargeback_won', id, amount, 0, currency, ended_at FROM simulator_disputes WHERE status = 'won'`

// Report lists what moved.
func (s *Simulator) Report(ctx context.Context, since, until time.Time, each func(Transaction) error) error {
	after := ""
	for {
		var rows []struct {
			ID, Kind, Subject, Currency string
			Amount, Fee                 int64
			At                          time.Time
		}
		err := s.db.Read(ctx).Raw("SELECT * FROM ("+reported+") x WHERE at >= ? AND at < ? AND id > ? ORDER BY id LIMIT 500", since.UTC(), until.UTC(), after).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("read the simulator's report: %w", err)
		}
		for _, r := range rows {
			t := Transaction{ID: r.ID, Kind: r.Kind, Subject: r.Subject, Amount: money.Of(r.Amount, r.Currency), Fee: money.Of(r.Fee, r.Currency), At: r.At}
			if err := each(t); err != nil {
				return err
			}
			after = r.ID
		}
		if len(rows) < 500 {
			return nil
		}
	}
}
