package reviewimpl

import (
	"time"

	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/platform/fault"
	"marketplace/platform/text"
)

// The limits of a review.
const (
	minRating, maxRating = 1, 5
	maxText              = 2000 // characters
)

// The roles of a review's author.
const (
	roleBuyer  = "buyer"
	roleSeller = "seller"
)

// check cleans a review and tells everything that is wrong with it.
func check(q review.WriteRequest) (review.WriteRequest, error) {
	var c fault.Check
	c.That(q.Rating >= minRating && q.Rating <= maxRating, "rating", "Give %d to %d stars.", minRating, maxRating)
	q.Text = text.Prose(&c, "text", q.Text, 0, maxText)
	return q, c.Err()
}

// roleOf is the side of an order that a person is on; empty if none.
func roleOf(o order.Order, userID string) string {
	switch userID {
	case "":
		return ""
	case o.BuyerID:
		return roleBuyer
	case o.SellerID:
		return roleSeller
	}
	return ""
}

// closesAt is when the order can no longer be reviewed, as the order says; zero when it is not completed.
func closesAt(o order.Order) time.Time {
	if o.Status != order.StatusCompleted || o.ReviewableUntil == nil {
		return time.Time{}
	}
	return o.ReviewableUntil.UTC()
}

// mayReview refuses what is too early or too late (rows R1, R4).
func mayReview(closes, now time.Time) error {
	switch {
	case closes.IsZero():
		return fault.Conflictf("An order can be reviewed once it is completed.")
	case !now.Before(closes):
		return fault.Conflictf("The time to review this order is over.")
	}
	return nil
}

// hundredths is the average of the ratings in hundredths of a star, rounded half up: 487 is 4.87.
func hundredths(stars [maxRating]int) (average, count int) {
	sum := 0
	for i, n := range stars {
		count += n
		sum += (i + 1) * n
	}
	if count == 0 {
		return 0, 0
	}
	return (200*sum + count) / (2 * count), count
}
