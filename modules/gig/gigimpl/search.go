package gigimpl

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

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

func (s *service) Search(ctx context.Context, q gig.SearchRequest) (gig.Results, error) {
	f, err := s.checkSearch(ctx, q)
	if err != nil {
		return gig.Results{}, err
	}
	results := gig.Results{Items: []gig.Gig{}}
	if f.impossible {
		return results, nil
	}
	rows, err := s.find(ctx, f)
	if err != nil {
		return gig.Results{}, fmt.Errorf("search gigs: %w", err)
	}
	if results.Total, err = s.total(ctx, f, len(rows)); err != nil {
		return gig.Results{}, fmt.Errorf("count the gigs: %w", err)
	}
	if len(rows) > f.limit {
		rows = rows[:f.limit]
		next := place{Sort: f.sort.name, Key: f.sort.key(rows[f.limit-1]), Total: results.Total}
		if results.NextCursor, err = page.Cursor(next); err != nil {
			return gig.Results{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	results.Items = gigs(rows)
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
	if err := s.db.Read(ctx).Raw("SELECT slug FROM categories WHERE slug = ? OR parent = ?", slug, slug).Scan(&slugs).Error; err != nil {
		return nil, fmt.Errorf("read the category: %w", err)
	}
	return slugs, nil
}

// find reads one page and one gig more. The inner query walks an index or the matches with the short columns alone; only
// the gigs of the page are read whole.
func (s *service) find(ctx context.Context, f search) ([]gigRow, error) {
	tiers := f.sort.tiered
	numbers := s.filtered(ctx, f, tiers).Order(f.sort.by()).Limit(f.limit + 1)
	columns := "g.*, 0 AS tier"
	if tiers {
		numbers, columns = numbers.Select("g.num, m.tier"), "g.*, p.tier"
	} else {
		numbers = numbers.Select("g.num")
	}
	if f.after != nil {
		condition, key := f.sort.beyond(*f.after)
		numbers = numbers.Where(condition, key...)
	}
	var rows []gigRow
	err := s.db.Read(ctx).Table("(?) AS p", numbers).Joins("JOIN gigs AS g ON g.num = p.num").Select(columns).
		Order(f.sort.by()).Find(&rows).Error
	return rows, err
}

// filtered is every gig that is searched for, without an order.
func (s *service) filtered(ctx context.Context, f search, tiers bool) *gorm.DB {
	// 'active' is written out: only so the databases use the indexes of published gigs.
	found := s.db.Read(ctx).Table("gigs AS g").Where("g.status = 'active'")
	if f.words != nil {
		found = found.Joins("JOIN (?) AS m ON m.num = g.num", matches(s.db.Read(ctx), s.db.Postgres(), *f.words, tiers))
	}
	if len(f.shelves) > 0 {
		found = found.Where("g.category IN ?", f.shelves)
	}
	if f.sellerID != "" {
		found = found.Where("g.seller_id = ?", f.sellerID)
	}
	if f.min > 0 {
		found = found.Where("g.from_minor >= ?", f.min)
	}
	if f.max > 0 {
		found = found.Where("g.from_minor <= ?", f.max)
	}
	if f.days > 0 {
		found = found.Where("g.fastest_days <= ?", f.days)
	}
	return found
}

// total counts the gigs of all pages, up to 1,000: once, for the first page, and only if it is not the last.
func (s *service) total(ctx context.Context, f search, onPage int) (int, error) {
	switch {
	case f.after != nil:
		return f.after.Total, nil
	case onPage <= f.limit:
		return onPage, nil
	}
	var n int64
	found := s.filtered(ctx, f, false).Select("1")
	if f.words != nil && !f.filters() { // only published gigs are in the search index
		found = s.db.Read(ctx).Table("(?) AS m", matches(s.db.Read(ctx), s.db.Postgres(), *f.words, false)).Select("1")
	}
	err := s.db.Read(ctx).Table("(?) AS f", found.Limit(mostTotal)).Count(&n).Error
	return int(n), err
}

// filters says whether more than a text is asked for.
func (f search) filters() bool {
	return len(f.shelves) > 0 || f.sellerID != "" || f.min > 0 || f.max > 0 || f.days > 0
}
