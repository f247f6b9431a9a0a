package payment

import (
	"context"
	"errors"
	"time"
)

// ErrNone is returned where there is no provider.
var ErrNone = errors.New("payment: no provider is set up")

// None is a marketplace that takes no money: no order can be placed. It lets production start before a provider is set
// up.
type None struct{}

// Name is none.
func (None) Name() string { return "none" }

// CheckoutURL is nowhere.
func (None) CheckoutURL(string) string { return "" }

// Fetch fails with ErrNone.
func (None) Fetch(context.Context, string) (Charge, error) { return Charge{}, ErrNone }

// Refund fails with ErrNone.
func (None) Refund(context.Context, Refund) (RefundState, error) { return "", ErrNone }

// Checkout fails with ErrNone.
func (None) Checkout(context.Context, Checkout) (string, error) { return "", ErrNone }

// Payout fails with ErrNone.
func (None) Payout(context.Context, Payout) (PayoutResult, error) { return PayoutResult{}, ErrNone }

// Onboard fails with ErrNone.
func (None) Onboard(context.Context, Onboarding) (Account, error) { return Account{}, ErrNone }

// Account fails with ErrNone.
func (None) Account(context.Context, string) (Account, error) { return Account{}, ErrNone }

// Chargeback fails with ErrNone.
func (None) Chargeback(context.Context, string) (Chargeback, error) { return Chargeback{}, ErrNone }

// Answer fails with ErrNone.
func (None) Answer(context.Context, string, string) error { return ErrNone }

// Report has nothing to tell.
func (None) Report(context.Context, time.Time, time.Time, func(Transaction) error) error { return nil }

// VerifyWebhook refuses everything.
func (None) VerifyWebhook(map[string]string, []byte) (Notice, error) { return Notice{}, ErrSignature }
