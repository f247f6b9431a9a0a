package orderimpl

import (
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/money"
)

// The units of settings, as the contract names them.
const (
	inBips    = "basis_points"
	inMinor   = "minor"
	inSeconds = "seconds"
	inNumbers = "count"
)

// knob is a setting that operators can change while the marketplace runs.
type knob struct {
	name, group, unit string
	least, most       int64
	get               func(settings) int64
	set               func(*settings, int64)
}

const (
	mostMinor = 1_000_000_000 // of a flat part, a minimum, a limit
	mostBips  = 10_000        // the whole
)

func share(group, name string, at func(*settings) *int) knob {
	return knob{name, group, inBips, 0, mostBips, func(s settings) int64 { return int64(*at(&s)) }, func(s *settings, v int64) { *at(s) = int(v) }}
}

func amount(group, name string, at func(*settings) *int64) knob {
	return knob{name, group, inMinor, 0, mostMinor, func(s settings) int64 { return *at(&s) }, func(s *settings, v int64) { *at(s) = v }}
}

func length(group, name string, least time.Duration, at func(*settings) *time.Duration) knob {
	const longest = 2 * 366 * day
	return knob{name, group, inSeconds, int64(least / time.Second), int64(longest / time.Second),
		func(s settings) int64 { return int64(*at(&s) / time.Second) },
		func(s *settings, v int64) { *at(s) = time.Duration(v) * time.Second }}
}

func number(group, name string, least, most int64, at func(*settings) *int) knob {
	return knob{name, group, inNumbers, least, most, func(s settings) int64 { return int64(*at(&s)) }, func(s *settings, v int64) { *at(s) = int(v) }}
}

// knobs are all of them, in the order in which they are shown. The names are those of config.yaml.
func knobs() []knob {
	return append(append(feeKnobs(), timeKnobs()...), riskKnobs()...)
}

func feeKnobs() []knob {
	const group = "fees"
	return []knob{
		share(group, "buyer_fee_basis_points", func(s *settings) *int { return &s.BuyerFee }),
		amount(group, "buyer_fee_flat", func(s *settings) *int64 { return &s.BuyerFlat }),
		amount(group, "buyer_fee_flat_below", func(s *settings) *int64 { return &s.BuyerFlatBelow }),
		amount(group, "buyer_fee_minimum", func(s *settings) *int64 { return &s.BuyerMinimum }),
		share(group, "seller_fee_basis_points", func(s *settings) *int { return &s.SellerFee }),
		amount(group, "seller_fee_flat", func(s *settings) *int64 { return &s.SellerFlat }),
		amount(group, "seller_fee_minimum", func(s *settings) *int64 { return &s.SellerMinimum }),
	}
}

func timeKnobs() []knob {
	const group, cases = "orders", "disputes"
	return []knob{
		length(group, "quote_life", time.Second, func(s *settings) *time.Duration { return &s.QuoteLife }),
		number(group, "unpaid_orders_per_buyer", 1, 1000, func(s *settings) *int { return &s.Unpaid }),
		length(group, "payment_window", time.Second, func(s *settings) *time.Duration { return &s.PaymentWindow }),
		length(group, "requirements_first_reminder", 0, func(s *settings) *time.Duration { return &s.FirstReminder }),
		length(group, "requirements_second_reminder", 0, func(s *settings) *time.Duration { return &s.SecondReminder }),
		length(group, "requirements_window", time.Second, func(s *settings) *time.Duration { return &s.RequirementsWindow }),
		length(group, "very_late_after", 0, func(s *settings) *time.Duration { return &s.VeryLate }),
		length(group, "late_cancel_after", time.Second, func(s *settings) *time.Duration { return &s.LateCancel }),
		length(group, "completion_reminder", 0, func(s *settings) *time.Duration { return &s.CompletionReminder }),
		length(group, "completion_window", time.Second, func(s *settings) *time.Duration { return &s.CompletionWindow }),
		length(group, "clearing", 0, func(s *settings) *time.Duration { return &s.Clearing }),
		length(group, "review_window", 0, func(s *settings) *time.Duration { return &s.ReviewWindow }),
		length(group, "review_extension", time.Second, func(s *settings) *time.Duration { return &s.ReviewExtension }),
		length(group, "tip_window", time.Second, func(s *settings) *time.Duration { return &s.TipWindow }),
		amount(group, "tip_minimum", func(s *settings) *int64 { return &s.TipLeast }),
		amount(group, "tip_maximum", func(s *settings) *int64 { return &s.TipMost }),
		number(group, "review_extensions", 0, 20, func(s *settings) *int { return &s.ReviewExtensions }),
		length(cases, "answer_window", time.Second, func(s *settings) *time.Duration { return &s.AnswerWindow }),
		length(cases, "dispute_target", 0, func(s *settings) *time.Duration { return &s.DisputeTarget }),
		length(cases, "dispute_backstop", time.Second, func(s *settings) *time.Duration { return &s.DisputeBackstop }),
		share(cases, "partial_refund_limit_basis_points", func(s *settings) *int { return &s.RefundLimit }),
		amount(cases, "moderator_limit", func(s *settings) *int64 { return &s.SoloLimit }),
	}
}

func riskKnobs() []knob {
	const group, risk = "payouts", "risk"
	return []knob{
		amount(group, "payout_fee", func(s *settings) *int64 { return &s.PayoutFee }),
		amount(group, "payout_minimum", func(s *settings) *int64 { return &s.PayoutLeast }),
		amount(group, "payout_day_limit", func(s *settings) *int64 { return &s.PayoutDayLimit }),
		share(risk, "reserve_basis_points", func(s *settings) *int { return &s.Reserve }),
		length(risk, "reserve_period", 0, func(s *settings) *time.Duration { return &s.ReservePeriod }),
		number(risk, "reserve_orders", 0, 1_000_000, func(s *settings) *int { return &s.ReserveOrders }),
		length(risk, "chargeback_liability", 0, func(s *settings) *time.Duration { return &s.Liability }),
		amount(risk, "debt_limit", func(s *settings) *int64 { return &s.DebtLimit }),
	}
}

// told is a value in words, for what is compared.
func (f *fee) told() string {
	if f == nil {
		return "as usual"
	}
	return fmt.Sprintf("%d bp, flat %d below %d, at least %d", f.Bips, f.Flat, f.Threshold, f.Minimum)
}

// riskPolicy is what sellers are told of it.
func (s settings) riskPolicy() order.RiskPolicy {
	return order.RiskPolicy{ReserveBasisPoints: s.Reserve, ReserveDays: int(s.ReservePeriod / day), ReserveOrders: s.ReserveOrders,
		LiableDays: int(s.Liability / day), DebtLimit: money.Of(s.DebtLimit, s.Currency)}
}
