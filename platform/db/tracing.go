package db

import (
	"errors"
	"strings"

	"gorm.io/gorm"

	"marketplace/platform/trace"
)

// tracing makes a step of the trace of each statement, as it is prepared: without its values. Where nobody records it costs
// a comparison.
type tracing struct {
	module string
	system string // postgresql or sqlite
}

const (
	spanKey    = "marketplace:span"
	mostOfText = 2000 // bytes of a statement that are told
)

// Name implements gorm.Plugin.
func (tracing) Name() string { return "tracing" }

// Initialize implements gorm.Plugin.
func (t tracing) Initialize(g *gorm.DB) error {
	c := g.Callback()
	return errors.Join(
		c.Create().Before("gorm:create").Register("trace:begin", t.begin), c.Create().After("gorm:create").Register("trace:end", t.end),
		c.Query().Before("gorm:query").Register("trace:begin", t.begin), c.Query().After("gorm:query").Register("trace:end", t.end),
		c.Update().Before("gorm:update").Register("trace:begin", t.begin), c.Update().After("gorm:update").Register("trace:end", t.end),
		c.Delete().Before("gorm:delete").Register("trace:begin", t.begin), c.Delete().After("gorm:delete").Register("trace:end", t.end),
		c.Row().Before("gorm:row").Register("trace:begin", t.begin), c.Row().After("gorm:row").Register("trace:end", t.end),
		c.Raw().Before("gorm:raw").Register("trace:begin", t.begin), c.Raw().After("gorm:raw").Register("trace:end", t.end),
	)
}

func (t tracing) begin(g *gorm.DB) {
	if !trace.IsRecorded(g.Statement.Context) {
		return
	}
	_, span := trace.Step(g.Statement.Context, trace.Client, "SQL", trace.Text("market.module", t.module),
		trace.Text("db.system.name", t.system), trace.Text("db.namespace", t.module))
	g.Statement.Settings.Store(spanKey, span)
}

func (t tracing) end(g *gorm.DB) {
	found, there := g.Statement.Settings.LoadAndDelete(spanKey)
	if !there {
		return
	}
	span, _ := found.(*trace.Span)
	text := g.Statement.SQL.String()
	span.Rename(summary(text))
	span.Note(trace.Text("db.query.text", text[:min(len(text), mostOfText)]), trace.Number("db.response.returned_rows", int(g.RowsAffected)))
	err := g.Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	span.End(err)
}

// summary is the verb of a statement and the table that it is about: SELECT orders.
func summary(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return "SQL"
	}
	verb := strings.ToUpper(words[0])
	for i, word := range words[:len(words)-1] {
		switch strings.ToUpper(word) {
		case "FROM", "INTO", "UPDATE":
			return verb + " " + strings.Trim(words[i+1], `"(),;`)
		}
	}
	return verb
}
