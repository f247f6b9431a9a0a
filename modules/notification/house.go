package notification

import "time"

// What the operator says to everybody: that the marketplace is closed for a while, and texts of its own.

// House is what web processes ask for every second or two.
type House struct {
	Closed   *Closure `json:"closed,omitempty"` // nil: open
	Revision int64    `json:"revision"`         // another one: some text has changed
}

// Closure says that the marketplace is closed for maintenance.
type Closure struct {
	Note  string     `json:"note"`  // in the words of the operator, or empty
	Since time.Time  `json:"since"` // UTC
	Until *time.Time `json:"until"` // when it is expected to be over, if that is known
}

// Text is a text that the operator has written in the place of the one that the marketplace has.
type Text struct {
	Name      string    `json:"name"`     // help, terms or privacy
	Language  string    `json:"language"` // BCP 47
	Text      string    `json:"text"`     // Markdown
	Version   int       `json:"version"`  // 1 for the first, one more with each change
	ChangedAt time.Time `json:"changed_at"`
}

// TextList is the answer of Texts.
type TextList struct {
	Items []Text `json:"items"`
}

// HouseRequest is the argument of House.
type HouseRequest struct{}

// CloseRequest is the argument of Close.
type CloseRequest struct {
	Note    string `json:"note,omitempty"`    // at most 500 characters
	Minutes int    `json:"minutes,omitempty"` // how long it is expected to take, at most 10,080; 0: nobody knows
}

// ReopenRequest is the argument of Reopen.
type ReopenRequest struct{}

// TextsRequest is the argument of Texts.
type TextsRequest struct{}

// WriteTextRequest is the argument of WriteText.
type WriteTextRequest struct {
	Name     string `json:"name"`     // help, terms or privacy
	Language string `json:"language"` // BCP 47
	Text     string `json:"text"`     // Markdown, at most 50,000 characters; empty: the marketplace's own again
	Version  int    `json:"version"`  // that was read; 0 if there was none
}
