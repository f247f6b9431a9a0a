package notification_test

import (
	"testing"
	"time"

	"marketplace/modules/notification"
	"marketplace/platform/bus/bustest"
)

func TestEventsKeepTheirWireForm(t *testing.T) {
	const user = "0190b0a0-0000-7000-8000-000000000002"
	bustest.KeepsWireForm(t, user, notification.Created{
		NotificationID: "0190b0a0-0000-7000-8000-000000000001", UserID: user,
		Kind: "order_delivered", Title: "Sam delivered your order", Text: "Look at the delivery.",
		Link: "/orders/0190b0a0-0000-7000-8000-000000000003", Unread: 3, At: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC),
	})
}
