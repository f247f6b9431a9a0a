package gigimpl

import (
	"context"
	"fmt"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
	"marketplace/platform/text"
)

const (
	mostIDs = 100
)

func (s *service) Get(ctx context.Context, q gig.GetRequest) (gig.Gig, error) {
	row, err := s.visible(ctx, q.ID)
	if err != nil {
		return gig.Gig{}, err
	}
	return row.gig(), nil
}

// visible returns a gig that whoever acts may see: a published one, or their own that is not deleted.
func (s *service) visible(ctx context.Context, id string) (gigRow, error) {
	if !text.IsID(id) {
		return gigRow{}, noSuchGig()
	}
	p, err := s.pulseOf(ctx, id)
	if err != nil {
		return gigRow{}, err
	}
	rows, err := s.whole(ctx, []pulse{p})
	if err != nil {
		return gigRow{}, err
	}
	row := rows[0]
	mine := row.SellerID == identity.From(ctx).UserID
	if row.Status == gig.StatusDeleted || row.Status != gig.StatusActive && !mine {
		return gigRow{}, noSuchGig()
	}
	return row, nil
}

func (s *service) List(ctx context.Context, q gig.ListRequest) (gig.List, error) {
	if len(q.IDs) > mostIDs {
		return gig.List{}, fault.Wrong("ids", "Ask for at most %d.", mostIDs)
	}
	ids := make([]string, 0, len(q.IDs))
	for _, id := range q.IDs {
		if text.IsID(id) {
			ids = append(ids, id)
		}
	}
	var rows []gigRow
	if len(ids) > 0 {
		if err := s.db.Read(ctx).Where("id IN ?", ids).Order("num").Find(&rows).Error; err != nil {
			return gig.List{}, fmt.Errorf("read the gigs: %w", err)
		}
	}
	return gig.List{Items: gigs(rows)}, nil
}

// mineKey is where a page of Mine begins.
type mineKey struct {
	Num int64 `json:"n"`
}

func (s *service) Mine(ctx context.Context, q gig.MineRequest) (gig.List, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return gig.List{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, perPage)
	after := page.After[mineKey](&c, q.Cursor)
	c.That(q.Status == "" || q.Status == gig.StatusDraft || q.Status == gig.StatusActive || q.Status == gig.StatusPaused,
		"status", "Use draft, active or paused.")
	if err := c.Err(); err != nil {
		return gig.List{}, err
	}
	find := s.db.Read(ctx).Where("seller_id = ? AND status <> 'deleted'", actor.UserID)
	if q.Status != "" {
		find = find.Where("status = ?", q.Status)
	}
	if after != nil {
		find = find.Where("num < ?", after.Num)
	}
	var rows []gigRow
	if err := find.Order("num DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return gig.List{}, fmt.Errorf("read the seller's gigs: %w", err)
	}
	var next string
	if len(rows) > limit {
		rows = rows[:limit]
		if next, err = page.Cursor(mineKey{rows[limit-1].Num}); err != nil {
			return gig.List{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	return gig.List{Items: gigs(rows), NextCursor: next}, nil
}

func (s *service) Categories(ctx context.Context, _ gig.CategoriesRequest) (gig.CategoryList, error) {
	items := []gig.Category{}
	err := s.db.Read(ctx).Raw(`SELECT c.slug, c.name, c.parent, c.blurb, COALESCE(n.gigs, 0) AS gigs FROM categories c
		LEFT JOIN (SELECT category, count(*) AS gigs FROM gigs WHERE status = 'active' GROUP BY category) n ON n.category = c.slug
		ORDER BY c.position, c.slug`).Scan(&items).Error
	if err != nil {
		return gig.CategoryList{}, fmt.Errorf("read the categories: %w", err)
	}
	at := map[string]int{}
	for i, c := range items {
		at[c.Slug] = i
	}
	for _, c := range items {
		if above, ok := at[c.Parent]; ok {
			items[above].Gigs += c.Gigs
		}
	}
	return gig.CategoryList{Items: items}, nil
}

func gigs(rows []gigRow) []gig.Gig {
	items := make([]gig.Gig, len(rows))
	for i, r := range rows {
		items[i] = r.gig()
	}
	return items
}
