package bus

import (
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are the bus's series for Prometheus.
type metrics struct {
	done    *prometheus.CounterVec   // topic, subscriber
	failed  *prometheus.CounterVec   // topic, subscriber
	dead    *prometheus.CounterVec   // topic, subscriber
	dropped *prometheus.CounterVec   // topic
	lag     *prometheus.HistogramVec // topic, subscriber
	spent   *prometheus.HistogramVec // topic, subscriber
	pending *prometheus.GaugeVec     // publisher, subscriber
	letters *prometheus.GaugeVec     // publisher, subscriber
	oldest  *prometheus.GaugeVec     // publisher, subscriber

	measuring sync.Mutex
	shown     map[[2]string]bool // publisher and subscriber of what waits, as it was last measured
}

func newMetrics(r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "marketplace", Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: "marketplace", Name: name, Help: help}, []string{"publisher", "subscriber"})
	}
	m := &metrics{
		done:    counter("events_handled_total", "Events that a module has handled.", "topic", "subscriber"),
		failed:  counter("events_failed_total", "Attempts to handle an event that failed.", "topic", "subscriber"),
		dead:    counter("events_dead_total", "Events that became dead letters.", "topic", "subscriber"),
		dropped: counter("events_watch_dropped_total", "Events that live pages were not told of, because they were too slow.", "topic"),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "marketplace", Name: "events_lag_seconds", Help: "From the emission of an event to its effect.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30, 120, 600},
		}, []string{"topic", "subscriber"}),
		spent: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "marketplace", Name: "events_handling_seconds", Help: "How long an attempt to handle an event takes.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30},
		}, []string{"topic", "subscriber"}),
		pending: gauge("outbox_pending", "Deliveries that are not done."),
		letters: gauge("outbox_dead", "Dead letters."),
		oldest:  gauge("outbox_oldest_seconds", "How long the first pending delivery has waited."),
	}
	if r == nil {
		return m, nil
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.done, m.failed, m.dead, m.dropped, m.lag, m.spent, m.pending, m.letters, m.oldest} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

// handled counts one attempt of a handler.
func (m *metrics) handled(topic, subscriber string, emitted time.Time, spent time.Duration, now time.Time, err error) {
	m.spent.WithLabelValues(topic, subscriber).Observe(spent.Seconds())
	if err != nil {
		m.failed.WithLabelValues(topic, subscriber).Inc()
		return
	}
	m.done.WithLabelValues(topic, subscriber).Inc()
	if !emitted.IsZero() {
		m.lag.WithLabelValues(topic, subscriber).Observe(now.Sub(emitted).Seconds())
	}
}

// measure shows what waits; what is not in it any more is gone. There is no moment without the others: an alert that looks
// just then would be over, and begin again.
func (m *metrics) measure(lags []Lag) {
	before := m.shown
	m.shown = map[[2]string]bool{}
	for _, l := range lags {
		m.pending.WithLabelValues(l.Publisher, l.Subscriber).Set(float64(l.Pending))
		m.letters.WithLabelValues(l.Publisher, l.Subscriber).Set(float64(l.Dead))
		m.oldest.WithLabelValues(l.Publisher, l.Subscriber).Set(l.Oldest.Seconds())
		m.shown[[2]string{l.Publisher, l.Subscriber}] = true
	}
	for gone := range before {
		if !m.shown[gone] {
			for _, g := range []*prometheus.GaugeVec{m.pending, m.letters, m.oldest} {
				g.DeleteLabelValues(gone[0], gone[1])
			}
		}
	}
}
