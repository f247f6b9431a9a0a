package chat

import "time"

// MessageSent says that a message was stored. It does not carry the text: who may read it asks for it.
type MessageSent struct {
	ConversationID string    `json:"conversation_id"`
	MessageID      string    `json:"message_id"`
	Seq            int64     `json:"seq"`
	SenderID       string    `json:"sender_id"`
	SenderUsername string    `json:"sender_username"`
	RecipientID    string    `json:"recipient_id"`
	At             time.Time `json:"at"`
}

// Topic is chat.message_sent.v1.
func (MessageSent) Topic() string { return "chat.message_sent.v1" }

// Aggregate is the conversation.
func (e MessageSent) Aggregate() string { return e.ConversationID }

// Read says how far a participant has read.
type Read struct {
	ConversationID string    `json:"conversation_id"`
	ReaderID       string    `json:"reader_id"`
	OtherID        string    `json:"other_id"`
	Seq            int64     `json:"seq"`
	At             time.Time `json:"at"`
}

// Topic is chat.read.v1.
func (Read) Topic() string { return "chat.read.v1" }

// Aggregate is the conversation.
func (e Read) Aggregate() string { return e.ConversationID }
