package reviewimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/review"
	"marketplace/platform/fault"
	"marketplace/platform/page"
	"marketplace/platform/text"
)

const (
	perPage = 10
	mostIDs = 100
)

func (s *service) OfOrder(ctx context.Context, q review.OfOrderRequest) (review.OrderReviews, error) {
	o, role, err := s.orderOf(ctx, q.OrderID)
	if err != nil {
		return review.OrderReviews{}, err
	}
	var rows []reviewRow
	if err := s.db.Read(ctx).Where("order_id = ?", o.ID).Limit(2).Find(&rows).Error; err != nil {
		return review.OrderReviews{}, fmt.Errorf("read the order's reviews: %w", err)
	}
	answer := review.OrderReviews{ClosesAt: closesAt(o)}
	for _, r := range rows {
		written := r.review()
		switch {
		case r.AuthorRole == role:
			answer.Mine = &written
		case r.PublishedAt != nil:
			answer.Theirs = &written
		}
	}
	answer.MayWrite = answer.Mine == nil && mayReview(answer.ClosesAt, s.db.Now()) == nil
	return answer, nil
}

// listKey is where a page of List begins: after the review with this time and number.
type listKey struct {
	At  time.Time `json:"a"`
	Num int64     `json:"n"`
}

func (s *service) List(ctx context.Context, q review.ListRequest) (review.List, error) {
	var c fault.Check
	limit := page.Limit(&c, q.Limit, perPage)
	after := page.After[listKey](&c, q.Cursor)
	c.That(q.GigID != "" || q.UserID != "", "gig_id", "Say whose reviews: those of a gig or of a person.")
	c.That(q.Role == "" || q.Role == roleBuyer || q.Role == roleSeller, "role", "Use buyer or seller.")
	if err := c.Err(); err != nil {
		return review.List{}, err
	}
	answer := review.List{Items: []review.Review{}}
	if !canExist(q.GigID) || !canExist(q.UserID) {
		return answer, nil
	}
	find := s.db.Read(ctx).Where("published_at IS NOT NULL")
	if q.GigID != "" {
		find = find.Where("gig_id = ? AND author_role = 'buyer'", q.GigID)
	}
	if q.UserID != "" {
		find = find.Where("subject_id = ?", q.UserID)
	}
	if q.Role != "" {
		find = find.Where("author_role = ?", q.Role)
	}
	if after != nil {
		find = find.Where("(published_at, num) < (?, ?)", after.At.UTC(), after.Num)
	}
	var rows []reviewRow
	if err := find.Order("published_at DESC, num DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return review.List{}, fmt.Errorf("list reviews: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		var err error
		if answer.NextCursor, err = page.Cursor(listKey{last.PublishedAt.UTC(), last.Num}); err != nil {
			return review.List{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	for _, r := range rows {
		answer.Items = append(answer.Items, r.review())
	}
	return answer, nil
}

func (s *service) ListSummaries(ctx context.Context, q review.ListSummariesRequest) (review.SummaryList, error) {
	if len(q.GigIDs)+len(q.UserIDs) > mostIDs {
		return review.SummaryList{}, fault.Wrong("gig_ids", "Ask for at most %d together.", mostIDs)
	}
	var rows []summaryRow
	err := s.db.Read(ctx).Where("kind = 'gig' AND id IN ? OR kind = 'seller' AND id IN ?", known(q.GigIDs), known(q.UserIDs)).
		Find(&rows).Error
	if err != nil {
		return review.SummaryList{}, fmt.Errorf("read the summaries: %w", err)
	}
	type key struct{ kind, id string }
	found := map[key]review.Summary{}
	for _, r := range rows {
		found[key{r.Kind, r.ID}] = r.summary()
	}
	answer := review.SummaryList{Items: []review.Summary{}}
	for _, id := range q.GigIDs {
		summary := found[key{kindGig, id}]
		summary.GigID = id
		answer.Items = append(answer.Items, summary)
	}
	for _, id := range q.UserIDs {
		summary := found[key{kindSeller, id}]
		summary.UserID = id
		answer.Items = append(answer.Items, summary)
	}
	return answer, nil
}

// canExist says whether a filter can find anything.
func canExist(id string) bool { return id == "" || text.IsID(id) }

// known leaves out what cannot be an id.
func known(ids []string) []string {
	kept := []string{}
	for _, id := range ids {
		if text.IsID(id) {
			kept = append(kept, id)
		}
	}
	return kept
}
