package apptest

import (
	"context"
	"slices"
	"sync"

	"marketplace/platform/mail"
)

// Mails keeps what is sent. It is a mail.Sender, safe for concurrent use.
type Mails struct {
	mu     sync.Mutex
	sent   []mail.Message
	broken error
}

// Send keeps the message, or fails as Break said.
func (m *Mails) Send(_ context.Context, message mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken != nil {
		return m.broken
	}
	m.sent = append(m.sent, message)
	return nil
}

// Break makes every Send fail with err from now on; nil mends it.
func (m *Mails) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// All returns what was sent, oldest first.
func (m *Mails) All() []mail.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.sent)
}

// To returns what was sent to one address, oldest first.
func (m *Mails) To(address string) []mail.Message {
	return slices.DeleteFunc(m.All(), func(x mail.Message) bool { return x.To != address })
}
