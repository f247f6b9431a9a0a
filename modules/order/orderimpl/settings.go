package orderimpl

import (
	"fmt"
	"net"
	"time"

	"marketplace/platform/config"
)

// settings are what the operator decides (settings.order). Fees are in basis points: 550 is 5.5 %.
type settings struct {
	Provider   string `koanf:"provider"`    // simulator, or none: no order can be placed
	WebhookURL string `koanf:"webhook_url"` // where the simulator sends its webhooks; empty: this process
	Currency   string `koanf:"-"`           // of the marketplace

	BuyerFee  int `koanf:"buyer_fee_basis_points"`
	SellerFee int `koanf:"seller_fee_basis_points"`

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
}

const day = 24 * time.Hour

func defaults() settings {
	return settings{
		Provider:           "simulator",
		BuyerFee:           550,
		SellerFee:          2000,
		Unpaid:             50,
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

// check refuses settings that contradict each other.
func (s settings) check() error {
	for name, bips := range map[string]int{"buyer_fee_basis_points": s.BuyerFee, "seller_fee_basis_points": s.SellerFee} {
		if bips < 0 || bips > 10000 {
			return fmt.Errorf("settings.order.%s must be from 0 to 10000: 550 is 5.5 %%", name)
		}
	}
	if s.Unpaid < 1 {
		return fmt.Errorf("settings.order.unpaid_orders_per_buyer must be at least 1")
	}
	if s.PaymentWindow < time.Second || s.CompletionWindow < time.Second || s.RequirementsWindow < time.Second {
		return fmt.Errorf("settings.order: payment_window, requirements_window and completion_window must be at least 1s")
	}
	if s.FirstReminder >= s.RequirementsWindow || s.SecondReminder >= s.RequirementsWindow {
		return fmt.Errorf("settings.order: both reminders of the requirements must come before requirements_window")
	}
	if s.CompletionReminder >= s.CompletionWindow {
		return fmt.Errorf("settings.order.completion_reminder must be shorter than completion_window")
	}
	if s.VeryLate >= s.LateCancel {
		return fmt.Errorf("settings.order.very_late_after must be shorter than late_cancel_after")
	}
	return nil
}

// terms are the fees and times that an order is placed under. They are kept with it, so that a change of the settings
// changes later orders only (row P7).
type terms struct {
	BuyerFee           int           `json:"buyer_fee_basis_points"`
	SellerFee          int           `json:"seller_fee_basis_points"`
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
