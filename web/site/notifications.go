package site

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/notification"
)

// notificationsPage is what a person was told.
type notificationsPage struct {
	Items  []notificationRow
	Unread int
	First  string
	Next   string
}

// notificationRow is a notification with its drawing.
type notificationRow struct {
	notification.Notification
	Icon string
}

const notificationsShown = 20

// ListNotifications shows what a person was told, newest first.
func (s *Site) ListNotifications(c echo.Context) error {
	list, err := s.Notifications.List(c.Request().Context(), notification.ListRequest{
		Limit: notificationsShown, Cursor: c.QueryParam("cursor"),
	})
	if err != nil {
		return err
	}
	page := notificationsPage{Unread: list.Unread}
	for _, n := range list.Items {
		n.Link = localPath(n.Link, "")
		page.Items = append(page.Items, notificationRow{n, notificationIcon(n.Kind)})
	}
	page.First, page.Next = pageLinks("/notifications", nil, c.QueryParam("cursor"), list.NextCursor)
	return s.show(c, http.StatusOK, "notification/list", view{Title: "Notifications", Data: page})
}

// ReadNotifications marks one or all as read, and goes on to what it is about if the form says so.
func (s *Site) ReadNotifications(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := notification.MarkReadRequest{All: values.Get("all") != ""}
	if !q.All {
		q.IDs = values["id"]
	}
	if _, err := s.Notifications.MarkRead(c.Request().Context(), q); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, localPath(values.Get("next"), "/notifications"))
}

// notificationIcon finds a drawing by the words of the kind.
func notificationIcon(kind string) string {
	words := []struct{ word, icon string }{
		{"message", "chat"}, {"review", "star"}, {"deliver", "upload"}, {"revision", "refresh"}, {"complet", "check"},
		{"cancel", "alert"}, {"declin", "alert"}, {"expir", "clock"}, {"clear", "wallet"}, {"paid", "shield"},
		{"require", "text"}, {"start", "play"}, {"password", "lock"}, {"verif", "mail"}, {"order", "box"}, {"seller", "spark"},
	}
	for _, w := range words {
		if strings.Contains(kind, w.word) {
			return w.icon
		}
	}
	return "bell"
}
