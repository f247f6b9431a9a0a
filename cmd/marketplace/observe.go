package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.uber.org/zap"

	"marketplace/platform/telemetry"
	"marketplace/platform/telemetry/elastic"
	"marketplace/platform/trace"
)

// farewell is how long the last lines of the log, and the last steps of traces, may take to reach where they go.
const farewell = 3 * time.Second

// observe prepares what the process tells about itself: its metrics, its log, to standard output and to Elasticsearch if
// there is one, and its traces. Call finish at the end: what is told later is lost.
func (p *process) observe(ctx context.Context) (finish func(), err error) {
	service := p.service()
	if p.levels, err = telemetry.NewLevels(p.config.Log); err != nil {
		return nil, err
	}
	p.metrics = telemetry.NewRegistry(service)
	p.recent = &telemetry.Recent{}
	also := []io.Writer{p.recent}
	shipper, err := p.ship(ctx)
	if err != nil {
		return nil, err
	}
	if shipper != nil {
		also = append(also, shipper)
	}
	finish = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
		defer cancel()
		_ = p.tracer.Close(ctx) // what it could not send is counted
		if shipper != nil {
			_ = shipper.Close(ctx) // it has complained where it can
		}
	}
	out := p.out.ErrOrStderr() // what a command prints is its result
	if p.out.Name() == "serve" || !p.out.HasParent() {
		out = p.out.OutOrStdout()
	}
	if p.log, err = telemetry.NewLogger(p.levels, p.config.Log.Format, service, out, also...); err == nil {
		p.log, err = telemetry.CountLines(p.log, p.metrics)
	}
	if err = errors.Join(err, p.trace(ctx)); err != nil {
		finish()
		return nil, err
	}
	return finish, nil
}

// service is who speaks: this program, on this machine, with these modules.
func (p *process) service() telemetry.Service {
	node, _ := os.Hostname() // without one it is only the modules
	return telemetry.Service{Name: "marketplace", Version: version, Environment: p.config.Environment,
		Node: node + "/" + strings.Join(p.config.Modules, "+")}
}

// ship starts the shipping of the log to Elasticsearch; nil if there is none.
func (p *process) ship(ctx context.Context) (*elastic.Shipper, error) {
	e := p.config.Elastic
	if e.URL == "" {
		return nil, nil
	}
	return elastic.New(ctx, elastic.Options{
		URL: e.URL, APIKey: e.APIKey, CAFile: e.CAFile, Namespace: e.Namespace,
		DeadFile: filepath.Join(p.config.Data, "log-refused.ndjson"), Clock: p.clock, Registry: p.metrics,
	})
}

// trace makes what begins traces.
func (p *process) trace(ctx context.Context) (err error) {
	s, t := p.service(), p.config.Traces
	o := trace.Options{URL: t.URL, Authorization: t.Authorization, Sample: t.Sample, Service: s.Name, Version: s.Version, Environment: s.Environment, Node: s.Node,
		Failed: func(err error) { p.log.Warn("the collector does not take traces", zap.Error(err)) }}
	if p.metrics != nil {
		o.Registry = p.metrics
	}
	p.tracer, err = trace.New(ctx, o)
	return err
}
