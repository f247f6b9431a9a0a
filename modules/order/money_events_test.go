package order_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/money"
)

func moneyEvents() []event {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	return []event{
		order.PayoutChanged{PayoutID: "w1", UserID: "u2", Username: "Sam", Status: "rejected", Net: money.Of(7900, "USD"), Reason: "The account is in another name.", Automatic: true, Reference: "po_1", At: at},
		order.ChargebackChanged{Facts: order.Facts{
			OrderID: "o1", Number: "K7QX2-M9PDT", GigID: "g1", GigTitle: "I will draw a logo", BuyerID: "u1", BuyerUsername: "Bea", SellerID: "u2", SellerUsername: "Sam",
			Total: money.Of(10550, "USD"), Earnings: money.Of(8000, "USD"), Status: order.StatusCompleted, Version: 6, At: at,
		}, ChargebackID: "c1", Stage: "needs_response", Amount: money.Of(10550, "USD"), Frozen: money.Of(8000, "USD"), Reason: "fraudulent"},
	}
}

func TestEventsOfMoneyKeepTheirWireForm(t *testing.T) {
	for _, want := range moneyEvents() {
		golden, err := os.ReadFile("testdata/" + want.Topic() + ".json")
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(want))
		if err := json.Unmarshal(golden, got.Interface()); err != nil {
			t.Fatal(err)
		}
		written, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Elem().Interface(), want) || strings.TrimSpace(string(written)) != strings.TrimSpace(string(golden)) {
			t.Errorf("%s is written as\n%s\nwant\n%s", want.Topic(), written, golden)
		}
	}
	if w, c := moneyEvents()[0], moneyEvents()[1]; w.Aggregate() != "w1" || c.Aggregate() != "o1" {
		t.Errorf("the events belong to %s and %s", w.Aggregate(), c.Aggregate())
	}
}
