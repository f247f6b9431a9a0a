package user_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"marketplace/modules/user"
)

// What is in testdata lies in outboxes and queues: an event that reads it differently needs a new version.
func TestEventsKeepTheirWireForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	for _, want := range []interface {
		Topic() string
		Aggregate() string
	}{
		user.BecameSeller{UserID: "u1", Username: "Ana", At: at},
		user.PresenceChanged{UserID: "u1", Online: true, At: at},
	} {
		golden, err := os.ReadFile("testdata/" + want.Topic() + ".json")
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(want))
		if err := json.Unmarshal(golden, got.Interface()); err != nil || !reflect.DeepEqual(got.Elem().Interface(), want) {
			t.Errorf("read %+v, %v", got.Elem(), err)
		}
		written, err := json.MarshalIndent(want, "", "  ")
		if err != nil || string(written)+"\n" != string(golden) {
			t.Errorf("%s is written as\n%s, %v", want.Topic(), written, err)
		}
		if want.Aggregate() != "u1" {
			t.Errorf("%s is about %q", want.Topic(), want.Aggregate())
		}
	}
}
