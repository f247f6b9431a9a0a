package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"marketplace/platform/apptest"
	"marketplace/platform/telemetry"
	"marketplace/platform/telemetry/telemetrytest"
	"marketplace/platform/trace/tracetest"
)

// told is what the processes of a marketplace tell about themselves: all lines of their logs, down to the smallest, and
// traces.
type told struct {
	collector *tracetest.Collector
	sample    int // basis points

	mu    sync.Mutex
	lines bytes.Buffer
}

// Write takes one line.
func (o *told) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lines.Write(p)
}

// log is all that was written so far.
func (o *told) log() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.lines.Bytes())
}

// hear makes a process speak to us instead of to nobody.
func (o *told) hear(t testing.TB, p *process) {
	t.Helper()
	p.config.Log.Level, p.config.Traces.URL, p.config.Traces.Sample = "debug", o.collector.URL, o.sample
	var err error
	if p.levels, err = telemetry.NewLevels(p.config.Log); err != nil {
		t.Fatal(err)
	}
	p.recent = &telemetry.Recent{}
	if p.log, err = telemetry.NewLogger(p.levels, "json", p.service(), o, p.recent); err != nil {
		t.Fatal(err)
	}
	if err := p.trace(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.tracer.Close(context.Background()) }) // after the process has stopped
}

// each reads the log line by line.
func (o *told) each(t testing.TB, see func(line map[string]any)) {
	t.Helper()
	for text := range bytes.Lines(o.log()) {
		var line map[string]any
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatalf("no line of a log: %q", text)
		}
		see(line)
	}
}

// Row X1: whatever happens, what is logged can be searched by the names that everybody knows, and the lines of one request
// are found together, wherever they were written.
func expectOrderlyLog(t testing.TB, m *market) {
	foreign, datasets := map[string]string{}, map[any]int{}
	traces, modules := map[any]any{}, map[any][]string{}
	m.told.each(t, func(line map[string]any) {
		for _, field := range slices.DeleteFunc(telemetrytest.Fields(line), telemetrytest.IsKnown) {
			foreign[field] = fmt.Sprint(line["message"])
		}
		datasets[line["event.dataset"]]++
		request, trace := line["http.request.id"], line["trace.id"]
		if line["event.dataset"] == "marketplace.access" && (request == nil || trace == nil) {
			t.Errorf("a request without ids: %v", line)
		}
		if request == nil || trace == nil || strings.HasPrefix(fmt.Sprint(request), "task-") {
			return
		}
		if first, seen := traces[request]; seen && first != trace {
			t.Errorf("the request %v has the traces %v and %v", request, first, trace)
		}
		traces[request] = trace
		if module := fmt.Sprint(line["event.module"]); !slices.Contains(modules[request], module) {
			modules[request] = append(modules[request], module)
		}
	})
	for field, message := range foreign {
		t.Errorf("%s is neither a field of ECS nor below market. or labels. (%q)", field, message)
	}
	for _, dataset := range []string{"marketplace.app", "marketplace.access", "marketplace.audit"} {
		if datasets[dataset] < 5 {
			t.Errorf("%s has %d lines", dataset, datasets[dataset])
		}
	}
	together := 0
	for _, of := range modules {
		if slices.Contains(of, "web") && (slices.Contains(of, "auth") || slices.Contains(of, "order")) {
			together++
		}
	}
	if together < 20 {
		t.Errorf("only %d requests have lines of the gateway and of a module", together)
	}
}

// One request is one trace, through every process that has to do with it: here the acceptance of an order, which moves its
// money, counts the sale, and writes to two people.
func expectOneTrace(t testing.TB, m *market) {
	var ids []string
	m.told.each(t, func(line map[string]any) {
		if strings.HasSuffix(fmt.Sprint(line["url.path"]), "/orders/:id/accept") && line["http.response.status_code"] == 200.0 {
			ids = append(ids, fmt.Sprint(line["trace.id"]))
		}
	})
	apptest.Eventually(t, func() (err error) {
		for _, id := range ids { // one that is whole is enough: spans are a sample, and are lost before they hold anybody up
			if err = m.told.isWhole(id, !m.config.Hosts("order")); err == nil {
				return nil
			}
		}
		return fmt.Errorf("of %d orders that were accepted none is a whole trace: %w", len(ids), err)
	})
}

// isWhole says what the trace of an accepted order lacks.
func (o *told) isWhole(id string, split bool) error {
	spans, found := map[string]tracetest.Span{}, map[string]bool{}
	for _, s := range o.collector.Spans() {
		if s.Trace == id {
			spans[s.ID] = s
			kind, _, _ := strings.Cut(s.Name, " ")
			found[kind], found[s.Attributes["market.module"]] = true, true
		}
	}
	for _, part := range []string{"POST", "web", "order", "order.Accept", "SELECT", "ledger", "outbox", "handle", "gig", "notification", "mail"} {
		if !found[part] && (split || part != "order.Accept") {
			return fmt.Errorf("the trace has no %s; it has %v", part, found)
		}
	}
	for _, s := range spans {
		if _, there := spans[s.Parent]; !there && s.Parent != "" {
			return fmt.Errorf("%s hangs in the air", s.Name)
		}
		if s.Parent == "" && !strings.HasPrefix(s.Name, "POST /api/v1/orders/") {
			return fmt.Errorf("the trace begins with %s", s.Name)
		}
	}
	return nil
}
