package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"marketplace/platform/telemetry"
	"marketplace/platform/telemetry/elastic"
)

// farewell is how long the last lines of the log may take to reach Elasticsearch.
const farewell = 3 * time.Second

// observe prepares what the process tells about itself: its metrics, and its log, to standard output and to Elasticsearch
// if there is one. Call finish at the end: what is logged later is lost.
func (p *process) observe(ctx context.Context) (finish func(), err error) {
	node, _ := os.Hostname() // without one the lines do not say it
	service := telemetry.Service{Name: "marketplace", Version: version, Environment: p.config.Environment, Node: node}
	if p.levels, err = telemetry.NewLevels(p.config.Log); err != nil {
		return nil, err
	}
	p.metrics = telemetry.NewRegistry(service)
	var also []io.Writer
	farewells := func() {}
	if e := p.config.Elastic; e.URL != "" {
		shipper, err := elastic.New(ctx, elastic.Options{
			URL: e.URL, APIKey: e.APIKey, CAFile: e.CAFile, Namespace: e.Namespace,
			DeadFile: filepath.Join(p.config.Data, "log-refused.ndjson"), Clock: p.clock, Registry: p.metrics,
		})
		if err != nil {
			return nil, err
		}
		also = append(also, shipper)
		farewells = func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
			defer cancel()
			_ = shipper.Close(ctx) // it has complained where it can
		}
	}
	out := p.out.ErrOrStderr() // what a command prints is its result
	if p.out.Name() == "serve" || !p.out.HasParent() {
		out = p.out.OutOrStdout()
	}
	if p.log, err = telemetry.NewLogger(p.levels, p.config.Log.Format, service, out, also...); err != nil {
		farewells()
		return nil, err
	}
	if p.log, err = telemetry.CountLines(p.log, p.metrics); err != nil {
		farewells()
		return nil, err
	}
	return func() {
		_ = p.log.Sync()
		farewells()
	}, nil
}
