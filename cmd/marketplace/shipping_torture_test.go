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

// Other things that the machine does make single rounds unequal; what shipping costs would be seen in all of them.
const rounds = 8

// Whatever Elasticsearch does meanwhile, every line of ten thousand requests is stored, once.
func TestOfTenThousandRequestsEveryLineIsStoredOnce(t *testing.T) {
	server, address := elastictest.New(t), freeAddress(t)
	c := newChild(t, fmt.Sprintf("listen: %q\ninternal: %q\ndata: %q\nelasticsearch: {url: %q, api_key: %q}\n", address, freeAddress(t), t.TempDir(), server.URL, elastictest.Key))
	c.start(t)
	c.awaitReady(t)
	askInTrouble(t, server, "http://"+address, 10_000)
	c.stop()
	expectStoredOnce(t, server, c)
}

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
			slower := 0
			for range rounds {
				a, b := ask(t, quiet, loud, 10_000/rounds)
				if b > a*105/100+100*time.Microsecond {
					slower++
				}
				t.Logf("99th percentile %v alone, %v shipping", a, b)
			}
			if slower > rounds*3/4 {
				t.Errorf("in %d rounds of %d the 99th percentile is above the limit", slower, rounds)
			}
			if more := memoryOf(t, shipping) - memoryOf(t, alone); more > 32<<10 {
				t.Errorf("%d KiB more are used", more)
			}
			t.Logf("%d KiB alone, %d KiB shipping", memoryOf(t, alone), memoryOf(t, shipping))
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
