package review_test

import (
	"testing"
	"time"

	"marketplace/modules/review"
	"marketplace/platform/bus/bustest"
)

func TestEventsKeepTheirWireForm(t *testing.T) {
	facts := review.Facts{ReviewID: "r1", OrderID: "o1", GigID: "g1", GigTitle: "A logo", AuthorID: "u1", AuthorUsername: "ana",
		AuthorRole: "buyer", SubjectID: "u2", At: time.Date(2026, 3, 1, 12, 30, 0, 123456000, time.UTC)}
	bustest.KeepsWireForm(t, "o1",
		review.Written{Facts: facts},
		review.Published{Facts: facts, Rating: 5, GigHundredths: 487, GigCount: 31},
	)
}
