package app

import (
	"errors"
	"fmt"

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
	if err := errors.Join(h.Metrics.Register(inUse), h.Metrics.Register(waited)); err != nil {
		return fmt.Errorf("measure the database of %s: %w", h.Name, err)
	}
	return nil
}
