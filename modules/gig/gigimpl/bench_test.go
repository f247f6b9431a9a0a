package gigimpl

import (
	"database/sql"
	"testing"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/gig"
	"marketplace/platform/apptest"
	"marketplace/platform/clock"
	"marketplace/platform/config"
)

const catalogue = 10_000 // gigs

// statement is one query as it went to the database.
type statement struct {
	sql  string
	vars []any
}

// queries notes what a call asks the database.
func (w world) queries(b *testing.B, call func() error) (asked []statement) {
	b.Helper()
	note := func(g *gorm.DB) {
		if !g.DryRun {
			asked = append(asked, statement{g.Statement.SQL.String(), g.Statement.Vars})
		}
	}
	callbacks := w.DB.Read(b.Context()).Callback().Query()
	if err := callbacks.After("gorm:query").Register("bench:note", note); err != nil {
		b.Fatal(err)
	}
	if err := call(); err != nil {
		b.Fatal(err)
	}
	if err := callbacks.Remove("bench:note"); err != nil {
		b.Fatal(err)
	}
	return asked
}

// bare runs a query by plain database/sql and scans every column.
func bare(b *testing.B, db *sql.DB, s statement) {
	b.Helper()
	rows, err := db.QueryContext(b.Context(), s.sql, s.vars...)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		b.Fatal(err)
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			b.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		b.Fatal(err)
	}
}

// compare measures a call and, in turns with it, the bare queries that it makes: of-bare is how much of their speed the
// call has, whatever else the machine is doing.
func (w world) compare(b *testing.B, name string, call func() error) {
	asked := w.queries(b, call)
	db, err := w.DB.Read(b.Context()).DB()
	if err != nil {
		b.Fatal(err)
	}
	b.Run(name, func(b *testing.B) {
		watch := clock.New()
		var ours, theirs time.Duration
		for b.Loop() {
			start := watch.Now()
			if err := call(); err != nil {
				b.Fatal(err)
			}
			between := watch.Now()
			for _, s := range asked {
				bare(b, db, s)
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
			w.compare(b, name, func() error { _, err := w.Search(apptest.Visitor(), q); return err })
		}
	})
}

// BenchmarkGet reads one of 10,000 gigs.
func BenchmarkGet(b *testing.B) {
	databases(b, func(b *testing.B, w world) {
		w.compare(b, "gig", func() error { _, err := w.Get(apptest.Visitor(), gig.GetRequest{ID: "fill-004711"}); return err })
	})
}
