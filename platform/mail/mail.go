// Package mail sends one message to one person.
package mail

import "context"

// Message is a mail in text and HTML to one address.
type Message struct {
	To      string            // one address, without a name
	Subject string            // one line
	Text    string            // always there
	HTML    string            // the same in HTML
	Headers map[string]string // such as List-Unsubscribe; values are one line
}

// Sender takes a message to where it leaves, or returns why not. Sending is not idempotent.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
