package chat

import "time"

// Block says that one person does not want to hear from another.
type Block struct {
	Person    Person    `json:"person"`
	Blocked   bool      `json:"blocked"`
	CreatedAt time.Time `json:"created_at"`
}

// BlockList is a page of blocks.
type BlockList struct {
	Items      []Block `json:"items"`
	NextCursor string  `json:"next_cursor"`
}

// SetBlockRequest is the argument of SetBlock: one of the two names the person.
type SetBlockRequest struct {
	UserID   string `json:"user_id,omitempty"`
	Username string `json:"username,omitempty"`
	Blocked  bool   `json:"blocked"`
}

// ListBlocksRequest is the argument of ListBlocks.
type ListBlocksRequest struct {
	Limit  int    `json:"limit,omitempty"` // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"`
}

// Reasons are what a person can be reported for.
func Reasons() []string {
	return []string{"spam", "fraud", "off_platform", "harassment", "illegal", "other"}
}

// ReportRequest is the argument of Report.
type ReportRequest struct {
	ConversationID string `json:"conversation_id"`
	Reason         string `json:"reason"`          // one of Reasons
	Text           string `json:"text"`            // what happened: 10 to 2,000 characters
	Block          bool   `json:"block,omitempty"` // the person as well
}

// The statuses of a case.
const (
	CaseOpen      = "open"
	CaseUpheld    = "upheld"    // the report was right
	CaseDismissed = "dismissed" // there is nothing to do
)

// Case is a report, and what became of it.
type Case struct {
	ID             string     `json:"id"`
	ConversationID string     `json:"conversation_id"`
	Reporter       Person     `json:"reporter"`
	Reported       Person     `json:"reported"`
	Reason         string     `json:"reason"`
	Text           string     `json:"text"`
	Status         string     `json:"status"`
	Note           string     `json:"note"` // of who decided, for the reporter
	LastSeq        int64      `json:"last_seq"`
	ClosedBy       string     `json:"closed_by,omitempty"` // user name; for staff only
	ClosedAt       *time.Time `json:"closed_at,omitempty"`
	CreatedAt      time.Time  `json:"created_at"`
	Readings       []Reading  `json:"readings,omitempty"`      // with GetCase, for staff
	ReadingUntil   *time.Time `json:"reading_until,omitempty"` // until when the one who asks may read the messages
}

// CaseList is a page of cases.
type CaseList struct {
	Items      []Case `json:"items"`
	NextCursor string `json:"next_cursor"`
}

// Reading says that a member of the staff has opened a reported conversation.
type Reading struct {
	CaseID    string    `json:"case_id"`
	Reader    string    `json:"reader,omitempty"` // user name; for staff only
	Reason    string    `json:"reason,omitempty"` // for staff only
	CreatedAt time.Time `json:"created_at"`
	Until     time.Time `json:"until"`
}

// ListCasesRequest is the argument of ListCases.
type ListCasesRequest struct {
	Own    bool   `json:"own,omitempty"`    // those that the one who asks has opened; otherwise all, for staff
	Status string `json:"status,omitempty"` // empty: all, the last first; open: the longest open first
	Limit  int    `json:"limit,omitempty"`  // 1 to 100; 20
	Cursor string `json:"cursor,omitempty"`
}

// GetCaseRequest is the argument of GetCase.
type GetCaseRequest struct {
	ID string `json:"id"`
}

// ReadCaseRequest is the argument of ReadCase.
type ReadCaseRequest struct {
	ID     string `json:"id"`
	Reason string `json:"reason"` // why it must be read: 5 to 500 characters
}

// ListCaseMessagesRequest is the argument of ListCaseMessages.
type ListCaseMessagesRequest struct {
	ID     string `json:"id"`
	Limit  int    `json:"limit,omitempty"` // 1 to 100; 50
	Cursor string `json:"cursor,omitempty"`
}

// CaseMessage is a message as staff see it in a case.
type CaseMessage struct {
	Message
	Before []string `json:"before"` // what it said before, oldest first
}

// CaseMessageList is a page of a reported conversation, oldest first.
type CaseMessageList struct {
	Items      []CaseMessage `json:"items"`
	NextCursor string        `json:"next_cursor"` // of older ones
}

// CloseCaseRequest is the argument of CloseCase.
type CloseCaseRequest struct {
	ID     string `json:"id"`
	Status string `json:"status"` // upheld or dismissed
	Note   string `json:"note"`   // for the reporter: 1 to 1,000 characters
}

// Strictness is what happens to messages with contact details or ways to pay elsewhere, before an order.
type Strictness string

// The degrees of strictness.
const (
	StrictOff   Strictness = "off"   // nothing
	StrictWarn  Strictness = "warn"  // both sides see a warning
	StrictBlock Strictness = "block" // it is not sent
)

// Screening is what is looked for in messages between people who have no order yet (row C8).
type Screening struct {
	Version    int64      `json:"version"` // 0: as the configuration has it
	Strictness Strictness `json:"strictness"`
	Words      []string   `json:"words"` // of ways to pay and to talk elsewhere, in small letters
	ChangedBy  string     `json:"changed_by,omitempty"`
	ChangedAt  *time.Time `json:"changed_at,omitempty"`
	History    []Change   `json:"history"` // the last twenty versions, newest first
}

// Change is a version of the screening.
type Change struct {
	Version    int64      `json:"version"`
	Strictness Strictness `json:"strictness"`
	Words      int        `json:"words"` // how many
	ChangedBy  string     `json:"changed_by"`
	ChangedAt  time.Time  `json:"changed_at"`
}

// GetScreeningRequest is the argument of GetScreening.
type GetScreeningRequest struct{}

// SetScreeningRequest is the argument of SetScreening.
type SetScreeningRequest struct {
	Version    int64      `json:"version"` // that was changed; another one meanwhile is a Conflict
	Strictness Strictness `json:"strictness"`
	Words      []string   `json:"words"` // at most 300 of 2 to 40 characters
}

// Reply is a saved answer. {name} in it stands for the name of who is written to.
type Reply struct {
	ID        string    `json:"id"`
	Title     string    `json:"title"`
	Text      string    `json:"text"`
	UpdatedAt time.Time `json:"updated_at"`
}

// ReplyList is the answer of ListReplies.
type ReplyList struct {
	Items []Reply `json:"items"`
}

// ListRepliesRequest is the argument of ListReplies.
type ListRepliesRequest struct{}

// SaveReplyRequest is the argument of SaveReply.
type SaveReplyRequest struct {
	ID    string `json:"id,omitempty"` // empty: a new one; at most 50
	Title string `json:"title"`        // 1 to 60 characters
	Text  string `json:"text"`         // 1 to 4,000 characters
}

// DeleteReplyRequest is the argument of DeleteReply.
type DeleteReplyRequest struct {
	ID string `json:"id"`
}

// Response is how somebody answers.
type Response struct {
	UserID  string `json:"user_id"`
	Seconds int64  `json:"seconds"`           // the median until an answer; 0: too few to say
	Rate    *int   `json:"rate_basis_points"` // of first messages that were answered within a day; nil: too few to say
	Asked   int    `json:"asked"`             // first messages that count
	Answers int    `json:"answers"`
}

// ResponseList is the answer of ListResponses.
type ResponseList struct {
	Items []Response `json:"items"`
}

// ListResponsesRequest is the argument of ListResponses.
type ListResponsesRequest struct {
	UserIDs []string `json:"user_ids"`
}
