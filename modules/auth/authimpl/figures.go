package authimpl

import (
	"errors"
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/fault"
)

// hashFigures are the series of the queue in which passwords wait to be hashed.
type hashFigures struct {
	waiting prometheus.Gauge
	waited  prometheus.Histogram
}

func newHashFigures() hashFigures {
	return hashFigures{
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "marketplace_password_hash_waiting", Help: "Passwords that wait for their turn to be hashed."}),
		waited: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "marketplace_password_hash_wait_seconds", Help: "How long passwords wait for their turn; after 15 s people are asked to come back.",
			Buckets: []float64{.001, .01, .05, .1, .5, 1, 5, 15}}),
	}
}

// enter counts somebody who begins to wait, until leave is called.
func (f hashFigures) enter() (leave func()) {
	f.waiting.Inc()
	timer := prometheus.NewTimer(f.waited)
	return func() {
		timer.ObserveDuration()
		f.waiting.Dec()
	}
}

// measure registers the series of the module.
func (s *service) measure(r prometheus.Registerer) error {
	s.logIns = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "marketplace_logins_total", Help: "Attempts to log in, by outcome: ok, refused (what was written is not right), throttled (after too many), failed (ours).",
	}, []string{"outcome"})
	for _, outcome := range []string{"ok", "refused", "throttled", "failed"} {
		s.logIns.WithLabelValues(outcome)
	}
	if err := errors.Join(r.Register(s.logIns), r.Register(s.hasher.figures.waiting), r.Register(s.hasher.figures.waited)); err != nil {
		return fmt.Errorf("measure the log-ins: %w", err)
	}
	return nil
}

// countLogIn counts one attempt.
func (s *service) countLogIn(err error) {
	outcome := "ok"
	switch {
	case err == nil:
	case fault.Is(err, fault.TooMany):
		outcome = "throttled"
	case fault.Of(err).Code == fault.Internal || fault.Is(err, fault.Unavailable):
		outcome = "failed"
	default:
		outcome = "refused"
	}
	s.logIns.WithLabelValues(outcome).Inc()
}
