package telemetry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// Limits of what a process keeps of its own log.
const (
	keptLines = 200         // of each kind
	keptBytes = 16 << 10    // of a line; a longer one is not kept
	slow      = time.Second // from which on a request is slow
)

// Recent keeps the last errors and the last slow requests of a process, for operators who have no other place to look. It is
// a writer of NewLogger, so it holds what is in the log and nothing more: without secrets and addresses.
type Recent struct {
	mu     sync.Mutex
	seen   int
	errors ring
	slow   ring
}

// kept is a line and how many there were before it.
type kept struct {
	number int
	text   []byte
}

// ring is the last lines; next is where the next one goes.
type ring struct {
	lines []kept
	next  int
}

func (r *ring) add(line kept) {
	if len(r.lines) < keptLines {
		r.lines = append(r.lines, line)
		return
	}
	r.lines[r.next] = line
	r.next = (r.next + 1) % keptLines
}

// Line is one line of the log.
type Line struct {
	At       time.Time     `json:"at"`
	Level    string        `json:"level"`
	Logger   string        `json:"logger"`
	Module   string        `json:"module"`
	Message  string        `json:"message"`
	Error    string        `json:"error"`
	Request  string        `json:"request"` // id of the request, by which more is found
	Trace    string        `json:"trace"`
	Method   string        `json:"method"`
	Route    string        `json:"route"`
	Status   int           `json:"status"`
	Duration time.Duration `json:"duration"` // nanoseconds in JSON
	Node     string        `json:"node"`     // the machine
	Number   int           `json:"number"`   // of the kept lines of its process
	Whole    string        `json:"whole"`    // as it was written
}

// Wants says which lines are kept, before they are written: those of the level error, and those of slow requests.
func (r *Recent) Wants(entry zapcore.Entry, fields []zapcore.Field) bool {
	if entry.Level >= zapcore.ErrorLevel {
		return true
	}
	if _, last := split(entry.LoggerName); last != accessRecord {
		return false
	}
	spent, route := time.Duration(0), ""
	for _, f := range fields {
		switch f.Key {
		case "event.duration":
			spent = time.Duration(f.Integer)
		case "url.path":
			route = f.String
		}
	}
	return spent >= slow && !strings.HasPrefix(route, "/socket.io/")
}

// Write keeps one of these lines.
func (r *Recent) Write(p []byte) (int, error) {
	if len(p) > keptBytes {
		return len(p), nil
	}
	in := &r.slow
	if bytes.Contains(p, []byte(`"log.level":"error"`)) {
		in = &r.errors
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen++
	in.add(kept{r.seen, bytes.Clone(bytes.TrimSpace(p))})
	return len(p), nil
}

// Sync implements zapcore.WriteSyncer.
func (r *Recent) Sync() error { return nil }

// Errors are the last lines of the level error, newest first.
func (r *Recent) Errors() []Line {
	if r == nil {
		return []Line{}
	}
	return r.read(&r.errors)
}

// Slow are the last requests that took a second or longer, newest first.
func (r *Recent) Slow() []Line {
	if r == nil {
		return []Line{}
	}
	return r.read(&r.slow)
}

func (r *Recent) read(from *ring) []Line {
	r.mu.Lock()
	all := slices.Concat(from.lines[from.next:], from.lines[:from.next])
	r.mu.Unlock()
	lines := make([]Line, 0, len(all))
	for _, k := range slices.Backward(all) {
		line := parseLine(k.text)
		line.Number = k.number
		lines = append(lines, line)
	}
	return lines
}

func parseLine(text []byte) Line {
	var e struct {
		At       time.Time `json:"@timestamp"`
		Level    string    `json:"log.level"`
		Logger   string    `json:"log.logger"`
		Module   string    `json:"event.module"`
		Message  string    `json:"message"`
		Request  string    `json:"http.request.id"`
		Trace    string    `json:"trace.id"`
		Method   string    `json:"http.request.method"`
		Route    string    `json:"url.path"`
		Status   int       `json:"http.response.status_code"`
		Duration int64     `json:"event.duration"`
		Node     string    `json:"service.node.name"`
		Error    struct {
			Message string `json:"message"`
		} `json:"error"`
		Flat string `json:"error.message"`
	}
	_ = json.Unmarshal(text, &e) // what is not as expected is in Whole
	if e.Flat != "" {
		e.Error.Message = e.Flat
	}
	return Line{At: e.At.UTC(), Level: e.Level, Logger: e.Logger, Module: e.Module, Message: e.Message, Error: e.Error.Message, Request: e.Request,
		Trace: e.Trace, Method: e.Method, Route: e.Route, Status: e.Status, Duration: time.Duration(e.Duration), Node: e.Node, Whole: string(text)}
}

// Place is where a list goes on behind the line: they are sorted by their time.
func (l Line) Place() string {
	return fmt.Sprintf("%s %09d %s %s", l.At.Format("2006-01-02T15:04:05.000"), l.Number, l.Node, l.Request)
}
