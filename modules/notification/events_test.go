package notification_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"marketplace/modules/notification"
)

// The wire form of events is a promise to modules that run another version.
func TestEventsKeepTheirWireForm(t *testing.T) {
	e := notification.Created{
		NotificationID: "0190b0a0-0000-7000-8000-000000000001", UserID: "0190b0a0-0000-7000-8000-000000000002",
		Kind: "order_delivered", Title: "Sam delivered your order", Text: "Look at the delivery.",
		Link: "/orders/0190b0a0-0000-7000-8000-000000000003", Unread: 3, At: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC),
	}
	golden, err := os.ReadFile("testdata/" + e.Topic() + ".json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(golden) {
		t.Errorf("%s is now\n%s\nwant\n%s", e.Topic(), got, golden)
	}
}
