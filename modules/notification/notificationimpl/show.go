package notificationimpl

import (
	"fmt"

	"github.com/google/uuid"

	"marketplace/modules/notification"
	"marketplace/platform/db"
)

// shown is a notification with the cause of its announcement.
type shown struct {
	notificationRow
	cause db.Cause
}

// show stores notifications and announces them, each once: of those about one subject the last.
func show(tx *db.Tx, all []shown) error {
	all = folded(all)
	if len(all) == 0 {
		return nil
	}
	for i := range all {
		id, err := uuid.NewV7()
		if err != nil {
			return err
		}
		all[i].ID, all[i].CreatedAt = id.String(), tx.Now()
	}
	if err := store(tx, all); err != nil {
		return err
	}
	return announce(tx, all)
}

// folded leaves of each subject the last, which tells as far as any.
func folded(all []shown) (left []shown) {
	place := map[[2]string]int{}
	for _, n := range all {
		about := [2]string{n.UserID, n.Subject}
		i, again := place[about]
		if n.Subject == "" || !again {
			place[about] = len(left)
			left = append(left, n)
			continue
		}
		n.Seq = max(n.Seq, left[i].Seq)
		left[i] = n
	}
	return left
}

// store writes them, or renews what is told already of the same subject, whose id they take.
func store(tx *db.Tx, all []shown) error {
	var args []any
	for _, n := range all {
		args = append(args, n.ID, n.UserID, n.Kind, n.Subject, n.Seq, n.Title, n.Text, n.Link, n.CreatedAt)
	}
	var rows []notificationRow
	err := tx.Raw("INSERT INTO notifications (id, user_id, kind, subject, seq, title, text, link, created_at) VALUES "+db.Tuples(len(all), 9)+`
		ON CONFLICT (user_id, subject) WHERE read_at IS NULL AND subject <> '' DO UPDATE SET title = excluded.title, text = excluded.text,
			link = excluded.link, created_at = excluded.created_at,
			seq = CASE WHEN notifications.seq < excluded.seq THEN excluded.seq ELSE notifications.seq END
		RETURNING id, user_id, subject`, args...).Scan(&rows).Error
	if err != nil {
		return fmt.Errorf("store notifications: %w", err)
	}
	ids := map[[2]string]string{}
	for _, r := range rows {
		ids[[2]string{r.UserID, r.Subject}] = r.ID
	}
	for i, n := range all {
		if n.Subject != "" {
			all[i].ID = ids[[2]string{n.UserID, n.Subject}]
		}
	}
	return nil
}

// announce tells of each with the count of its owner.
func announce(tx *db.Tx, all []shown) error {
	var owners []string
	for _, n := range all {
		owners = append(owners, n.UserID)
	}
	var counts []struct {
		UserID string
		N      int
	}
	err := tx.Raw("SELECT user_id, COUNT(*) AS n FROM notifications WHERE user_id IN ? AND read_at IS NULL GROUP BY user_id",
		db.Rounded(db.Distinct(owners))).Scan(&counts).Error
	if err != nil {
		return fmt.Errorf("count unread notifications: %w", err)
	}
	unread := map[string]int{}
	for _, c := range counts {
		unread[c.UserID] = c.N
	}
	created := make([]db.Caused, len(all))
	for i, n := range all {
		created[i] = db.Caused{Cause: n.cause, Event: notification.Created{
			NotificationID: n.ID, UserID: n.UserID, Kind: n.Kind, Title: n.Title, Text: n.Text, Link: n.Link,
			Unread: unread[n.UserID], At: n.CreatedAt,
		}}
	}
	return tx.EmitCaused(created...)
}
