package chat

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

// The folders of ListRequest.
const (
	FolderInbox    = "inbox" // neither archived nor spam
	FolderUnread   = "unread"
	FolderStarred  = "starred"
	FolderArchived = "archived"
	FolderSpam     = "spam"
)

// ListRequest is the argument of List.
type ListRequest struct {
	Folder string `json:"folder,omitempty"` // one of the folders; empty: the inbox, with a query all but spam
	Label  string `json:"label,omitempty"`  // only those with this label
	Query  string `json:"query,omitempty"`  // at most 100 characters, found in names and messages in any case
	Limit  int    `json:"limit,omitempty"`  // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"`
}

// SendRequest is the argument of Send.
type SendRequest struct {
	ConversationID string   `json:"conversation_id"`
	ClientID       string   `json:"client_id,omitempty"` // at most 64 characters, chosen by the client
	Text           string   `json:"text"`                // 1 to 4,000 characters; with files it may be empty
	Files          []Upload `json:"files,omitempty"`     // at most 10 of at most 25 MB each
}

// MayWriteRequest is the argument of MayWrite: the conversation is named, or the other person.
type MayWriteRequest struct {
	ConversationID string `json:"conversation_id,omitempty"`
	UserID         string `json:"user_id,omitempty"`
	Text           string `json:"text"` // all that the other would read; of any length
}

// EditRequest is the argument of Edit.
type EditRequest struct {
	ConversationID string `json:"conversation_id"`
	MessageID      string `json:"message_id"`
	Text           string `json:"text"` // as of Send
}

// DeleteRequest is the argument of Delete.
type DeleteRequest struct {
	ConversationID string `json:"conversation_id"`
	MessageID      string `json:"message_id"`
}

// ListMessagesRequest is the argument of ListMessages. The conversation is named, or an order; then only messages about it,
// and none if the two have not written about it. One of AfterSeq, AroundSeq, FromChange and Query at most.
type ListMessagesRequest struct {
	ConversationID string `json:"conversation_id,omitempty"`
	OrderID        string `json:"order_id,omitempty"`
	AfterSeq       int64  `json:"after_seq,omitempty"`   // what is newer, to fill a gap
	AroundSeq      int64  `json:"around_seq,omitempty"`  // the page that this message is in the middle of
	FromChange     int64  `json:"from_change,omitempty"` // what was edited or deleted since this change (1 is the first), in the order of the changes
	Query          string `json:"query,omitempty"`       // at most 100 characters
	Limit          int    `json:"limit,omitempty"`       // 1 to 100; 50
	Cursor         string `json:"cursor,omitempty"`      // what is older
}

// MarkReadRequest is the argument of MarkRead.
type MarkReadRequest struct {
	ConversationID string `json:"conversation_id"`
	Seq            int64  `json:"seq,omitempty"` // 0 is everything
}

// CountUnreadRequest is the argument of CountUnread.
type CountUnreadRequest struct{}

// TidyRequest is the argument of Tidy.
type TidyRequest struct {
	ConversationID string    `json:"conversation_id"`
	Starred        *bool     `json:"starred,omitempty"`
	Archived       *bool     `json:"archived,omitempty"`
	Spam           *bool     `json:"spam,omitempty"`
	Labels         *[]string `json:"labels,omitempty"` // all that it shall have: at most 5 of 1 to 30 characters
}

// ListLabelsRequest is the argument of ListLabels.
type ListLabelsRequest struct{}

// FileRequest is the argument of File and LinkFile.
type FileRequest struct {
	ConversationID string `json:"conversation_id"`
	FileID         string `json:"file_id"`
	Preview        bool   `json:"preview,omitempty"` // of a picture: at most 640 pixels wide or high
}

// LinkedFileRequest is the argument of LinkedFile.
type LinkedFileRequest struct {
	Token string `json:"token"`
}
