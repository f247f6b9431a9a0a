package notificationimpl

import (
	"strings"
	"testing"
	"time"

	"marketplace/modules/notification"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func TestOperatorsCloseAndOpenTheMarketplace(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		boss := apptest.As("boss-id", "Boss", "operator")
		_, err := w.Close(w.bea, notification.CloseRequest{})
		w.refused(err, fault.NotFound)
		_, err = w.Reopen(apptest.Visitor(), notification.ReopenRequest{})
		w.refused(err, fault.NotFound)
		for _, wrong := range []notification.CloseRequest{{Minutes: -1}, {Minutes: 99999}, {Note: strings.Repeat("x", 501)}} {
			_, err = w.Close(boss, wrong)
			w.refused(err, fault.Invalid)
		}
		h, err := w.House(apptest.Visitor(), notification.HouseRequest{})
		w.must(err)
		if h.Closed != nil {
			t.Fatalf("it begins closed: %+v", h)
		}
		h, err = w.Close(boss, notification.CloseRequest{Note: " New shelves. ", Minutes: 30})
		w.must(err)
		if h.Closed == nil || h.Closed.Note != "New shelves." || h.Closed.Until.Sub(h.Closed.Since).Round(time.Minute) != 30*time.Minute {
			t.Fatalf("closed as %+v", h.Closed)
		}
		again, err := w.Close(apptest.System(), notification.CloseRequest{})
		w.must(err)
		if !again.Closed.Since.Equal(h.Closed.Since) || again.Closed.Until != nil || again.Closed.Note != "" {
			t.Errorf("closing again makes %+v of %+v", again.Closed, h.Closed)
		}
		if seen, err := w.House(apptest.Visitor(), notification.HouseRequest{}); err != nil || seen.Closed == nil {
			t.Errorf("visitors see %+v, %v", seen, err)
		}
		if h, err = w.Reopen(boss, notification.ReopenRequest{}); err != nil || h.Closed != nil {
			t.Errorf("opened as %+v, %v", h, err)
		}
	})
}

func TestOperatorsWriteTextsInThePlaceOfOurs(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		boss := apptest.As("boss-id", "Boss", "operator")
		write := func(version int, text string) (notification.TextList, error) {
			return w.WriteText(boss, notification.WriteTextRequest{Name: "terms", Language: "de", Text: text, Version: version})
		}
		list, err := write(0, "# Regeln\r\nKeine.")
		w.must(err)
		if len(list.Items) != 1 || list.Items[0].Text != "# Regeln\nKeine." || list.Items[0].Version != 1 {
			t.Fatalf("written: %+v", list)
		}
		_, err = write(0, "Later")
		w.refused(err, fault.Conflict)
		_, err = write(1, "Eine.")
		w.must(err)
		_, err = write(1, "Zwei.") // somebody who still sees the first
		w.refused(err, fault.Conflict)
		before, err := w.House(w.bea, notification.HouseRequest{})
		w.must(err)
		if list, err = write(2, ""); err != nil || len(list.Items) != 0 {
			t.Errorf("ours is back: %+v, %v", list, err)
		}
		if list, err = write(0, "Wieder."); err != nil || list.Items[0].Version != 4 {
			t.Errorf("written again: %+v, %v", list, err)
		}
		if after, err := w.House(w.bea, notification.HouseRequest{}); err != nil || after.Revision != before.Revision+2 {
			t.Errorf("the revision went from %d to %+v, %v", before.Revision, after, err)
		}
		for _, wrong := range []notification.WriteTextRequest{{Name: "x", Language: "de"}, {Name: "help", Language: "d"}, {Name: "help", Language: "de", Text: strings.Repeat("x", 50_001)}} {
			_, err = w.WriteText(boss, wrong)
			w.refused(err, fault.Invalid)
		}
		_, err = w.WriteText(w.sam, notification.WriteTextRequest{Name: "help", Language: "de", Text: "Mine"})
		w.refused(err, fault.NotFound)
	})
}
