package payment

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"marketplace/platform/money"
)

const stripeSignature = "stripe-signature"

// stripeEvent is what is read of an event: whose it is. What it says about its object may be old by now.
type stripeEvent struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	Data struct {
		Object struct {
			ID              string            `json:"id"`
			ClientReference string            `json:"client_reference_id"`
			Metadata        map[string]string `json:"metadata"`
		} `json:"object"`
	} `json:"data"`
}

// VerifyWebhook checks Stripe's signature, and by our clock that it is at most five minutes old, or ahead.
func (s *Stripe) VerifyWebhook(headers map[string]string, body []byte) (Notice, error) {
	header := headers[stripeSignature]
	good := func(secret string) bool { return webhook.ValidatePayloadIgnoringTolerance(body, header, secret) == nil }
	if !s.isFresh(header) || !slices.ContainsFunc(s.hooks, good) {
		return Notice{}, ErrSignature
	}
	var e stripeEvent
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" {
		return Notice{}, fmt.Errorf("read the webhook: %w", errors.Join(ErrSignature, err))
	}
	return e.notice(), nil
}

// isFresh reads the time that is signed: t=1492774577,v1=…
func (s *Stripe) isFresh(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if text, ok := strings.CutPrefix(part, "t="); ok {
			seconds, err := strconv.ParseInt(text, 10, 64)
			age := s.clock.Now().Sub(time.Unix(seconds, 0))
			return err == nil && age <= window && age >= -window
		}
	}
	return false
}

// notice says whom to ask about what.
func (e stripeEvent) notice() Notice {
	n, o := Notice{EventID: e.ID, Kind: AboutPayment}, e.Data.Object
	switch {
	case strings.HasPrefix(e.Type, "checkout.session."):
		n.PaymentID = o.ClientReference
	case strings.HasPrefix(e.Type, "payment_intent."):
		n.PaymentID = o.Metadata["payment_id"]
	case strings.HasPrefix(e.Type, "charge.dispute."):
		n.Kind, n.PaymentID = AboutChargeback, o.ID
	case strings.HasPrefix(e.Type, "refund."), strings.HasPrefix(e.Type, "charge.refund."):
		n.Kind, n.PaymentID = AboutRefund, o.Metadata["refund_id"]
	case strings.HasPrefix(e.Type, "payout."), strings.HasPrefix(e.Type, "transfer."):
		n.Kind, n.PaymentID = AboutPayout, o.Metadata["payout_id"]
	case e.Type == "account.updated":
		n.Kind, n.PaymentID = AboutAccount, o.ID
	}
	return n
}

// Report lists the movements of the marketplace's balance. Payouts of sellers' accounts are not among them, the transfers
// to these are.
func (s *Stripe) Report(ctx context.Context, since, until time.Time, each func(Transaction) error) error {
	p := &stripe.BalanceTransactionListParams{CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: max(since.Unix(), 0), LesserThan: until.Unix()}}
	p.Limit = stripe.Int64(100)
	p.AddExpand("data.source")
	for b, err := range s.api.V1BalanceTransactions.List(ctx, p).All(ctx) {
		if err != nil {
			return fmt.Errorf("read Stripe's balance: %w", err)
		}
		if t, ok := reportLine(b); ok {
			if err := each(t); err != nil {
				return err
			}
		}
	}
	return nil
}

// reportLine is a movement in our words; false for what has no counterpart in the books.
func reportLine(b *stripe.BalanceTransaction) (Transaction, bool) {
	t := Transaction{ID: b.ID, Amount: stripeAmount(b.Amount, b.Currency), Fee: money.Of(b.Fee, strings.ToUpper(string(b.Currency))), At: time.Unix(b.Created, 0).UTC()}
	source := b.Source
	if source == nil {
		return t, false
	}
	switch {
	case source.Charge != nil:
		t.Kind, t.Subject = "charge", cmp.Or(source.Charge.Metadata["payment_id"], source.Charge.ID) // made by hand: it fits nothing
	case source.Refund != nil:
		t.Kind, t.Subject = "refund", cmp.Or(source.Refund.Metadata["refund_id"], source.Refund.ID)
	case source.Transfer != nil:
		t.Kind, t.Subject = "payout", source.Transfer.Metadata["payout_id"]
	case source.TransferReversal != nil:
		t.Kind, t.Subject = "payout_returned", source.TransferReversal.Metadata["payout_id"]
	case source.Dispute != nil:
		t.Kind, t.Subject = "chargeback", source.Dispute.ID
		if b.Amount > 0 {
			t.Kind = "chargeback_won"
		}
	case source.Payout != nil:
		t.Kind, t.Subject = "settlement", source.Payout.ID
	}
	return t, t.Subject != ""
}
