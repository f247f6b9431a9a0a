// Package kibana sets Elasticsearch and Kibana up for the log of the marketplace: index templates with their retention, a
// data view, saved searches, dashboards and alert rules. All of it is made from small tables, has fixed ids, and can be
// installed again and again (Setup).
package kibana

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// Object is a saved object of Kibana.
type Object struct {
	Type       string         `json:"type"`
	ID         string         `json:"id"`
	Attributes map[string]any `json:"attributes"`
	References []Reference    `json:"references"`
}

// Reference is what an object needs of another.
type Reference struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

const viewID = "marketplace-logs"

// everyRecord is what Kibana counts where no field is counted.
const everyRecord = "___records___"

// chart is one picture of a dashboard.
type chart struct {
	title  string
	kind   string // line, bar, table or number
	filter string // KQL: which lines
	how    string // count, sum, max, unique_count, p99
	of     string // the field; none for count
	by     string // the field that divides it; empty: nothing does
}

// dashboard is a page of charts.
type dashboard struct {
	id, title string
	charts    []chart
}

const access, audit = `event.dataset : "marketplace.access"`, `event.dataset : "marketplace.audit"`

// dashboards is the table.
func dashboards() []dashboard {
	figure := func(title, rule string) chart {
		return chart{title, "line", "market.figure." + rule + " : *", "max", "market.figure." + rule, "service.node.name"}
	}
	return []dashboard{
		{"traffic", "Traffic and errors", []chart{
			{"Requests", "number", access, "count", "", ""},
			{"Failed requests", "number", access + ` and http.response.status_code >= 500`, "count", "", ""},
			{"Requests by status", "bar", access, "count", "", "http.response.status_code"},
			{"Time of requests (p99, nanoseconds)", "line", access, "p99", "event.duration", ""},
			{"Errors by module", "bar", `log.level : "error"`, "count", "", "event.module"},
			{"Routes that fail", "table", access + ` and http.response.status_code >= 500`, "count", "", "url.path"},
		}},
		{"latency", "Latency by module and route", []chart{
			{"Slowest routes (p99, nanoseconds)", "table", access, "p99", "event.duration", "url.path"},
			{"Time by route (p99, nanoseconds)", "line", access, "p99", "event.duration", "url.path"},
			{"Requests by process", "line", access, "count", "", "service.node.name"},
			figure("Time of requests (p99, seconds)", "slow_requests"),
		}},
		{"money", "Orders and money", []chart{
			{"Money that moved (minor units)", "line", audit + " and market.amount_minor : *", "sum", "market.amount_minor", "event.action"},
			{"What was done", "bar", audit, "count", "", "event.action"},
			figure("The books are in order (1)", "ledger_difference"),
			figure("Differences from the provider's report", "reconciliation_difference"),
			figure("Seconds since the last order", "no_orders"),
		}},
		{"events", "Events, outbox lag and dead letters", []chart{
			figure("The first event has waited (seconds)", "outbox_lag"),
			figure("Events that wait", "queue_depth"),
			figure("Dead letters", "dead_letters"),
			figure("The first mail has waited (seconds)", "mail_waits"),
			{"What the bus says", "table", `event.module : "events"`, "count", "", "message"},
		}},
		{"chat", "Chat", []chart{
			{"Requests of conversations", "line", access + ` and url.path : */conversations*`, "count", "", "url.path"},
			{"Time of conversations (p99, nanoseconds)", "line", access + ` and url.path : */conversations*`, "p99", "event.duration", ""},
			{"Live connections that were opened", "bar", access + ` and url.path : /socket.io/*`, "count", "", "http.response.status_code"},
			{"Requests of conversations that were refused", "table", access + ` and url.path : */conversations* and http.response.status_code >= 400`, "count", "", "http.response.status_code"},
		}},
		{"security", "Security", []chart{
			{"Log-ins", "bar", audit + ` and event.category : "authentication"`, "count", "", "event.outcome"},
			{"Addresses that were refused", "table", audit + ` and event.outcome : "failure"`, "count", "", "source.ip"},
			{"Why", "table", audit + ` and event.outcome : "failure"`, "count", "", "event.reason"},
			{"What was done to whom", "table", audit, "count", "", "event.action"},
			{"People who did something", "number", audit, "unique_count", "user.id", ""},
			figure("Log-ins that were refused in five minutes", "failed_logins"),
		}},
	}
}

// searches are the saved searches: a title, the lines and the columns.
func searches() [][3]string {
	return [][3]string{
		{"Errors", `log.level : "error"`, "event.module message error.message http.request.id"},
		{"Slow requests", access + " and event.duration >= 1000000000", "http.request.method url.path http.response.status_code event.duration http.request.id"},
		{"Audit", audit, "event.action event.outcome user.id source.ip event.reason"},
		{"Alerts of the marketplace", `event.kind : "alert"`, "rule.name message labels.value labels.limit"},
	}
}

// Objects are all saved objects, in an order in which each comes after what it refers to.
func Objects() ([]Object, error) {
	all := []Object{{Type: "index-pattern", ID: viewID, References: []Reference{},
		Attributes: map[string]any{"title": "logs-marketplace.*-*", "name": "Marketplace", "timeFieldName": "@timestamp"}}}
	for _, s := range searches() {
		o, err := search(s[0], s[1], strings.Fields(s[2]))
		if err != nil {
			return nil, err
		}
		all = append(all, o)
	}
	for _, d := range dashboards() {
		made, err := d.objects()
		if err != nil {
			return nil, err
		}
		all = append(all, made...)
	}
	return all, nil
}

// NDJSON writes the objects as Kibana imports them.
func NDJSON() ([]byte, error) {
	all, err := Objects()
	var text []byte
	for _, o := range all {
		line, marshalling := json.Marshal(o)
		if marshalling != nil {
			return nil, marshalling
		}
		text = append(append(text, line...), '\n')
	}
	return text, err
}

func search(title, query string, columns []string) (Object, error) {
	source, err := json.Marshal(map[string]any{"query": kuery(query), "filter": []any{}, "indexRefName": "kibanaSavedObjectMeta.searchSourceJSON.index"})
	return Object{Type: "search", ID: "marketplace-" + slug(title), Attributes: map[string]any{"title": "Marketplace: " + title, "columns": columns,
		"sort": [][]string{{"@timestamp", "desc"}}, "kibanaSavedObjectMeta": map[string]any{"searchSourceJSON": string(source)}},
		References: []Reference{{"index-pattern", viewID, "kibanaSavedObjectMeta.searchSourceJSON.index"}}}, err
}

func kuery(query string) map[string]any { return map[string]any{"language": "kuery", "query": query} }

func slug(title string) string {
	return strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(title), "-"), "-")
}

// objects are the dashboard's charts, and itself.
func (d dashboard) objects() ([]Object, error) {
	var all []Object
	var panels []any
	board := Object{Type: "dashboard", ID: "marketplace-" + d.id, References: []Reference{}}
	for i, c := range d.charts {
		lens := c.object("marketplace-" + d.id + "-" + slug(c.title))
		all = append(all, lens)
		name := fmt.Sprintf("p%d", i)
		panels = append(panels, map[string]any{"type": "lens", "panelIndex": name, "panelRefName": "panel_" + name, "embeddableConfig": map[string]any{},
			"gridData": map[string]any{"x": i % 2 * 24, "y": i / 2 * 12, "w": 24, "h": 12, "i": name}})
		board.References = append(board.References, Reference{"lens", lens.ID, name + ":panel_" + name})
	}
	panelsJSON, err := json.Marshal(panels)
	board.Attributes = map[string]any{"title": "Marketplace: " + d.title, "panelsJSON": string(panelsJSON), "timeRestore": false, "version": 1,
		"optionsJSON":           `{"useMargins":true,"hidePanelTitles":false}`,
		"kibanaSavedObjectMeta": map[string]any{"searchSourceJSON": `{"query":{"language":"kuery","query":""},"filter":[]}`}}
	return append(all, board), err
}

// object is the chart in the form of Kibana's Lens.
func (c chart) object(id string) Object {
	columns, order := map[string]any{"y": c.metric()}, []string{"y"}
	if c.kind == "line" || c.kind == "bar" {
		columns["x"] = map[string]any{"label": "@timestamp", "dataType": "date", "operationType": "date_histogram", "sourceField": "@timestamp", "isBucketed": true,
			"scale": "interval", "params": map[string]any{"interval": "auto"}}
		order = []string{"x", "y"}
	}
	if c.by != "" {
		columns["s"] = map[string]any{"label": c.by, "dataType": "string", "operationType": "terms", "sourceField": c.by, "isBucketed": true, "scale": "ordinal",
			"params": map[string]any{"size": 10, "orderBy": map[string]any{"type": "column", "columnId": "y"}, "orderDirection": "desc", "otherBucket": true, "missingBucket": false}}
		order = append([]string{"s"}, order...)
	}
	kind, picture := c.visualization(order)
	return Object{Type: "lens", ID: id, Attributes: map[string]any{"title": c.title, "visualizationType": kind, "state": map[string]any{
		"datasourceStates": map[string]any{"formBased": map[string]any{"layers": map[string]any{"data": map[string]any{
			"columnOrder": order, "columns": columns, "incompleteColumns": map[string]any{}}}}},
		"visualization": picture, "query": kuery(c.filter), "filters": []any{}}},
		References: []Reference{{"index-pattern", viewID, "indexpattern-datasource-layer-data"}}}
}

func (c chart) metric() map[string]any {
	m := map[string]any{"label": c.title, "customLabel": true, "dataType": "number", "operationType": c.how, "sourceField": c.of, "isBucketed": false, "scale": "ratio"}
	switch c.how {
	case "count":
		m["sourceField"] = everyRecord
	case "p99":
		m["operationType"], m["params"] = "percentile", map[string]any{"percentile": 99}
	}
	return m
}

func (c chart) visualization(order []string) (kind string, picture map[string]any) {
	switch c.kind {
	case "number":
		return "lnsMetric", map[string]any{"layerId": "data", "layerType": "data", "metricAccessor": "y"}
	case "table":
		var shown []any
		for _, column := range order {
			shown = append(shown, map[string]any{"columnId": column})
		}
		return "lnsDatatable", map[string]any{"layerId": "data", "layerType": "data", "columns": shown}
	}
	series := map[string]string{"line": "line", "bar": "bar_stacked"}[c.kind]
	layer := map[string]any{"layerId": "data", "layerType": "data", "accessors": []string{"y"}, "xAccessor": "x", "seriesType": series}
	if c.by != "" {
		layer["splitAccessor"] = "s"
	}
	return "lnsXY", map[string]any{"preferredSeriesType": series, "legend": map[string]any{"isVisible": true, "position": "right"}, "valueLabels": "hide", "layers": []any{layer}}
}

// fixedID is the same UUID for the same name, in the form of version 4, which Kibana demands.
func fixedID(name string) string {
	h := sha256.Sum256([]byte("marketplace " + name))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
