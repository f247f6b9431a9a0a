// Package tracetest is a stand-in for an OpenTelemetry collector in tests: it takes OTLP over HTTP and keeps the spans.
package tracetest

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	collected "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Span is one step of a trace as the collector has it.
type Span struct {
	Trace, ID, Parent string // hexadecimal; Parent is empty for the first
	Name              string
	Kind              string
	Failed            bool
	Attributes        map[string]string
	Service           map[string]string // attributes of the process
}

// Collector keeps spans.
type Collector struct {
	URL string

	mu     sync.Mutex
	status int // 0: spans are taken
	asked  int
	header http.Header
	spans  []Span
	raw    []byte
}

// New starts a collector that lives as long as the test.
func New(t testing.TB) *Collector {
	t.Helper()
	c := &Collector{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

// Refuse makes it answer so from now on; 0: it takes spans.
func (c *Collector) Refuse(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

// Spans are all that came, in the order in which they did.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.spans)
}

// Raw is all that came, unzipped: to look for what must not be in it.
func (c *Collector) Raw() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.raw)
}

// Asked is how many batches came, and the header of the last.
func (c *Collector) Asked() (int, http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked, c.header
}

// ServeHTTP implements http.Handler.
func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	c.header = r.Header
	if c.status != 0 {
		w.WriteHeader(c.status)
		return
	}
	body, err := read(r)
	var batch collected.TracesData
	if err == nil {
		err = proto.Unmarshal(body, &batch)
	}
	if err != nil || r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.raw = append(c.raw, body...)
	for _, process := range batch.GetResourceSpans() {
		for _, scope := range process.GetScopeSpans() {
			for _, s := range scope.GetSpans() {
				c.spans = append(c.spans, spanOf(process, s))
			}
		}
	}
}

func read(r *http.Request) ([]byte, error) {
	zip, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zip)
}

func spanOf(process *collected.ResourceSpans, s *collected.Span) Span {
	span := Span{
		Trace: hex.EncodeToString(s.GetTraceId()), ID: hex.EncodeToString(s.GetSpanId()), Parent: hex.EncodeToString(s.GetParentSpanId()),
		Name: s.GetName(), Kind: s.GetKind().String(), Failed: s.GetStatus().GetCode() == collected.Status_STATUS_CODE_ERROR,
		Attributes: map[string]string{}, Service: map[string]string{},
	}
	for _, a := range s.GetAttributes() {
		span.Attributes[a.GetKey()] = a.GetValue().GetStringValue()
	}
	for _, a := range process.GetResource().GetAttributes() {
		span.Service[a.GetKey()] = a.GetValue().GetStringValue()
	}
	return span
}
