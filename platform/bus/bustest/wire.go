// Package bustest is for tests of modules' events.
package bustest

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"marketplace/platform/db"
)

// KeepsWireForm checks that events are written as in testdata/TOPIC.json, byte for byte, are read from there as they were, and
// are about the aggregate. What is in testdata lies in outboxes and queues, and is read by modules that run another version:
// an event that writes or reads it differently needs a new version.
func KeepsWireForm(t *testing.T, aggregate string, events ...db.Event) {
	t.Helper()
	for _, want := range events {
		golden, err := os.ReadFile("testdata/" + want.Topic() + ".json")
		if err != nil {
			t.Fatal(err)
		}
		got := reflect.New(reflect.TypeOf(want))
		if err := json.Unmarshal(golden, got.Interface()); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.Elem().Interface(), want) {
			t.Errorf("%s is read as\n%+v\nwant\n%+v", want.Topic(), got.Elem(), want)
		}
		written, err := json.MarshalIndent(want, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if string(written)+"\n" != string(golden) {
			t.Errorf("%s is written as\n%s\nwant\n%s", want.Topic(), written, golden)
		}
		if want.Aggregate() != aggregate {
			t.Errorf("%s is about %q, want %q", want.Topic(), want.Aggregate(), aggregate)
		}
	}
}
