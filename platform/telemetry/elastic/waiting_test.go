package elastic_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/telemetry/elastic"
	"marketplace/platform/telemetry/elastic/elastictest"
)

// stuck is a place that holds whoever comes, until it is opened.
type stuck struct {
	came, open chan struct{}
	once       sync.Once
}

func newStuck(t *testing.T) *stuck {
	s := &stuck{came: make(chan struct{}), open: make(chan struct{})}
	t.Cleanup(s.release)
	return s
}

func (s *stuck) hold() {
	select {
	case s.came <- struct{}{}:
	case <-s.open:
	}
	<-s.open
}

func (s *stuck) release() { s.once.Do(func() { close(s.open) }) }

func (s *stuck) Write(p []byte) (int, error) { s.hold(); return len(p), nil }

// Whoever writes waits for nobody: neither while a request hangs, nor while the shipper complains to somebody who does not listen.
// The lines are written here while the shipper is held; if writing needed anything that it has, this test would not end.
func TestWritingWaitsForNobody(t *testing.T) {
	const lines, queued = 3000, 1000
	write := func(t *testing.T, s *elastic.Shipper) {
		t.Helper()
		for i := range lines {
			text := fmt.Sprintf(`{"@timestamp":"2026-11-22T12:00:00.000Z","event.dataset":"marketplace.app","message":"line %d"}`, i)
			if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := s.Sync(); err != nil {
			t.Fatal(err)
		}
	}
	begin := func(t *testing.T, o elastic.Options) (*post, *stuck) {
		t.Helper()
		held := newStuck(t)
		p := &post{t: t, registry: prometheus.NewRegistry(), errors: &complaints{}}
		o.Registry, o.APIKey, o.MaxLines, o.Flush, o.Retry = p.registry, elastictest.Key, queued, time.Millisecond, time.Millisecond
		if o.URL == "" {
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { held.hold() }))
			t.Cleanup(server.Close)
			t.Cleanup(held.release) // before: a server waits for its requests
			o.URL, o.Errors = server.URL, p.errors
		} else {
			o.Errors = held
		}
		s, err := elastic.New(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		p.Shipper = s
		p.say(1, "marketplace.app")
		<-held.came // it has the first line, and hangs
		return p, held
	}
	for what, o := range map[string]elastic.Options{"a request hangs": {}, "nobody listens to complaints": {URL: "http://127.0.0.1:1"}} {
		t.Run(what, func(t *testing.T) {
			p, held := begin(t, o)
			write(t, p.Shipper)
			p.expect(0, lines-queued, 0)
			if waiting := p.gauge("marketplace_log_queue_bytes"); waiting <= 0 || waiting > queued*200 {
				t.Errorf("%v bytes wait", waiting)
			}
			held.release()
			p.close(time.Millisecond)
			if s, d, x := p.count("stored"), p.count("dropped"), p.count("dead"); s+d+x < lines+1 {
				t.Errorf("%d stored, %d dropped, %d dead of %d", s, d, x, lines+1)
			}
		})
	}
}

// gauge is the value of a metric without labels.
func (p *post) gauge(name string) float64 {
	p.t.Helper()
	families, err := p.registry.Gather()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return -1
}
