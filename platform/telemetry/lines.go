package telemetry

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"marketplace/platform/identity"
	"marketplace/platform/trace"
)

// The last part of the name of a logger whose lines are a record of their own, in a dataset of that name: marketplace.access
// has a line for each request, marketplace.audit one for each thing that somebody may ask about later (Audit). All other
// lines are in marketplace.app.
const (
	accessRecord = "access"
	auditRecord  = "audit"
)

func isRecord(logger string) bool {
	_, last := split(logger)
	return last == accessRecord || last == auditRecord
}

// split takes the name of a logger apart: its module, and its last part, if it has another.
func split(logger string) (module, last string) {
	module, rest, _ := strings.Cut(logger, ".")
	return module, rest[strings.LastIndexByte(rest, '.')+1:]
}

// ForAccess is the logger of the lines that tell of single requests.
func ForAccess(log *zap.Logger) *zap.Logger {
	return log.Named(accessRecord).WithOptions(zap.WithCaller(false))
}

// For returns the logger with what the context knows in every line: the request that is being served and its trace, under
// their ECS names.
func For(ctx context.Context, log *zap.Logger) *zap.Logger {
	if fields := fieldsOf(ctx); len(fields) > 0 {
		return log.With(fields...)
	}
	return log
}

func fieldsOf(ctx context.Context) []zapcore.Field {
	var fields []zapcore.Field
	if id := identity.Request(ctx); id != "" {
		fields = append(fields, zap.String("http.request.id", id))
	}
	if id, step := trace.IDs(ctx); id != "" {
		fields = append(fields, zap.String("trace.id", id), zap.String("span.id", step))
	}
	return fields
}

// lines is the core that all loggers write to: it asks the levels, hides what is private, and says of each line what it
// belongs to.
type lines struct {
	zapcore.Core
	levels   *Levels
	scrubber *scrubber
	service  string
	ecs      bool                                      // for programs; otherwise for people
	wants    func(zapcore.Entry, []zapcore.Field) bool // nil: everything
}

// Enabled says whether some logger writes such lines.
func (l *lines) Enabled(level zapcore.Level) bool { return l.levels.Enabled(level) }

// With keeps fields for all further lines.
func (l *lines) With(fields []zapcore.Field) zapcore.Core {
	with := *l
	with.Core = l.Core.With(l.scrubber.fields(fields))
	return &with
}

// Check says whether the line is written.
func (l *lines) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if l.levels.writes(entry.LoggerName, entry.Level) {
		return checked.AddCore(entry, l)
	}
	return checked
}

// Write writes the line.
func (l *lines) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	if l.wants != nil && !l.wants(entry, fields) {
		return nil
	}
	entry.Time = entry.Time.UTC()
	entry.Message = oneLine(l.scrubber.text(entry.Message))
	entry.Stack = ""
	safe := l.scrubber.fields(fields)
	if l.ecs {
		safe = append(l.belongs(entry.LoggerName), safe...)
	}
	return l.Core.Write(entry, safe)
}

// belongs says which dataset and which module the line is of.
func (l *lines) belongs(logger string) []zapcore.Field {
	module, last := split(logger)
	dataset := l.service + ".app"
	if isRecord(logger) {
		dataset = l.service + "." + last
	}
	fields := []zapcore.Field{zap.String("event.dataset", dataset)}
	if module != "" {
		fields = append(fields, zap.String("event.module", module))
	}
	return fields
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // whoever asked has gone
}
