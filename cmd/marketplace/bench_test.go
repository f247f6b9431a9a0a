package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"marketplace/platform/apptest"
	"marketplace/platform/clock"
	"marketplace/platform/config"
)

// Benchmarks compare within one run: the machine is noisy, a ratio is not. docs/performance.md has the table.

// catalogue is a marketplace on SQLite with a seller and n published gigs.
func catalogue(b *testing.B, n int) (m *market, gig string) {
	b.Helper()
	m = start(b, shapes()[0])
	seller := m.join(b, "sonja")
	for range n {
		gig = seller.sell()
	}
	return m, gig
}

// against asks two addresses in turns, 50 requests on as many connections as there are cores: of-bare is how much of the
// speed of the bare one ours has, whatever else the machine is doing.
func against(b *testing.B, ours, bare string) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	watch := clock.New()
	hammer := func(url string) time.Duration {
		start := watch.Now()
		var all errgroup.Group
		for range runtime.GOMAXPROCS(0) {
			all.Go(func() error {
				for range 50 {
					if _, err := fetch(client, url); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := all.Wait(); err != nil {
			b.Fatal(err)
		}
		return watch.Now().Sub(start)
	}
	var ourTime, bareTime time.Duration
	for b.Loop() {
		ourTime += hammer(ours)
		bareTime += hammer(bare)
	}
	requests := float64(b.N * 50 * runtime.GOMAXPROCS(0))
	b.ReportMetric(float64(ourTime.Microseconds())/requests, "µs/request")
	b.ReportMetric(float64(bareTime.Microseconds())/requests, "µs/bare")
	b.ReportMetric(bareTime.Seconds()/ourTime.Seconds(), "of-bare")
}

func fetch(client *http.Client, url string) ([]byte, error) {
	r, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if r.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d", r.StatusCode)
	}
	return body, err
}

// bare is an echo server that answers the same bytes, and before that does what it is told.
func bare(b *testing.B, url string, before func(context.Context) error) string {
	b.Helper()
	body, err := fetch(http.DefaultClient, url)
	if err != nil {
		b.Fatal(err)
	}
	e := echo.New()
	e.GET("/", func(c echo.Context) error {
		if err := before(c.Request().Context()); err != nil {
			return err
		}
		return c.Blob(http.StatusOK, "application/json", body)
	})
	server := httptest.NewServer(e)
	b.Cleanup(server.Close)
	return server.URL + "/"
}

func nothing(context.Context) error { return nil }

func BenchmarkGig(b *testing.B) {
	m, gig := catalogue(b, 20)
	for name, url := range map[string]string{"api": m.url + "/api/v1/gigs/" + gig, "page": m.url + "/gigs/" + gig} {
		b.Run(name, func(b *testing.B) { against(b, url, bare(b, url, nothing)) })
	}
}

// BenchmarkSearch has the bare handler find the same by SQL that is written by hand and prepared.
func BenchmarkSearch(b *testing.B) {
	m, _ := catalogue(b, 60)
	db, err := sql.Open("sqlite", "file:"+filepath.Join(m.config.Data, "gig.db")+"?mode=ro")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	page, err := db.PrepareContext(b.Context(), `SELECT g.* FROM (
			SELECT g.num, CASE WHEN g.num IN (SELECT rowid FROM gig_search WHERE gig_search MATCH '{title} : logo*') THEN 3
				WHEN g.num IN (SELECT rowid FROM gig_search WHERE gig_search MATCH '{title labels} : logo*') THEN 2 ELSE 1 END AS tier
			FROM gig_search AS s JOIN gigs AS g ON g.num = s.rowid WHERE gig_search MATCH 'logo*' AND g.status = 'active'
			ORDER BY tier DESC, g.merit DESC, g.num DESC LIMIT 21
		) AS p JOIN gigs AS g ON g.num = p.num ORDER BY p.tier DESC, g.merit DESC, g.num DESC`)
	if err != nil {
		b.Fatal(err)
	}
	total, err := db.PrepareContext(b.Context(), "SELECT count(*) FROM (SELECT 1 FROM gig_search WHERE gig_search MATCH 'logo*' LIMIT 1000)")
	if err != nil {
		b.Fatal(err)
	}
	api := m.url + "/api/v1/gigs?q=logo&limit=20"
	against(b, api, bare(b, api, func(ctx context.Context) error { return errors.Join(readAll(ctx, page), readAll(ctx, total)) }))
}

// readAll runs a query and scans every column of every row.
func readAll(ctx context.Context, query *sql.Stmt) error {
	rows, err := query.QueryContext(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	into := make([]any, len(columns))
	for i := range into {
		into[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// BenchmarkStart measures from the start of the process to the first page, on a data folder that is there, and the
// memory after 10,000 requests.
func BenchmarkStart(b *testing.B) {
	dir, listen := b.TempDir(), freeAddress(b)
	url := "http://" + listen
	c := newChild(b, fmt.Sprintf("listen: %q\ninternal: %q\ndata: %q\ndemo: true\n", listen, freeAddress(b), dir))
	small := config.Defaults()
	small.Data, small.Demo, small.PublicURL, small.Listen, small.Internal = dir, true, url, listen, "127.0.0.1:0"
	sketch(b, small)
	c.launch(b, url) // it notes that there are gigs
	c.kill()
	watch := clock.New()
	b.ResetTimer()
	var total time.Duration
	for range b.N {
		begin := watch.Now()
		c.launch(b, url)
		total += watch.Now().Sub(begin)
		b.StopTimer()
		c.kill()
		b.StartTimer()
	}
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), "ms-to-first-page")
	b.StopTimer()
	c.launch(b, url)
	for i := range 10_000 {
		if _, err := fetch(http.DefaultClient, url+[]string{"/", "/gigs?q=logo", "/api/v1/gigs"}[i%3]); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(resident(b, c.cmd.Process.Pid))/1024, "MB-resident")
}

// launch starts the process and waits for the first page.
func (c *child) launch(b *testing.B, url string) {
	b.Helper()
	c.start(b)
	apptest.Eventually(b, func() error {
		_, err := fetch(http.DefaultClient, url+"/")
		return err
	})
}

// resident is the resident memory of a process in kB.
func resident(b *testing.B, pid int) int {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("the memory of a process is only known on Linux")
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, _ := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			return n
		}
	}
	return 0
}
