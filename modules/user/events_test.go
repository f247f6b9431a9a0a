package user_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"marketplace/modules/user"
)

// What is in testdata lies in outboxes and queues: an event that reads it differently needs a new version.
func TestBecameSellerKeepsItsWireForm(t *testing.T) {
	want := user.BecameSeller{UserID: "u1", Username: "Ana", At: time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)}
	golden, err := os.ReadFile("testdata/" + want.Topic() + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var got user.BecameSeller
	if err := json.Unmarshal(golden, &got); err != nil || got != want {
		t.Errorf("read %+v, %v", got, err)
	}
	written, err := json.MarshalIndent(want, "", "  ")
	if err != nil || string(written)+"\n" != string(golden) {
		t.Errorf("written as\n%s, %v", written, err)
	}
	if want.Aggregate() != "u1" {
		t.Errorf("it is about %q", want.Aggregate())
	}
}
