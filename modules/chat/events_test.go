package chat_test

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
	"time"

	"marketplace/modules/chat"
)

// What is in testdata lies in outboxes and queues: an event that reads it differently needs a new version.
func TestEventsKeepTheirWireForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	for _, want := range []interface {
		Topic() string
		Aggregate() string
	}{
		chat.MessageSent{ConversationID: "c1", MessageID: "m1", Seq: 7, SenderID: "u1", SenderUsername: "ana", RecipientID: "u2", At: at},
		chat.Typed{ConversationID: "c1", TypistID: "u1", RecipientID: "u2", At: at},
		chat.MessageEdited{ConversationID: "c1", MessageID: "m1", Seq: 7, Change: 2, SenderID: "u1", RecipientID: "u2", At: at},
		chat.MessageDeleted{ConversationID: "c1", MessageID: "m1", Seq: 7, Change: 3, SenderID: "u1", RecipientID: "u2", At: at},
		chat.CaseRead{CaseID: "c1", ConversationID: "x1", ReporterID: "u1", ReporterUsername: "ana", ReportedID: "u2", ReportedUsername: "ben", At: at},
		chat.CaseClosed{CaseID: "c1", ConversationID: "x1", ReporterID: "u1", ReportedID: "u2", ReportedUsername: "ben", Reason: "spam", Status: "upheld", Note: "Thank you.", At: at},
		chat.Read{ConversationID: "c1", ReaderID: "u2", OtherID: "u1", Seq: 7, At: at},
	} {
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
		if want.Aggregate() != "c1" {
			t.Errorf("%s is about %q", want.Topic(), want.Aggregate())
		}
	}
}
