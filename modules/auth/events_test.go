package auth_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"marketplace/modules/auth"
)

// The wire form of events is a promise to modules that run another version.
func TestEventsKeepTheirWireForm(t *testing.T) {
	const id, session = "0190b0a0-0000-7000-8000-000000000001", "0190b0a0-0000-7000-8000-000000000002"
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	for _, e := range []interface{ Topic() string }{
		auth.SignedUp{UserID: id, Username: "Ana", Email: "ana@example.com", Language: "de", At: at},
		auth.EmailVerified{UserID: id, Username: "Ana", At: at},
		auth.LanguageChosen{UserID: id, Language: "de", At: at},
		auth.PasswordChanged{UserID: id, Reset: true, At: at},
		auth.SessionEnded{SessionID: session, UserID: id, At: at},
	} {
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
}
