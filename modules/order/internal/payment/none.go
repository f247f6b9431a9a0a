package payment

import (
	"context"
	"errors"
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

// VerifyWebhook refuses everything.
func (None) VerifyWebhook(map[string]string, []byte) (Notice, error) { return Notice{}, ErrSignature }
