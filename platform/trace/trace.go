// Package trace follows a request through processes: HTTP, calls between modules, SQL, the outbox, handlers of events, mail,
// as one OpenTelemetry trace. It is the one place that knows OpenTelemetry.
//
// Every request has a trace id, which is in all its lines of the log, and travels with calls (the W3C header traceparent) and
// events. What is sampled is also sent, span by span, to a collector by OTLP over HTTP; by default nothing is. What is not
// sampled costs a comparison a step. Spans hold names and ids, no values of a query, no texts of an error or of a person.
package trace

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	otel "go.opentelemetry.io/otel/trace"

	"marketplace/platform/fault"
	"marketplace/platform/private"
)

// Header is the name under which Parent travels.
const Header = "traceparent"

// Options say where traces go.
type Options struct {
	URL           string         // of the collector, http(s)://host:4318; empty: traces are only ids
	Authorization private.Secret // the header of that name; empty: none
	Sample        int            // basis points of the traces that begin here; 10,000 is all

	Service     string // who is speaking: name, version, environment and process
	Version     string
	Environment string
	Node        string

	Failed   func(error)           // is told, once a minute, that the collector does not take spans; nil: nobody is
	Registry prometheus.Registerer // nil: not measured
}

// Tracer begins the traces of a process. Nil begins none.
type Tracer struct {
	provider *sdk.TracerProvider
	tracer   otel.Tracer
}

// New makes the tracer. It does not ask whether the collector is there. Close it.
func New(ctx context.Context, o Options) (*Tracer, error) {
	options := []sdk.TracerProviderOption{sdk.WithSampler(sdk.NeverSample())}
	if o.URL != "" {
		client, err := newClient(o)
		if err != nil {
			return nil, err
		}
		exporter, err := otlptrace.New(ctx, client)
		if err != nil {
			return nil, fmt.Errorf("prepare the traces: %w", err)
		}
		options = []sdk.TracerProviderOption{
			sdk.WithSampler(sdk.ParentBased(sdk.TraceIDRatioBased(float64(o.Sample) / 10_000))),
			sdk.WithBatcher(exporter, sdk.WithBatchTimeout(time.Second), sdk.WithMaxQueueSize(16<<10), sdk.WithMaxExportBatchSize(2048)),
		}
	}
	options = append(options, sdk.WithResource(resource.NewSchemaless(
		attribute.String("service.name", o.Service), attribute.String("service.version", o.Version),
		attribute.String("service.instance.id", o.Node), attribute.String("deployment.environment.name", o.Environment),
	)))
	provider := sdk.NewTracerProvider(options...)
	return &Tracer{provider: provider, tracer: provider.Tracer("marketplace")}, nil
}

// Close sends what waits, for as long as the context allows.
func (t *Tracer) Close(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Kind says what a span stands for.
type Kind = otel.SpanKind

// The kinds of spans.
const (
	Internal = otel.SpanKindInternal // a step inside of the process
	Server   = otel.SpanKindServer   // somebody outside is answered
	Client   = otel.SpanKindClient   // somebody else is asked
	Producer = otel.SpanKindProducer // something is handed over that is handled later
	Consumer = otel.SpanKindConsumer // such a thing is handled
)

// Attribute is something that a span says of itself.
type Attribute = attribute.KeyValue

// Text makes an attribute of a word or an id; never of what a person wrote.
func Text(key, value string) Attribute { return attribute.String(key, value) }

// Number makes an attribute of a number.
func Number(key string, value int) Attribute { return attribute.Int(key, value) }

// Span is a step that is being made. Nil is one that nobody records.
type Span struct{ span otel.Span }

// Continue makes a step of the trace that has come from outside of this process (Parent), or begins a trace if none has.
func (t *Tracer) Continue(ctx context.Context, parent string, kind Kind, name string, attributes ...Attribute) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	if parent != "" {
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{Header: parent})
	}
	ctx, span := t.tracer.Start(ctx, name, otel.WithSpanKind(kind), otel.WithAttributes(attributes...))
	return ctx, &Span{span}
}

// Begin begins a trace.
func (t *Tracer) Begin(ctx context.Context, kind Kind, name string, attributes ...Attribute) (context.Context, *Span) {
	return t.Continue(otel.ContextWithSpanContext(ctx, otel.SpanContext{}), "", kind, name, attributes...)
}

// Step makes a step of the trace in the context, if it is recorded.
func Step(ctx context.Context, kind Kind, name string, attributes ...Attribute) (context.Context, *Span) {
	parent := otel.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, nil
	}
	ctx, span := parent.TracerProvider().Tracer("marketplace").Start(ctx, name, otel.WithSpanKind(kind), otel.WithAttributes(attributes...))
	return ctx, &Span{span}
}

// IsRecorded says whether steps are recorded at all.
func IsRecorded(ctx context.Context) bool { return otel.SpanFromContext(ctx).IsRecording() }

// Parent names the step in the context for those who continue the trace elsewhere; empty outside of a trace.
func Parent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[Header]
}

// IDs are the trace and the step in the context, as hexadecimal numbers; empty outside of a trace.
func IDs(ctx context.Context) (trace, span string) {
	c := otel.SpanContextFromContext(ctx)
	if !c.IsValid() {
		return "", ""
	}
	return c.TraceID().String(), c.SpanID().String()
}

// Rename gives the step another name: what it is may only be known in its course.
func (s *Span) Rename(name string) {
	if s != nil {
		s.span.SetName(name)
	}
}

// Note adds attributes.
func (s *Span) Note(attributes ...Attribute) {
	if s != nil {
		s.span.SetAttributes(attributes...)
	}
}

// End ends the step. Of an error it tells the code, and that the step has failed if it was our mistake or somebody is away.
func (s *Span) End(err error) {
	if s == nil {
		return
	}
	if err != nil && s.span.IsRecording() {
		code := fault.Of(err).Code
		s.span.SetAttributes(attribute.String("error.type", string(code)))
		if code == fault.Internal || code == fault.Unavailable || errors.Is(err, context.DeadlineExceeded) {
			s.span.SetStatus(codes.Error, string(code))
		}
	}
	s.span.End()
}
