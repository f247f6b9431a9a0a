package app

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// measure shows how busy the module's database is: connections at work, and how long callers have waited for one.
func (h *Host) measure() error {
	inUse := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "marketplace_database_connections_in_use", Help: "Connections to the module's database that are at work.",
	}, func() float64 {
		write, read := h.DB.Stats()
		if h.DB.Postgres() { // one pool
			return float64(write.InUse)
		}
		return float64(write.InUse + read.InUse)
	})
	waited := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "marketplace_database_wait_seconds_total", Help: "How long callers have waited for a connection to write with.",
	}, func() float64 {
		write, _ := h.DB.Stats()
		return write.WaitDuration.Seconds()
	})
	most := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "marketplace_database_connections_max", Help: "Connections that the module may have at most; of SQLite, one writes and the others read.",
	}, func() float64 {
		write, read := h.DB.Stats()
		if h.DB.Postgres() {
			return float64(write.MaxOpenConnections)
		}
		return float64(write.MaxOpenConnections + read.MaxOpenConnections)
	})
	waits := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "marketplace_database_waits_total", Help: "How often a caller had to wait for a connection to write with.",
	}, func() float64 {
		write, _ := h.DB.Stats()
		return float64(write.WaitCount)
	})
	if err := errors.Join(h.Metrics.Register(inUse), h.Metrics.Register(waited), h.Metrics.Register(most), h.Metrics.Register(waits)); err != nil {
		return fmt.Errorf("measure the database of %s: %w", h.Name, err)
	}
	return nil
}

// figures are the series of the process itself.
type figures struct {
	runs    *prometheus.CounterVec   // module, task, outcome
	seconds *prometheus.HistogramVec // module, task
	last    *prometheus.GaugeVec     // module, task
}

func newFigures(r prometheus.Registerer) (*figures, error) {
	f := &figures{
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "marketplace_task_runs_total", Help: "Background tasks that have ended, by outcome: ok or failed.",
		}, []string{"module", "task", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "marketplace_task_seconds", Help: "How long a background task takes.", Buckets: []float64{.001, .01, .1, 1, 10, 60, 600},
		}, []string{"module", "task"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "marketplace_task_last_success_timestamp_seconds", Help: "When a background task has last ended well, as Unix time.",
		}, []string{"module", "task"}),
	}
	if err := errors.Join(r.Register(f.runs), r.Register(f.seconds), r.Register(f.last)); err != nil {
		return nil, fmt.Errorf("measure the process: %w", err)
	}
	return f, nil
}

// ran counts one run of a task.
func (f *figures) ran(module, task string, begun, ended time.Time, err error) {
	outcome := "failed"
	if err == nil {
		outcome = "ok"
		f.last.WithLabelValues(module, task).Set(float64(ended.Unix()))
	}
	f.runs.WithLabelValues(module, task, outcome).Inc()
	f.seconds.WithLabelValues(module, task).Observe(ended.Sub(begun).Seconds())
}
