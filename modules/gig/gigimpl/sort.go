package gigimpl

import (
	"strings"
	"time"
)

// lastMicros is the end of the year 9999: databases know no later time.
const lastMicros = 253402300799999999

// sorting is an order of results: the columns of its key, the last of them the gig's number, which no other gig has. A gig
// whose own price, sales or rating changes while somebody turns the pages stands where it belongs then.
type sorting struct {
	name    string
	columns []string
	rising  bool
	tiered  bool // the first column is the tier of the match
	dated   bool // the first column is a time; microseconds in the key
	key     func(pulse) []int64
}

// place is where a page begins: after the gig with this key. Total was counted for the first page.
type place struct {
	Sort  string  `json:"s"`
	Key   []int64 `json:"k"`
	Total int     `json:"t"`
}

// sortingOf returns one of gig.Sorts; empty is relevance with a text, otherwise newest.
func sortingOf(name string, withText bool) (sorting, bool) {
	switch {
	case name == "" && withText, name == "relevance" && withText:
		return sorting{name: "relevance", columns: []string{"tier", "g.merit", "g.num"}, tiered: true,
			key: func(p pulse) []int64 { return []int64{p.Tier, p.Merit, p.Num} }}, true
	case name == "relevance":
		return sorting{name: "merit", columns: []string{"g.merit", "g.num"},
			key: func(p pulse) []int64 { return []int64{p.Merit, p.Num} }}, true
	case name == "", name == "newest":
		return sorting{name: "newest", columns: []string{"g.published_at", "g.num"}, dated: true,
			key: func(p pulse) []int64 { return []int64{p.PublishedAt.UnixMicro(), p.Num} }}, true
	case name == "best_selling":
		return sorting{name: name, columns: []string{"g.sales", "g.num"},
			key: func(p pulse) []int64 { return []int64{int64(p.Sales), p.Num} }}, true
	case name == "rating":
		return sorting{name: name, columns: []string{"g.rating_hundredths", "g.rating_count", "g.num"},
			key: func(p pulse) []int64 { return []int64{int64(p.RatingHundredths), int64(p.RatingCount), p.Num} }}, true
	case name == "price_asc", name == "price_desc":
		return sorting{name: name, columns: []string{"g.from_minor", "g.num"}, rising: name == "price_asc",
			key: func(p pulse) []int64 { return []int64{p.FromMinor, p.Num} }}, true
	}
	return sorting{}, false
}

// by is the ORDER BY.
func (s sorting) by() string {
	direction := " DESC"
	if s.rising {
		direction = ""
	}
	return strings.Join(s.columns, direction+", ") + direction
}

// beyond is the condition for what comes after a place that fits.
func (s sorting) beyond(p place) (condition string, key []any) {
	than := " < "
	if s.rising {
		than = " > "
	}
	for _, k := range p.Key {
		key = append(key, k)
	}
	if s.dated {
		key[0] = time.UnixMicro(p.Key[0]).UTC()
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(key)), ", ")
	return "(" + strings.Join(s.columns, ", ") + ")" + than + "(" + marks + ")", key
}

// fits says whether the place is one of this order; a client may have made it up.
func (s sorting) fits(p place) bool {
	return p.Sort == s.name && len(p.Key) == len(s.columns) && p.Total >= 0 && p.Total <= mostTotal &&
		(!s.dated || p.Key[0] >= 0 && p.Key[0] <= lastMicros)
}
