package main

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/platform/apptest"
	"marketplace/platform/clock"
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

// hammer sends GETs over loopback on as many connections as there are cores.
func hammer(b *testing.B, url string) {
	b.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			r, err := client.Get(url)
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			if r.StatusCode != http.StatusOK {
				b.Errorf("status %d", r.StatusCode)
				return
			}
		}
	})
}

// bare is an echo server that answers the same bytes and does nothing else.
func bare(b *testing.B, url string) string {
	b.Helper()
	r, err := http.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.Fatal(err)
	}
	e := echo.New()
	e.GET("/", func(c echo.Context) error { return c.Blob(http.StatusOK, "application/json", body) })
	server := httptest.NewServer(e)
	b.Cleanup(server.Close)
	return server.URL + "/"
}

func BenchmarkGig(b *testing.B) {
	m, gig := catalogue(b, 20)
	api := m.url + "/api/v1/gigs/" + gig
	page := m.url + "/gigs/" + gig
	b.Run("api", func(b *testing.B) { hammer(b, api) })
	b.Run("api/bare handler", func(b *testing.B) { hammer(b, bare(b, api)) })
	b.Run("page", func(b *testing.B) { hammer(b, page) })
	b.Run("page/bare handler", func(b *testing.B) { hammer(b, bare(b, page)) })
}

func BenchmarkSearch(b *testing.B) {
	m, _ := catalogue(b, 60)
	api := m.url + "/api/v1/gigs?q=logo&limit=20"
	b.Run("api", func(b *testing.B) { hammer(b, api) })
	b.Run("bare SQL behind a bare handler", func(b *testing.B) {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(m.config.Data, "gig.db")+"?mode=ro")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = db.Close() })
		r, err := http.Get(api)
		if err != nil {
			b.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		e := echo.New()
		e.GET("/", func(c echo.Context) error {
			rows, err := db.QueryContext(c.Request().Context(), "SELECT g.* FROM gigs g WHERE g.status = 'active' AND g.id IN (SELECT id FROM gigs WHERE title LIKE '%logo%') ORDER BY g.published_at DESC LIMIT 20")
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			columns, _ := rows.Columns()
			into := make([]any, len(columns))
			for i := range into {
				into[i] = new(any)
			}
			for rows.Next() {
				if err := rows.Scan(into...); err != nil {
					return err
				}
			}
			return c.Blob(http.StatusOK, "application/json", body)
		})
		server := httptest.NewServer(e)
		b.Cleanup(server.Close)
		hammer(b, server.URL+"/")
	})
}

// BenchmarkStart measures from the start of the process to the first page, on a data folder that is there, and the
// memory after 10,000 requests.
func BenchmarkStart(b *testing.B) {
	dir, listen := b.TempDir(), freeAddress(b)
	url := "http://" + listen
	c := newChild(b, fmt.Sprintf("listen: %q\ninternal: %q\ndata: %q\ndemo: true\n", listen, freeAddress(b), dir))
	path, err := program()
	if err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command(path, "demo", "--config", c.path).CombinedOutput(); err != nil {
		b.Fatalf("fill the demonstration: %v\n%s", err, out)
	}
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
		r, err := http.Get(url + []string{"/", "/gigs?q=logo", "/api/v1/gigs"}[i%3])
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	b.ReportMetric(float64(resident(b, c.cmd.Process.Pid))/1024, "MB-resident")
}

// launch starts the process and waits for the first page.
func (c *child) launch(b *testing.B, url string) {
	b.Helper()
	c.start(b)
	apptest.Eventually(b, func() error {
		r, err := http.Get(url + "/")
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
		if r.StatusCode != http.StatusOK {
			return fmt.Errorf("status %d", r.StatusCode)
		}
		return nil
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
