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
	Quiet          bool      `json:"quiet"` // nobody is told: the recipient calls it spam, or it is a card that is told of elsewhere
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

// MessageEdited says that its sender has changed a message. It does not carry the text.
type MessageEdited struct {
	ConversationID string    `json:"conversation_id"`
	MessageID      string    `json:"message_id"`
	Seq            int64     `json:"seq"`
	Change         int64     `json:"change"` // as the conversation counts changes: list what is after the one before
	SenderID       string    `json:"sender_id"`
	RecipientID    string    `json:"recipient_id"`
	At             time.Time `json:"at"`
}

// Topic is chat.message_edited.v1.
func (MessageEdited) Topic() string { return "chat.message_edited.v1" }

// Aggregate is the conversation.
func (e MessageEdited) Aggregate() string { return e.ConversationID }

// MessageDeleted says that its sender has emptied a message; its place and number remain.
type MessageDeleted struct {
	ConversationID string    `json:"conversation_id"`
	MessageID      string    `json:"message_id"`
	Seq            int64     `json:"seq"`
	Change         int64     `json:"change"`
	SenderID       string    `json:"sender_id"`
	RecipientID    string    `json:"recipient_id"`
	At             time.Time `json:"at"`
}

// Topic is chat.message_deleted.v1.
func (MessageDeleted) Topic() string { return "chat.message_deleted.v1" }

// Aggregate is the conversation.
func (e MessageDeleted) Aggregate() string { return e.ConversationID }

// CaseRead says that staff have opened a reported conversation; its two people are told.
type CaseRead struct {
	CaseID           string    `json:"case_id"`
	ConversationID   string    `json:"conversation_id"`
	ReporterID       string    `json:"reporter_id"`
	ReporterUsername string    `json:"reporter_username"`
	ReportedID       string    `json:"reported_id"`
	ReportedUsername string    `json:"reported_username"`
	At               time.Time `json:"at"`
}

// Topic is chat.case_read.v1.
func (CaseRead) Topic() string { return "chat.case_read.v1" }

// Aggregate is the case.
func (e CaseRead) Aggregate() string { return e.CaseID }

// CaseClosed says that a report was decided; the reporter is told.
type CaseClosed struct {
	CaseID           string    `json:"case_id"`
	ConversationID   string    `json:"conversation_id"`
	ReporterID       string    `json:"reporter_id"`
	ReportedID       string    `json:"reported_id"`
	ReportedUsername string    `json:"reported_username"`
	Reason           string    `json:"reason"`
	Status           string    `json:"status"` // upheld, dismissed
	Note             string    `json:"note"`
	At               time.Time `json:"at"`
}

// Topic is chat.case_closed.v1.
func (CaseClosed) Topic() string { return "chat.case_closed.v1" }

// Aggregate is the case.
func (e CaseClosed) Aggregate() string { return e.CaseID }
