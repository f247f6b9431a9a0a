package apptest

import (
	"strings"
	"testing"
)

// Series are the metrics of the process as they are now, by name and the values of their labels, which are in the order of
// their names: "marketplace_mails_total notification sent". Of a histogram it is the number of observations.
func (h *Harness) Series(t testing.TB) map[string]float64 {
	t.Helper()
	families, err := h.app.Registry().Gather()
	if err != nil {
		t.Fatalf("gather the metrics: %v", err)
	}
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			key := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				key = append(key, l.GetValue())
			}
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			found[strings.Join(key, " ")] = value
		}
	}
	return found
}
