package rpc

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/fault"
)

// Metrics are the series of calls between processes. Labels are modules, methods of their contracts, and codes of faults:
// as many as the program has, whatever is sent. Nil counts nothing.
type Metrics struct {
	calls   *prometheus.CounterVec   // side, module, method, outcome
	seconds *prometheus.HistogramVec // side, module, method
	retries *prometheus.CounterVec   // module, cause
	refused *prometheus.CounterVec   // module
	known   *prometheus.GaugeVec     // module, state
}

// NewMetrics registers the series.
func NewMetrics(r prometheus.Registerer) (*Metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "marketplace", Name: name, Help: help}, labels)
	}
	m := &Metrics{
		calls: counter("rpc_calls_total", "Calls between processes, as the caller (client) and the module (server) saw them end.",
			"side", "module", "method", "outcome"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "marketplace", Name: "rpc_call_seconds", Help: "How long calls between processes take.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5, 30},
		}, []string{"side", "module", "method"}),
		retries: counter("rpc_retries_total", "Attempts at another replica: nothing was reached (unreachable), or the connection broke (broken).",
			"module", "cause"),
		refused: counter("rpc_refused_total", "Calls whose token was not accepted.", "module"),
		known: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: "marketplace", Name: "rpc_replicas", Help: "Replicas that are called (closed) and that are left alone (open), by the state of their breaker.",
		}, []string{"module", "state"}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.calls, m.seconds, m.retries, m.refused, m.known} {
		errs = append(errs, r.Register(c))
	}
	return m, errors.Join(errs...)
}

func (m *Metrics) called(module, method string, err error, spent time.Duration) {
	m.ended("client", module, method, err, spent)
}

func (m *Metrics) served(module, method string, err error, spent time.Duration) {
	m.ended("server", module, method, err, spent)
}

func (m *Metrics) ended(side, module, method string, err error, spent time.Duration) {
	if m == nil {
		return
	}
	outcome := "ok"
	if err != nil {
		outcome = outcomeOf(fault.Of(err).Code)
	}
	m.calls.WithLabelValues(side, module, method, outcome).Inc()
	m.seconds.WithLabelValues(side, module, method).Observe(spent.Seconds())
}

// outcomeOf is the label of a code. A code that does not exist, which a peer could answer, makes no series.
func outcomeOf(code fault.Code) string {
	if code.Status() == fault.Internal.Status() {
		return string(fault.Internal)
	}
	return string(code)
}

func (m *Metrics) retried(module string, how end) {
	if m == nil {
		return
	}
	cause := "broken"
	if how == unreachable {
		cause = "unreachable"
	}
	m.retries.WithLabelValues(module, cause).Inc()
}

func (m *Metrics) turnedAway(module string) {
	if m != nil {
		m.refused.WithLabelValues(module).Inc()
	}
}

func (m *Metrics) replicas(module string, closed, open int) {
	if m != nil {
		m.known.WithLabelValues(module, "closed").Set(float64(closed))
		m.known.WithLabelValues(module, "open").Set(float64(open))
	}
}
