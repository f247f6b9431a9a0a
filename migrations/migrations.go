// Package migrations embeds the SQL that makes every module's tables: one folder a module, and _events
// for the outbox, the inbox and the dead letters that every module has. The files are portable SQL in
// goose's format, rendered by a small template for the few words in which the databases differ
// (platform/db: {{.ID}}, {{.Time}}, {{.Bytes}}, {{if .Postgres}}).
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed */*.sql
var files embed.FS

// Of returns the migrations of one module.
func Of(module string) (fs.FS, error) {
	sub, err := fs.Sub(files, module)
	if err != nil {
		return nil, fmt.Errorf("migrations of %s: %w", module, err)
	}
	return sub, nil
}

// Events returns the migrations of the event tables.
func Events() (fs.FS, error) { return Of("_events") }
