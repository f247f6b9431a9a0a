package notificationimpl

import (
	"fmt"
	"testing"
	"time"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// many gives Sam that many notifications.
func (w *world) many(n int) {
	w.t.Helper()
	w.must(w.h.DB.Tx(apptest.System(), func(tx *db.Tx) error {
		for i := range n {
			err := show(tx, []shown{{notificationRow: notificationRow{UserID: "sam-id", Kind: "test", Title: fmt.Sprintf("Number %d", i), Link: "/"}}})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// Row N1.
func TestNotificationsAreListedPageByPageNewestFirst(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		w.many(45)
		var titles []string
		for cursor := ""; ; {
			list, err := w.List(w.sam, notification.ListRequest{Cursor: cursor})
			w.must(err)
			if list.Unread != 45 {
				t.Errorf("%d unread", list.Unread)
			}
			for _, n := range list.Items {
				titles = append(titles, n.Title)
			}
			if len(titles) == 20 {
				w.many(1) // one more comes while the list is read
				w.must(w.h.DB.Tx(t.Context(), func(tx *db.Tx) error {
					return tx.Exec("DELETE FROM notifications WHERE title = 'Number 0' AND created_at = (SELECT MAX(created_at) FROM notifications)").Error
				}))
			}
			if cursor = list.NextCursor; cursor == "" {
				break
			}
		}
		if len(titles) != 45 || titles[0] != "Number 44" || titles[44] != "Number 0" {
			t.Errorf("listed %v", titles)
		}
		_, err := w.List(w.sam, notification.ListRequest{Limit: 101, Cursor: "x"})
		if f := w.refused(err, fault.Invalid); len(f.Fields) != 2 {
			t.Errorf("refused with %+v", f)
		}
		_, err = w.List(apptest.Visitor(), notification.ListRequest{})
		w.refused(err, fault.Unauthenticated)
	})
}

func TestOneOrAllAreMarkedAsRead(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		w.many(5)
		ids := []string{w.told(w.sam)[0].ID, w.told(w.sam)[2].ID}
		for range 2 {
			unread, err := w.MarkRead(w.sam, notification.MarkReadRequest{IDs: append(ids, ids...)})
			w.must(err)
			if unread.Count != 3 {
				t.Errorf("%d unread", unread.Count)
			}
		}
		list, err := w.List(w.sam, notification.ListRequest{UnreadOnly: true})
		w.must(err)
		if len(list.Items) != 3 || list.Items[0].Read || list.Items[0].ReadAt != nil {
			t.Errorf("unread are %+v", list.Items)
		}
		if first := w.told(w.sam)[0]; !first.Read || first.ReadAt == nil || time.Since(*first.ReadAt) > time.Minute {
			t.Errorf("read is %+v", first)
		}
		unread, err := w.MarkRead(w.sam, notification.MarkReadRequest{All: true})
		w.must(err)
		if unread.Count != 0 || w.unread(w.sam) != 0 {
			t.Errorf("%d unread", unread.Count)
		}
	})
}

// Row A10.
func TestNobodyReadsOrMarksTheNotificationsOfAnother(t *testing.T) {
	w := newWorld(t)
	w.happened(order.Paid{Facts: facts(order.StatusInProgress)})
	own, theirs := w.told(w.bea)[0].ID, w.told(w.sam)[0].ID
	for _, ids := range [][]string{{theirs}, {own, theirs}, {"unknown"}, {"\x00"}} {
		_, err := w.MarkRead(w.bea, notification.MarkReadRequest{IDs: ids})
		w.refused(err, fault.NotFound)
	}
	if w.unread(w.bea) != 1 || w.unread(w.sam) != 1 {
		t.Error("something was marked all the same")
	}
	for _, q := range []notification.MarkReadRequest{{}, {IDs: []string{own}, All: true}, {IDs: make([]string, 101)}} {
		_, err := w.MarkRead(w.bea, q)
		w.refused(err, fault.Invalid)
	}
	_, err := w.MarkRead(apptest.Visitor(), notification.MarkReadRequest{All: true})
	w.refused(err, fault.Unauthenticated)
	_, err = w.CountUnread(apptest.Visitor(), notification.CountUnreadRequest{})
	w.refused(err, fault.Unauthenticated)
}

func TestWhatIsOldIsForgotten(t *testing.T) {
	w := newWorld(t)
	w.happened(order.Paid{Facts: facts(order.StatusInProgress)})
	w.must(w.h.RunTasks(apptest.System()))
	w.h.Clock.Advance(31 * 24 * time.Hour)
	w.must(w.h.RunTasks(apptest.System()))
	if len(w.mails("")) != 0 || len(w.told(w.sam)) != 1 {
		t.Error("after a month mails go, and notifications stay")
	}
	w.h.Clock.Advance(335 * 24 * time.Hour)
	w.must(w.h.RunTasks(apptest.System()))
	if len(w.told(w.sam)) != 0 {
		t.Error("after a year notifications are kept")
	}
}
