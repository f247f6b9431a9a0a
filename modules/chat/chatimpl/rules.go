package chatimpl

import (
	"time"

	"marketplace/modules/chat"
	"marketplace/platform/fault"
	"marketplace/platform/text"
)

// The limits of the chat.
const (
	maxText     = 4000 // characters
	maxClientID = 64   // characters
	maxQuery    = 100  // characters
	mostLabels  = 5    // on a conversation
	maxLabel    = 30   // characters

	conversationsPerPage = 20
	messagesPerPage      = 50
)

// check cleans a message and tells everything that is wrong with it.
func check(q chat.SendRequest) (chat.SendRequest, error) {
	var c fault.Check
	q.Text = text.Prose(&c, "text", q.Text, leastText(len(q.Files)), maxText)
	clean := text.Line(&c, "client_id", q.ClientID, 0, maxClientID)
	// The client looks for the name that it gave, so it is not corrected.
	c.That(clean == q.ClientID, "client_id", "Leave out the spaces at its ends.")
	return q, c.Err()
}

// leastText is how many characters a message with so many files has at least.
func leastText(files int) int {
	if files > 0 {
		return 0
	}
	return 1
}

// wait is how many seconds, rounded up, are left of the period that began with the first of what was counted.
func wait(first time.Time, period time.Duration, now time.Time) int {
	left := first.Add(period).Sub(now)
	return max(1, int((left+time.Second-1)/time.Second))
}

// pair puts two people in the order in which a conversation has them.
func pair(a, b chat.Person) (low, high chat.Person) {
	if a.ID < b.ID {
		return a, b
	}
	return b, a
}

func noSuchConversation() error { return fault.NotFoundf("There is no such conversation.") }
