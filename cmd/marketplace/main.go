// Command marketplace is the whole marketplace in one program: it serves, and it has the commands to look after
// what it serves.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/operate"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
	"marketplace/web"
	"marketplace/web/edge"
)

// version is set when a release is built (Makefile).
var version = "development"

func main() {
	syscall.Umask(0o077) // databases, files and secrets are for the one who runs the program
	collectSooner()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// collectSooner lets the collector run when the heap has grown by half instead of to the double, unless GOGC says
// otherwise: the process stays small, for some percent of the processor (docs/performance.md).
func collectSooner() {
	const byHalf, standard = 50, 100
	if was := debug.SetGCPercent(byHalf); was != standard {
		debug.SetGCPercent(was)
	}
}

// command is the tree of commands; serve is what happens without one.
func command() *cobra.Command {
	var s settings
	root := &cobra.Command{
		Use: "marketplace", Short: "The marketplace that a small team can own", Version: version,
		SilenceUsage: true, SilenceErrors: true, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, serve) },
	}
	root.SetOut(os.Stdout) // what a command prints is its result; cobra would take it for a complaint
	flags := root.PersistentFlags()
	flags.StringVar(&s.file, "config", "", "configuration file (default config.yaml, if it is there)")
	flags.String("data", "", "folder of databases, files and generated secrets (default ./data)")
	flags.String("database", "", "postgres://… (default SQLite in the data folder)")
	flags.String("environment", "", "development or production (default development)")
	serveFlags := func(c *cobra.Command) *cobra.Command {
		c.Flags().String("listen", "", "public address (default :8080)")
		c.Flags().String("internal", "", "address of health and metrics (default 127.0.0.1:9090)")
		c.Flags().String("public_url", "", "how people reach the pages (default from --listen)")
		c.Flags().Bool("demo", false, "fill an empty data folder with a demonstration")
		return c
	}
	serveFlags(root)
	root.AddCommand(
		serveFlags(&cobra.Command{Use: "serve", Short: "Serve the marketplace (the default)", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return s.run(c, serve) }}),
		&cobra.Command{Use: "migrate", Short: "Bring the databases up to date and stop", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return s.run(c, migrate) }},
		modulesCommand(&s), demoCommand(&s), ledgerCommand(&s), rolesCommand(&s), maintenanceCommand(&s), eventsCommand(&s), keysCommand(&s), sessionsCommand(&s),
		healthcheckCommand(&s), doctorCommand(&s), alertsCommand(&s), elasticCommand(&s), logCommand(&s),
		&cobra.Command{Use: "version", Short: "Print the version", Args: cobra.NoArgs,
			Run: func(c *cobra.Command, _ []string) { fmt.Fprintln(c.OutOrStdout(), version) }},
	)
	return root
}

// settings is how the configuration is found.
type settings struct {
	file string
}

// process is what a command works with.
type process struct {
	config  config.Config
	log     *zap.Logger
	levels  *telemetry.Levels
	tracer  *trace.Tracer
	metrics *prometheus.Registry // nil: a new one for each app
	clock   *clock.Clock
	recent  *telemetry.Recent // lines of the log; nil: none
	hasty   bool              // while a demonstration is made
	out     *cobra.Command
}

// run reads the configuration and hands over to the command.
func (s *settings) run(c *cobra.Command, do func(context.Context, process) error) error {
	given := map[string]any{}
	for _, name := range []string{"data", "database", "environment", "listen", "internal", "public_url", "demo"} {
		f := c.Flags().Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		if name == "demo" {
			given[name] = f.Value.String() == "true"
			continue
		}
		given[name] = f.Value.String()
	}
	cfg, err := config.Load(config.Options{File: s.file, Flags: given})
	if err != nil {
		return err
	}
	p := process{config: cfg, clock: clock.New(), out: c}
	finish, err := p.observe(c.Context())
	if err != nil {
		return err
	}
	defer finish()
	return do(c.Context(), p)
}

// open puts the process together without running it. Close the app.
func (p process) open(ctx context.Context, mode app.Mode) (*app.App, edge.Services, error) {
	a, err := app.New(ctx, app.Options{Config: p.config, Mode: mode, Log: p.log, Registry: p.metrics, Clock: p.clock, Version: version, Hasty: p.hasty, Levels: p.levels, Tracer: p.tracer})
	if err != nil {
		return nil, edge.Services{}, err
	}
	services, err := assemble(a)
	if err != nil {
		return nil, edge.Services{}, errors.Join(err, a.Close())
	}
	return a, services, nil
}

// serve runs until the process is told to stop.
func serve(ctx context.Context, p process) error {
	if p.config.Demo {
		if _, err := fillIfEmpty(ctx, p); err != nil {
			return fmt.Errorf("fill the demonstration: %w", err)
		}
	}
	a, services, err := p.open(ctx, app.Serving)
	if err != nil {
		return err
	}
	if p.config.Demo {
		p.illustrateLater(a, services)
	}
	seen, err := p.oversee(a, services.Notifications)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	if _, err := p.publish(ctx, a, services, seen.fleet); err != nil {
		return errors.Join(err, a.Close())
	}
	return a.Run(ctx)
}

// publish puts the pages, the API and the live channel on the public address, if this process hosts them.
func (p process) publish(ctx context.Context, a *app.App, services edge.Services, fleet *operate.Fleet) (*web.Web, error) {
	if !a.Hosts("web") {
		return nil, nil
	}
	e := edge.Edge{Services: services, Fleet: fleet, Config: p.config, Clock: p.clock, Log: p.log.Named("web"), Tracer: p.tracer}
	w, err := web.New(ctx, e, a.Events("web"), a.Registry(), demoSettings(p.config)...)
	if err != nil {
		return nil, fmt.Errorf("prepare the pages: %w", err)
	}
	_, err = a.Serve(p.config.Listen, w, w.Stop)
	return w, err
}

func migrate(ctx context.Context, p process) error {
	a, _, err := p.open(ctx, app.Migrating)
	if err != nil {
		return err
	}
	p.out.Println("The databases are up to date.")
	return a.Close()
}
