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

type event interface {
	Topic() string
	Aggregate() string
}

func events() []event {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	later := at.Add(72 * time.Hour)
	facts := func(status order.Status, version int) order.Facts {
		return order.Facts{
			OrderID: "o1", Number: "K7QX2-M9PDT", GigID: "g1", GigTitle: "I will draw a logo",
			BuyerID: "u1", BuyerUsername: "Bea", SellerID: "u2", SellerUsername: "Sam",
			Total: money.Of(10550, "USD"), Earnings: money.Of(8000, "USD"), Status: status, Version: version, At: at,
		}
	}
	return []event{
		order.Placed{Facts: facts(order.StatusPendingPayment, 1)},
		order.Paid{Facts: facts(order.StatusAwaitingRequirements, 2)},
		order.Declined{Facts: facts(order.StatusPendingPayment, 2), Message: "The card was declined."},
		order.Expired{Facts: facts(order.StatusExpired, 2)},
		order.RequirementsDue{Facts: facts(order.StatusAwaitingRequirements, 3), CancelsAt: later},
		order.Started{Facts: facts(order.StatusInProgress, 3), DueAt: later},
		order.Delivered{Facts: facts(order.StatusDelivered, 4), Delivery: 1, Message: "Here it is.", CompletesAt: later},
		order.CompletionNear{Facts: facts(order.StatusDelivered, 5), CompletesAt: later},
		order.RevisionRequested{Facts: facts(order.StatusInRevision, 5), Message: "More red.", DueAt: later},
		order.Completed{Facts: facts(order.StatusCompleted, 5), Automatic: true, ClearsAt: later},
		order.Cancelled{Facts: facts(order.StatusCancelled, 3), By: "buyer", Reason: "Not needed any more.", Refunded: money.Of(10550, "USD")},
		order.Cleared{Facts: facts(order.StatusCompleted, 6), Amount: money.Of(7000, "USD"), Debt: money.Of(200, "USD"), Reserved: money.Of(800, "USD"), ReservedUntil: later},
		order.Late{Facts: facts(order.StatusInProgress, 4), VeryLate: true, DueAt: at, Next: later},
		order.ChangeRequested{Facts: facts(order.StatusInProgress, 4), Kind: order.ChangeExtension, By: "seller", Reason: "I am ill.", Days: 3,
			Amount: money.Of(0, "USD"), AnswerBy: later},
		order.ChangeSettled{Facts: facts(order.StatusInProgress, 5), Kind: order.ChangeExtension, By: "seller", Outcome: "accepted", Note: "Get well."},
		order.ReviewExtended{Facts: facts(order.StatusDelivered, 5), CompletesAt: later},
		order.PartlyRefunded{Facts: facts(order.StatusInProgress, 5), Amount: money.Of(3165, "USD"), Reason: "One part is missing."},
		order.Disputed{Facts: facts(order.StatusDisputed, 5), By: "buyer", Reason: "quality", AnswerBy: later},
		order.DisputeStated{Facts: facts(order.StatusDisputed, 6), By: "seller"},
		order.DisputeSettled{Facts: facts(order.StatusCompleted, 7), Outcome: "resolved", Refunded: money.Of(4220, "USD"), Earned: money.Of(4800, "USD"),
			Reason: "Half of it is there."},
		order.ChangeAgreed{Facts: facts(order.StatusInProgress, 6), Kind: order.ChangeRaise, By: "seller", Amount: money.Of(5000, "USD"), Days: 2, Revisions: 1, PayBy: later},
		order.Tipped{Facts: facts(order.StatusCompleted, 8), Amount: money.Of(1000, "USD"), Message: "Thank you.", ClearsAt: later},
		order.TakenBack{Facts: facts(order.StatusCompleted, 8), Amount: money.Of(10550, "USD"), Reason: "It was copied."},
	}
}

// What is in testdata lies in outboxes and queues: an event that reads it differently needs a new version.
func TestEventsKeepTheirWireForm(t *testing.T) {
	for _, want := range events() {
		golden, err := os.ReadFile("testdata/" + want.Topic() + ".json")
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(want))
		if err := json.Unmarshal(golden, got.Interface()); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Elem().Interface(), want) {
			t.Errorf("read %+v, want %+v", got.Elem(), want)
		}
		written, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if string(written)+"\n" != string(golden) {
			t.Errorf("%s is written as\n%s", want.Topic(), written)
		}
		if want.Aggregate() != "o1" {
			t.Errorf("%s is about %q", want.Topic(), want.Aggregate())
		}
	}
}
