// Package elastic ships lines of the log to data streams of Elasticsearch, without a collector between. It must never be
// felt: writing a line copies it into a bounded queue and returns, whatever the server does. When the queue is full the
// oldest lines go, are counted, and one line says how many once the server is back.
package elastic

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/clock"
	"marketplace/platform/private"
)

// Limits of the shipper.
const (
	MaxLines   = 50_000           // that wait
	MaxBytes   = 24 << 20         // of them: with what keeps them, and what is on its way, 32 MiB of memory
	batchBytes = 1 << 20          // of lines in one request, before compression
	deadBytes  = 10 << 20         // of the file of refused lines
	patience   = 30 * time.Second // for one request
	maxAnswer  = 8 << 20          // bytes of an answer that are read
)

// Options say where the lines go.
type Options struct {
	URL       string         // http(s)://host:9200
	APIKey    private.Secret // encoded, as Elasticsearch hands it out; it needs create_doc and auto_configure on logs-*
	CAFile    string         // PEM certificates that are trusted besides the system's; empty: none
	Namespace string         // last part of the data stream, logs-<dataset>-<namespace>; empty: default
	DeadFile  string         // gets the lines that Elasticsearch refuses for what they are; empty: they are only counted

	Clock    *clock.Clock
	Errors   io.Writer             // what is wrong with the shipping itself, which cannot be shipped; nil: standard error
	Registry prometheus.Registerer // nil: not measured

	Flush    time.Duration // the longest that a line waits for others; 0: 1 s
	Retry    time.Duration // before the first repetition, doubled up to 100 times as much; 0: 300 ms
	MaxLines int           // 0: MaxLines
	MaxBytes int           // 0: MaxBytes
}

// Shipper is a zapcore.WriteSyncer whose lines are ECS documents. Close it.
type Shipper struct {
	o      Options
	bulk   string
	client *http.Client
	run    string // with a number it is the id of a document, so that a repeated line is stored once

	mu      sync.Mutex
	queue   queue
	next    uint64
	unsaid  int // dropped lines that no line has told of yet
	closed  bool
	wake    chan struct{} // a batch is full, or the shipper closes
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{}
	dead    *deadFile
	lines   *prometheus.CounterVec
	silence time.Time    // no complaint before
	zip     *gzip.Writer // of the one who ships: a new one takes a megabyte
}

// New starts a shipper. It does not ask whether the server is there: the marketplace starts without it.
func New(ctx context.Context, o Options) (*Shipper, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, errors.New("the address of Elasticsearch must be http(s)://host:port")
	}
	client, err := newClient(o.CAFile)
	if err != nil {
		return nil, err
	}
	o = o.filled()
	s := &Shipper{
		o: o, bulk: strings.TrimSuffix(o.URL, "/") + "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason",
		client: client, run: rand.Text(), wake: make(chan struct{}, 1), done: make(chan struct{}), zip: gzip.NewWriter(io.Discard), dead: &deadFile{path: o.DeadFile},
		lines: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marketplace_log_lines_total", Help: "Lines for Elasticsearch by what became of them: stored, dropped (the queue was full), dead (refused).",
		}, []string{"outcome"}),
	}
	for _, outcome := range []string{"stored", "dropped", "dead"} {
		s.lines.WithLabelValues(outcome)
	}
	if o.Registry != nil {
		if err := errors.Join(o.Registry.Register(s.lines), o.Registry.Register(s.waiting())); err != nil {
			return nil, fmt.Errorf("measure the shipping of logs: %w", err)
		}
	}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	go s.ship()
	return s, nil
}

func (o Options) filled() Options {
	if o.Namespace == "" {
		o.Namespace = "default"
	}
	if o.Clock == nil {
		o.Clock = clock.New()
	}
	if o.Errors == nil {
		o.Errors = os.Stderr
	}
	o.Flush, o.Retry = cmp.Or(o.Flush, time.Second), cmp.Or(o.Retry, 300*time.Millisecond)
	o.MaxLines, o.MaxBytes = cmp.Or(o.MaxLines, MaxLines), cmp.Or(o.MaxBytes, MaxBytes)
	return o
}

func newClient(ca string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 1
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("read the certificates of Elasticsearch: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		if !pool.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s has no certificate in PEM form", ca)
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return &http.Client{
		Transport: transport, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the key goes nowhere else
	}, nil
}

func (s *Shipper) waiting() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "marketplace_log_queue_bytes", Help: "Lines that wait to be shipped to Elasticsearch.",
	}, func() float64 {
		s.mu.Lock()
		defer s.mu.Unlock()
		return float64(s.queue.bytes)
	})
}

// Write takes one line. It never blocks and never fails: a line that cannot be kept is counted.
func (s *Shipper) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.lines.WithLabelValues("dropped").Inc()
		return len(p), nil
	}
	s.next++
	s.queue.push(line{id: s.next, text: append([]byte(nil), p...)})
	for s.queue.len() > s.o.MaxLines || s.queue.bytes > s.o.MaxBytes {
		s.queue.pop()
		s.unsaid++
		s.lines.WithLabelValues("dropped").Inc()
	}
	if s.queue.bytes >= batchBytes {
		s.signal()
	}
	return len(p), nil
}

func (s *Shipper) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Sync implements zapcore.WriteSyncer; lines are on their way already.
func (s *Shipper) Sync() error { return nil }

// Close ships what waits, for as long as the context allows (give it 3 s); what remains then is counted as dropped.
func (s *Shipper) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.signal()
	select {
	case <-s.done:
	case <-ctx.Done():
		s.cancel()
		<-s.done
	}
	s.cancel()
	s.client.CloseIdleConnections()
	return s.dead.close()
}
