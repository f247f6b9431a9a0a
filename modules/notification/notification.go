// Package notification tells people what has happened to them: in the product, live, and by mail.
package notification

import (
	"context"
	"time"

	"marketplace/platform/private"
)

// Service is what the module notification offers.
type Service interface {
	// SendMail queues one mail that another module must get to a person at once, with what no event may carry
	// (a verification link). The same RequestID queues it once. For modules, not for people.
	SendMail(ctx context.Context, q SendMailRequest) (Done, error)
	// List lists the acting user's notifications, newest first (row N1).
	List(ctx context.Context, q ListRequest) (List, error)
	// MarkRead marks the acting user's notifications as read: the named ones, or all (row N1).
	MarkRead(ctx context.Context, q MarkReadRequest) (Unread, error)
	// CountUnread returns the number for the badge.
	CountUnread(ctx context.Context, q CountUnreadRequest) (Unread, error)
	// ListMails lists the mails of the process for /dev/mail, newest first, in development only (row Ns4).
	ListMails(ctx context.Context, q ListMailsRequest) (MailList, error)

	// ReportAlerts takes what a process sees of the alert rules, every half minute while something fires. The operators get
	// one mail when a condition begins and one when it is over, however many processes see it. For the marketplace itself.
	ReportAlerts(ctx context.Context, q ReportAlertsRequest) (Done, error)
	// ListAlerts lists the conditions that are not over, or those that are, the latest first; for operators (rows S12, Z18).
	ListAlerts(ctx context.Context, q ListAlertsRequest) (AlertList, error)
	// MailLog lists the mails without what they say, newest first; for operators (row Z18).
	MailLog(ctx context.Context, q MailLogRequest) (MailRecords, error)
	// RetryMail sends a dead mail again, with all its attempts; for operators. A fault if it is not dead.
	RetryMail(ctx context.Context, q RetryMailRequest) (MailRecord, error)

	// House says whether the marketplace is closed for maintenance. For everybody.
	House(ctx context.Context, q HouseRequest) (House, error)
	// Close closes the marketplace for maintenance, or changes what is said of it; for operators. Every web process knows
	// within seconds.
	Close(ctx context.Context, q CloseRequest) (House, error)
	// Reopen opens it again; for operators.
	Reopen(ctx context.Context, q ReopenRequest) (House, error)
	// Texts lists the texts that the operator has written, in all languages; at most three a language. For everybody.
	Texts(ctx context.Context, q TextsRequest) (TextList, error)
	// WriteText writes one; for operators. A Conflict if somebody has changed it meanwhile.
	WriteText(ctx context.Context, q WriteTextRequest) (TextList, error)
}

// Done is the answer of a command that has nothing to tell.
type Done struct{}

// Notification is one thing that a person is told.
type Notification struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"` // such as order_delivered
	Title     string     `json:"title"`
	Text      string     `json:"text"`
	Link      string     `json:"link"` // a local path of the page to go to
	Read      bool       `json:"read"`
	ReadAt    *time.Time `json:"read_at"`
	CreatedAt time.Time  `json:"created_at"`
}

// Mail is a mail that was queued.
type Mail struct {
	ID        string    `json:"id"`
	To        string    `json:"to"`
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
	HTML      string    `json:"html"`
	Links     []string  `json:"links"`  // every link in it
	Status    string    `json:"status"` // queued, sent, dead
	CreatedAt time.Time `json:"created_at"`
}

// Unread is the number for the badge.
type Unread struct {
	Count int `json:"count"`
}

// List is a page of notifications.
type List struct {
	Items      []Notification `json:"items"`
	NextCursor string         `json:"next_cursor"`
	Unread     int            `json:"unread"` // of all
}

// MailList is the answer of ListMails.
type MailList struct {
	Items []Mail `json:"items"`
}

// SendMailRequest is the argument of SendMail.
type SendMailRequest struct {
	RequestID string           `json:"request_id"` // names the mail: the same one is sent once
	To        private.Personal `json:"to"`
	Template  string           `json:"template"` // verify_email, reset_password, address_taken, session_stolen
	Username  string           `json:"username"`
	Language  string           `json:"language,omitempty"` // BCP 47; one that there is not is English
	Link      private.Secret   `json:"link"`               // absolute; carries token=…
}

// ListRequest is the argument of List.
type ListRequest struct {
	UnreadOnly bool   `json:"unread_only,omitempty"`
	Limit      int    `json:"limit,omitempty"` // 1 to 100; 20
	Cursor     string `json:"cursor,omitempty"`
}

// MarkReadRequest is the argument of MarkRead.
type MarkReadRequest struct {
	IDs []string `json:"ids,omitempty"` // at most 100; empty with All
	All bool     `json:"all,omitempty"`
}

// CountUnreadRequest is the argument of CountUnread.
type CountUnreadRequest struct{}

// ListMailsRequest is the argument of ListMails.
type ListMailsRequest struct {
	To    string `json:"to,omitempty"` // only to this address
	Limit int    `json:"limit,omitempty"`
}
