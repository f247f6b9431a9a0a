package orderimpl

import (
	"errors"
	"fmt"
	"net"
	"time"

	"marketplace/platform/config"
	"marketplace/platform/money"
)

// settings are what the operator decides (settings.order). Fees are in basis points: 550 is 5.5 %.
type settings struct {
	Provider   string `koanf:"provider"`    // stripe, simulator, or none: no order can be placed
	WebhookURL string `koanf:"webhook_url"` // where the simulator sends its webhooks; empty: this process
	Currency   string `koanf:"-"`           // of the marketplace

	BuyerFee  int `koanf:"buyer_fee_basis_points"`
	SellerFee int `koanf:"seller_fee_basis_points"`

	BuyerFlat      int64     `koanf:"buyer_fee_flat"`       // minor units, beside the share
	BuyerFlatBelow int64     `koanf:"buyer_fee_flat_below"` // of prices below this; 0: of all
	BuyerMinimum   int64     `koanf:"buyer_fee_minimum"`
	SellerFlat     int64     `koanf:"seller_fee_flat"`
	SellerMinimum  int64     `koanf:"seller_fee_minimum"`
	Special        []special `koanf:"special_fees"` // for categories and sellers

	QuoteLife time.Duration `koanf:"quote_life"` // a price that was shown is charged for so long

	Unpaid int `koanf:"unpaid_orders_per_buyer"` // that may wait for their payment at once

	PaymentWindow      time.Duration `koanf:"payment_window"`
	FirstReminder      time.Duration `koanf:"requirements_first_reminder"`
	SecondReminder     time.Duration `koanf:"requirements_second_reminder"`
	RequirementsWindow time.Duration `koanf:"requirements_window"`
	VeryLate           time.Duration `koanf:"very_late_after"`
	LateCancel         time.Duration `koanf:"late_cancel_after"`
	CompletionReminder time.Duration `koanf:"completion_reminder"`
	CompletionWindow   time.Duration `koanf:"completion_window"`
	Clearing           time.Duration `koanf:"clearing"`
	ReviewWindow       time.Duration `koanf:"review_window"`

	ReviewExtension  time.Duration `koanf:"review_extension"`  // of the time to look at a delivery
	ReviewExtensions int           `koanf:"review_extensions"` // by the buyer, for one delivery
	AnswerWindow     time.Duration `koanf:"answer_window"`     // for the other side's request, or dispute
	DisputeTarget    time.Duration `koanf:"dispute_target"`    // a dispute is decided by then
	DisputeBackstop  time.Duration `koanf:"dispute_backstop"`  // one that nobody has decided is refunded
	RefundLimit      int           `koanf:"partial_refund_limit_basis_points"`
	SoloLimit        int64         `koanf:"moderator_limit"` // minor units that one moderator may decide about alone

	StripeURL string `koanf:"stripe_url"` // of another API than Stripe's own, for tests

	PayoutFee      int64 `koanf:"payout_fee"`       // minor units, of each withdrawal
	PayoutLeast    int64 `koanf:"payout_minimum"`   // minor units that can be withdrawn
	PayoutDayLimit int64 `koanf:"payout_day_limit"` // minor units that one seller can withdraw in 24 hours; 0: no limit

	Reserve       int           `koanf:"reserve_basis_points"` // of an earning, held for so long after it has cleared
	ReservePeriod time.Duration `koanf:"reserve_period"`
	ReserveOrders int           `koanf:"reserve_orders"`       // of sellers with at most so many completed orders; 0: of all
	Liability     time.Duration `koanf:"chargeback_liability"` // after completion, a seller bears chargebacks for so long; 0: for ever
	DebtLimit     int64         `koanf:"debt_limit"`           // minor units that a seller can owe for chargebacks; 0: no limit
	Version       int           `koanf:"-"`                    // of what operators have changed; 0: nothing

	TipLeast  int64         `koanf:"tip_minimum"` // minor units that a tip is at least; 0 in config.yaml: 1 whole unit of the currency
	TipMost   int64         `koanf:"tip_maximum"` // and at most; 0 in config.yaml: 500 whole units
	TipWindow time.Duration `koanf:"tip_window"`  // after completion
}

const day = 24 * time.Hour

// unit is one whole unit of the marketplace's currency, in minor units.
func (s settings) unit() int64 {
	unit := int64(1)
	places, _ := money.Exponent(s.Currency)
	for range places {
		unit *= 10
	}
	return unit
}

// tipped gives tips the usual limits in the currency, where config.yaml says none: 1 to 500 whole units.
func (s settings) tipped() settings {
	unit := s.unit()
	if s.TipLeast == 0 {
		s.TipLeast = unit
	}
	if s.TipMost == 0 {
		s.TipMost = max(500*unit, s.TipLeast)
	}
	return s
}

func (s settings) amount(minor int64) money.Amount { return money.Of(minor, s.Currency) }

func defaults() settings {
	return settings{
		Provider:           "simulator",
		BuyerFee:           550,
		SellerFee:          2000,
		Unpaid:             50,
		QuoteLife:          15 * time.Minute,
		PaymentWindow:      15 * time.Minute,
		FirstReminder:      day,
		SecondReminder:     3 * day,
		RequirementsWindow: 7 * day,
		VeryLate:           day,
		LateCancel:         14 * day,
		CompletionReminder: 2 * day,
		CompletionWindow:   3 * day,
		Clearing:           14 * day,
		ReviewWindow:       14 * day,
		ReviewExtension:    3 * day,
		ReviewExtensions:   2,
		AnswerWindow:       2 * day,
		DisputeTarget:      10 * day,
		DisputeBackstop:    60 * day,
		RefundLimit:        6000,
		SoloLimit:          100_000,
		PayoutFee:          100,
		PayoutLeast:        1000,
		ReservePeriod:      90 * day,
		ReserveOrders:      5,
		TipWindow:          30 * day,
	}
}

// fitted shortens the reminders that the operator left alone to the windows that the operator shortened.
func (s settings) fitted() settings {
	std := defaults()
	if s.CompletionReminder == std.CompletionReminder && s.CompletionReminder >= s.CompletionWindow {
		s.CompletionReminder = s.CompletionWindow / 2
	}
	if s.FirstReminder == std.FirstReminder && s.FirstReminder >= s.RequirementsWindow {
		s.FirstReminder = s.RequirementsWindow / 4
	}
	if s.SecondReminder == std.SecondReminder && s.SecondReminder >= s.RequirementsWindow {
		s.SecondReminder = s.RequirementsWindow / 2
	}
	return s
}

// check tells everything that contradicts itself.
func (s settings) check() error {
	errs := []error{s.checkFees()}
	refuse := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf("settings.order"+format, args...))
		}
	}
	for name, bips := range map[string]int{"buyer_fee_basis_points": s.BuyerFee, "seller_fee_basis_points": s.SellerFee} {
		refuse(bips < 0 || bips > mostBips, ".%s must be from 0 to 10000: 550 is 5.5 %%", name)
	}
	refuse(s.QuoteLife < time.Second, ".quote_life must be at least 1s")
	refuse(s.Unpaid < 1, ".unpaid_orders_per_buyer must be at least 1")
	refuse(min(s.PaymentWindow, s.CompletionWindow, s.RequirementsWindow) < time.Second,
		": payment_window, requirements_window and completion_window must be at least 1s")
	refuse(max(s.FirstReminder, s.SecondReminder) >= s.RequirementsWindow,
		": both reminders of the requirements must come before requirements_window")
	refuse(s.CompletionReminder >= s.CompletionWindow, ".completion_reminder must be shorter than completion_window")
	refuse(s.VeryLate >= s.LateCancel, ".very_late_after must be shorter than late_cancel_after")
	refuse(min(s.ReviewExtension, s.AnswerWindow, s.DisputeBackstop) < time.Second,
		": review_extension, answer_window and dispute_backstop must be at least 1s")
	refuse(s.AnswerWindow >= s.DisputeBackstop, ".answer_window must be shorter than dispute_backstop")
	refuse(s.ReviewExtensions < 0 || s.ReviewExtensions > 20, ".review_extensions must be from 0 to 20")
	refuse(s.RefundLimit < 0 || s.RefundLimit > mostBips, ".partial_refund_limit_basis_points must be from 0 to 10000: 6000 is 60 %%")
	refuse(s.Reserve < 0 || s.Reserve > mostBips/2, ".reserve_basis_points must be from 0 to 5000: 1000 is 10 %%")
	refuse(min(s.ReservePeriod, s.Liability) < 0 || s.ReserveOrders < 0, ": reserve_period, reserve_orders and chargeback_liability must not be less than 0")
	refuse(s.PayoutDayLimit < 0 || s.PayoutDayLimit > 0 && s.PayoutDayLimit < s.PayoutLeast, ".payout_day_limit must be 0, or not less than payout_minimum")
	refuse(s.DebtLimit < 0 || s.SoloLimit < 0, ": debt_limit and moderator_limit must not be less than 0")
	refuse(s.PayoutFee < 0 || s.PayoutLeast <= s.PayoutFee, ".payout_minimum must be more than payout_fee, and neither less than 0")
	refuse(s.TipLeast < 1 || s.TipMost < s.TipLeast, ".tip_maximum must not be less than tip_minimum, and neither less than 0")
	refuse(s.TipWindow < time.Second, ".tip_window must be at least 1s")
	return errors.Join(errs...)
}

// terms are the fees and times that an order is placed under. They are kept with it, so that a change of the settings
// changes later orders only (row P7).
type terms struct {
	BuyerFee           int           `json:"buyer_fee_basis_points"`
	SellerFee          int           `json:"seller_fee_basis_points"`
	Buys               fee           `json:"buyer_fee"` // the whole of it
	Sells              fee           `json:"seller_fee"`
	FeeVersion         string        `json:"fee_version"`
	PaymentWindow      time.Duration `json:"payment_window"` // nanoseconds, like all of them
	FirstReminder      time.Duration `json:"requirements_first_reminder"`
	SecondReminder     time.Duration `json:"requirements_second_reminder"`
	RequirementsWindow time.Duration `json:"requirements_window"`
	VeryLate           time.Duration `json:"very_late_after"`
	LateCancel         time.Duration `json:"late_cancel_after"`
	CompletionReminder time.Duration `json:"completion_reminder"`
	CompletionWindow   time.Duration `json:"completion_window"`
	Clearing           time.Duration `json:"clearing"`
	ReviewWindow       time.Duration `json:"review_window"`

	ReviewExtension  time.Duration `json:"review_extension"`
	ReviewExtensions int           `json:"review_extensions"`
	AnswerWindow     time.Duration `json:"answer_window"`
	DisputeTarget    time.Duration `json:"dispute_target"`
	DisputeBackstop  time.Duration `json:"dispute_backstop"`
	RefundLimit      int           `json:"partial_refund_limit_basis_points"`

	SettingsVersion int           `json:"settings_version"`
	Reserve         int           `json:"reserve_basis_points"`
	ReservePeriod   time.Duration `json:"reserve_period"`
	ReserveOrders   int           `json:"reserve_orders"`
	Liability       time.Duration `json:"chargeback_liability"`
	DebtLimit       int64         `json:"debt_limit"`
	TipWindow       time.Duration `json:"tip_window"`
}

// complete gives orders that were placed before there were requests, disputes and tips the usual times for them.
func (t terms) complete() terms {
	if t.TipWindow == 0 {
		t.TipWindow = defaults().TipWindow
	}
	if t.AnswerWindow == 0 {
		std := defaults().terms()
		t.ReviewExtension, t.ReviewExtensions, t.AnswerWindow = std.ReviewExtension, std.ReviewExtensions, std.AnswerWindow
		t.DisputeTarget, t.DisputeBackstop, t.RefundLimit = std.DisputeTarget, std.DisputeBackstop, std.RefundLimit
	}
	return t
}

func (s settings) terms() terms {
	return terms{
		BuyerFee:           s.BuyerFee,
		SellerFee:          s.SellerFee,
		PaymentWindow:      s.PaymentWindow,
		FirstReminder:      s.FirstReminder,
		SecondReminder:     s.SecondReminder,
		RequirementsWindow: s.RequirementsWindow,
		VeryLate:           s.VeryLate,
		LateCancel:         s.LateCancel,
		CompletionReminder: s.CompletionReminder,
		CompletionWindow:   s.CompletionWindow,
		Clearing:           s.Clearing,
		ReviewWindow:       s.ReviewWindow,
		ReviewExtension:    s.ReviewExtension,
		ReviewExtensions:   s.ReviewExtensions,
		AnswerWindow:       s.AnswerWindow,
		DisputeTarget:      s.DisputeTarget,
		DisputeBackstop:    s.DisputeBackstop,
		RefundLimit:        s.RefundLimit,
		SettingsVersion:    s.Version,
		Reserve:            s.Reserve,
		ReservePeriod:      s.ReservePeriod,
		ReserveOrders:      s.ReserveOrders,
		Liability:          s.Liability,
		DebtLimit:          s.DebtLimit,
		TipWindow:          s.TipWindow,
	}
}

// webhookURL is where the simulator's webhooks are taken: by this process, over the loopback interface if it listens there;
// by the marketplace's public address if the web is elsewhere.
func (s settings) webhookURL(c config.Config) (string, error) {
	if s.WebhookURL != "" {
		return s.WebhookURL, nil
	}
	const path = "/api/v1/payments/webhooks/simulator"
	if !c.Hosts("web") {
		return c.PublicURL + path, nil
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return "", fmt.Errorf("derive settings.order.webhook_url from listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + path, nil
}
