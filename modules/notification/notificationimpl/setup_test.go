package notificationimpl

import (
	"context"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/money"
	"marketplace/platform/rpc/rpctest"
)

func TestRemote(t *testing.T) { rpctest.Contract[notification.Service](t, newRemote) }

// world is the module under test with Bea, who buys, and Sam, who sells.
type world struct {
	notification.Service
	t        testing.TB
	h        *apptest.Harness
	bea, sam context.Context
}

func newWorld(t testing.TB, options ...apptest.Option) *world {
	return startOn(t, apptest.Host(t, "notification", options...))
}

func startOn(t testing.TB, h *apptest.Harness) *world {
	w := &world{t: t, h: h, bea: apptest.As("bea-id", "Bea"), sam: apptest.As("sam-id", "Sam")}
	w.Service = apptest.Start(t, h, Module, Deps{})
	w.happened(
		auth.SignedUp{UserID: "bea-id", Username: "Bea", Email: "bea@example.com"},
		auth.SignedUp{UserID: "sam-id", Username: "Sam", Email: "sam@example.com"},
	)
	return w
}

// happened announces events of other modules and waits for their effect.
func (w *world) happened(events ...db.Event) {
	w.t.Helper()
	apptest.Emit(w.t, w.h, events...)
	apptest.Settle(w.t, w.h)
}

// facts are of an order that Bea has placed with Sam.
func facts(status order.Status) order.Facts {
	return order.Facts{
		OrderID: "order-1", Number: "A1B2C3", GigID: "gig-1", GigTitle: "I draw <b>your</b> logo & more", Status: status,
		BuyerID: "bea-id", BuyerUsername: "Bea", SellerID: "sam-id", SellerUsername: "Sam",
		Total: money.Of(10550, "USD"), Earnings: money.Of(8000, "USD"), Version: 2, At: moment,
	}
}

var moment = time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)

// told is what a person has in the list, newest first.
func (w *world) told(who context.Context) []notification.Notification {
	w.t.Helper()
	list, err := w.List(who, notification.ListRequest{Limit: 100})
	w.must(err)
	return list.Items
}

// mails are those to an address, newest first.
func (w *world) mails(to string) []notification.Mail {
	w.t.Helper()
	list, err := w.ListMails(apptest.Visitor(), notification.ListMailsRequest{To: to, Limit: 100})
	w.must(err)
	return list.Items
}

func (w *world) unread(who context.Context) int {
	w.t.Helper()
	n, err := w.CountUnread(who, notification.CountUnreadRequest{})
	w.must(err)
	return n.Count
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) refused(err error, code fault.Code) *fault.Error {
	w.t.Helper()
	if !fault.Is(err, code) {
		w.t.Fatalf("want a fault %s, got %v", code, err)
	}
	return fault.Of(err)
}
