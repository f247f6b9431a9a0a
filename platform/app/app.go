// Package app puts a process together: it opens what each module needs, runs the modules that are hosted
// here, makes clients of the others, and starts and stops everything in order.
package app

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/platform/blob"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/mail"
	"marketplace/platform/rpc"
)

// Module plugs one module into the marketplace. S is its contract, D what it calls.
type Module[S, D any] struct {
	Name   string
	New    func(*Host, D) (S, error) // how to run it here
	Remote func(*rpc.Client) S       // how to reach it elsewhere
	Hears  []db.Event                // what it reacts to, wherever it runs
}

// Host is what a module finds where it runs.
type Host struct {
	Name    string               // of the module
	Config  config.Config        // of the process; a module's own settings: Settings
	DB      *db.DB               // the module's tables, and nothing else
	Events  *bus.Events          // bus.Handle, bus.Watch
	Clock   *clock.Clock         // the one clock
	Log     *zap.Logger          // named after the module
	Files   blob.Store           // the module's files
	Mail    mail.Sender          // where mail leaves
	Metrics prometheus.Registerer // series of the module

	tasks []task
}

type task struct {
	name string
	run  func(context.Context) error
}

// Settings reads the module's section of the configuration over the defaults in the struct (koanf tags).
func (h *Host) Settings(into any) error {
	if err := h.Config.Decode(h.Name, into); err != nil {
		return fmt.Errorf("settings of %s: %w", h.Name, err)
	}
	return nil
}

// Every runs a background task again and again while the process lives: once at the start, then as often as said. An
// error is logged and the task comes again. It runs as the system itself (identity.System).
func (h *Host) Every(interval time.Duration, name string, run func(context.Context) error) {
	panic("todo")
}

// Secret returns the secret of this name: configured, or in development generated once and kept in the
// data folder. In production a missing one is an error, so the process does not start.
func (h *Host) Secret(name string) ([]byte, error) { panic("todo") }
