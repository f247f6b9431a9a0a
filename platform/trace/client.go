package trace

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	collected "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"marketplace/platform/clock"
)

// patience is how long the collector may take for one batch.
const patience = 10 * time.Second

// client brings spans to the collector: OTLP/HTTP, protobuf, gzip. OpenTelemetry's own brings gRPC along, four times our
// code, and reads the environment; this is the same request. A batch that is not taken is lost, and counted: traces are a
// sample.
type client struct {
	url     string
	o       Options
	http    *http.Client
	clock   *clock.Clock
	spans   *prometheus.CounterVec // outcome
	mu      sync.Mutex
	silence time.Time // nobody is told before
}

func newClient(o Options) (*client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("traces.url must be http(s)://host:port")
	}
	c := &client{o: o, url: strings.TrimSuffix(o.URL, "/") + "/v1/traces", clock: clock.New(), http: &http.Client{
		Timeout:       patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the authorization goes nowhere else
	}, spans: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "marketplace_trace_spans_total", Help: "Spans for the collector: sent, or lost because it did not take them.",
	}, []string{"outcome"})}
	if o.Registry != nil {
		if err := o.Registry.Register(c.spans); err != nil {
			return nil, fmt.Errorf("measure the traces: %w", err)
		}
	}
	return c, nil
}

// Start implements otlptrace.Client; there is nothing to do.
func (c *client) Start(context.Context) error { return nil }

// Stop implements otlptrace.Client.
func (c *client) Stop(context.Context) error {
	c.http.CloseIdleConnections()
	return nil
}

// UploadTraces implements otlptrace.Client. It returns no error, which OpenTelemetry would print.
func (c *client) UploadTraces(ctx context.Context, spans []*collected.ResourceSpans) error {
	n := 0
	for _, r := range spans {
		for _, s := range r.GetScopeSpans() {
			n += len(s.GetSpans())
		}
	}
	outcome := "sent"
	if err := c.send(ctx, spans); err != nil {
		outcome = "lost"
		c.complain(err)
	}
	c.spans.WithLabelValues(outcome).Add(float64(n))
	return nil
}

// send posts what OTLP calls an ExportTraceServiceRequest, which has the same form as TracesData.
func (c *client) send(ctx context.Context, spans []*collected.ResourceSpans) error {
	message, err := proto.Marshal(&collected.TracesData{ResourceSpans: spans})
	if err != nil {
		return err
	}
	var body bytes.Buffer
	zip := gzip.NewWriter(&body)
	if _, err := zip.Write(message); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, &body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-protobuf")
	request.Header.Set("Content-Encoding", "gzip")
	if c.o.Authorization != "" {
		request.Header.Set("Authorization", c.o.Authorization.Reveal())
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 300)) // to say why, if it says so
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("the collector answered %s: %s", response.Status, said)
	}
	return nil
}

// complain says once a minute what is wrong.
func (c *client) complain(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.Now()
	if c.o.Failed == nil || now.Before(c.silence) {
		return
	}
	c.silence = now.Add(time.Minute)
	c.o.Failed(err)
}

// Reach asks the collector whether it takes spans, by sending none.
func Reach(ctx context.Context, o Options) error {
	c, err := newClient(o)
	if err != nil {
		return err
	}
	defer c.http.CloseIdleConnections()
	if err := c.send(ctx, nil); err != nil {
		return fmt.Errorf("reach the collector of traces: %w", err)
	}
	return nil
}
