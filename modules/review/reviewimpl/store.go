package reviewimpl

import (
	"fmt"
	"time"

	"marketplace/modules/review"
	"marketplace/platform/db"
)

// reviewRow is a review as it is kept.
type reviewRow struct {
	Num             int64 `gorm:"primaryKey"`
	ID              string
	OrderID         string
	GigID           string
	GigTitle        string
	AuthorID        string
	AuthorUsername  string
	AuthorRole      string
	SubjectID       string
	SubjectUsername string
	Rating          int
	Text            string
	CreatedAt       time.Time
	PublishedAt     *time.Time
}

// TableName is what GORM calls it.
func (reviewRow) TableName() string { return "reviews" }

func (r reviewRow) review() review.Review {
	return review.Review{ID: r.ID, OrderID: r.OrderID, GigID: r.GigID, GigTitle: r.GigTitle, AuthorID: r.AuthorID,
		AuthorUsername: r.AuthorUsername, AuthorRole: r.AuthorRole, SubjectID: r.SubjectID, SubjectUsername: r.SubjectUsername,
		Rating: r.Rating, Text: r.Text, CreatedAt: r.CreatedAt, PublishedAt: r.PublishedAt}
}

func (r reviewRow) facts(at time.Time) review.Facts {
	return review.Facts{ReviewID: r.ID, OrderID: r.OrderID, GigID: r.GigID, GigTitle: r.GigTitle, AuthorID: r.AuthorID,
		AuthorUsername: r.AuthorUsername, AuthorRole: r.AuthorRole, SubjectID: r.SubjectID, At: at}
}

// The kinds of a summary.
const (
	kindGig    = "gig"
	kindSeller = "seller"
	kindBuyer  = "buyer"
)

// summaryRow counts the public reviews of each rating.
type summaryRow struct {
	Kind   string
	ID     string
	Stars1 int `gorm:"column:stars_1"`
	Stars2 int `gorm:"column:stars_2"`
	Stars3 int `gorm:"column:stars_3"`
	Stars4 int `gorm:"column:stars_4"`
	Stars5 int `gorm:"column:stars_5"`
}

// TableName is what GORM calls it.
func (summaryRow) TableName() string { return "summaries" }

func (r summaryRow) stars() [maxRating]int {
	return [maxRating]int{r.Stars1, r.Stars2, r.Stars3, r.Stars4, r.Stars5}
}

func (r summaryRow) summary() review.Summary {
	s := review.Summary{Stars: r.stars()}
	s.Hundredths, s.Count = hundredths(s.Stars)
	if r.Kind == kindGig {
		s.GigID = r.ID
	} else {
		s.UserID = r.ID
	}
	return s
}

// publish makes the hidden reviews of an order public and counts them (rows R3, R7). Of several that do it at once, each
// review is published by one.
func publish(tx *db.Tx, orderID string, now time.Time) error {
	var hidden []reviewRow
	if err := tx.Where("order_id = ? AND published_at IS NULL", orderID).Order("num").Find(&hidden).Error; err != nil {
		return fmt.Errorf("read the hidden reviews: %w", err)
	}
	var public []reviewRow
	for _, r := range hidden {
		done := tx.Exec("UPDATE reviews SET published_at = ? WHERE num = ? AND published_at IS NULL", now, r.Num)
		if done.Error != nil {
			return fmt.Errorf("publish a review: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			continue
		}
		if err := count(tx, r); err != nil {
			return err
		}
		public = append(public, r)
	}
	for _, r := range public {
		average, n, err := gigAverage(tx, r.GigID)
		if err != nil {
			return err
		}
		if err := tx.Emit(review.Published{Facts: r.facts(now), Rating: r.Rating, GigHundredths: average, GigCount: n}); err != nil {
			return err
		}
	}
	return nil
}

// count adds a review to the summaries that it belongs to.
func count(tx *db.Tx, r reviewRow) error {
	if r.AuthorRole == roleSeller {
		return add(tx, kindBuyer, r.SubjectID, r.Rating)
	}
	if err := add(tx, kindGig, r.GigID, r.Rating); err != nil {
		return err
	}
	return add(tx, kindSeller, r.SubjectID, r.Rating)
}

func add(tx *db.Tx, kind, id string, rating int) error {
	var n [maxRating]int
	n[rating-1] = 1
	err := tx.Exec(`INSERT INTO summaries (kind, id, stars_1, stars_2, stars_3, stars_4, stars_5) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET
			stars_1 = summaries.stars_1 + excluded.stars_1, stars_2 = summaries.stars_2 + excluded.stars_2,
			stars_3 = summaries.stars_3 + excluded.stars_3, stars_4 = summaries.stars_4 + excluded.stars_4,
			stars_5 = summaries.stars_5 + excluded.stars_5`,
		kind, id, n[0], n[1], n[2], n[3], n[4]).Error
	if err != nil {
		return fmt.Errorf("count a review: %w", err)
	}
	return nil
}

func gigAverage(tx *db.Tx, gigID string) (average, n int, err error) {
	var row summaryRow
	if err := tx.Where("kind = ? AND id = ?", kindGig, gigID).Limit(1).Find(&row).Error; err != nil {
		return 0, 0, fmt.Errorf("read the gig's summary: %w", err)
	}
	average, n = hundredths(row.stars())
	return average, n, nil
}
