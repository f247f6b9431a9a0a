package site

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"marketplace/modules/gig"
	"marketplace/platform/fault"
	"marketplace/platform/money"
	"marketplace/web/language"
)

// searchPage is what was looked for and what was found.
type searchPage struct {
	Form     form
	Action   string // the path of the filter form
	Heading  string
	Blurb    string
	Shelf    *shelf        // the top-level category that is open, if any
	Category *gig.Category // the category itself
	Shelves  []shelf
	Options  []option // of the category filter
	Sorts    []option
	Days     []option
	Currency string
	Symbol   string // of the currency, before the price inputs
	Found    gig.Results
	First    string // address of the first page, on later ones
	Next     string
	Active   []activeFilter
	Filtered bool // by more than words, so the filters are shown open
}

// activeFilter is a filter that is on, with the address without it.
type activeFilter struct {
	Words   string // that are looked for
	Label   string // of the others, with {} for the amount, if there is one
	Without string
	Amount  *money.Amount
}

// ListGigs shows the gigs that match the words and filters of the query. The address alone brings the page back.
func (s *Site) ListGigs(c echo.Context) error { return s.search(c, c.QueryParam("category")) }

// ShowCategory shows the gigs of a category, with the same filters.
func (s *Site) ShowCategory(c echo.Context) error { return s.search(c, c.Param("slug")) }

func (s *Site) search(c echo.Context, category string) error {
	query := c.QueryParams()
	page := searchPage{Form: form{Values: filters(query, category)}, Sorts: sortOptions(), Days: dayOptions(), Action: "/gigs", Currency: s.currency(), Symbol: s.currencySymbol()}
	q, wrong := s.searchRequest(page.Form.Values, query.Get("cursor"))
	g, ctx := errgroup.WithContext(c.Request().Context())
	g.Go(func() (err error) {
		page.Shelves, err = s.shelves(ctx)
		return err
	})
	g.Go(func() (err error) {
		if wrong != nil {
			return nil
		}
		page.Found, wrong = s.Gigs.Search(ctx, q)
		return nil
	})
	if err := g.Wait(); err != nil {
		return err
	}
	status := http.StatusOK
	if wrong != nil {
		shown, ok := rejected(page.Form.Values, wrong, filterInput)
		if !ok {
			return wrong
		}
		page.Form, status = shown, http.StatusUnprocessableEntity
	}
	page.arrange(s.language(c), category)
	if category != "" && page.Category == nil {
		return fault.NotFoundf("There is no such category.")
	}
	page.links(query.Get("cursor"))
	v := view{Title: page.Heading, Description: page.Blurb, Data: page, Canonical: page.canonical(), Feed: "/feed"}
	if page.Category != nil {
		path := "/categories/" + url.PathEscape(page.Category.Slug)
		v.Card, v.Feed = sharedPath("categories", page.Category.Slug), path+"/feed"
		v.Facts = []structured{s.breadcrumbs(page.way()...)}
	}
	return s.show(c, status, "gig/list", v)
}

// filters are the parts of the query that the form shows.
func filters(query url.Values, category string) url.Values {
	values := url.Values{}
	for _, name := range []string{"q", "min", "max", "days", "sort"} {
		values.Set(name, strings.TrimSpace(query.Get(name)))
	}
	values.Set("category", category)
	return values
}

// filterInput is the input of a field that Search refuses.
func filterInput(field string) string {
	inputs := map[string]string{"text": "q", "min_price": "min", "max_price": "max", "max_days": "days"}
	if input, ok := inputs[field]; ok {
		return input
	}
	return field
}

func (s *Site) searchRequest(values url.Values, cursor string) (gig.SearchRequest, error) {
	q := gig.SearchRequest{
		Text: values.Get("q"), Category: values.Get("category"), Sort: values.Get("sort"), Cursor: cursor,
	}
	var check fault.Check
	price := func(input string) int64 {
		if values.Get(input) == "" {
			return 0
		}
		amount, err := money.Parse(values.Get(input), s.currency())
		check.That(err == nil && amount.Minor >= 0, input, "Write a price such as 25.")
		return amount.Minor
	}
	q.MinPrice, q.MaxPrice = price("min"), price("max")
	check.That(q.MaxPrice == 0 || q.MinPrice <= q.MaxPrice, "max", "The highest price is below the lowest.")
	if days := values.Get("days"); days != "" {
		n, err := strconv.Atoi(days)
		check.That(err == nil && n > 0, "days", "Choose a number of days.")
		q.MaxDays = n
	}
	return q, check.Err()
}

// arrange finds the category's place in the tree, and names the page.
func (p *searchPage) arrange(l *language.Language, category string) {
	p.Options = []option{{Value: "", Label: "All categories"}}
	for i := range p.Shelves {
		shelf := &p.Shelves[i]
		p.Options = append(p.Options, option{Value: shelf.Slug, Label: shelf.Name})
		if shelf.Slug == category {
			p.Shelf, p.Category = shelf, &shelf.Category
		}
		for j := range shelf.Below {
			below := &shelf.Below[j]
			p.Options = append(p.Options, option{Value: below.Slug, Label: "\u2003" + below.Name})
			if below.Slug == category {
				p.Shelf, p.Category = shelf, below
			}
		}
	}
	p.Heading, p.Blurb = "All services", "Every service on offer, with fixed prices and clear packages."
	if p.Category != nil {
		p.Heading, p.Blurb = p.Category.Name, p.Category.Blurb
	}
	if words := p.Form.Value("q"); words != "" {
		p.Heading, p.Blurb = l.Fill("Results for “{}”", words), "" // whatever the words are
	}
	for _, name := range []string{"min", "max", "days", "sort"} {
		p.Filtered = p.Filtered || p.Form.Value(name) != ""
	}
}

// links makes the addresses of the other pages and of this search without one of its filters.
func (p *searchPage) links(cursor string) {
	if cursor != "" {
		p.First = p.address("", "")
	}
	if p.Found.NextCursor != "" {
		p.Next = p.address("", p.Found.NextCursor)
	}
	labels := map[string]func(string) string{
		"q":    func(string) string { return "" },
		"min":  func(string) string { return "From {}" },
		"max":  func(string) string { return "Up to {}" },
		"days": func(v string) string { return "Within " + v + " days" },
	}
	for _, name := range []string{"q", "min", "max", "days"} {
		if value := p.Form.Value(name); value != "" && p.Form.Errors[name] == "" {
			active := activeFilter{Label: labels[name](value), Without: p.address(name, "")}
			if name == "q" {
				active.Words = value
			}
			if amount, err := money.Parse(value, p.Currency); err == nil && (name == "min" || name == "max") {
				active.Amount = &amount
			}
			p.Active = append(p.Active, active)
		}
	}
}

// address is this search without one filter, at a cursor.
func (p *searchPage) address(without, cursor string) string {
	query := url.Values{}
	for name, values := range p.Form.Values {
		if name != without && name != "category" && values[0] != "" {
			query.Set(name, values[0])
		}
	}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	path := "/gigs"
	if p.Category != nil {
		path = "/categories/" + url.PathEscape(p.Category.Slug)
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// way is the path through the categories to this one.
func (p *searchPage) way() []crumb {
	way := []crumb{{"All services", "/gigs"}}
	if p.Category.Parent != "" {
		way = append(way, crumb{p.Shelf.Name, "/categories/" + url.PathEscape(p.Shelf.Slug)})
	}
	return append(way, crumb{p.Category.Name, "/categories/" + url.PathEscape(p.Category.Slug)})
}

// canonical is the address to be known by: categories and the whole list, not every combination of filters.
func (p *searchPage) canonical() string {
	if p.Form.Value("q") != "" {
		return ""
	}
	if p.Category != nil {
		return "/categories/" + url.PathEscape(p.Category.Slug)
	}
	return "/gigs"
}

func sortOptions() []option {
	labels := map[string]string{
		"relevance": "Best match", "newest": "Newest", "best_selling": "Best selling", "rating": "Top rated",
		"price_asc": "Price: low to high", "price_desc": "Price: high to low",
	}
	options := []option{{Value: "", Label: "Recommended"}}
	for _, sort := range gig.Sorts() {
		options = append(options, option{Value: sort, Label: labels[sort]})
	}
	return options
}

func dayOptions() []option {
	return []option{
		{Value: "", Label: "Any time"}, {Value: "1", Label: "Within 1 day"}, {Value: "3", Label: "Within 3 days"},
		{Value: "7", Label: "Within 7 days"}, {Value: "14", Label: "Within 14 days"}, {Value: "30", Label: "Within 30 days"},
	}
}

// currency is that of every price.
func (s *Site) currency() string { return s.Config.Currency }

// currencySymbol is what stands before a price input.
func (s *Site) currencySymbol() string {
	digits := showMoney(money.Of(0, s.currency()))
	if before, _, ok := strings.Cut(digits, "0"); ok && before != "" {
		return before
	}
	return s.currency()
}
