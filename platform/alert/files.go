package alert

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// PrometheusRules is the table as a rule file for Prometheus, whose alerts say the same as the marketplace's own.
func PrometheusRules(rules []Rule) string {
	var b strings.Builder
	b.WriteString("# Made by `marketplace alerts prometheus` from the table in platform/alert. Do not edit.\ngroups:\n  - name: marketplace\n    rules:\n")
	for _, r := range rules {
		op := ">"
		if r.Below {
			op = "<"
		}
		limit := strconv.FormatFloat(r.Limit*r.scale(), 'f', -1, 64)
		fmt.Fprintf(&b, "      - alert: %s\n        expr: %s\n", r.Name, strconv.Quote(r.Query.PromQL()+" "+op+" "+limit))
		if r.For > 0 {
			fmt.Fprintf(&b, "        for: %s\n", promDuration(r.For))
		}
		fmt.Fprintf(&b, "        labels: {severity: %s}\n        annotations:\n          summary: %s\n          description: %s\n          runbook: %s\n",
			r.Severity, strconv.Quote(r.Title), strconv.Quote(r.Meaning+" "+r.Action), strconv.Quote("docs/observability.md#"+r.Name))
	}
	return b.String()
}

// panel is one graph of the dashboard.
type panel struct{ title, unit, query, legend string }

// panels are what an operator looks at beside the numbers of the rules.
func panels() []panel {
	return []panel{
		{"Requests by status", "reqps", `sum by (status) (rate(marketplace_http_request_seconds_count[5m]))`, "{{status}}"},
		{"Slowest routes (p99)", "s", `topk(10, histogram_quantile(0.99, sum by (le, route) (rate(marketplace_http_request_seconds_bucket{route!~"/socket.io/.*"}[5m]))))`, "{{route}}"},
		{"Calls between processes (p99)", "s", `histogram_quantile(0.99, sum by (le, module) (rate(marketplace_rpc_call_seconds_bucket{side="server"}[5m])))`, "{{module}}"},
		{"Events handled and failed", "ops", `sum by (subscriber) (rate(marketplace_events_handled_total[5m])) or sum by (subscriber) (rate(marketplace_events_failed_total[5m]))`, "{{subscriber}}"},
		{"From an event to its effect (p99)", "s", `histogram_quantile(0.99, sum by (le, subscriber) (rate(marketplace_events_lag_seconds_bucket[5m])))`, "{{subscriber}}"},
		{"Connections to databases at work", "short", `sum by (module) (marketplace_database_connections_in_use)`, "{{module}}"},
		{"Sockets", "short", `sum(marketplace_sockets_open)`, "open"},
		{"Memory of the processes", "bytes", `process_resident_memory_bytes`, "{{instance}}"},
	}
}

// GrafanaDashboard is a dashboard with a graph for each rule, its limit drawn in, and some more.
func GrafanaDashboard(rules []Rule) (string, error) {
	var all []any
	add := func(p panel, thresholds any) {
		n := len(all)
		all = append(all, map[string]any{
			"id": n + 1, "type": "timeseries", "title": p.title, "datasource": map[string]any{"type": "prometheus", "uid": "${source}"},
			"gridPos": map[string]any{"x": n % 3 * 8, "y": n / 3 * 8, "w": 8, "h": 8},
			"fieldConfig": map[string]any{"defaults": map[string]any{"unit": p.unit, "thresholds": thresholds,
				"custom": map[string]any{"thresholdsStyle": map[string]any{"mode": "line"}}}, "overrides": []any{}},
			"targets": []any{map[string]any{"refId": "A", "expr": p.query, "legendFormat": p.legend}},
		})
	}
	for _, r := range rules {
		unit := map[string]string{"share": "percentunit", "s": "s", "days": "s", "hours": "s", "": "short"}[r.Unit]
		bad, good := "red", "green"
		if r.Below {
			bad, good = good, bad
		}
		add(panel{r.Title, unit, r.Query.PromQL(), r.Name}, map[string]any{"mode": "absolute",
			"steps": []any{map[string]any{"color": good, "value": nil}, map[string]any{"color": bad, "value": r.Limit * r.scale()}}})
	}
	for _, p := range panels() {
		add(p, map[string]any{"mode": "absolute", "steps": []any{map[string]any{"color": "green", "value": nil}}})
	}
	text, err := json.MarshalIndent(map[string]any{
		"uid": "marketplace", "title": "Marketplace", "tags": []string{"marketplace"}, "timezone": "utc", "schemaVersion": 39, "version": 1, "refresh": "30s",
		"time": map[string]any{"from": "now-6h", "to": "now"}, "panels": all,
		"templating": map[string]any{"list": []any{map[string]any{"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"}}},
	}, "", "  ")
	return string(text) + "\n", err
}
