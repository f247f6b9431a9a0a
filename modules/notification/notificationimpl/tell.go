package notificationimpl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"marketplace/modules/notification"
	"marketplace/platform/db"
	"marketplace/platform/text"
)

// people says who has which role in an event.
type people map[role]string

// tell tells the people of an event what the table says, in the transaction that notes the event as handled: so once.
func (s *service) tell(tx *db.Tx, e db.Event, who people) error {
	return s.tellFolded(tx, e, who, "", 0)
}

// tellFolded does the same; while a notification about the subject is unread, it is renewed instead of another made.
func (s *service) tellFolded(tx *db.Tx, e db.Event, who people, subject string, seq int64) error {
	for _, l := range s.tellings[e.Topic()] {
		concerned, err := l.concerns(e)
		if err != nil {
			return err
		}
		if who[l.to] == "" || !concerned {
			continue
		}
		if err := s.tellOne(tx, l, e, who[l.to], subject, seq); err != nil {
			return fmt.Errorf("tell the %s (%s): %w", l.to, l.kind, err)
		}
	}
	return nil
}

func (s *service) tellOne(tx *db.Tx, l line, e db.Event, userID, subject string, seq int64) error {
	to, err := hold(tx, userID)
	if err != nil {
		return err
	}
	in := s.tongueFor(to.Language)
	t, err := l.said[in.tag].of(e)
	if err != nil {
		return err
	}
	if !l.mailOnly {
		row := notificationRow{UserID: userID, Kind: l.kind, Subject: subject, Seq: seq, Title: t.title, Text: t.text, Link: t.link}
		if err := show(tx, row); err != nil {
			return err
		}
	}
	if l.button == "" {
		return nil
	}
	return s.mailTo(tx, to, t)
}

// hold locks the person, so that the events of one person are announced in order, each with its count. Nobody is returned
// as long as auth has not announced the person.
func hold(tx *db.Tx, userID string) (to recipientRow, err error) {
	err = tx.Raw("UPDATE recipients SET user_id = user_id WHERE user_id = ? RETURNING user_id, username, email, verified, language", userID).Scan(&to).Error
	if err != nil {
		err = fmt.Errorf("hold the one who is told: %w", err)
	}
	return to, err
}

// show stores a notification and announces it.
func show(tx *db.Tx, row notificationRow) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	row.ID, row.CreatedAt = id.String(), tx.Now()
	if row.Subject != "" {
		waiting, err := one[notificationRow](tx.Where("user_id = ? AND subject = ? AND read_at IS NULL", row.UserID, row.Subject))
		if err != nil {
			return fmt.Errorf("look for what is told already: %w", err)
		}
		if waiting.ID != "" {
			row.ID, row.Seq = waiting.ID, max(row.Seq, waiting.Seq)
			return renew(tx, row)
		}
	}
	if err := tx.Create(&row).Error; err != nil {
		return fmt.Errorf("store a notification: %w", err)
	}
	return announce(tx, row)
}

func renew(tx *db.Tx, row notificationRow) error {
	err := tx.Exec("UPDATE notifications SET title = ?, text = ?, link = ?, seq = ?, created_at = ? WHERE id = ?",
		row.Title, row.Text, row.Link, row.Seq, row.CreatedAt, row.ID).Error
	if err != nil {
		return fmt.Errorf("renew a notification: %w", err)
	}
	return announce(tx, row)
}

func announce(tx *db.Tx, row notificationRow) error {
	unread, err := countUnread(tx.DB, row.UserID)
	if err != nil {
		return err
	}
	return tx.Emit(notification.Created{
		NotificationID: row.ID, UserID: row.UserID, Kind: row.Kind, Title: row.Title, Text: row.Text, Link: row.Link,
		Unread: unread, At: row.CreatedAt,
	})
}

// errUnknown makes the event come again: auth has announced this person, and that announcement is on its way.
var errUnknown = errors.New("the address of this person is not known yet")

// orderIn is the id of the order that a link leads to, or empty.
func orderIn(link string) string {
	id, ok := strings.CutPrefix(link, "/orders/")
	if id, _, _ = strings.Cut(id, "#"); !ok || !text.IsID(id) {
		return ""
	}
	return id
}

// mailTo queues what is told as a mail.
func (s *service) mailTo(tx *db.Tx, to recipientRow, t told) error {
	if to.Email == "" {
		return errUnknown
	}
	return s.queue(tx, uuid.NewString(), to.Email, letter{
		tongue: s.tongueFor(to.Language), Subject: t.title, Username: to.Username, Paragraphs: []string{t.text}, Button: t.button, Link: s.layout.url + t.link,
		OrderID: orderIn(t.link),
	})
}
