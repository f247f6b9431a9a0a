package user_test

import (
	"testing"
	"time"

	"marketplace/modules/user"
	"marketplace/platform/bus/bustest"
)

func TestEventsKeepTheirWireForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	bustest.KeepsWireForm(t, "u1",
		user.BecameSeller{UserID: "u1", Username: "Ana", At: at},
		user.PresenceChanged{UserID: "u1", Online: true, At: at},
	)
}
