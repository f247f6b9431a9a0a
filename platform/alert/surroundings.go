package alert

import (
	"context"
	"crypto/tls"
	"fmt"
	"math"
	"net"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	diskMetric        = "marketplace_disk_used_ratio"
	certificateMetric = "marketplace_certificate_expires_timestamp_seconds"
)

// Surroundings measures what no part of the program would: the disk of the data folder, and the certificate that people see
// at the public address.
type Surroundings struct {
	public *url.URL
	ends   atomic.Int64 // Unix seconds; 0: not known
}

// NewSurroundings registers the metrics. public is where the marketplace is reached; without https there is no certificate to
// measure. LookAtCertificate does that.
func NewSurroundings(r prometheus.Registerer, data, public string) (*Surroundings, error) {
	u, err := url.Parse(public)
	if err != nil {
		return nil, fmt.Errorf("read the public address: %w", err)
	}
	s := &Surroundings{public: u}
	err = r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: diskMetric, Help: "How much of the disk of the data folder is used, 0 to 1."},
		func() float64 { return used(data) }))
	if err != nil || u.Scheme != "https" {
		return s, err
	}
	return s, r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: certificateMetric, Help: "When the certificate of the public address ends; NaN: not known."},
		func() float64 {
			if ends := s.ends.Load(); ends != 0 {
				return float64(ends)
			}
			return math.NaN()
		}))
}

// used is what those who are not root can no longer write, as a part of what they can.
func used(folder string) float64 {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil || disk.Blocks == 0 {
		return math.NaN()
	}
	taken := float64(disk.Blocks - disk.Bfree)
	return taken / (taken + float64(disk.Bavail))
}

// LookAtCertificate connects to the public address as a browser does, and notes when its certificate ends. A certificate
// that browsers refuse already has its end too. An error says that nothing could be learnt; what was known stays.
func (s *Surroundings) LookAtCertificate(ctx context.Context) error {
	if s.public.Scheme != "https" {
		return nil
	}
	port := s.public.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(s.public.Hostname(), port))
	if err != nil {
		return fmt.Errorf("look at the certificate of the public address: %w", err)
	}
	defer func() { _ = raw.Close() }()
	// Nothing is sent over the connection: only the dates are read, also those of a certificate that has ended.
	c := tls.Client(raw, &tls.Config{ServerName: s.public.Hostname(), InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) //nolint:gosec // see above
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("look at the certificate of the public address: %w", err)
	}
	if chain := c.ConnectionState().PeerCertificates; len(chain) > 0 {
		s.ends.Store(chain[0].NotAfter.Unix())
	}
	return nil
}
