package notificationimpl

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/notification"
)

type recipientRow struct {
	UserID   string
	Username string
	Email    string // empty: only its confirmation is known so far
	Verified bool
	Language string // BCP 47, or empty
}

func (recipientRow) TableName() string { return "recipients" }

type readRow struct {
	UserID  string
	Subject string
	Seq     int64
}

func (readRow) TableName() string { return "reads" }

type notificationRow struct {
	ID        string
	UserID    string
	Kind      string
	Subject   string
	Seq       int64
	Title     string
	Text      string
	Link      string
	ReadAt    *time.Time
	CreatedAt time.Time
}

func (notificationRow) TableName() string { return "notifications" }

func (r notificationRow) notification() notification.Notification {
	n := notification.Notification{
		ID: r.ID, Kind: r.Kind, Title: r.Title, Text: r.Text, Link: r.Link, Read: r.ReadAt != nil, CreatedAt: r.CreatedAt.UTC(),
	}
	if r.ReadAt != nil {
		at := r.ReadAt.UTC()
		n.ReadAt = &at
	}
	return n
}

// What can become of a mail.
const (
	queued = "queued"
	sent   = "sent"
	dead   = "dead"
)

type mailRow struct {
	ID        string
	RequestID string
	Recipient string
	Subject   string
	OrderID   string
	Text      string
	HTML      string `gorm:"column:html"`
	Links     string // a JSON list
	Status    string
	Attempts  int
	DueAt     time.Time
	LastError string
	CreatedAt time.Time
	SentAt    *time.Time
	CausedBy  string // the id of the request
	Trace     string // the step of its trace
}

func (mailRow) TableName() string { return "mails" }

func (r mailRow) mail() (notification.Mail, error) {
	m := notification.Mail{
		ID: r.ID, To: r.Recipient, Subject: r.Subject, Text: r.Text, HTML: r.HTML, Status: r.Status, CreatedAt: r.CreatedAt.UTC(),
	}
	if err := json.Unmarshal([]byte(r.Links), &m.Links); err != nil {
		return m, fmt.Errorf("read the links of a mail: %w", err)
	}
	return m, nil
}

// one returns the row, or an empty one when there is none.
func one[R any](g *gorm.DB) (r R, err error) {
	err = g.Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	return r, err
}

func countUnread(g *gorm.DB, userID string) (int, error) {
	var n int64
	if err := g.Model(&notificationRow{}).Where("user_id = ? AND read_at IS NULL", userID).Count(&n).Error; err != nil {
		return 0, fmt.Errorf("count unread notifications: %w", err)
	}
	return int(n), nil
}
