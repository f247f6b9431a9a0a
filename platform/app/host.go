package app

import (
	"fmt"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/migrations"
	"marketplace/platform/blob"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/mail"
	"marketplace/platform/trace"
)

// Host is what a module finds where it runs.
type Host struct {
	Name    string                // of the module
	Config  config.Config         // of the process; a module's own settings: Settings
	DB      *db.DB                // the module's tables, and nothing else
	Events  *bus.Events           // bus.Handle, bus.Watch
	Clock   *clock.Clock          // the one clock
	Log     *zap.Logger           // named after the module
	Files   blob.Store            // the module's files, if its Module says that it keeps some
	Mail    mail.Sender           // where mail leaves
	Metrics prometheus.Registerer // series of the module
	Tracer  *trace.Tracer         // continues the traces of what the module had put off

	tasks []task
}

// Settings reads the module's section of the configuration over the defaults in the struct (koanf tags).
func (h *Host) Settings(into any) error {
	if err := h.Config.Decode(h.Name, into); err != nil {
		return fmt.Errorf("settings of %s: %w", h.Name, err)
	}
	return nil
}

// Checks makes a module's Check of the function that reads its settings.
func Checks[T any](read func(*Host) (T, error)) func(*Host) error {
	return func(h *Host) error {
		_, err := read(h)
		return err
	}
}

// NoSettings is the Check of a module that has none.
func NoSettings(h *Host) error { return h.Settings(&struct{}{}) }

// Open opens what a module needs to run here: its database with its tables brought up to date, and its end
// of the bus. Use does it; a second call returns the same.
func (a *App) Open(module string) (*Host, error) {
	for _, h := range a.hosts {
		if h.Name == module {
			return h, nil
		}
	}
	h := a.newHost(module)
	if err := a.openStores(h); err != nil {
		return nil, err
	}
	a.hosts = append(a.hosts, h) // from here on Close closes it
	if a.mode == Migrating {
		return h, nil
	}
	h.Events = a.bus.Module(module, h.DB)
	return h, h.measure()
}

func (a *App) newHost(module string) *Host {
	return &Host{
		Name:    module,
		Config:  a.config,
		Clock:   a.clock,
		Log:     a.log.Named(module),
		Mail:    a.mail,
		Metrics: prometheus.WrapRegistererWith(prometheus.Labels{"module": module}, a.registry),
		Tracer:  a.tracer,
	}
}

func (a *App) openStores(h *Host) error {
	url := a.config.DatabaseOf(h.Name)
	if url == "" && a.mode == Serving {
		if err := a.lockData(); err != nil {
			return err
		}
	}
	own, err := migrations.Of(h.Name)
	if err != nil {
		return err
	}
	events, err := migrations.Events()
	if err != nil {
		return err
	}
	h.DB, err = db.Open(a.starting, db.Options{
		Module:     h.Name,
		URL:        url,
		Replica:    a.config.ReadFrom[h.Name],
		Dir:        a.config.Data,
		Hasty:      a.hasty,
		Migrations: []db.Migration{{Table: "goose_events", Files: events}, {Table: "goose_" + h.Name, Files: own}},
		Routes:     a.routes,
		Committed:  a.bus.Committed,
		Clock:      a.clock,
		Log:        h.Log,
	})
	return err
}

// openFiles opens the module's files: a folder of the data folder, or a part of the bucket that all processes share.
func (a *App) openFiles(module string) (blob.Store, error) {
	if a.config.Files == config.Disk {
		return blob.Disk(filepath.Join(a.config.Data, "files", module))
	}
	return blob.S3(a.config.Files, module)
}
