package order_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/money"
)

func offerEvents() []event {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	facts := func(status order.OfferStatus) order.OfferFacts {
		return order.OfferFacts{
			OfferID: "f2", Answers: "f1", GigID: "g1", GigTitle: "I will draw a logo", BuyerID: "u1", BuyerUsername: "Bea", SellerID: "u2", SellerUsername: "Sam",
			SentBy: "seller", Price: money.Of(45000, "USD"), Milestones: 3, Days: 12, Status: status, ExpiresAt: at.Add(168 * time.Hour), At: at,
		}
	}
	return []event{
		order.OfferMade{OfferFacts: facts(order.OfferSent)},
		order.OfferAnswered{OfferFacts: facts(order.OfferAccepted), Note: "Let us begin.", Ordered: true},
		order.OfferTakenBack{OfferFacts: facts(order.OfferWithdrawn), By: "seller", Note: "I am ill.", Accepted: true},
		order.OfferLapsed{OfferFacts: facts(order.OfferExpired), Unpaid: true},
	}
}

func TestEventsOfOffersKeepTheirWireForm(t *testing.T) {
	for _, want := range offerEvents() {
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
		if !reflect.DeepEqual(got.Elem().Interface(), want) || string(written)+"\n" != string(golden) {
			t.Errorf("%s is written as\n%s\nwant\n%s", want.Topic(), written, golden)
		}
		if want.Aggregate() != "f2" {
			t.Errorf("%s is about %q", want.Topic(), want.Aggregate())
		}
	}
}
