package auth_test

import (
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/platform/bus/bustest"
)

func TestEventsKeepTheirWireForm(t *testing.T) {
	const id, session = "0190b0a0-0000-7000-8000-000000000001", "0190b0a0-0000-7000-8000-000000000002"
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	bustest.KeepsWireForm(t, id,
		auth.SignedUp{UserID: id, Username: "Ana", Email: "ana@example.com", Language: "de", At: at},
		auth.EmailVerified{UserID: id, Username: "Ana", At: at},
		auth.LanguageChosen{UserID: id, Language: "de", At: at},
		auth.PasswordChanged{UserID: id, Reset: true, At: at},
		auth.SessionEnded{SessionID: session, UserID: id, At: at},
	)
}
