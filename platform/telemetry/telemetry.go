// Package telemetry is what a process tells about itself: its log (ECS JSON, or a console for people), which never holds a
// secret or a person's address, with the records of access and audit in it, and the registry of its metrics.
package telemetry

import (
	"fmt"
	"io"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.elastic.co/ecszap"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Service says who is speaking, in every line of the log and in the metrics.
type Service struct {
	Name        string // marketplace
	Version     string // of the build
	Environment string // development or production
	Node        string // which process of several: its host, and what it runs
}

// NewLogger writes to out, one line an entry, times in UTC, from the levels on that hold at the moment. Format json is ECS
// (Elastic Common Schema), console is for a terminal. Whatever is logged passes the redaction (scrubber). Each of also gets
// every line as ECS, whatever the format, or those that it Wants.
func NewLogger(levels *Levels, format string, service Service, out io.Writer, also ...io.Writer) (*zap.Logger, error) {
	ecs := func(out io.Writer) zapcore.Core {
		core := ecszap.NewCore(ecszap.NewDefaultEncoderConfig(), zapcore.Lock(zapcore.AddSync(out)), zapcore.DebugLevel)
		to := &lines{Core: core, levels: levels, scrubber: newScrubber(true), service: service.Name, ecs: true}
		if chooser, chooses := out.(interface {
			Wants(entry zapcore.Entry, fields []zapcore.Field) bool
		}); chooses {
			to.wants = chooser.Wants
		}
		return to.With([]zapcore.Field{
			zap.String("service.name", service.Name),
			zap.String("service.version", service.Version),
			zap.String("service.environment", service.Environment),
			zap.String("service.node.name", service.Node),
		})
	}
	var cores []zapcore.Core
	switch format {
	case "json":
		cores = append(cores, ecs(out))
	case "console":
		core := zapcore.NewCore(forPeople(), zapcore.Lock(zapcore.AddSync(out)), zapcore.DebugLevel)
		cores = append(cores, &lines{Core: core, levels: levels, scrubber: newScrubber(false), service: service.Name})
	default:
		return nil, fmt.Errorf("log.format: %q is neither json nor console", format)
	}
	for _, o := range also {
		cores = append(cores, ecs(o))
	}
	return zap.New(zapcore.NewTee(cores...), zap.WithCaller(format == "json")), nil
}

// CountLines makes the logger count what it writes, by level.
func CountLines(log *zap.Logger, r prometheus.Registerer) (*zap.Logger, error) {
	lines := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "marketplace_log_entries_total", Help: "Lines of the log by level."}, []string{"level"})
	for _, level := range []zapcore.Level{zapcore.InfoLevel, zapcore.WarnLevel, zapcore.ErrorLevel} {
		lines.WithLabelValues(level.String())
	}
	if err := r.Register(lines); err != nil {
		return nil, fmt.Errorf("count the lines of the log: %w", err)
	}
	return log.WithOptions(zap.Hooks(func(e zapcore.Entry) error {
		lines.WithLabelValues(e.Level.String()).Inc()
		return nil
	})), nil
}

// forPeople writes lines that are read in a terminal.
func forPeople() zapcore.Encoder {
	return zapcore.NewConsoleEncoder(zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", NameKey: "name", MessageKey: "message", StacktraceKey: "stack",
		EncodeTime:     zapcore.TimeEncoderOfLayout("15:04:05.000"),
		EncodeLevel:    zapcore.CapitalColorLevelEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
		EncodeName:     zapcore.FullNameEncoder,
	})
}

// NewRegistry returns the metrics of the process, which begin with those of Go, of the operating system, and
// marketplace_build_info.
func NewRegistry(service Service) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name:        "marketplace_build_info",
		Help:        "Always 1; the labels say what is running.",
		ConstLabels: prometheus.Labels{"version": service.Version, "environment": service.Environment, "go": runtime.Version()},
	})
	build.Set(1)
	registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return registry
}
