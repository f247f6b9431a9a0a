package gigimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"marketplace/modules/gig"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

const (
	similarShown   = 8
	mostSimilar    = 24
	mostCandidates = 100 // that are looked at: the best of the category, and as many of the newest with a tag in common
)

// tag makes the gig findable by its tags, for gigs that are like it.
func tag(tx *db.Tx, row gigRow) error {
	for _, t := range tagsOf(row) {
		if err := tx.Exec("INSERT INTO gig_tags (category, tag, num) VALUES (?, ?, ?)", row.Category, t, row.Num).Error; err != nil {
			return fmt.Errorf("keep the tags of the gig: %w", err)
		}
	}
	return nil
}

// tagsOf are the tags as they are compared: in small letters, each once.
func tagsOf(row gigRow) []string {
	tags := make([]string, len(row.Tags))
	for i, t := range row.Tags {
		tags[i] = strings.ToLower(t)
	}
	slices.Sort(tags)
	return slices.Compact(tags)
}

// Similar looks at a bounded number of gigs, however many the category has; where it has too few, at those of the
// categories beside it as well. What it reads may be a moment old.
func (s *service) Similar(ctx context.Context, q gig.SimilarRequest) (gig.List, error) {
	if q.Limit < 0 || q.Limit > mostSimilar {
		return gig.List{}, fault.Wrong("limit", "Ask for at most %d.", mostSimilar)
	}
	if q.Limit == 0 {
		q.Limit = similarShown
	}
	of, err := s.visible(ctx, q.ID)
	if err != nil {
		return gig.List{}, err
	}
	found, err := s.alike(ctx, of, "?", q.Limit)
	if err == nil && len(found) < q.Limit {
		var beside []pulse
		beside, err = s.alike(ctx, of, "SELECT b.slug FROM categories a JOIN categories b ON b.parent = a.parent AND b.slug <> a.slug WHERE a.parent <> '' AND a.slug = ?",
			q.Limit-len(found))
		found = append(found, beside...)
	}
	if err != nil {
		return gig.List{}, fmt.Errorf("look for similar gigs: %w", err)
	}
	rows, err := s.whole(ctx, found)
	if err != nil {
		return gig.List{}, err
	}
	// One may have been paused since it was found.
	return gig.List{Items: gigs(slices.DeleteFunc(rows, func(r gigRow) bool { return r.Status != gig.StatusActive }))}, nil
}

// alike are the gigs of other sellers in some categories: shelves is the SQL of their slugs, with the gig's category for ?.
func (s *service) alike(ctx context.Context, of gigRow, shelves string, limit int) ([]pulse, error) {
	tags := tagsOf(of)
	return ask(s.db.ReadStale(ctx), "p.shared", `FROM (
		SELECT g.num, (SELECT count(*) FROM gig_tags t WHERE t.num = g.num AND t.tag IN ?) AS shared, g.merit FROM gigs AS g
		WHERE g.status = 'active' AND g.seller_id <> ? AND g.num IN (
			SELECT num FROM (SELECT num FROM gigs WHERE status = 'active' AND category IN (`+shelves+`) AND seller_id <> ?
				ORDER BY merit DESC, num DESC LIMIT ?) AS best
			UNION SELECT num FROM (SELECT num FROM gig_tags WHERE category IN (`+shelves+`) AND tag IN ? ORDER BY num DESC LIMIT ?) AS tagged)
		ORDER BY shared DESC, g.merit DESC, g.num DESC LIMIT ?) AS p
		JOIN gigs AS g ON g.num = p.num ORDER BY p.shared DESC, g.merit DESC, g.num DESC`,
		tags, of.SellerID, of.Category, of.SellerID, mostCandidates, of.Category, tags, mostCandidates, limit)
}
