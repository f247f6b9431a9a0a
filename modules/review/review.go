// Package review keeps what buyers and sellers say of each other after an order, and the averages.
package review

import (
	"context"
	"time"
)

// Service is what the module review offers.
type Service interface {
	// Write reviews a completed order as its buyer or its seller: once a side, until order.Order.ReviewableUntil
	// (rows R1, R2, R4).
	// Both reviews become public together, when the second is written or the window closes (row R3).
	Write(ctx context.Context, q WriteRequest) (Review, error)
	// OfOrder returns what a party may see of the reviews of one order: their own, and the other's once public.
	OfOrder(ctx context.Context, q OfOrderRequest) (OrderReviews, error)
	// List lists public reviews of a gig or of a person, newest first.
	List(ctx context.Context, q ListRequest) (List, error)
	// ListSummaries returns the averages of many gigs or people, at most 100 together, in the order asked; zero
	// for those without a review (row R7).
	ListSummaries(ctx context.Context, q ListSummariesRequest) (SummaryList, error)
}

// Review is what one side says of the other about one order.
type Review struct {
	ID              string     `json:"id"`
	OrderID         string     `json:"order_id"`
	GigID           string     `json:"gig_id"`
	GigTitle        string     `json:"gig_title"`
	AuthorID        string     `json:"author_id"`
	AuthorUsername  string     `json:"author_username"`
	AuthorRole      string     `json:"author_role"` // buyer, seller
	SubjectID       string     `json:"subject_id"`
	SubjectUsername string     `json:"subject_username"`
	Rating          int        `json:"rating"` // 1 to 5
	Text            string     `json:"text"`
	CreatedAt       time.Time  `json:"created_at"`
	PublishedAt     *time.Time `json:"published_at"` // nil: not public yet

	Replayed bool `json:"replayed,omitempty"` // of Write: the request had been answered before, this is that answer
}

// Summary is the average of the public reviews that buyers wrote about a gig, or that people got from either side.
type Summary struct {
	GigID      string `json:"gig_id,omitempty"`
	UserID     string `json:"user_id,omitempty"`
	Hundredths int    `json:"hundredths"` // of a star, rounded half up: 487 is 4.87
	Count      int    `json:"count"`
	Stars      [5]int `json:"stars"` // how many of 1, 2, 3, 4, 5
}

// OrderReviews is what a party may see of an order's reviews.
type OrderReviews struct {
	Mine     *Review   `json:"mine,omitempty"`
	Theirs   *Review   `json:"theirs,omitempty"` // nil until public
	MayWrite bool      `json:"may_write"`
	ClosesAt time.Time `json:"closes_at"` // the window; zero when the order is not completed
}

// List is a page of reviews.
type List struct {
	Items      []Review `json:"items"`
	NextCursor string   `json:"next_cursor"`
}

// SummaryList is the answer of ListSummaries: first the gigs, then the people, as asked.
type SummaryList struct {
	Items []Summary `json:"items"`
}

// WriteRequest is the argument of Write.
type WriteRequest struct {
	RequestID string `json:"request_id,omitempty"` // the caller's idempotency key: the same again answers the same
	OrderID   string `json:"order_id"`
	Rating    int    `json:"rating"` // 1 to 5
	Text      string `json:"text"`   // at most 2,000 characters
}

// OfOrderRequest is the argument of OfOrder.
type OfOrderRequest struct {
	OrderID string `json:"order_id"`
}

// ListRequest is the argument of List: reviews by buyers of a gig, or reviews about a person in a role.
type ListRequest struct {
	GigID  string `json:"gig_id,omitempty"`
	UserID string `json:"user_id,omitempty"`
	Role   string `json:"role,omitempty"`  // of the author: buyer, seller; both if empty
	Limit  int    `json:"limit,omitempty"` // 1 to 100; 10
	Cursor string `json:"cursor,omitempty"`
}

// ListSummariesRequest is the argument of ListSummaries.
type ListSummariesRequest struct {
	GigIDs  []string `json:"gig_ids,omitempty"`
	UserIDs []string `json:"user_ids,omitempty"` // as sellers: from the reviews that buyers wrote
}
