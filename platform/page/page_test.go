package page

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"marketplace/platform/fault"
)

type key struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

func TestACursorComesBackAsItWasWritten(t *testing.T) {
	want := key{At: time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC), ID: "x"}
	cursor, err := Cursor(want)
	if err != nil {
		t.Fatal(err)
	}
	var c fault.Check
	if got := After[key](&c, cursor); c.Err() != nil || *got != want {
		t.Errorf("%+v, %v", got, c.Err())
	}
	if After[key](&c, "") != nil {
		t.Error("no cursor is no key")
	}
}

func TestAForgedCursorIsRefused(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	for _, cursor := range []string{
		"x", "!!!", "null\x00", encode([]byte(`{"i":1}`)), encode([]byte(`{"i":"a\u0000b"}`)), encode([]byte(`[`)),
		encode([]byte(`{"a":"yesterday"}`)), encode([]byte(`{"i":"` + strings.Repeat("x", maxCursor) + `"}`)),
	} {
		var c fault.Check
		After[key](&c, cursor)
		if !fault.Is(c.Err(), fault.Invalid) || fault.Of(c.Err()).Fields[0].Name != "cursor" {
			t.Errorf("%q: %v", cursor, c.Err())
		}
	}
}

func TestALimitIsCheckedAndHasANormalValue(t *testing.T) {
	for limit, want := range map[int]int{0: 24, 1: 1, 100: 100} {
		var c fault.Check
		if got := Limit(&c, limit, 24); got != want || c.Err() != nil {
			t.Errorf("%d became %d, %v", limit, got, c.Err())
		}
	}
	for _, limit := range []int{-1, 101} {
		var c fault.Check
		if Limit(&c, limit, 24); c.Err() == nil {
			t.Errorf("%d was accepted", limit)
		}
	}
}
