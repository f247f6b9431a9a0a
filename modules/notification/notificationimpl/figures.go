package notificationimpl

import (
	"github.com/prometheus/client_golang/prometheus"
)

// figures are the module's series of what happens to mails; mailGauges tell what waits.
type figures struct {
	mails *prometheus.CounterVec // outcome
}

func newFigures(r prometheus.Registerer) (*figures, error) {
	f := &figures{mails: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "marketplace_mails_total", Help: "Attempts to send a mail, by outcome: sent, failed (it comes again), dead (it does not).",
	}, []string{"outcome"})}
	for _, outcome := range []string{sent, "failed", dead} {
		f.mails.WithLabelValues(outcome)
	}
	return f, r.Register(f.mails)
}
