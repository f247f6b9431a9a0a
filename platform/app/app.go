// Package app puts a process together: it opens what each module needs, runs the modules that are hosted
// here, makes clients of the others, and starts and stops everything in order.
package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/mail"
	"marketplace/platform/rpc"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
)

// Module plugs one module into the marketplace. S is its contract, D what it calls.
type Module[S, D any] struct {
	Name   string
	New    func(*Host, D) (S, error) // how to run it here
	Remote func(*rpc.Client) S       // how to reach it elsewhere
	Hears  []db.Event                // what it reacts to, wherever it runs

	Announces []db.Event // every event of its contract
	Files     bool       // it keeps files (Host.Files)

	// Check says what is wrong with the module's settings; nil: nothing is looked at. It is asked before anything of the
	// module is opened, and also when another one cannot start: so one start tells everything that is wrong.
	Check func(*Host) error
}

// Mode is what a process is started for.
type Mode int

// The modes.
const (
	Serving    Mode = iota // Run will be called; on SQLite the data folder belongs to this process alone
	Opening                // for commands: the services work, nothing runs by itself, beside a serving process
	Migrating              // only brings the databases up to date; Use returns nothing
	Describing             // only says what the table says (App.Describe): nothing is opened, bound or reached
)

// Options say what process to put together.
type Options struct {
	Config   config.Config
	Mode     Mode
	Log      *zap.Logger          // nil: silence
	Clock    *clock.Clock         // nil: the system's
	Mail     mail.Sender          // nil: as the configuration says
	Version  string               // of the build, for /metrics
	Registry *prometheus.Registry // of /metrics; nil: a new one
	Bus      *bus.Bus             // nil: as the configuration says
	Tracer   *trace.Tracer        // nil: traces are only ids
	Levels   *telemetry.Levels    // of the log, to be changed while the process runs; nil: they are not
	Hasty    bool                 // SQLite does not wait for the disk: while a demonstration is made
}

// App is one process of the marketplace: some of its modules, or all.
type App struct {
	starting context.Context // its end ends the opening of databases; Use keeps the table free of it
	config   config.Config
	mode     Mode
	log      *zap.Logger
	clock    *clock.Clock
	mail     mail.Sender
	registry *prometheus.Registry
	calls    rpc.Options // between processes
	peers    []*rpc.Client
	routes   *db.Routes
	bus      *bus.Bus
	hasty    bool
	levels   *telemetry.Levels
	tracer   *trace.Tracer
	figures  *figures

	used       []string // every module of the marketplace, hosted or not
	described  []Description
	contracts  map[reflect.Type]string // whose each contract is
	hosts      []*Host                 // the opened ones
	tasks      []task                  // of the process itself
	errs       []error
	incomplete bool // a module is missing, so those that call it are not started

	patience  time.Duration // drainTime; shorter in a test
	lock      *os.File
	private   *private
	listeners []*listener
	addresses map[string]net.Addr
	started   atomic.Bool // Run was called
	running   atomic.Bool
	stopping  atomic.Bool
	delivered atomic.Bool // events were, once
	closing   sync.Once
	closed    error
}

// New begins a process: it checks the configuration and binds the private port and the internal one. Next come Use for
// every module, then Err, Serve and Run; or Close.
func New(ctx context.Context, o Options) (*App, error) {
	if err := o.Config.Check(); err != nil {
		return nil, err
	}
	a := &App{
		starting: ctx, config: o.Config, mode: o.Mode, log: o.Log, clock: o.Clock, mail: o.Mail, registry: o.Registry, bus: o.Bus, hasty: o.Hasty, levels: o.Levels, tracer: o.Tracer,
		routes: &db.Routes{}, addresses: map[string]net.Addr{}, contracts: map[reflect.Type]string{},
		patience: drainTime,
	}
	a.private = &private{app: a, modules: map[string]http.Handler{}}
	if a.log == nil {
		a.log = zap.NewNop()
	}
	if a.clock == nil {
		a.clock = clock.New()
	}
	if a.registry == nil {
		a.registry = telemetry.NewRegistry(telemetry.Service{Name: "marketplace", Version: o.Version, Environment: o.Config.Environment})
	}
	if a.tracer == nil {
		var err error
		if a.tracer, err = trace.New(ctx, trace.Options{}); err != nil {
			return nil, err
		}
	}
	for _, s := range o.Config.RPC.Secrets {
		a.calls.Secrets = append(a.calls.Secrets, []byte(s))
	}
	if err := a.prepare(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// prepare makes what all modules share.
func (a *App) prepare() error {
	if a.mode == Describing {
		return a.makeBus()
	}
	if err := os.MkdirAll(a.config.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if a.mail == nil {
		sender, err := mail.New(a.config.Mail, a.log.Named("mail"))
		if err != nil {
			return fmt.Errorf("prepare the mail: %w", err)
		}
		a.mail = sender
	}
	if a.bus == nil {
		if err := a.makeBus(); err != nil {
			return err
		}
	}
	metrics, err := rpc.NewMetrics(a.registry)
	if err != nil {
		return fmt.Errorf("measure the calls between processes: %w", err)
	}
	if a.figures, err = newFigures(a.registry); err != nil {
		return err
	}
	a.calls.Metrics, a.calls.Log, a.calls.Tracer = metrics, a.log.Named("rpc"), a.tracer
	if a.mode != Serving {
		return nil
	}
	return a.bindOwn()
}

func (a *App) makeBus() (err error) {
	o := bus.Options{Log: a.log.Named("events"), Metrics: a.registry, Tracer: a.tracer, Routes: a.routes}
	if a.config.Events != config.Memory {
		o.AMQP = a.config.Events
	}
	a.bus, err = bus.New(o)
	return err
}

// Use returns the module itself if this process hosts it, a client of it otherwise. What it hears is noted either
// way. A failure is kept for Err; from then on nothing more is opened and the results are not usable.
func Use[S, D any](a *App, m Module[S, D], deps D) S {
	service, err := use(a, m, deps)
	if err != nil {
		a.errs = append(a.errs, err)
		a.incomplete = true
	}
	return service
}

func use[S, D any](a *App, m Module[S, D], deps D) (none S, err error) {
	if slices.Contains(a.used, m.Name) {
		return none, fmt.Errorf("the module %s is in the table twice", m.Name)
	}
	a.used = append(a.used, m.Name)
	a.routes.Add(m.Name, m.Hears...)
	describe(a, m)
	switch {
	case a.mode == Describing:
		return standIn(a, m)
	case a.Hosts(m.Name):
		return host(a, m, deps)
	case len(a.config.Remotes[m.Name]) == 0:
		a.incomplete = true // Err says which
		return none, nil
	case a.mode == Migrating:
		return none, nil
	}
	client, err := rpc.NewClient(m.Name, a.config.Remotes[m.Name], a.calls)
	if err != nil {
		return none, fmt.Errorf("reach the module %s: %w", m.Name, err)
	}
	a.peers = append(a.peers, client)
	return m.Remote(client), nil
}

func host[S, D any](a *App, m Module[S, D], deps D) (none S, err error) {
	if m.Check != nil {
		if err := m.Check(a.newHost(m.Name)); err != nil {
			return none, fmt.Errorf("start the module %s: %w", m.Name, err)
		}
	}
	if a.incomplete {
		return none, nil
	}
	h, err := a.Open(m.Name)
	if err != nil || a.mode == Migrating {
		return none, err
	}
	if m.Files {
		if h.Files, err = a.openFiles(m.Name); err != nil {
			return none, fmt.Errorf("open the files of %s: %w", m.Name, err)
		}
	}
	service, err := m.New(h, deps)
	if err != nil {
		return none, fmt.Errorf("start the module %s: %w", m.Name, err)
	}
	if a.config.RPC.Listen == "" || a.mode != Serving {
		return service, nil
	}
	a.private.modules[m.Name], err = rpc.Serve(m.Name, service, a.calls)
	if err != nil {
		return none, fmt.Errorf("expose the module %s: %w", m.Name, err)
	}
	return service, nil
}

// Err says why the process cannot run, one sentence a reason; nil when it can. Ask after the last Use.
func (a *App) Err() error {
	return errors.Join(append([]error{a.config.CheckModules(append(slices.Clone(a.used), "web"))}, a.errs...)...)
}

// Hosts says whether this process runs the module. The web pages and the JSON API are the module "web".
func (a *App) Hosts(module string) bool { return a.config.Hosts(module) }

// Hosted returns the modules that this process has opened, in the order of the table.
func (a *App) Hosted() []*Host { return slices.Clone(a.hosts) }

// Name tells this process from the others, for people: what it runs, and where.
func (a *App) Name() string {
	runs := strings.Join(a.config.Modules, "+")
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	for _, side := range []string{Private, Internal} {
		if address := a.addresses[side]; address != nil {
			_, port, _ := net.SplitHostPort(address.String())
			return runs + "@" + net.JoinHostPort(host, port)
		}
	}
	return runs + "@" + host
}

// Bus carries the events of this process: for the commands that look after them.
func (a *App) Bus() *bus.Bus { return a.bus }

// Events is the end of the bus for a part of the process that has no database and only watches: the pages.
func (a *App) Events(name string) *bus.Events { return a.bus.Module(name, nil) }

// Drained waits until every event that was emitted by the hosted modules has had its effect where it is heard, or is a
// dead letter.
func (a *App) Drained(ctx context.Context) error { return a.bus.Drained(ctx) }

// Modules are all that this process runs, the pages too.
func (a *App) Modules() []string {
	if slices.Contains(a.config.Modules, config.All) {
		return append(slices.Clone(a.used), "web")
	}
	return slices.Clone(a.config.Modules)
}

// Registry has the metrics of this process.
func (a *App) Registry() *prometheus.Registry { return a.registry }

// Close closes what is open, in the opposite order. Run does it at its end; calling it again does nothing.
func (a *App) Close() error {
	a.closing.Do(func() {
		var errs []error
		for _, l := range a.listeners {
			errs = append(errs, l.close())
		}
		for _, h := range slices.Backward(a.hosts) {
			errs = append(errs, h.DB.Close())
		}
		if a.lock != nil {
			errs = append(errs, a.lock.Close())
		}
		a.closed = errors.Join(errs...)
	})
	return a.closed
}
