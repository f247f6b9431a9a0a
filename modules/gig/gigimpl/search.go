package gigimpl

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
	"marketplace/platform/page"
	"marketplace/platform/text"
)

const (
	perPage   = 24
	mostTotal = 1000 // that is counted
	maxText   = 500  // characters that are searched for
)

// search is a request that has been checked.
type search struct {
	words      *wanted  // nil: any
	shelves    []string // empty: any
	sellerID   string
	min, max   int64
	days       int
	sort       sorting
	after      *place
	limit      int
	impossible bool // nothing can be found
}

// Search reads what may be a moment old: for visitors, on a replica of the database.
func (s *service) Search(ctx context.Context, q gig.SearchRequest) (gig.Results, error) {
	f, err := s.checkSearch(ctx, q)
	if err != nil {
		return gig.Results{}, err
	}
	results := gig.Results{Items: []gig.Gig{}}
	if f.impossible {
		return results, nil
	}
	found, err := s.find(ctx, f)
	if err != nil {
		return gig.Results{}, fmt.Errorf("search gigs: %w", err)
	}
	if results.Total, err = s.total(ctx, f, len(found)); err != nil {
		return gig.Results{}, fmt.Errorf("count the gigs: %w", err)
	}
	if len(found) > f.limit {
		found = found[:f.limit]
		next := place{Sort: f.sort.name, Key: f.sort.key(found[f.limit-1]), Total: results.Total}
		if results.NextCursor, err = page.Cursor(next); err != nil {
			return gig.Results{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	rows, err := s.whole(ctx, found)
	if err != nil {
		return gig.Results{}, err
	}
	// One may have been paused since it was found.
	results.Items = gigs(slices.DeleteFunc(rows, func(r gigRow) bool { return r.Status != gig.StatusActive }))
	return results, nil
}

// checkSearch tells everything that is wrong with a request, or makes a search of it.
func (s *service) checkSearch(ctx context.Context, q gig.SearchRequest) (search, error) {
	var c fault.Check
	f := search{sellerID: q.SellerID, min: q.MinPrice, max: q.MaxPrice, days: min(q.MaxDays, maxDeliveryDays)}
	f.limit = page.Limit(&c, q.Limit, perPage)
	f.after = page.After[place](&c, q.Cursor)
	c.That(len(q.Text) <= maxText*4 && len([]rune(q.Text)) <= maxText, "text", "Search for at most %d characters.", maxText)
	c.That(q.MinPrice >= 0, "min_price", "Use a price, or nothing.")
	c.That(q.MaxPrice >= 0, "max_price", "Use a price, or nothing.")
	c.That(q.MaxPrice == 0 || q.MaxPrice >= q.MinPrice, "max_price", "The highest price is below the lowest.")
	c.That(q.MaxDays >= 0, "max_days", "Use a number of days, or nothing.")
	if strings.TrimSpace(q.Text) != "" {
		w, some := parse(q.Text)
		f.words, f.impossible = &w, !some
	}
	f.impossible = f.impossible || q.SellerID != "" && !text.IsID(q.SellerID)
	var known bool
	f.sort, known = sortingOf(q.Sort, f.words != nil)
	c.That(known, "sort", "Use one of %s.", strings.Join(gig.Sorts(), ", "))
	if f.after != nil {
		c.That(f.sort.fits(*f.after), "cursor", "This cursor is not of this list. Begin again with the first page.")
	}
	if q.Category != "" {
		var err error
		if f.shelves, err = s.shelvesBelow(ctx, q.Category); err != nil {
			return f, err
		}
		c.That(len(f.shelves) > 0, "category", "There is no such category.")
	}
	return f, c.Err()
}

// shelvesBelow are the category and what is below it; none if there is no such category.
func (s *service) shelvesBelow(ctx context.Context, slug string) ([]string, error) {
	var slugs []string
	if !text.IsID(slug) {
		return nil, nil
	}
	if err := s.db.ReadStale(ctx).Raw("SELECT slug FROM categories WHERE slug = ? OR parent = ?", slug, slug).Scan(&slugs).Error; err != nil {
		return nil, fmt.Errorf("read the category: %w", err)
	}
	return slugs, nil
}

// find reads one page and one gig more, as their pulses. The inner query walks an index or the matches with the short
// columns alone.
func (s *service) find(ctx context.Context, f search) ([]pulse, error) {
	from, args := s.filtered(f, f.sort.tiered)
	if f.after != nil {
		condition, key := f.sort.beyond(*f.after)
		from, args = from+" AND "+condition, append(args, key...)
	}
	tier, columns := "0", "g.num"
	if f.sort.tiered {
		tier, columns = "p.tier", "g.num, m.tier"
	}
	by := " ORDER BY " + f.sort.by()
	return ask(s.db.ReadStale(ctx), tier, "FROM (SELECT "+columns+from+by+" LIMIT ?) AS p JOIN gigs AS g ON g.num = p.num"+by, append(args, f.limit+1)...)
}

// filtered is every gig that is searched for, from FROM on.
func (s *service) filtered(f search, tiers bool) (from string, args []any) {
	from = " FROM gigs AS g"
	if f.words != nil {
		var found string
		found, args = matches(s.db.Postgres(), *f.words, tiers)
		from += " JOIN (" + found + ") AS m ON m.num = g.num"
	}
	from += " WHERE g.status = 'active'" // written out: only so the databases use the indexes of published gigs
	where := func(wanted bool, condition string, value any) {
		if wanted {
			from, args = from+" AND "+condition, append(args, value)
		}
	}
	where(len(f.shelves) > 0, "g.category IN ?", f.shelves)
	where(f.sellerID != "", "g.seller_id = ?", f.sellerID)
	where(f.min > 0, "g.from_minor >= ?", f.min)
	where(f.max > 0, "g.from_minor <= ?", f.max)
	where(f.days > 0, "g.fastest_days <= ?", f.days)
	return from, args
}

// total counts the gigs of all pages, up to 1,000: once, for the first page, and only if it is not the last.
func (s *service) total(ctx context.Context, f search, onPage int) (int, error) {
	switch {
	case f.after != nil:
		return f.after.Total, nil
	case onPage <= f.limit:
		return onPage, nil
	}
	from, args := s.filtered(f, false)
	if f.words != nil && !f.filters() { // only published gigs are in the search index
		from, args = matches(s.db.Postgres(), *f.words, false)
		from = " FROM (" + from + ") AS m"
	}
	var n int
	err := s.db.ReadStale(ctx).Raw("SELECT count(*) FROM (SELECT 1"+from+" LIMIT ?) AS f", append(args, mostTotal)...).Row().Scan(&n)
	return n, err
}

// filters says whether more than a text is asked for.
func (f search) filters() bool {
	return len(f.shelves) > 0 || f.sellerID != "" || f.min > 0 || f.max > 0 || f.days > 0
}
