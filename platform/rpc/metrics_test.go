package rpc

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/platform/fault"
)

// listen serves the handler until the test ends.
func listen(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestCallsAreCountedByModuleMethodAndOutcomeAndByNothingThatIsSent(t *testing.T) {
	registry := prometheus.NewRegistry()
	m, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Secrets: secrets, Metrics: m}
	h, err := Serve[echo]("echo", &local{}, o)
	if err != nil {
		t.Fatal(err)
	}
	var cuts atomic.Int64
	mux := http.NewServeMux()
	mux.Handle("/rpc/echo/", h)
	url := listen(t, mux)
	c, err := NewClient("echo", []string{nobody(t), url, cut(t, &cuts)}, o)
	if err != nil {
		t.Fatal(err)
	}
	for range 12 {
		patientWithBreakers(c)
		_, _ = Read[said](t.Context(), c, "Say", sayRequest{})
	}
	for range 12 {
		patientWithBreakers(c)
		_, _ = Call[said](t.Context(), c, "Fail", failRequest{Kind: "not_found"})
	}
	post(t, url, "forged", http.MethodPost, `{}`)
	c.check(t.Context(), (*c.pool.replicas.Load())[:2])
	c.check(t.Context(), (*c.pool.replicas.Load())[:2])
	got := series(t, registry)
	if n := got["calls client echo Say ok"]; n != 12 {
		t.Errorf("%v reads as the caller saw them", n)
	}
	if n := got["calls server echo Fail not_found"]; n == 0 || n != got["calls client echo Fail not_found"] {
		t.Errorf("%v refusals", n)
	}
	for _, name := range []string{"calls client echo Fail unavailable", "retries echo unreachable", "retries echo broken"} {
		if got[name] == 0 {
			t.Errorf("no %s", name)
		}
	}
	if got["refused echo"] != 1 || got["replicas echo open"] != 1 || got["replicas echo closed"] != 1 {
		t.Errorf("the forged call, or the replicas: %v", got)
	}
	if len(got) > 16 {
		t.Errorf("%d series: %v", len(got), got)
	}
	if outcomeOf("made up by a peer") != "internal" || outcomeOf(fault.Conflict) != "conflict" {
		t.Error("a peer can make series")
	}
}

// series are the counters and gauges by their names and the values of their labels: "calls client echo Say ok".
func series(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			name := strings.TrimSuffix(strings.TrimPrefix(f.GetName(), "marketplace_rpc_"), "_total")
			for _, label := range []string{"side", "module", "method", "outcome", "cause", "state"} {
				if labels[label] != "" {
					name += " " + labels[label]
				}
			}
			found[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return found
}
