package payment

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v85"

	"marketplace/platform/clock"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

// Stripe takes money by Stripe's own checkout page, so that no card number reaches us, and pays sellers by Connect: separate
// charges and transfers. The marketplace's account holds the money; a withdrawal is a transfer to the seller's account and a
// payout from there to their bank. Our ids are the keys of idempotency; what Stripe has made of them is kept in
// stripe_objects, since Stripe forgets keys after a day.
type Stripe struct {
	db        *db.DB
	clock     *clock.Clock
	api       *stripe.Client
	hooks     []string // sign webhooks
	publicURL string
}

// StripeKeys are what the dashboard gives.
type StripeKeys struct {
	Secret  string // sk_…
	Webhook string // whsec_…, of the endpoint; with commas of several: one for the account, one for Connect
	URL     string // of the API; empty: Stripe's
}

const stripeTime = 20 * time.Second // of one call

// sessionLife is how long a checkout page can be used; Stripe allows 30 minutes to a day.
const sessionLife = time.Hour

// NewStripe makes the provider. Its calls are repeated twice, with the same key.
func NewStripe(d *db.DB, c *clock.Clock, keys StripeKeys, publicURL string) *Stripe {
	config := &stripe.BackendConfig{
		HTTPClient: &http.Client{Timeout: stripeTime, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		// Errors are returned, and logged where they end.
		LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}, MaxNetworkRetries: stripe.Int64(2), EnableTelemetry: stripe.Bool(false),
	}
	if keys.URL != "" {
		config.URL = stripe.String(keys.URL)
	}
	return &Stripe{db: d, clock: c, hooks: strings.Split(keys.Webhook, ","), publicURL: publicURL,
		api: stripe.NewClient(keys.Secret, stripe.WithBackends(stripe.NewBackendsWithConfig(config)))}
}

// Name is stripe.
func (s *Stripe) Name() string { return "stripe" }

// CheckoutURL is our own page, which makes the session when the buyer comes.
func (s *Stripe) CheckoutURL(paymentID string) string { return s.publicURL + "/pay/" + paymentID }

// known is what Stripe has made for one of our ids; empty if nothing.
type known struct {
	Object    string
	URL       string
	ExpiresAt *time.Time
}

func (s *Stripe) find(ctx context.Context, kind, id string) (known, error) {
	var rows []known
	if err := s.db.Read(ctx).Raw("SELECT object, url, expires_at FROM stripe_objects WHERE kind = ? AND id = ?", kind, id).Scan(&rows).Error; err != nil {
		return known{}, fmt.Errorf("look for the %s: %w", kind, err)
	}
	if len(rows) == 0 {
		return known{}, nil
	}
	return rows[0], nil
}

func (s *Stripe) keep(ctx context.Context, kind, id string, k known) error {
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec(`INSERT INTO stripe_objects (kind, id, object, url, expires_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (kind, id) DO UPDATE SET object = excluded.object, url = excluded.url, expires_at = excluded.expires_at`,
			kind, id, k.Object, k.URL, k.ExpiresAt).Error
	})
	if err != nil {
		return fmt.Errorf("keep the %s: %w", kind, err)
	}
	return nil
}

// Checkout makes a session of Stripe's page. One that can still be used is used again, so that nobody pays twice on two
// pages; a new one gets a key of its own, by the one before.
func (s *Stripe) Checkout(ctx context.Context, c Checkout) (string, error) {
	last, err := s.find(ctx, "session", c.PaymentID)
	if err != nil {
		return "", err
	}
	now := s.clock.Now()
	if last.ExpiresAt != nil && last.ExpiresAt.After(now.Add(time.Minute)) {
		return last.URL, nil
	}
	if last.Object != "" { // it may have been paid in its last minute
		if charge, err := s.Fetch(ctx, c.PaymentID); err != nil || charge.State == Succeeded {
			return c.ReturnURL, err
		}
	}
	about := map[string]string{"payment_id": c.PaymentID}
	p := &stripe.CheckoutSessionCreateParams{
		Mode: stripe.String("payment"), ClientReferenceID: stripe.String(c.PaymentID), Metadata: about,
		SuccessURL: stripe.String(c.ReturnURL + "?payment=succeeded"), CancelURL: stripe.String(c.ReturnURL), ExpiresAt: stripe.Int64(now.Add(sessionLife).Unix()),
		PaymentIntentData: &stripe.CheckoutSessionCreatePaymentIntentDataParams{Metadata: about, TransferGroup: stripe.String(c.PaymentID)},
		LineItems: []*stripe.CheckoutSessionCreateLineItemParams{{Quantity: stripe.Int64(1), PriceData: &stripe.CheckoutSessionCreateLineItemPriceDataParams{
			Currency: stripe.String(strings.ToLower(c.Amount.Currency)), UnitAmount: stripe.Int64(c.Amount.Minor),
			ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripe.String(c.Description)},
		}}},
	}
	p.SetIdempotencyKey("session:" + c.PaymentID + ":" + last.Object)
	session, err := s.api.V1CheckoutSessions.Create(ctx, p)
	if err != nil {
		return "", fmt.Errorf("make a checkout session: %w", err)
	}
	expires := time.Unix(session.ExpiresAt, 0).UTC()
	return session.URL, s.keep(ctx, "session", c.PaymentID, known{session.ID, session.URL, &expires})
}

// Fetch asks for the session. A refused card is between the buyer and Stripe's page, where they try again: it stays Pending.
func (s *Stripe) Fetch(ctx context.Context, paymentID string) (Charge, error) {
	last, err := s.find(ctx, "session", paymentID)
	if err != nil || last.Object == "" {
		return Charge{ID: paymentID, State: Pending}, err
	}
	session, err := s.api.V1CheckoutSessions.Retrieve(ctx, last.Object, &stripe.CheckoutSessionRetrieveParams{})
	if err != nil {
		return Charge{}, fmt.Errorf("ask for the checkout session: %w", err)
	}
	if session.PaymentStatus != stripe.CheckoutSessionPaymentStatusPaid || session.PaymentIntent == nil {
		return Charge{ID: paymentID, State: Pending}, nil
	}
	return Charge{ID: session.PaymentIntent.ID, State: Succeeded, Amount: stripeAmount(session.AmountTotal, session.Currency), Attempt: 1}, nil
}

func stripeAmount(minor int64, currency stripe.Currency) money.Amount {
	return money.Of(minor, strings.ToUpper(string(currency)))
}

// Refund sends money of the payment back, all of it or a part.
func (s *Stripe) Refund(ctx context.Context, r Refund) (RefundState, error) {
	made, err := s.find(ctx, "refund", r.ID)
	if err != nil {
		return "", err
	}
	if made.Object != "" {
		refund, err := s.api.V1Refunds.Retrieve(ctx, made.Object, &stripe.RefundRetrieveParams{})
		if err != nil {
			return "", fmt.Errorf("ask for the refund: %w", err)
		}
		return refundState(refund.Status), nil
	}
	charge, err := s.Fetch(ctx, r.PaymentID)
	if err != nil {
		return "", err
	}
	if charge.State != Succeeded {
		return RefundRejected, nil
	}
	p := &stripe.RefundCreateParams{PaymentIntent: stripe.String(charge.ID), Amount: stripe.Int64(r.Amount.Minor),
		Metadata: map[string]string{"refund_id": r.ID, "payment_id": r.PaymentID}}
	p.SetIdempotencyKey("refund:" + r.ID)
	refund, err := s.api.V1Refunds.Create(ctx, p)
	switch {
	case isCoded(err, stripe.ErrorCodeChargeDisputed): // also of a case that we have not heard of yet
		return RefundDisputed, nil
	case isFinal(err):
		return RefundRejected, nil
	}
	if err != nil {
		return "", fmt.Errorf("ask for a refund: %w", err)
	}
	return refundState(refund.Status), s.keep(ctx, "refund", r.ID, known{Object: refund.ID})
}

func refundState(status stripe.RefundStatus) RefundState {
	switch status {
	case stripe.RefundStatusSucceeded:
		return RefundArrived
	case stripe.RefundStatusFailed, stripe.RefundStatusCanceled:
		return RefundRejected
	}
	return RefundMoving
}

// isFinal says whether Stripe will answer the same however often it is asked.
func isFinal(err error) bool {
	return isCoded(err, stripe.ErrorCodeChargeAlreadyRefunded, stripe.ErrorCodeAmountTooLarge, stripe.ErrorCodeChargeExpiredForCapture)
}

func isCoded(err error, codes ...stripe.ErrorCode) bool {
	var e *stripe.Error
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}
