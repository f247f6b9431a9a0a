// Package chat carries messages between two people, about a gig or an order or nothing in particular.
package chat

import (
	"context"
	"time"
)

// Service is what the module chat offers. A conversation belongs to its two participants; for anybody else it is
// NotFound (row C2).
type Service interface {
	// Open returns the conversation of the acting user with another, about a gig or an order if one is named; it is
	// made when it is the first (row C1). One conversation exists for two people; what it is about is of the last Open.
	// A person who is named beside a gig or an order must be the one whom that is about. Nobody writes to themselves. Who
	// begins too many conversations is told TooMany (row W5).
	Open(ctx context.Context, q OpenRequest) (Conversation, error)
	// Get returns one conversation.
	Get(ctx context.Context, q GetRequest) (Conversation, error)
	// List lists the acting user's conversations, the last active first (row C5): those that have a message, and those
	// that the acting user has opened.
	List(ctx context.Context, q ListRequest) (List, error)
	// Send adds a message. The same ClientID twice stores it once and answers the stored one. Its sender has read it,
	// unless something of the other is still unread before it. Who writes too fast is told TooMany (row W5).
	Send(ctx context.Context, q SendRequest) (Message, error)
	// ListMessages returns messages by their sequence numbers: the last ones, those before (Cursor), or those after
	// (AfterSeq; the page has no cursor: ask again after its last one until nothing comes).
	ListMessages(ctx context.Context, q ListMessagesRequest) (MessageList, error)
	// MarkRead notes that the acting user has seen everything up to a sequence number. A mark never moves back.
	MarkRead(ctx context.Context, q MarkReadRequest) (Conversation, error)
	// ShowTyping tells the other, if they look, that the acting user is writing (row Cs1). Nothing is kept.
	ShowTyping(ctx context.Context, q ShowTypingRequest) (Typed, error)
	// CountUnread returns how many messages wait for the acting user, in how many conversations.
	CountUnread(ctx context.Context, q CountUnreadRequest) (Unread, error)
}

// Conversation is what two people write to each other, as one of them sees it.
type Conversation struct {
	ID          string    `json:"id"`
	With        Person    `json:"with"` // the other one
	GigID       string    `json:"gig_id"`
	OrderID     string    `json:"order_id"`
	LastMessage *Message  `json:"last_message,omitempty"`
	LastSeq     int64     `json:"last_seq"`
	ReadSeq     int64     `json:"read_seq"`       // seen by the one who asks
	TheirRead   int64     `json:"their_read_seq"` // seen by the other
	Unread      int       `json:"unread"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Person is a participant.
type Person struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// Message is one message. Seq counts 1, 2, 3 … without gaps in its conversation.
type Message struct {
	ID             string    `json:"id"`
	ConversationID string    `json:"conversation_id"`
	Seq            int64     `json:"seq"`
	SenderID       string    `json:"sender_id"`
	SenderUsername string    `json:"sender_username"`
	ClientID       string    `json:"client_id"` // what the sender's client called it
	Text           string    `json:"text"`
	CreatedAt      time.Time `json:"created_at"`
}

// List is a page of conversations.
type List struct {
	Items      []Conversation `json:"items"`
	NextCursor string         `json:"next_cursor"`
}

// MessageList is a page of messages, oldest first.
type MessageList struct {
	Items      []Message `json:"items"`
	NextCursor string    `json:"next_cursor"` // of older ones; empty at the beginning
}

// Unread counts what waits.
type Unread struct {
	Messages      int `json:"messages"`
	Conversations int `json:"conversations"`
}

// OpenRequest is the argument of Open. The other person is named directly, or is the seller of the gig, or the other
// party of the order.
type OpenRequest struct {
	UserID   string `json:"user_id,omitempty"`
	Username string `json:"username,omitempty"`
	GigID    string `json:"gig_id,omitempty"`
	OrderID  string `json:"order_id,omitempty"`
	Text     string `json:"text,omitempty"` // a first message, checked before anything is made
}

// GetRequest is the argument of Get.
type GetRequest struct {
	ID string `json:"id"`
}

// ListRequest is the argument of List.
type ListRequest struct {
	Limit  int    `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"`
}

// SendRequest is the argument of Send.
type SendRequest struct {
	ConversationID string `json:"conversation_id"`
	ClientID       string `json:"client_id,omitempty"` // at most 64 characters, chosen by the client
	Text           string `json:"text"`                // 1 to 4,000 characters
}

// ListMessagesRequest is the argument of ListMessages.
type ListMessagesRequest struct {
	ConversationID string `json:"conversation_id"`
	AfterSeq       int64  `json:"after_seq,omitempty"` // what is newer, to fill a gap; 0: the last page
	Limit          int    `json:"limit,omitempty"`     // 1 to 100; 50
	Cursor         string `json:"cursor,omitempty"`    // what is older
}

// MarkReadRequest is the argument of MarkRead.
type MarkReadRequest struct {
	ConversationID string `json:"conversation_id"`
	Seq            int64  `json:"seq,omitempty"` // 0 is everything
}

// CountUnreadRequest is the argument of CountUnread.
type CountUnreadRequest struct{}
