package trace_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"marketplace/platform/fault"
	"marketplace/platform/trace"
	"marketplace/platform/trace/tracetest"
)

func open(t *testing.T, o trace.Options) *trace.Tracer {
	t.Helper()
	tracer, err := trace.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return tracer
}

func TestAStepIsBelowTheOneThatItComesFromAlsoInAnotherProcess(t *testing.T) {
	c := tracetest.New(t)
	o := trace.Options{URL: c.URL, Sample: 10_000, Service: "marketplace", Node: "web-1", Authorization: "ApiKey x"}
	here := open(t, o)
	o.Node = "order-1"
	there := open(t, o)

	ctx, request := here.Begin(t.Context(), trace.Server, "GET")
	request.Rename("GET /orders/:id")
	calling, call := trace.Step(ctx, trace.Client, "order.Get", trace.Text("rpc.method", "Get"))
	serving, answer := there.Continue(context.Background(), trace.Parent(calling), trace.Server, "order.Get")
	_, query := trace.Step(serving, trace.Client, "SELECT orders")
	query.End(errors.New("canary@example.com"))
	answer.End(fault.NotFoundf("There is no such order."))
	call.Note(trace.Number("n", 1))
	call.End(nil)
	request.End(nil)
	for _, tracer := range []*trace.Tracer{here, there} {
		if err := tracer.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	spans := map[string]tracetest.Span{}
	for _, s := range c.Spans() {
		spans[s.Name+" "+s.Service["service.instance.id"]] = s
	}
	first, asked, answered, read := spans["GET /orders/:id web-1"], spans["order.Get web-1"], spans["order.Get order-1"], spans["SELECT orders order-1"]
	if len(spans) != 4 || first.Parent != "" || asked.Parent != first.ID || answered.Parent != asked.ID || read.Parent != answered.ID {
		t.Errorf("%+v", spans)
	}
	for name, s := range spans {
		if s.Trace != first.Trace {
			t.Errorf("%s is of another trace", name)
		}
	}
	if !read.Failed || answered.Failed || answered.Attributes["error.type"] != "not_found" || asked.Kind != "SPAN_KIND_CLIENT" {
		t.Errorf("%+v\n%+v", read, answered)
	}
	if strings.Contains(string(c.Raw()), "canary") {
		t.Error("the text of an error is in a trace")
	}
	if _, header := c.Asked(); header.Get("Authorization") != "ApiKey x" {
		t.Errorf("it comes with %v", header)
	}
	if id, span := trace.IDs(ctx); id != first.Trace || span != first.ID {
		t.Errorf("the context says %s %s", id, span)
	}
}

func TestWithoutACollectorATraceIsOnlyAnId(t *testing.T) {
	tracer := open(t, trace.Options{})
	ctx, span := tracer.Begin(t.Context(), trace.Server, "GET")
	id, step := trace.IDs(ctx)
	if len(id) != 32 || len(step) != 16 || trace.IsRecorded(ctx) || !strings.HasSuffix(trace.Parent(ctx), "-00") {
		t.Errorf("%q %q %s", id, step, trace.Parent(ctx))
	}
	inner, none := trace.Step(ctx, trace.Internal, "step")
	if none != nil || inner != ctx {
		t.Error("a step is made of what nobody records")
	}
	none.Note()
	none.Rename("")
	none.End(nil)
	span.End(nil)
	elsewhere, _ := tracer.Continue(t.Context(), trace.Parent(ctx), trace.Server, "order.Get")
	if other, _ := trace.IDs(elsewhere); other != id {
		t.Errorf("elsewhere the trace is %s, not %s", other, id)
	}
	if other, _ := trace.IDs(t.Context()); other != "" || trace.Parent(t.Context()) != "" {
		t.Errorf("outside of a trace there is %s", other)
	}
	var nobody *trace.Tracer
	if same, span := nobody.Begin(t.Context(), trace.Server, "x"); same == nil || span != nil || nobody.Close(t.Context()) != nil {
		t.Error("nobody traces")
	}
	strange, _ := tracer.Continue(t.Context(), "00-zz\r\n", trace.Server, "x")
	if other, _ := trace.IDs(strange); len(other) != 32 || other == id {
		t.Errorf("a parent that is none continues %s", other)
	}
}

func TestSomeTracesAreSampledAndTheirStepsWithThem(t *testing.T) {
	c := tracetest.New(t)
	tracer := open(t, trace.Options{URL: c.URL, Sample: 2_500})
	for range 400 {
		ctx, span := tracer.Begin(t.Context(), trace.Server, "first")
		_, step := trace.Step(ctx, trace.Internal, "second")
		step.End(nil)
		span.End(nil)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, s := range c.Spans() {
		count[s.Name]++
	}
	if count["first"] < 50 || count["first"] > 160 || count["first"] != count["second"] {
		t.Errorf("of 400 traces there are %v", count)
	}
}

func TestACollectorThatIsAwayIsToldOnceAndHoldsNobodyUp(t *testing.T) {
	c := tracetest.New(t)
	c.Refuse(http.StatusServiceUnavailable)
	var told atomic.Int64
	tracer := open(t, trace.Options{URL: c.URL, Sample: 10_000, Failed: func(err error) {
		told.Add(1)
		if !strings.Contains(err.Error(), "503") {
			t.Error(err)
		}
	}})
	for range 3000 {
		_, span := tracer.Begin(t.Context(), trace.Server, "x")
		span.End(nil)
	}
	if err := tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := c.Asked(); n < 2 || told.Load() != 1 {
		t.Errorf("%d batches, told %d times", n, told.Load())
	}
	if err := trace.Reach(t.Context(), trace.Options{URL: c.URL}); err == nil {
		t.Error("a collector that refuses is reached")
	}
	c.Refuse(0)
	if err := trace.Reach(t.Context(), trace.Options{URL: c.URL}); err != nil {
		t.Error(err)
	}
	for _, url := range []string{"collector:4318", "ftp://collector", "://"} {
		if _, err := trace.New(t.Context(), trace.Options{URL: url}); err == nil {
			t.Errorf("%q is taken", url)
		}
	}
}
