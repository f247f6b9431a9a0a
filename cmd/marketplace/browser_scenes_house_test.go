package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/identity"
)

// staff is a context in which the operator of the gallery acts.
func (g *gallery) staff() context.Context {
	g.t.Helper()
	actor := identity.From(g.as(operating))
	actor.Roles = []string{"operator"}
	return identity.With(context.Background(), actor)
}

// troubles adds what operators and sellers see when there is something to do: withdrawals, adjustments, changed settings
// and texts, letters that nobody could deliver, and an order about which one side asks the other.
func (g *gallery) troubles(add func(string, scene)) {
	g.t.Helper()
	g.withdraws()
	staff := g.staff()
	sold := must[order.List](g.t)(g.services.Orders.List(g.as(selling), order.ListRequest{Role: "seller", Limit: 100})).Items
	asked := false
	for _, o := range sold {
		switch {
		case o.Status == order.StatusInProgress && o.BuyerUsername != buying && !asked:
			asked = true
			must[order.Order](g.t)(g.services.Orders.Ask(g.as(o.BuyerUsername), order.AskRequest{RequestID: unique(), OrderID: o.ID,
				Kind: order.ChangeRaise, Amount: 12345, Days: 3, Revisions: 1, Reason: strings.Repeat(longWord+" ", 6)}))
			add("/orders/:id", scene{who: selling, path: "/orders/" + o.ID, name: "order-asked"})
		case o.Status == order.StatusDisputed:
			add("/orders/:id", scene{who: operating, path: "/orders/" + o.ID, name: "order-staff"})
		case o.Status == order.StatusCompleted && o.BuyerUsername == buying && !g.adjusted:
			g.adjusted = true
			for _, minor := range []int64{1500, 300000} { // the second waits for another person
				must[order.Adjustment](g.t)(g.services.Orders.Adjust(staff, order.AdjustRequest{RequestID: unique(), Kind: "goodwill", Order: o.Number, Minor: minor, Reason: longWord}))
			}
		}
	}
	must[order.Done](g.t)(g.services.Orders.Simulate(staff, order.SimulateRequest{Action: "stray"}))
	must[order.Reconciliation](g.t)(g.services.Orders.Reconcile(staff, order.ReconcileRequest{}))
	must[order.Settings](g.t)(g.services.Orders.ChangeSettings(staff, order.ChangeSettingsRequest{Values: map[string]int64{"buyer_fee_basis_points": 600}, Reason: longWord}))
	must[notification.TextList](g.t)(g.services.Notifications.WriteText(staff, notification.WriteTextRequest{Name: "privacy", Language: "en",
		Text: "Ours.\n\n## What we keep\n\n- " + longWord + "\n- A [link](/help)\n\n> " + strings.Repeat(longWord+" ", 4)}))
	g.loses()
	add("/operator/events", scene{who: operating, path: "/operator/events?view=all", name: "operator-events-all"})
	add("/operator/payouts", scene{who: operating, path: "/operator/payouts?status=all", name: "operator-payouts-all"})
}

// withdraws lets the seller set up withdrawals and ask for one.
func (g *gallery) withdraws() {
	g.t.Helper()
	seller := g.as(selling)
	account := must[order.PayoutAccount](g.t)(g.services.Orders.Onboard(seller, order.OnboardRequest{}))
	at := account.URL[strings.LastIndexByte(account.URL, '/')+1:]
	must[order.Done](g.t)(g.services.Orders.Simulate(seller, order.SimulateRequest{Action: "account", ID: at, Value: "ready"}))
	apptest.Eventually(g.t, func() error {
		a, err := g.services.Orders.PayoutAccount(seller, order.PayoutAccountRequest{})
		if err == nil && a.Status != "ready" {
			err = fmt.Errorf("the account is %s", a.Status)
		}
		return err
	})
	must[order.Payout](g.t)(g.services.Orders.RequestPayout(seller, order.RequestPayoutRequest{RequestID: unique(), Minor: 12345}))
}

// loses makes letters of two events that could not be delivered, as it is kept when all attempts have failed.
func (g *gallery) loses() {
	g.t.Helper()
	events, err := sql.Open("sqlite", "file:"+filepath.Join(g.config.Data, "order.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		g.t.Fatal(err)
	}
	defer func() { _ = events.Close() }()
	if _, err := events.Exec(`INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, attempts, due_at, last_error, dead_at)
		SELECT id, 'notification', topic, aggregate, 12, created_at, ?, created_at FROM outbox_events ORDER BY id DESC LIMIT 2`, "write the mail: "+longWord); err != nil {
		g.t.Fatal(err)
	}
}
