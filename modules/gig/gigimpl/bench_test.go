package gigimpl

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/clock"
	"marketplace/platform/config"
)

const catalogue = 10_000 // gigs

// bare is the same result by plain database/sql, as somebody would write it by hand who knows the indexes: prepared, every
// column of the page scanned into its type, lists left as the JSON that they are.
type bare struct {
	page  string
	args  []any
	total string // empty: not counted
}

const columns = `g.num, g.id, g.seller_id, g.status, g.category, g.from_minor, g.currency, g.fastest_days, g.rating_hundredths, g.rating_count,
	g.sales, g.version, g.created_at, g.updated_at, g.published_at, g.seller_username, g.slug, g.title, g.tags, g.pictures, g.packages,
	g.requirements, g.description`

// byHand are the statements of BenchmarkSearch and BenchmarkGet.
func byHand(postgres bool) map[string]bare {
	newest := "g.status = 'active' ORDER BY g.published_at DESC, g.num DESC LIMIT 25"
	filters := `g.status = 'active' AND g.category IN ('graphics-design', 'logo-design', 'brand-identity', 'illustration', 'web-app-design',
		'packaging-design', 'presentation-design', '3d-modeling') AND g.from_minor <= 2000 AND g.fastest_days <= 4`
	some := func(where string) string { return "SELECT count(*) FROM (SELECT 1 " + where + " LIMIT 1000) AS f" }
	whole := func(numbers, by string) string {
		return "SELECT " + columns + " FROM (" + numbers + ") AS p JOIN gigs AS g ON g.num = p.num ORDER BY " + by
	}
	list := map[string]bare{
		"gig":    {page: "SELECT " + columns + " FROM gigs AS g WHERE g.id = 'fill-004711'"},
		"newest": {page: whole("SELECT g.num FROM gigs AS g WHERE "+newest, "g.published_at DESC, g.num DESC"), total: some("FROM gigs AS g WHERE g.status = 'active'")},
		"filters": {page: whole("SELECT g.num FROM gigs AS g WHERE "+filters+" ORDER BY g.rating_hundredths DESC, g.rating_count DESC, g.num DESC LIMIT 25",
			"g.rating_hundredths DESC, g.rating_count DESC, g.num DESC"), total: some("FROM gigs AS g WHERE " + filters)},
	}
	for name, typed := range map[string]string{"text": "translate book", "one word": "logo"} {
		w, _ := parse(typed)
		found, args := matches(postgres, w, true)
		if postgres {
			for n := range args {
				found = strings.Replace(found, "?", fmt.Sprint("$", n+1), 1)
			}
		}
		matching := "WHERE gig_search MATCH '" + fts5(w, "title labels description") + "'"
		if postgres {
			matching = "WHERE document @@ CAST('" + strings.ReplaceAll(tsquery(w, "ABC"), "'", "''") + "' AS TSQUERY)"
		}
		list[name] = bare{args: args, total: some("FROM gig_search " + matching), page: whole("SELECT g.num, m.tier FROM gigs AS g JOIN ("+found+
			") AS m ON m.num = g.num WHERE g.status = 'active' ORDER BY m.tier DESC, g.merit DESC, g.num DESC LIMIT 25", "p.tier DESC, g.merit DESC, g.num DESC")}
	}
	return list
}

// prepare returns what runs the statements and how many gigs it has read.
func (s bare) prepare(b *testing.B, db *sql.DB) func() int {
	b.Helper()
	page, err := db.PrepareContext(b.Context(), s.page)
	if err != nil {
		b.Fatal(s.page, err)
	}
	total := page
	if s.total != "" {
		if total, err = db.PrepareContext(b.Context(), s.total); err != nil {
			b.Fatal(s.total, err)
		}
	}
	b.Cleanup(func() { _, _ = page.Close(), total.Close() })
	return func() (n int) {
		rows, err := page.QueryContext(b.Context(), s.args...)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for ; rows.Next(); n++ {
			var r gigRow
			var tags, pictures, packages, requirements string
			if err := rows.Scan(&r.Num, &r.ID, &r.SellerID, &r.Status, &r.Category, &r.FromMinor, &r.Currency, &r.FastestDays, &r.RatingHundredths,
				&r.RatingCount, &r.Sales, &r.Version, &r.CreatedAt, &r.UpdatedAt, &r.PublishedAt, &r.SellerUsername, &r.Slug, &r.Title, &tags,
				&pictures, &packages, &requirements, &r.Description); err != nil {
				b.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			b.Fatal(err)
		}
		var counted int
		if s.total != "" {
			if err := total.QueryRowContext(b.Context()).Scan(&counted); err != nil || counted < n-1 {
				b.Fatalf("%d counted, %d read, %v", counted, n, err)
			}
		}
		return n
	}
}

// compare measures a call and, in turns with it, the same by hand: of-bare is how much of its speed the call has, whatever
// else the machine is doing.
func (w world) compare(b *testing.B, name string, call func() (int, error)) {
	b.Run(name, func(b *testing.B) {
		db, err := w.DB.Read(b.Context()).DB()
		if err != nil {
			b.Fatal(err)
		}
		byHand := byHand(w.DB.Postgres())[name].prepare(b, db)
		watch := clock.New()
		var ours, theirs time.Duration
		for b.Loop() {
			start := watch.Now()
			n, err := call()
			if err != nil {
				b.Fatal(err)
			}
			between := watch.Now()
			if m := byHand(); n != m && n != m-1 { // one more says that there is another page
				b.Fatalf("%d gigs, and %d by hand", n, m)
			}
			ours, theirs = ours+between.Sub(start), theirs+watch.Now().Sub(between)
		}
		b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/call")
		b.ReportMetric(float64(theirs.Nanoseconds())/float64(b.N), "ns/bare")
		b.ReportMetric(theirs.Seconds()/ours.Seconds(), "of-bare")
	})
}

func databases(b *testing.B, run func(b *testing.B, w world)) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			w := start(b, func(m string, o ...apptest.Option) *apptest.Harness {
				if name == "PostgreSQL" {
					url := apptest.Postgres(b)
					o = append(o, apptest.Config(func(c *config.Config) { c.Database = url }))
				}
				return apptest.Host(b, m, o...)
			})
			w.fill(b, catalogue)
			run(b, w)
		})
	}
}

// BenchmarkSearch finds a page of 24 among 10,000 gigs.
func BenchmarkSearch(b *testing.B) {
	databases(b, func(b *testing.B, w world) {
		for name, q := range map[string]gig.SearchRequest{
			"text":     {Text: "translate book"},
			"filters":  {Category: "graphics-design", MaxPrice: 2000, MaxDays: 4, Sort: "rating"},
			"newest":   {},
			"one word": {Text: "logo"},
		} {
			w.compare(b, name, func() (int, error) {
				r, err := w.Search(apptest.Visitor(), q)
				return len(r.Items), err
			})
		}
	})
}

// BenchmarkGet reads one of 10,000 gigs.
func BenchmarkGet(b *testing.B) {
	databases(b, func(b *testing.B, w world) {
		w.compare(b, "gig", func() (int, error) {
			_, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: "fill-004711"})
			return 1, err
		})
	})
}
