package review

import "time"

// Facts are what every event of a review tells.
type Facts struct {
	ReviewID       string    `json:"review_id"`
	OrderID        string    `json:"order_id"`
	GigID          string    `json:"gig_id"`
	GigTitle       string    `json:"gig_title"`
	AuthorID       string    `json:"author_id"`
	AuthorUsername string    `json:"author_username"`
	AuthorRole     string    `json:"author_role"` // buyer, seller
	SubjectID      string    `json:"subject_id"`
	At             time.Time `json:"at"`
}

// Aggregate is the order that is reviewed.
func (f Facts) Aggregate() string { return f.OrderID }

// Written says that a review was written; what it says stays hidden until it is published.
type Written struct{ Facts }

// Topic is review.written.v1.
func (Written) Topic() string { return "review.written.v1" }

// Published says that a review is public and counts.
type Published struct {
	Facts
	Rating        int `json:"rating"`         // 1 to 5
	GigHundredths int `json:"gig_hundredths"` // the gig's average after it, in hundredths of a star
	GigCount      int `json:"gig_count"`      // and how many reviews that is of
}

// Topic is review.published.v1.
func (Published) Topic() string { return "review.published.v1" }
