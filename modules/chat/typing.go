package chat

import "time"

// Typed says that somebody is writing at this moment. It is signalled, not kept: it may be lost, and nobody hears it later.
type Typed struct {
	ConversationID string    `json:"conversation_id"`
	TypistID       string    `json:"typist_id"`
	RecipientID    string    `json:"recipient_id"`
	At             time.Time `json:"at"`
}

// Topic is chat.typed.v1.
func (Typed) Topic() string { return "chat.typed.v1" }

// Aggregate is the conversation.
func (e Typed) Aggregate() string { return e.ConversationID }

// ShowTypingRequest is the argument of ShowTyping.
type ShowTypingRequest struct {
	ConversationID string `json:"conversation_id"`
}
