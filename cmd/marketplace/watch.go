package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/notification"
	"marketplace/platform/alert"
	"marketplace/platform/app"
	"marketplace/platform/operate"
	"marketplace/platform/telemetry"
)

const (
	watchEvery       = 15 * time.Second
	certificateEvery = time.Hour
	figuresEvery     = time.Minute
)

// overseen is a process that looks after itself, and all of them as it sees them.
type overseen struct {
	watcher *alert.Watcher
	fleet   *operate.Fleet
}

// oversee lets the process evaluate the alert rules over its own metrics while it runs, and report to the module
// notification, which tells the operators (docs/adr/0016); and answer operators how it is. No other program is needed.
func (p process) oversee(a *app.App, notifications notification.Service) (o overseen, err error) {
	if o.watcher, err = p.watch(a, notifications); err != nil {
		return o, err
	}
	here := operate.Here(operate.Options{App: a, Version: version, Clock: p.clock, Log: p.log.Named("operate"), Recent: p.recent, Watcher: o.watcher,
		Checks: p.checks(a)})
	if err := app.Expose(a, operate.Name, here); err != nil {
		return o, err
	}
	peers, err := a.Peers(operate.Name)
	if err != nil {
		return o, fmt.Errorf("reach the other processes: %w", err)
	}
	o.fleet = operate.NewFleet(here, peers)
	return o, nil
}

// checks are what the doctor looks at around this process.
func (p process) checks(a *app.App) []operate.Check {
	var checks []operate.Check
	for _, e := range p.surroundings() {
		if strings.HasPrefix(e.what, "module ") || e.what == "mail" && !a.Hosts("notification") { // others answer for themselves
			continue
		}
		checks = append(checks, operate.Check{Name: e.what, Look: e.look})
	}
	return checks
}

func (p process) watch(a *app.App, notifications notification.Service) (*alert.Watcher, error) {
	rules, err := alert.With(p.config.Alerts.Limits)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be used: %w", err)
	}
	public := ""
	if a.Hosts("web") {
		public = p.config.PublicURL
	}
	around, err := alert.NewSurroundings(a.Registry(), p.config.Data, public)
	if err != nil {
		return nil, fmt.Errorf("measure what is around the process: %w", err)
	}
	w := alert.NewWatcher(rules, a.Registry(), p.clock, func(ctx context.Context, firing []alert.Condition, fine []string) error {
		return report(ctx, notifications, a.Name(), firing, fine)
	})
	a.Every(watchEvery, "evaluate the alert rules", w.Look)
	a.Every(figuresEvery, "log the figures of the rules", func(ctx context.Context) error { p.logFigures(ctx, w); return nil })
	if public != "" {
		a.Every(certificateEvery, "look at the certificate", func(ctx context.Context) error {
			if err := around.LookAtCertificate(ctx); err != nil { // a proxy may not let us reach ourselves
				p.log.Info("the certificate of the public address is not known", zap.Error(err))
			}
			return nil
		})
	}
	return w, nil
}

// logFigures writes the numbers that the rules look at into the log, so that they can be seen over time where the log is.
func (p process) logFigures(ctx context.Context, w *alert.Watcher) {
	var fields []zap.Field
	for name, value := range w.Figures() {
		fields = append(fields, zap.Float64("market.figure."+name, value))
	}
	if len(fields) > 0 {
		telemetry.For(ctx, p.log.Named("figures")).Info("figures", fields...)
	}
}

// report says what the process sees.
func report(ctx context.Context, to notification.Service, process string, firing []alert.Condition, fine []string) error {
	q := notification.ReportAlertsRequest{Process: process, Firing: []notification.Sighting{}, Fine: fine}
	for _, c := range firing {
		q.Firing = append(q.Firing, notification.Sighting{
			Rule: c.Rule.Name, Title: c.Rule.Title, Meaning: c.Rule.Meaning, Action: c.Rule.Action, Severity: c.Rule.Severity,
			Value: c.Rule.Say(c.Value), Limit: c.Rule.SayLimit(), Since: c.Since,
		})
	}
	_, err := to.ReportAlerts(ctx, q)
	return err
}
