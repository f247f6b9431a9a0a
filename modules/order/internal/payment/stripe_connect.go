package payment

import (
	"context"
	"fmt"
	"strings"

	"github.com/stripe/stripe-go/v85"
)

// Onboard makes an Express account, whose payouts wait until we ask for them, and a link to Stripe's own form.
func (s *Stripe) Onboard(ctx context.Context, o Onboarding) (Account, error) {
	id := o.Account
	if id == "" {
		made, err := s.find(ctx, "account", o.UserID)
		if err != nil {
			return Account{}, err
		}
		if id = made.Object; id == "" {
			if id, err = s.makeAccount(ctx, o.UserID); err != nil {
				return Account{}, err
			}
		}
	}
	a, err := s.Account(ctx, id)
	if err != nil {
		return Account{}, err
	}
	link, err := s.api.V1AccountLinks.Create(ctx, &stripe.AccountLinkCreateParams{Account: stripe.String(id), Type: stripe.String("account_onboarding"),
		ReturnURL: stripe.String(o.ReturnURL), RefreshURL: stripe.String(o.ReturnURL)})
	if err != nil {
		return Account{}, fmt.Errorf("make a link to the form: %w", err)
	}
	a.URL = link.URL
	return a, nil
}

func (s *Stripe) makeAccount(ctx context.Context, userID string) (string, error) {
	p := &stripe.AccountCreateParams{Type: stripe.String("express"), Metadata: map[string]string{"user_id": userID},
		Capabilities: &stripe.AccountCreateCapabilitiesParams{Transfers: &stripe.AccountCreateCapabilitiesTransfersParams{Requested: stripe.Bool(true)}},
		Settings: &stripe.AccountCreateSettingsParams{Payouts: &stripe.AccountCreateSettingsPayoutsParams{
			Schedule: &stripe.AccountCreateSettingsPayoutsScheduleParams{Interval: stripe.String("manual")}}},
	}
	p.SetIdempotencyKey("account:" + userID)
	a, err := s.api.V1Accounts.Create(ctx, p)
	if err != nil {
		return "", fmt.Errorf("make an account: %w", err)
	}
	return a.ID, s.keep(ctx, "account", userID, known{Object: a.ID})
}

// Account asks how far Stripe is in knowing a seller.
func (s *Stripe) Account(ctx context.Context, account string) (Account, error) {
	a, err := s.api.V1Accounts.GetByID(ctx, account, &stripe.AccountRetrieveParams{})
	if err != nil {
		return Account{}, fmt.Errorf("ask for the account: %w", err)
	}
	result := Account{ID: a.ID, Status: AccountIncomplete, Message: "Tell Stripe who you are and where your money goes."}
	reason := ""
	if a.Requirements != nil {
		reason = string(a.Requirements.DisabledReason)
	}
	switch {
	case a.PayoutsEnabled && a.DetailsSubmitted:
		result.Status, result.Message = AccountReady, ""
	case strings.HasPrefix(reason, "rejected") || reason == "requirements.past_due" && a.DetailsSubmitted:
		result.Status, result.Message = AccountRestricted, "Stripe does not pay out to this account until you have done what it asks for there."
	case a.DetailsSubmitted:
		result.Status, result.Message = AccountReview, "Stripe looks at what you have sent."
	}
	return result, nil
}

// Payout moves the money to the seller's account, and from there to their bank. If the second fails, the first is taken back.
func (s *Stripe) Payout(ctx context.Context, p Payout) (PayoutResult, error) {
	transfer, err := s.transfer(ctx, p)
	if err != nil {
		return PayoutResult{}, err
	}
	payout, err := s.payOut(ctx, p)
	if isFinal(err) {
		return PayoutResult{State: PayoutFailed, Reference: transfer, Message: payoutRefused}, s.takeBack(ctx, p, transfer)
	}
	if err != nil {
		return PayoutResult{}, fmt.Errorf("pay out: %w", err)
	}
	result := PayoutResult{State: PayoutMoving, Reference: payout.ID}
	switch payout.Status {
	case stripe.PayoutStatusPaid:
		result.State = PayoutPaid
	case stripe.PayoutStatusFailed, stripe.PayoutStatusCanceled:
		result.State, result.Message = PayoutFailed, payoutRefused
		err = s.takeBack(ctx, p, transfer)
	}
	return result, err
}

func (s *Stripe) transfer(ctx context.Context, p Payout) (string, error) {
	made, err := s.find(ctx, "transfer", p.ID)
	if err != nil || made.Object != "" {
		return made.Object, err
	}
	q := &stripe.TransferCreateParams{Amount: stripe.Int64(p.Amount.Minor), Currency: stripe.String(strings.ToLower(p.Amount.Currency)),
		Destination: stripe.String(p.Account), Metadata: map[string]string{"payout_id": p.ID}}
	q.SetIdempotencyKey("transfer:" + p.ID)
	t, err := s.api.V1Transfers.Create(ctx, q)
	if err != nil {
		return "", fmt.Errorf("transfer to the seller's account: %w", err)
	}
	return t.ID, s.keep(ctx, "transfer", p.ID, known{Object: t.ID})
}

func (s *Stripe) payOut(ctx context.Context, p Payout) (*stripe.Payout, error) {
	made, err := s.find(ctx, "payout", p.ID)
	if err != nil {
		return nil, err
	}
	if made.Object != "" {
		q := &stripe.PayoutRetrieveParams{}
		q.SetStripeAccount(p.Account)
		return s.api.V1Payouts.Retrieve(ctx, made.Object, q)
	}
	q := &stripe.PayoutCreateParams{Amount: stripe.Int64(p.Amount.Minor), Currency: stripe.String(strings.ToLower(p.Amount.Currency)), Metadata: map[string]string{"payout_id": p.ID}}
	q.SetStripeAccount(p.Account)
	q.SetIdempotencyKey("payout:" + p.ID)
	payout, err := s.api.V1Payouts.Create(ctx, q)
	if err != nil {
		return nil, err
	}
	return payout, s.keep(ctx, "payout", p.ID, known{Object: payout.ID})
}

// takeBack reverses the transfer, once.
func (s *Stripe) takeBack(ctx context.Context, p Payout, transfer string) error {
	made, err := s.find(ctx, "reversal", p.ID)
	if err != nil || made.Object != "" {
		return err
	}
	q := &stripe.TransferReversalCreateParams{ID: stripe.String(transfer), Metadata: map[string]string{"payout_id": p.ID}}
	q.SetIdempotencyKey("reversal:" + p.ID)
	r, err := s.api.V1TransferReversals.Create(ctx, q)
	if err != nil {
		return fmt.Errorf("take the transfer back: %w", err)
	}
	return s.keep(ctx, "reversal", p.ID, known{Object: r.ID})
}

// Chargeback asks for a dispute. An inquiry, which has moved no money, has no stage.
func (s *Stripe) Chargeback(ctx context.Context, reference string) (Chargeback, error) {
	q := &stripe.DisputeRetrieveParams{Expand: []*string{stripe.String("payment_intent")}}
	d, err := s.api.V1Disputes.Retrieve(ctx, reference, q)
	if err != nil {
		return Chargeback{}, fmt.Errorf("ask for the dispute: %w", err)
	}
	c := Chargeback{Reference: d.ID, Amount: stripeAmount(d.Amount, d.Currency), Fee: stripeAmount(0, d.Currency), Reason: strings.ReplaceAll(string(d.Reason), "_", " ")}
	for _, b := range d.BalanceTransactions {
		c.Fee.Minor += b.Fee
	}
	if d.PaymentIntent != nil {
		c.PaymentID = d.PaymentIntent.Metadata["payment_id"]
	}
	switch d.Status {
	case stripe.DisputeStatusNeedsResponse:
		c.Stage = NeedsResponse
	case stripe.DisputeStatusUnderReview:
		c.Stage = UnderReview
	case stripe.DisputeStatusWon:
		c.Stage = Won
	case stripe.DisputeStatusLost:
		c.Stage = Lost
	}
	return c, nil
}

// Answer submits the evidence, which Stripe takes once.
func (s *Stripe) Answer(ctx context.Context, reference, evidence string) error {
	p := &stripe.DisputeUpdateParams{Evidence: &stripe.DisputeUpdateEvidenceParams{UncategorizedText: stripe.String(evidence)}, Submit: stripe.Bool(true)}
	p.SetIdempotencyKey("evidence:" + reference)
	if _, err := s.api.V1Disputes.Update(ctx, reference, p); err != nil {
		return fmt.Errorf("send the evidence: %w", err)
	}
	return nil
}
