package orderimpl

import (
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/money"
)

func TestAnOrderLivesFromPlacingToTheSellersMoney(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.place("logo")
		b.is(o, order.StatusPendingPayment)
		if want := money.Of(10550, "USD"); o.Total != want || o.Payment.Amount != want {
			t.Fatalf("total %s, payment %s, want %s", o.Total, o.Payment.Amount, want)
		}
		if want := "http://marketplace.test/simulator/pay/" + o.Payment.ID; o.Payment.CheckoutURL != want {
			t.Errorf("the page to pay is %s, want %s", o.Payment.CheckoutURL, want)
		}
		if o = b.pay(o); b.hooks.arrived.Load() != 1 {
			t.Error("the webhook has not arrived at once")
		}
		b.is(o, order.StatusAwaitingRequirements)
		if got, want := b.balance(b.seller).Escrow, money.Of(8000, "USD"); got != want {
			t.Errorf("the seller's escrow is %s, want %s", got, want)
		}
		b.sound()

		o = must(b.orders.SubmitRequirements(b.buyer, order.SubmitRequirementsRequest{OrderID: o.ID, Answers: b.answers()}))(t)
		b.is(o, order.StatusInProgress)
		o = must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "First.", Files: []order.Upload{{Name: "../a.txt", Content: []byte("one")}}}))(t)
		b.is(o, order.StatusDelivered)
		o = must(b.orders.RequestRevision(b.buyer, order.RequestRevisionRequest{OrderID: o.ID, Message: "More red."}))(t)
		b.is(o, order.StatusInRevision)
		o = must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "Redder."}))(t)
		o = must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		b.is(o, order.StatusCompleted)
		if len(o.Deliveries) != 2 || o.Deliveries[0].Revision != "More red." || len(o.Deliveries[0].Files) != 1 || o.Deliveries[0].Files[0].Name != "a.txt" {
			t.Errorf("the deliveries are %+v", o.Deliveries)
		}
		file := must(b.orders.File(b.buyer, order.FileRequest{OrderID: o.ID, FileID: o.Deliveries[0].Files[0].ID}))(t)
		if string(file.Content) != "one" {
			t.Errorf("the file says %q", file.Content)
		}
		if got := b.balance(b.seller); got.Pending != money.Of(8000, "USD") || got.Escrow.Minor != 0 {
			t.Errorf("after completion the seller has %+v", got)
		}
		b.sound()

		b.pass(14*24*time.Hour + time.Second)
		if got := b.balance(b.seller); got.Available != money.Of(8000, "USD") || got.Pending.Minor != 0 {
			t.Errorf("after clearing the seller has %+v", got)
		}
		if report := b.sound(); report.Journals != 3 || report.Orders != 1 {
			t.Errorf("the report is %+v, want journals 1, 4 and 5 of one order", report)
		}
		if n := len(apptest.Emitted[order.Cleared](t, b.Harness)); n != 1 {
			t.Errorf("%d events say that the earning cleared", n)
		}
	})
}
