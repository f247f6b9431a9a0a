package notificationimpl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"marketplace/modules/notification"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
	"marketplace/platform/text"
)

const (
	normalPage = 20
	mostIDs    = 100
)

// place is where a page of notifications or mails ends.
type place struct {
	At time.Time `json:"at"`
	ID string    `json:"id"`
}

func (s *service) List(ctx context.Context, q notification.ListRequest) (notification.List, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return notification.List{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, normalPage)
	after := page.After[place](&c, q.Cursor)
	if err := c.Err(); err != nil {
		return notification.List{}, err
	}
	r := s.db.Read(ctx).Where("user_id = ?", actor.UserID)
	if q.UnreadOnly {
		r = r.Where("read_at IS NULL")
	}
	if after != nil {
		r = r.Where("(created_at, id) < (?, ?)", after.At, after.ID)
	}
	var rows []notificationRow
	if err := r.Order("created_at DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return notification.List{}, fmt.Errorf("list notifications: %w", err)
	}
	list := notification.List{Items: []notification.Notification{}}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		if list.NextCursor, err = page.Cursor(place{last.CreatedAt.UTC(), last.ID}); err != nil {
			return notification.List{}, err
		}
	}
	for _, row := range rows {
		list.Items = append(list.Items, row.notification())
	}
	list.Unread, err = countUnread(s.db.Read(ctx), actor.UserID)
	return list, err
}

func (s *service) CountUnread(ctx context.Context, _ notification.CountUnreadRequest) (notification.Unread, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return notification.Unread{}, err
	}
	n, err := countUnread(s.db.Read(ctx), actor.UserID)
	return notification.Unread{Count: n}, err
}

// MarkRead marks all of the named ones or none: if one is not the acting user's, nothing is changed.
func (s *service) MarkRead(ctx context.Context, q notification.MarkReadRequest) (notification.Unread, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return notification.Unread{}, err
	}
	var c fault.Check
	c.That(len(q.IDs) > 0 || q.All, "ids", "Name the notifications, or say all.")
	c.That(len(q.IDs) == 0 || !q.All, "ids", "Name the notifications, or say all; not both.")
	c.That(len(q.IDs) <= mostIDs, "ids", "Name at most %d notifications.", mostIDs)
	if err := c.Err(); err != nil {
		return notification.Unread{}, err
	}
	var unread notification.Unread
	err = s.db.Tx(ctx, func(tx *db.Tx) (err error) {
		if q.All {
			err = tx.Exec("UPDATE notifications SET read_at = ? WHERE user_id = ? AND read_at IS NULL", tx.Now(), actor.UserID).Error
		} else {
			err = markNamed(tx, actor.UserID, q.IDs)
		}
		if err != nil {
			return err
		}
		unread.Count, err = countUnread(tx.DB, actor.UserID)
		return err
	})
	if err != nil {
		return notification.Unread{}, fmt.Errorf("mark notifications as read: %w", err)
	}
	return unread, nil
}

func markNamed(tx *db.Tx, userID string, ids []string) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if slices.ContainsFunc(ids, func(id string) bool { return !text.IsID(id) }) {
		return fault.NotFoundf("There is no such notification.")
	}
	var own int64
	if err := tx.Model(&notificationRow{}).Where("user_id = ? AND id IN ?", userID, ids).Count(&own).Error; err != nil {
		return err
	}
	if int(own) != len(ids) {
		return fault.NotFoundf("There is no such notification.")
	}
	return tx.Exec("UPDATE notifications SET read_at = ? WHERE user_id = ? AND id IN ? AND read_at IS NULL", tx.Now(), userID, ids).Error
}

// ListMails is for who develops: in production nobody reads other people's mail.
func (s *service) ListMails(ctx context.Context, q notification.ListMailsRequest) (notification.MailList, error) {
	if s.production {
		return notification.MailList{}, fault.NotFoundf("There is nothing here.")
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, normalPage)
	text.Line(&c, "to", q.To, 0, 254)
	if err := c.Err(); err != nil {
		return notification.MailList{}, err
	}
	r := s.db.Read(ctx).Order("created_at DESC, id DESC").Limit(limit)
	if q.To != "" {
		r = r.Where("LOWER(recipient) = LOWER(?)", q.To)
	}
	var rows []mailRow
	if err := r.Find(&rows).Error; err != nil {
		return notification.MailList{}, fmt.Errorf("list mails: %w", err)
	}
	list := notification.MailList{Items: make([]notification.Mail, len(rows))}
	for i, row := range rows {
		m, err := row.mail()
		if err != nil {
			return notification.MailList{}, err
		}
		list.Items[i] = m
	}
	return list, nil
}
