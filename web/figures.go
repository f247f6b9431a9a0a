package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// figures are the series of the requests. Labels are routes, known methods and statuses: as many as the program has,
// whatever is sent.
type figures struct {
	seconds  *prometheus.HistogramVec // method, route, status
	underway prometheus.Gauge
}

func newFigures(r prometheus.Registerer) (*figures, error) {
	f := &figures{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "marketplace_http_request_seconds", Help: "How long requests take, by route and status; the route none is of addresses that do not exist.", Buckets: []float64{.0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"method", "route", "status"}),
		underway: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "marketplace_http_requests_underway", Help: "Requests that are being answered, live connections included."}),
	}
	if err := errors.Join(r.Register(f.seconds), r.Register(f.underway)); err != nil {
		return nil, fmt.Errorf("measure the requests: %w", err)
	}
	return f, nil
}

func (f *figures) answered(method, route string, status int, spent time.Duration) {
	if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions}, method) {
		method = "other"
	}
	f.seconds.WithLabelValues(method, route, strconv.Itoa(status)).Observe(spent.Seconds())
}
