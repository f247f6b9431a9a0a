package gig_test

import (
	"testing"
	"time"

	"marketplace/modules/gig"
	"marketplace/platform/bus/bustest"
)

func TestEventsKeepTheirWireForm(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)
	bustest.KeepsWireForm(t, "g1",
		gig.Published{GigID: "g1", SellerID: "u2", Title: "A logo", At: at},
		gig.Paused{GigID: "g1", SellerID: "u2", At: at},
	)
}
