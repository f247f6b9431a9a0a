// Package apptest gives a module's tests what the module finds where it runs: a throw-away database with its tables, a
// bus that delivers, kept mails, a clock that moves on command. Only tests import it.
//
//	h := apptest.Host(t, "gig")
//	gigs := apptest.Start(t, h, gigimpl.Module, gigimpl.Deps{Users: stub{}})
//	made, err := gigs.Create(apptest.As("u1", "ana"), gig.CreateRequest{…})
//	apptest.Emit(t, h, user.Renamed{UserID: "u1", …})   // what another module announces
//	apptest.Eventually(t, func() bool { … })            // its effect
package apptest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/identity"
)

// Harness is a throw-away app.Host. It is gone when its test ends.
type Harness struct {
	*app.Host
	Mails *Mails // what the module has sent

	app       *app.App
	elsewhere *app.Host // another module, for Emit
	config    config.Config
}

// Option changes the harness.
type Option func(*app.Options)

// Settings are the module's section of the configuration.
func Settings(settings map[string]any) Option {
	return func(o *app.Options) {
		for module := range o.Config.Settings {
			o.Config.Settings[module] = settings
		}
	}
}

// Config changes the configuration of the process, such as its environment or secrets.
func Config(change func(*config.Config)) Option {
	return func(o *app.Options) { change(&o.Config) }
}

// Host gives a module a place to run, on SQLite unless an option says otherwise. Nothing runs until Start.
func Host(t testing.TB, module string, options ...Option) *Harness {
	t.Helper()
	mails := &Mails{}
	c := config.Defaults()
	c.PublicURL, c.Data, c.Settings = "http://marketplace.test", t.TempDir(), map[string]any{module: map[string]any{}}
	o := app.Options{
		Mode:   app.Opening, // nothing runs by itself: tests call RunTasks
		Log:    zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel)),
		Clock:  clock.New(),
		Mail:   mails,
		Config: c,
	}
	for _, option := range options {
		option(&o)
	}
	a, err := app.New(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatalf("prepare a process: %v", err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Errorf("close the process: %v", err)
		}
	})
	h := &Harness{Mails: mails, app: a, config: o.Config}
	h.Host = h.open(t, module)
	return h
}

// elsewhere is the module that emits what tests say.
const elsewhere = "elsewhere"

func (h *Harness) open(t testing.TB, module string) *app.Host {
	t.Helper()
	if h.config.DatabaseOf(module) == "" {
		Tables(t, h.config.Data, module)
	}
	host, err := h.app.Open(module)
	if err != nil {
		t.Fatalf("open what %s needs: %v", module, err)
	}
	return host
}

// Databases runs the test once on SQLite and once on PostgreSQL.
func Databases(t *testing.T, run func(t *testing.T, open func(module string, options ...Option) *Harness)) {
	t.Run("SQLite", func(t *testing.T) {
		run(t, func(module string, options ...Option) *Harness { return Host(t, module, options...) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		var url string
		var first sync.Once
		run(t, func(module string, options ...Option) *Harness {
			first.Do(func() { url = PostgresWith(t, module, elsewhere) })
			return Host(t, module, append([]Option{Config(func(c *config.Config) { c.Database = url })}, options...)...)
		})
	})
}

// Start runs the module on the harness: its service is returned, and its reactions hear what is emitted. Its background
// tasks wait for h.RunTasks.
func Start[S, D any](t testing.TB, h *Harness, m app.Module[S, D], deps D) S {
	t.Helper()
	h.elsewhere = h.open(t, elsewhere)
	service := app.Use(h.app, m, deps)
	if err := h.app.Err(); err != nil {
		t.Fatalf("start %s: %v", m.Name, err)
	}
	h.deliver(t)
	return service
}

type inBackground struct{}

// InBackground says that the harness itself does this, which carries events, and not the test.
func InBackground(ctx context.Context) bool { return ctx.Value(inBackground{}) != nil }

// deliver carries events until the test ends.
func (h *Harness) deliver(t testing.TB) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithValue(context.WithoutCancel(t.Context()), inBackground{}, true))
	done := make(chan struct{})
	var failed error
	go func() {
		defer close(done)
		failed = h.app.Bus().Run(ctx)
	}()
	t.Cleanup(func() {
		stop()
		<-done
		if failed != nil && !errors.Is(failed, context.Canceled) {
			t.Errorf("deliver events: %v", failed)
		}
	})
	Eventually(t, func() bool {
		select {
		case <-done: // the cleanup says why
			return true
		default:
			return h.app.Bus().Ready(ctx) == nil
		}
	})
}

// As is the context of a signed-in user whose e-mail address is confirmed.
func As(userID, username string, roles ...string) context.Context {
	return identity.With(context.Background(), identity.Actor{
		UserID: userID, Username: username, Verified: true, Roles: roles, SessionID: "session-of-" + userID,
	})
}

// Visitor is the context of somebody who is not signed in.
func Visitor() context.Context { return context.Background() }

// System is the context in which the marketplace itself acts.
func System() context.Context { return identity.System(context.Background()) }
