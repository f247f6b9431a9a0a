// Package chat carries messages and files between two people, about a gig or an order or nothing in particular; keeps
// their conversations in order; and lets staff look where somebody has reported one, and nowhere else.
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
	// begins too many conversations is told TooMany (row W5); who is blocked, Forbidden.
	Open(ctx context.Context, q OpenRequest) (Conversation, error)
	// Get returns one conversation.
	Get(ctx context.Context, q GetRequest) (Conversation, error)
	// List lists the acting user's conversations (row C5): those that have a message, and those that the acting user has
	// opened; what has something unread first, then the last active first. With a Query, those whose other person or whose
	// messages have these letters (row C6).
	List(ctx context.Context, q ListRequest) (List, error)
	// Send adds a message. The same ClientID twice stores it once and answers the stored one. Its sender has read it,
	// unless something of the other is still unread before it. Who writes too fast is told TooMany (row W5); where one has
	// blocked the other, Forbidden (row C7). Files are looked at as they are and not as they are called (row C4): what is
	// not taken is Invalid or TooLarge about files.N, and pictures are written anew. Before an order, contact details and
	// ways to pay elsewhere are noted in Warnings, or refused, as the operator has it (row C8).
	Send(ctx context.Context, q SendRequest) (Message, error)
	// MayWrite answers the conversation with a person if Send would take this text to them now, and refuses as Send would: for
	// what reaches the other in another way, such as an offer. Nothing is sent. Without a text, only blocks refuse.
	MayWrite(ctx context.Context, q MayWriteRequest) (Conversation, error)
	// Edit changes the text of an own message within the time for it; what it said is kept for cases. Afterwards it is a
	// Conflict.
	Edit(ctx context.Context, q EditRequest) (Message, error)
	// Delete empties an own message within the time for it: its place remains, its text and files are gone for both.
	Delete(ctx context.Context, q DeleteRequest) (Message, error)
	// ListMessages returns messages by their sequence numbers, of a conversation or of an order (row Cs5): the last ones, those before (Cursor), those around one
	// (AroundSeq), those after one (AfterSeq), those with some letters (Query), or those that were edited or deleted since
	// a change (FromChange). AfterSeq and FromChange fill gaps: ask again after the last one until nothing comes.
	ListMessages(ctx context.Context, q ListMessagesRequest) (MessageList, error)
	// MarkRead notes that the acting user has seen everything up to a sequence number. A mark never moves back.
	MarkRead(ctx context.Context, q MarkReadRequest) (Conversation, error)
	// ShowTyping tells the other, if they look, that the acting user is writing (row Cs1). Nothing is kept.
	ShowTyping(ctx context.Context, q ShowTypingRequest) (Typed, error)
	// CountUnread returns how many messages wait for the acting user, in how many conversations; spam does not count.
	CountUnread(ctx context.Context, q CountUnreadRequest) (Unread, error)

	// Tidy stars, archives, labels a conversation, or calls it spam, for the acting user alone; absent fields stay
	// (row C6). A message of the other takes it out of the archive. Spam is quiet: nobody is told of its messages.
	Tidy(ctx context.Context, q TidyRequest) (Conversation, error)
	// ListLabels lists the acting user's labels with how many conversations have each, by name.
	ListLabels(ctx context.Context, q ListLabelsRequest) (LabelList, error)

	// File returns a file of a message to the participants, and to staff who are reading the conversation for a case.
	File(ctx context.Context, q FileRequest) (File, error)
	// LinkFile returns a token for LinkedFile that works for ten minutes, to those who may have the file.
	LinkFile(ctx context.Context, q FileRequest) (FileLink, error)
	// LinkedFile returns the file of a token, whoever asks, as long as the one whom it was made for may have it.
	LinkedFile(ctx context.Context, q LinkedFileRequest) (File, error)

	// SetBlock blocks a person, or lets them write again (rows C7, U10). Neither writes to the other while one is blocked.
	SetBlock(ctx context.Context, q SetBlockRequest) (Block, error)
	// ListBlocks lists whom the acting user has blocked, the last first.
	ListBlocks(ctx context.Context, q ListBlocksRequest) (BlockList, error)
	// Report opens a case about the other person of a conversation (rows C7, T6). While one is open, another is a Conflict.
	Report(ctx context.Context, q ReportRequest) (Case, error)

	// ListCases lists cases for staff, who are not shown what they are reported for themselves, or the own ones.
	ListCases(ctx context.Context, q ListCasesRequest) (CaseList, error)
	// GetCase returns one case, without its messages: to staff, and to who has opened it.
	GetCase(ctx context.Context, q GetCaseRequest) (Case, error)
	// ReadCase begins a reading: for half an hour this member of the staff may read the reported conversation up to the
	// moment of the report, with the reason for it. It is kept for ever and both participants see it (rows C10, Z16). Only
	// of an open case.
	ReadCase(ctx context.Context, q ReadCaseRequest) (Reading, error)
	// ListCaseMessages returns the messages of a reported conversation, with what they said before they were changed, to
	// who has begun a reading.
	ListCaseMessages(ctx context.Context, q ListCaseMessagesRequest) (CaseMessageList, error)
	// CloseCase decides a case; the reporter is told with the note.
	CloseCase(ctx context.Context, q CloseCaseRequest) (Case, error)

	// GetScreening returns what is looked for in messages before an order, to staff.
	GetScreening(ctx context.Context, q GetScreeningRequest) (Screening, error)
	// SetScreening changes it for all messages from now on; every version is kept. For operators.
	SetScreening(ctx context.Context, q SetScreeningRequest) (Screening, error)

	// ListReplies lists the acting user's saved answers, by title (row Cs2).
	ListReplies(ctx context.Context, q ListRepliesRequest) (ReplyList, error)
	// SaveReply makes a saved answer, or changes the one whose id is named.
	SaveReply(ctx context.Context, q SaveReplyRequest) (Reply, error)
	// DeleteReply removes a saved answer.
	DeleteReply(ctx context.Context, q DeleteReplyRequest) (Done, error)

	// ListResponses says how fast and how surely people answer, from their real messages of the last 90 days (row U3), for
	// at most 100 people; who has answered too little to say is left out.
	ListResponses(ctx context.Context, q ListResponsesRequest) (ResponseList, error)
}

// Conversation is what two people write to each other, as one of them sees it.
type Conversation struct {
	ID          string    `json:"id"`
	With        Person    `json:"with"` // the other one
	GigID       string    `json:"gig_id"`
	OrderID     string    `json:"order_id"`
	LastMessage *Message  `json:"last_message,omitempty"`
	Found       *Message  `json:"found,omitempty"` // the newest message that a search has found
	LastSeq     int64     `json:"last_seq"`
	LastChange  int64     `json:"last_change"`    // of the edits and deletions
	ReadSeq     int64     `json:"read_seq"`       // seen by the one who asks
	TheirRead   int64     `json:"their_read_seq"` // seen by the other
	Unread      int       `json:"unread"`
	UpdatedAt   time.Time `json:"updated_at"`

	Starred  bool     `json:"starred"`
	Archived bool     `json:"archived"`
	Spam     bool     `json:"spam"`
	Labels   []string `json:"labels"`
	Blocked  bool     `json:"blocked"`   // by the one who asks
	CanWrite bool     `json:"can_write"` // neither has blocked the other

	Readings []Reading `json:"readings,omitempty"` // by staff; with Get only
}

// Person is a participant.
type Person struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// Kind is what a message shows.
type Kind string

// The kinds of messages.
const (
	KindText  Kind = "text"  // its text and its files
	KindOffer Kind = "offer" // a card of the offer that SubjectID names (order.GetOffer); its text is the title of the gig
)

// Message is one message. Seq counts 1, 2, 3 … without gaps in its conversation.
type Message struct {
	ID             string       `json:"id"`
	ConversationID string       `json:"conversation_id"`
	Seq            int64        `json:"seq"`
	SenderID       string       `json:"sender_id"`
	SenderUsername string       `json:"sender_username"`
	ClientID       string       `json:"client_id"` // what the sender's client called it
	Kind           Kind         `json:"kind"`
	SubjectID      string       `json:"subject_id,omitempty"` // what a card shows
	OrderID        string       `json:"order_id,omitempty"`   // what the conversation was about when it was sent
	Text           string       `json:"text"`
	Attachments    []Attachment `json:"attachments"`
	Warnings       []Warning    `json:"warnings"` // what was found in it, before an order
	CreatedAt      time.Time    `json:"created_at"`
	Change         int64        `json:"change"` // when it was changed last, as the conversation counts changes; 0: never
	EditedAt       *time.Time   `json:"edited_at,omitempty"`
	DeletedAt      *time.Time   `json:"deleted_at,omitempty"`   // then text and files are empty
	ChangeUntil    *time.Time   `json:"change_until,omitempty"` // until when its sender, who asks, can edit and delete it
}

// Warning is what was found in a message before an order.
type Warning string

// The warnings.
const (
	WarnContact   Warning = "contact"   // an address, a number, an account elsewhere
	WarnElsewhere Warning = "elsewhere" // a word of those who want to pay or to talk elsewhere
)

// Attachment is a file of a message.
type Attachment struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size"` // bytes
	SHA256      string `json:"sha256"`
	Width       int    `json:"width,omitempty"` // of a picture, in pixels
	Height      int    `json:"height,omitempty"`
}

// IsPicture says whether it can be shown in place.
func (a Attachment) IsPicture() bool { return a.Width > 0 }

// Upload is a file that is sent.
type Upload struct {
	Name    string `json:"name"`
	Content []byte `json:"content"`
}

// List is a page of conversations.
type List struct {
	Items      []Conversation `json:"items"`
	NextCursor string         `json:"next_cursor"`
}

// MessageList is a page of messages, oldest first; those of a Query newest first.
type MessageList struct {
	Items      []Message `json:"items"`
	NextCursor string    `json:"next_cursor"` // of older ones; empty at the beginning
}

// Unread counts what waits.
type Unread struct {
	Messages      int `json:"messages"`
	Conversations int `json:"conversations"`
}

// Done is the answer of a command that has nothing to tell.
type Done struct{}

// File is a file with its content.
type File struct {
	Attachment
	Content []byte `json:"content"`
}

// FileLink is a way to a file for a short time.
type FileLink struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Label is a word that somebody has put on conversations.
type Label struct {
	Name          string `json:"name"`
	Conversations int    `json:"conversations"`
}

// LabelList is the answer of ListLabels.
type LabelList struct {
	Items []Label `json:"items"`
}
