package elastic_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/apptest"
	"marketplace/platform/telemetry/elastic"
	"marketplace/platform/telemetry/elastic/elastictest"
)

// post is a shipper, and what is known of it.
type post struct {
	*elastic.Shipper
	t        *testing.T
	registry *prometheus.Registry
	errors   *complaints
	closing  sync.Once
}

// complaints is where the shipper says what is wrong.
type complaints struct {
	mu   sync.Mutex
	text strings.Builder
}

func (c *complaints) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(p)
}

func (c *complaints) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

func open(t *testing.T, o elastic.Options) *post {
	t.Helper()
	p := &post{t: t, registry: prometheus.NewRegistry(), errors: &complaints{}}
	o.Registry, o.Errors, o.APIKey = p.registry, p.errors, elastictest.Key
	if o.Retry == 0 {
		o.Retry = time.Millisecond
	}
	if o.Flush == 0 {
		o.Flush = 5 * time.Millisecond
	}
	s, err := elastic.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	p.Shipper = s
	t.Cleanup(func() { p.close(10 * time.Second) })
	return p
}

func (p *post) close(patience time.Duration) {
	p.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(p.t.Context()), patience)
		defer cancel()
		if err := p.Close(ctx); err != nil {
			p.t.Error(err)
		}
	})
}

// say writes n lines of such a dataset.
func (p *post) say(n int, dataset string) {
	p.t.Helper()
	for i := range n {
		p.line(fmt.Sprintf(`{"@timestamp":"2026-11-22T12:00:00.000Z","event.dataset":%q,"message":"line %d"}`+"\n", dataset, i))
	}
}

func (p *post) line(text string) {
	p.t.Helper()
	if n, err := p.Write([]byte(text)); n != len(text) || err != nil {
		p.t.Errorf("a line was not taken: %d %v", n, err)
	}
}

// count is the metric of an outcome.
func (p *post) count(outcome string) int {
	p.t.Helper()
	families, err := p.registry.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "marketplace_log_lines_total" && m.GetLabel()[0].GetValue() == outcome {
				return int(m.GetCounter().GetValue())
			}
		}
	}
	return -1
}

// expect waits until that many lines have come to an end, each to the one that is said.
func (p *post) expect(stored, dropped, dead int) {
	p.t.Helper()
	apptest.Eventually(p.t, func() error {
		if s, d, x := p.count("stored"), p.count("dropped"), p.count("dead"); s != stored || d != dropped || x != dead {
			return fmt.Errorf("%d stored, %d dropped, %d dead; want %d, %d, %d; %s", s, d, x, stored, dropped, dead, p.errors)
		}
		return nil
	})
}

func TestLinesReachTheDataStreamOfTheirDataset(t *testing.T) {
	server := elastictest.New(t)
	p := open(t, elastic.Options{URL: server.URL, Namespace: "shop"})
	p.say(3, "marketplace.app")
	p.say(2, "marketplace.audit")
	p.expect(5, 0, 0)
	if app, audit := server.Documents("logs-marketplace.app-shop"), server.Documents("logs-marketplace.audit-shop"); len(app) != 3 || len(audit) != 2 {
		t.Errorf("%d and %d documents", len(app), len(audit))
	}
}

func TestEveryLineIsStoredOnceWhateverTheServerDoes(t *testing.T) {
	for what, trouble := range map[string]elastictest.Trouble{
		"refuses every third line for now":  {Every: 3},
		"takes small requests only":         {MaxBytes: 2000},
		"is slow":                           {Delay: 20 * time.Millisecond},
		"stores and does not say so":        {Forget: true},
		"has too much to do":                {Status: 429},
		"is a proxy without a server":       {Status: 502},
		"does not know the shipper for now": {Status: 403},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			server := elastictest.New(t)
			server.Misbehave(trouble)
			p := open(t, elastic.Options{URL: server.URL})
			p.say(500, "marketplace.app")
			apptest.Eventually(t, func() bool { return server.Asked() > 3 || p.count("stored") == 500 })
			server.Misbehave(elastictest.Trouble{})
			p.expect(500, 0, 0)
			if found := len(server.Documents("logs-")); found != 500 {
				t.Errorf("%d documents", found)
			}
		})
	}
}

func TestALineThatIsRefusedForWhatItIsGoesToTheDeadFile(t *testing.T) {
	server, file := elastictest.New(t), filepath.Join(t.TempDir(), "dead.ndjson")
	p := open(t, elastic.Options{URL: server.URL, DeadFile: file})
	p.say(1, "marketplace.app")
	p.expect(1, 0, 0)
	p.line(`{"@timestamp":"2026-11-22T12:00:00.000Z","event.dataset":"marketplace.app","message":{"no":1}}`)
	p.line(`{"@timestamp":"2026-11-22T12:00:00.000Z","event.dataset":"marketplace.app","message":17}`)
	p.line(`{"message":"without a time"}`)
	p.say(1, "marketplace.app")
	p.expect(3, 0, 2)
	p.close(time.Second)
	kept, err := os.ReadFile(file)
	if err != nil || strings.Count(string(kept), "\n") != 2 || !strings.Contains(string(kept), "document_parsing_exception") || !strings.Contains(string(kept), "without a time") {
		t.Errorf("the dead file has %q, %v", kept, err)
	}
}

func TestTheDeadFileStaysSmall(t *testing.T) {
	server, file := elastictest.New(t), filepath.Join(t.TempDir(), "dead.ndjson")
	p := open(t, elastic.Options{URL: server.URL, DeadFile: file})
	long := `{"message":"` + strings.Repeat("x", 1<<20) + `"}`
	for range 14 {
		p.line(long)
	}
	p.expect(0, 0, 14)
	p.close(time.Second)
	var total int64
	for _, path := range []string{file, file + ".1"} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if total > 10<<20 {
		t.Errorf("%d bytes are kept", total)
	}
}

func TestWithAServerThatIsAwayTheOldestLinesGoAndAreCounted(t *testing.T) {
	server := elastictest.New(t)
	server.Misbehave(elastictest.Trouble{Status: 503})
	p := open(t, elastic.Options{URL: server.URL, MaxLines: 100, Retry: 50 * time.Millisecond})
	p.say(1, "marketplace.app")
	apptest.Eventually(t, func() bool { return server.Asked() > 0 }) // one line is on its way
	p.say(350, "marketplace.app")
	if dropped := p.count("dropped"); dropped != 250 {
		t.Errorf("%d lines are dropped", dropped)
	}
	server.Misbehave(elastictest.Trouble{})
	p.expect(102, 250, 0)
	told, newest := false, false
	for _, d := range server.Documents("logs-") {
		told = told || strings.HasPrefix(fmt.Sprint(d["message"]), "250 lines of the log were dropped")
		newest = newest || d["message"] == "line 349"
	}
	if !told || !newest {
		t.Errorf("the loss is told: %v; the newest line is there: %v", told, newest)
	}
	if !strings.Contains(p.errors.String(), "logs are not shipped: elasticsearch answered 503") {
		t.Errorf("it complains %q", p.errors)
	}
}

func TestMemoryIsBoundedInBytes(t *testing.T) {
	p := open(t, elastic.Options{URL: "http://127.0.0.1:1", MaxBytes: 1 << 20, Retry: time.Hour})
	for range 100 {
		p.line(strings.Repeat("x", 100_000))
	}
	if dropped := p.count("dropped"); dropped < 70 {
		t.Errorf("only %d lines are dropped", dropped)
	}
	p.close(time.Millisecond)
	p.expect(0, 100, 0)
}

func TestClosingShipsWhatWaitsOrCountsIt(t *testing.T) {
	server := elastictest.New(t)
	p := open(t, elastic.Options{URL: server.URL, Flush: time.Hour})
	p.say(1000, "marketplace.app")
	p.close(3 * time.Second)
	if found := len(server.Documents("logs-")); found != 1000 {
		t.Errorf("%d documents", found)
	}
	p.say(1, "marketplace.app")
	p.expect(1000, 1, 0)

	server.Misbehave(elastictest.Trouble{Delay: time.Hour})
	late := open(t, elastic.Options{URL: server.URL, Flush: time.Hour})
	late.say(10, "marketplace.app")
	begin := time.Now()
	late.close(20 * time.Millisecond)
	if took := time.Since(begin); took > 3*time.Second {
		t.Errorf("closing took %v", took)
	}
	late.expect(0, 10, 0)
}

func TestAShipperNeedsAnAddress(t *testing.T) {
	for _, address := range []string{"", "elastic:9200", "ftp://elastic", "://"} {
		if _, err := elastic.New(t.Context(), elastic.Options{URL: address}); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
	if _, err := elastic.New(t.Context(), elastic.Options{URL: "https://e", CAFile: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// Whatever the server does meanwhile, with any number of lines on their way, each is stored once, or counted.
func TestOfTenThousandLinesEachIsStoredOnceOrCounted(t *testing.T) {
	server := elastictest.New(t)
	p := open(t, elastic.Options{URL: server.URL})
	troubles := []elastictest.Trouble{{Every: 3}, {MaxBytes: 20_000}, {Forget: true}, {Delay: 5 * time.Millisecond}, {Status: 429}, {}, {Status: 503},
		{Every: 2, MaxBytes: 100_000}, {Forget: true, Every: 2}, {}}
	for i, trouble := range troubles {
		before := server.Asked()
		server.Misbehave(trouble)
		p.say(1000, "marketplace.access")
		apptest.Eventually(t, func() bool { return server.Asked() > before || p.count("stored") == 1000*(i+1) })
	}
	server.Misbehave(elastictest.Trouble{})
	apptest.Eventually(t, func() error {
		if s, d, x := p.count("stored"), p.count("dropped"), p.count("dead"); s+d+x < 10_000 {
			return fmt.Errorf("%d stored, %d dropped, %d dead", s, d, x)
		}
		return nil
	})
	if found := len(server.Documents("logs-")); found != 10_000 || p.count("dead") > 0 || p.count("dropped") > 0 {
		t.Errorf("%d documents, %d dropped, %d dead", found, p.count("dropped"), p.count("dead"))
	}
}

func TestWithAServerThatIsDeadTheMemoryOfThirtyTwoMegabytesIsEnough(t *testing.T) {
	before := heap()
	p := open(t, elastic.Options{URL: "http://127.0.0.1:1", Retry: time.Hour})
	line := `{"@timestamp":"2026-11-22T12:00:00.000Z","event.dataset":"marketplace.access","message":"` + strings.Repeat("x", 600) + "\"}\n"
	for range 100_000 {
		p.line(line)
	}
	if grown := heap() - before; grown > 32<<20 {
		t.Errorf("the heap has grown by %d KiB", grown>>10)
	}
	p.close(time.Millisecond)
	p.expect(0, 100_000, 0)
}

// heap is what is in use, when what is not has been collected.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
