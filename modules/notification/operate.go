package notification

import "time"

// What operators see and do here: the conditions of which they are told, and the log of mails.

// Alert is a condition that an operator was told of: from when the first process saw it until none does any more.
type Alert struct {
	ID        string     `json:"id"`
	Rule      string     `json:"rule"`
	Title     string     `json:"title"`
	Meaning   string     `json:"meaning"`
	Action    string     `json:"action"`
	Severity  string     `json:"severity"` // critical or warning
	Value     string     `json:"value"`    // as it was last reported, for people: 7.5 %
	Limit     string     `json:"limit"`    // above 5 % for 1m
	Processes []string   `json:"processes"`
	BeganAt   time.Time  `json:"began_at"`
	OverAt    *time.Time `json:"over_at"`
}

// Sighting is what one process says about one rule.
type Sighting struct {
	Rule     string    `json:"rule"`
	Title    string    `json:"title"`
	Meaning  string    `json:"meaning"`
	Action   string    `json:"action"`
	Severity string    `json:"severity"`
	Value    string    `json:"value"`
	Limit    string    `json:"limit"`
	Since    time.Time `json:"since"`
}

// ReportAlertsRequest is the argument of ReportAlerts. What is in neither list stays as it is.
type ReportAlertsRequest struct {
	Process string     `json:"process"` // who reports
	Firing  []Sighting `json:"firing"`  // at most 100
	Fine    []string   `json:"fine"`    // rules that were looked at and do not fire; at most 100
}

// ListAlertsRequest is the argument of ListAlerts.
type ListAlertsRequest struct {
	Over   bool   `json:"over,omitempty"`   // those that are over, instead of those that are not
	Limit  int    `json:"limit,omitempty"`  // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"` // of the page before
}

// AlertList is a page of alerts.
type AlertList struct {
	Items      []Alert `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

// MailRecord is a mail as operators see it: what it says is between the marketplace and its reader.
type MailRecord struct {
	ID        string     `json:"id"`
	To        string     `json:"to"`
	Subject   string     `json:"subject"`
	OrderID   string     `json:"order_id"` // empty: it is about no order
	Status    string     `json:"status"`   // queued, sent, dead
	Attempts  int        `json:"attempts"`
	LastError string     `json:"last_error"`
	CreatedAt time.Time  `json:"created_at"`
	DueAt     time.Time  `json:"due_at"` // the next attempt, while it is queued
	SentAt    *time.Time `json:"sent_at"`
}

// MailLogRequest is the argument of MailLog.
type MailLogRequest struct {
	Status  string `json:"status,omitempty"`   // queued, sent, dead; empty: all
	To      string `json:"to,omitempty"`       // only to this address
	OrderID string `json:"order_id,omitempty"` // only about this order
	Limit   int    `json:"limit,omitempty"`    // 1 to 100; 20
	Cursor  string `json:"cursor,omitempty"`
}

// MailRecords is a page of the log of mails.
type MailRecords struct {
	Items      []MailRecord `json:"items"`
	NextCursor string       `json:"next_cursor"`
}

// RetryMailRequest is the argument of RetryMail.
type RetryMailRequest struct {
	ID string `json:"id"`
}
