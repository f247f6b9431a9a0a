//go:build torture

package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"marketplace/platform/telemetry/elastic/elastictest"
)

// Whoever ships its log to a server that is dead, slow or refusing is as fast as who ships nothing, and hardly larger. The
// two processes are asked in turn, so that what else the machine does is the same for both.
func TestAnElasticsearchThatFailsIsNotFelt(t *testing.T) {
	for name, address := range map[string]func(*testing.T) string{
		"dead": func(t *testing.T) string { return "http://" + freeAddress(t) },
		"slow": func(t *testing.T) string {
			server := elastictest.New(t)
			server.Misbehave(elastictest.Trouble{Delay: 20 * time.Second})
			return server.URL
		},
		"refusing": func(t *testing.T) string {
			server := elastictest.New(t)
			server.Misbehave(elastictest.Trouble{Status: http.StatusTooManyRequests})
			return server.URL
		},
		"too busy for half": func(t *testing.T) string {
			server := elastictest.New(t)
			server.Misbehave(elastictest.Trouble{Every: 2, MaxBytes: 50_000})
			return server.URL
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := func(more string) (*child, string) {
				public := freeAddress(t)
				c := newChild(t, fmt.Sprintf("listen: %q\ninternal: %q\ndata: %q\n%s", public, freeAddress(t), t.TempDir(), more))
				c.start(t)
				c.awaitReady(t)
				return c, "http://" + public
			}
			alone, quiet := run("")
			shipping, loud := run(fmt.Sprintf("elasticsearch: {url: %q, api_key: %q}\n", address(t), elastictest.Key))
			ask(t, quiet, loud, 500) // warm
			a, b := ask(t, quiet, loud, 10_000)
			if limit := a*105/100 + 100*time.Microsecond; b > limit {
				t.Errorf("the 99th percentile is %v instead of %v", b, a)
			}
			if more := memoryOf(t, shipping) - memoryOf(t, alone); more > 32<<10 {
				t.Errorf("%d KiB more are used", more)
			}
			t.Logf("99th percentile %v alone, %v shipping; %d KiB and %d KiB", a, b, memoryOf(t, alone), memoryOf(t, shipping))
		})
	}
}

// ask asks both processes in turn, and says what the 99th percentile of each is.
func ask(t *testing.T, quiet, loud string, times int) (a, b time.Duration) {
	t.Helper()
	spent := map[string][]time.Duration{}
	for i := range times {
		for _, url := range [][]string{{quiet, loud}, {loud, quiet}}[i%2] {
			begun := time.Now()
			r, err := http.Get(url + "/api/v1/gigs?limit=5")
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, r.Body)
			_ = r.Body.Close()
			spent[url] = append(spent[url], time.Since(begun))
		}
	}
	for _, of := range spent {
		slices.Sort(of)
	}
	return spent[quiet][times*99/100], spent[loud][times*99/100]
}

// memoryOf is the memory of a process in KiB.
func memoryOf(t *testing.T, c *child) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	n, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
