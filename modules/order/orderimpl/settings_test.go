package orderimpl

import (
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/private"
)

func TestSettingsThatContradictThemselvesStopTheProcess(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]any
		says     string
	}{
		"fee":             {map[string]any{"buyer_fee_basis_points": 10001}, "buyer_fee_basis_points"},
		"negative fee":    {map[string]any{"seller_fee_basis_points": -1}, "seller_fee_basis_points"},
		"late reminder":   {map[string]any{"requirements_window": "48h", "requirements_first_reminder": "49h"}, "requirements_window"},
		"near completion": {map[string]any{"completion_window": "1d", "completion_reminder": "30h"}, "completion_reminder"},
		"very late":       {map[string]any{"late_cancel_after": "1h"}, "very_late_after"},
		"no time to pay":  {map[string]any{"payment_window": "10ms"}, "payment_window"},
		"provider":        {map[string]any{"provider": "paypal"}, "simulator or none"},
		"tips":            {map[string]any{"tip_minimum": 500, "tip_maximum": 499}, "tip_maximum"},
		"no time to tip":  {map[string]any{"tip_window": "10ms"}, "tip_window"},
		"unknown":         {map[string]any{"fees": 1}, "fees"},
	} {
		h := apptest.Host(t, "order", apptest.Settings(c.settings))
		if _, err := newService(h.Host, Deps{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAllContradictionsAreToldAtOnce(t *testing.T) {
	h := apptest.Host(t, "order", apptest.Settings(map[string]any{"buyer_fee_basis_points": 10001, "late_cancel_after": "1h", "review_extensions": 21}))
	err := Module.Check(h.Host)
	for _, says := range []string{"buyer_fee_basis_points", "very_late_after", "review_extensions"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("not %s but: %v", says, err)
		}
	}
}

func TestProductionRefusesTheSimulatorAndStartsWithoutAProvider(t *testing.T) {
	production := apptest.Config(func(c *config.Config) {
		c.Environment, c.PublicURL, c.Secrets = config.Production, "https://market.example", map[string]private.Secret{"simulator": private.Secret(strings.Repeat("s", 32))}
		c.Mail = config.Mail{SMTP: "smtp://mail.example:587", From: "market@market.example"}
	})
	if _, err := newService(apptest.Host(t, "order", production).Host, Deps{}); err == nil || !strings.Contains(err.Error(), "takes no real money") {
		t.Errorf("with the simulator: %v", err)
	}
	b := newBed(t, func(m string, o ...apptest.Option) *apptest.Harness {
		return apptest.Host(t, m, append(o, production)...)
	}, map[string]any{"provider": "none"})
	_, err := b.orders.Place(b.buyer, order.PlaceRequest{RequestID: b.key(), GigID: "logo", Package: "basic"})
	refused(t, err, fault.Unavailable)
	_, err = b.orders.SimulatedPayment(b.buyer, order.SimulatedPaymentRequest{ID: "x"})
	refused(t, err, fault.NotFound)
	must(b.orders.Quote(apptest.Visitor(), order.QuoteRequest{GigID: "logo", Package: "basic"}))(t)
	b.tasks()
}

func TestWebhooksComeBackToThisProcessUnlessTheWebIsElsewhere(t *testing.T) {
	const path = "/api/v1/payments/webhooks/simulator"
	for listen, want := range map[string]string{":8080": "http://127.0.0.1:8080", "0.0.0.0:80": "http://127.0.0.1:80", "[::]:81": "http://127.0.0.1:81",
		"10.1.2.3:82": "http://10.1.2.3:82", "localhost:83": "http://localhost:83"} {
		c := config.Defaults()
		c.Listen = listen
		if got, err := defaults().webhookURL(c); err != nil || got != want+path {
			t.Errorf("%s: %s, %v", listen, got, err)
		}
	}
	c := config.Defaults()
	c.Modules, c.PublicURL = []string{"order"}, "https://market.example"
	if got, err := defaults().webhookURL(c); err != nil || got != "https://market.example"+path {
		t.Errorf("%s, %v", got, err)
	}
	if got, _ := (settings{WebhookURL: "http://x/y"}).webhookURL(c); got != "http://x/y" {
		t.Errorf("what the operator wrote became %s", got)
	}
}

func TestRemindersThatWereLeftAloneFitAShorterWindow(t *testing.T) {
	set := defaults()
	set.CompletionWindow, set.RequirementsWindow = 2*time.Second, 8*time.Second
	set = set.fitted().tipped()
	if err := set.check(); err != nil {
		t.Fatal(err)
	}
	if set.CompletionReminder != time.Second || set.FirstReminder != 2*time.Second || set.SecondReminder != 4*time.Second {
		t.Errorf("the reminders are %s, %s and %s", set.CompletionReminder, set.FirstReminder, set.SecondReminder)
	}
}

// Row O21: what a tip may be follows from the currency, where nothing else is said.
func TestTipsAreOneTo500WholeUnitsOfTheCurrency(t *testing.T) {
	for currency, want := range map[string][2]int64{"USD": {100, 50_000}, "JPY": {1, 500}, "KWD": {1000, 500_000}} {
		set := settings{Currency: currency}.tipped()
		if set.TipLeast != want[0] || set.TipMost != want[1] {
			t.Errorf("%s: %d to %d", currency, set.TipLeast, set.TipMost)
		}
	}
	if set := (settings{Currency: "USD", TipLeast: 70_000}).tipped(); set.TipLeast != 70_000 || set.TipMost != 70_000 {
		t.Errorf("%d to %d", set.TipLeast, set.TipMost)
	}
}

// Rows O21, Z29: operators change what a tip may be, with a history; an order keeps its time.
func TestOperatorsSayWhatATipMayBeAndForHowLong(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		old := b.completed()
		b.change(map[string]int64{"tip_minimum": 500, "tip_maximum": 1000, "tip_window": 86400})
		tip := func(o order.Order, amount int64) error {
			_, err := b.orders.Tip(b.buyer, order.TipRequest{RequestID: b.key(), OrderID: o.ID, Amount: amount})
			return err
		}
		for _, wrong := range []int64{499, 1001} {
			if f := refused(t, tip(old, wrong), fault.Invalid); f.Fields[0].Message != "Use 5.00 USD to 10.00 USD." {
				t.Errorf("%d: %+v", wrong, f)
			}
		}
		fresh := b.completed()
		b.pass(day + time.Minute)
		refused(t, tip(fresh, 1000), fault.Conflict)
		if err := tip(old, 500); err != nil { // for 30 days, as it was placed
			t.Error(err)
		}
		history := must(b.orders.ListSettings(clerk(), order.ListSettingsRequest{}))(t).Items
		if len(history) != 1 || len(history[0].Changes) != 3 {
			t.Errorf("the history is %+v", history)
		}
		_, err := b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Version: 1, Values: map[string]int64{"tip_minimum": 2000}, Reason: "x"})
		if f := refused(t, err, fault.Invalid); len(f.Fields) != 1 {
			t.Errorf("%+v", f)
		}
	})
}
