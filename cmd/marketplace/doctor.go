package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"marketplace/modules/auth"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/app"
	"marketplace/platform/bus"
	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/platform/mail"
	"marketplace/platform/telemetry/elastic"
	"marketplace/platform/trace"
	"marketplace/web/edge"
)

// doctorCommand looks at everything that the configured process depends on.
func doctorCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "doctor", Short: "Check everything that the process depends on; fails with a line for each fault", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, doctor) },
	}
}

// examination is one thing to look at. What it returns is for the operator: how it is, or what is wrong.
type examination struct {
	what string
	look func(context.Context) (string, error)
}

// Limits of what is still healthy.
const (
	leastFree    = 512 << 20 // bytes on the disk of the data folder
	mostWaiting  = time.Minute
	mostClockOff = 2 * time.Second
)

// doctor looks at one thing after the other, whatever it finds, so that one visit tells everything (rows X10, Z25).
func doctor(ctx context.Context, p process) error {
	faults := 0
	say := func(what, finding string, err error) {
		sign := "ok   "
		if err != nil {
			sign, finding = "FAULT", strings.Join(strings.Fields(err.Error()), " ")
			faults++
		}
		p.out.Printf("%s  %-14s %s\n", sign, what, finding)
	}
	say("configuration", fmt.Sprintf("%s, %s", p.config.Environment, strings.Join(p.config.Modules, " ")), nil) // it was read
	examinations := p.surroundings()
	a, services, err := p.open(ctx, app.Opening)
	say("databases", "open, with their tables up to date", err)
	if err == nil {
		defer func() { _ = a.Close() }()
		examinations = append(examinations, p.insides(a, services)...)
	}
	for _, e := range examinations {
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		finding, err := e.look(limited)
		cancel()
		say(e.what, finding, err)
	}
	if faults > 0 {
		return fmt.Errorf("%d faults", faults)
	}
	return nil
}

// surroundings is what is looked at without the modules.
func (p process) surroundings() []examination {
	all := []examination{
		{"data folder", p.lookAtData},
		{"mail", func(ctx context.Context) (string, error) {
			if p.config.Mail.SMTP == "" {
				return "no server: mails stay here, at /dev/mail", nil
			}
			return "the server takes our login", mail.Reach(ctx, p.config.Mail)
		}},
		{"events", func(ctx context.Context) (string, error) {
			if p.config.Events == config.Memory {
				return "in this process", nil
			}
			return "RabbitMQ takes our login", bus.Reach(ctx, p.config.Events)
		}},
		{"elasticsearch", func(ctx context.Context) (string, error) {
			if p.config.Elastic.URL == "" {
				return "none: the log is on standard output", nil
			}
			return "takes our key", elastic.Reach(ctx, elastic.Options{URL: p.config.Elastic.URL, APIKey: p.config.Elastic.APIKey, CAFile: p.config.Elastic.CAFile})
		}},
	}
	all = append(all, examination{"traces", func(ctx context.Context) (string, error) {
		if p.config.Traces.URL == "" {
			return "none leave this process", nil
		}
		return "the collector takes them", trace.Reach(ctx, trace.Options{URL: p.config.Traces.URL, Authorization: p.config.Traces.Authorization})
	}})
	modules := make([]string, 0, len(p.config.Remotes))
	for module := range p.config.Remotes {
		modules = append(modules, module)
	}
	slices.Sort(modules)
	for _, module := range modules {
		all = append(all, examination{"module " + module, func(ctx context.Context) (string, error) { return p.lookAtPeers(ctx, module) }})
	}
	return all
}

func (p process) lookAtData(context.Context) (string, error) {
	if err := os.MkdirAll(p.config.Data, 0o700); err != nil {
		return "", err
	}
	probe := filepath.Join(p.config.Data, "doctor-"+rand.Text())
	if err := errors.Join(os.WriteFile(probe, []byte("probe"), 0o600), os.Remove(probe)); err != nil {
		return "", err
	}
	var disk syscall.Statfs_t
	if err := syscall.Statfs(p.config.Data, &disk); err != nil {
		return "", fmt.Errorf("look at the disk of %s: %w", p.config.Data, err)
	}
	free := int64(disk.Bavail) * disk.Bsize
	if free < leastFree {
		return "", fmt.Errorf("only %d MiB are free on the disk of %s", free>>20, p.config.Data)
	}
	return fmt.Sprintf("%s can be written, %d GiB are free", p.config.Data, free>>30), nil
}

// lookAtPeers asks every address of a module that runs elsewhere; all of them must answer.
func (p process) lookAtPeers(ctx context.Context, module string) (string, error) {
	var errs []error
	for _, address := range p.config.Remotes[module] {
		errs = append(errs, askReady(ctx, address))
	}
	return "ready at " + strings.Join(p.config.Remotes[module], ", "), errors.Join(errs...)
}

// insides is what is looked at through the modules.
func (p process) insides(a *app.App, services edge.Services) []examination {
	var all []examination
	for _, h := range a.Hosted() {
		if h.Files == nil {
			continue
		}
		all = append(all, examination{"files of " + h.Name, func(ctx context.Context) (string, error) {
			key := "doctor/" + strings.ToLower(rand.Text())
			if err := h.Files.Put(ctx, key, strings.NewReader("probe")); err != nil {
				return "", err
			}
			return "can be written", h.Files.Delete(ctx, key)
		}})
	}
	return append(all,
		examination{"outbox", func(ctx context.Context) (string, error) { return lookAtOutbox(ctx, a) }},
		examination{"keys", func(ctx context.Context) (string, error) { return lookAtKeys(ctx, services.Auth) }},
		examination{"index", func(ctx context.Context) (string, error) { return lookAtIndex(ctx, services.Gigs) }},
		examination{"timers", func(ctx context.Context) (string, error) { return p.lookAtTimers(ctx, services.Orders) }},
		examination{"clock", func(ctx context.Context) (string, error) { return p.lookAtClock(ctx, a) }},
		examination{"ledger", func(ctx context.Context) (string, error) {
			report, err := services.Orders.VerifyLedger(identity.System(ctx), order.VerifyLedgerRequest{})
			if n := len(report.Problems); err == nil && n > 0 {
				err = fmt.Errorf("%d problems; `marketplace ledger verify` lists them", n)
			}
			return fmt.Sprintf("%d journals are in order", report.Journals), err
		}})
}

// lookAtKeys reads the keys that sign tokens, which are sealed with secrets.auth.
func lookAtKeys(ctx context.Context, auths auth.Service) (string, error) {
	set, err := auths.ListKeys(identity.System(ctx), auth.ListKeysRequest{})
	if err == nil && len(set.Keys) == 0 {
		err = errors.New("there is no key to sign tokens with: nobody can log in")
	}
	return fmt.Sprintf("%d keys are opened by secrets.auth", len(set.Keys)), err
}

// lookAtIndex looks for the newest gig by its own title.
func lookAtIndex(ctx context.Context, gigs gig.Service) (string, error) {
	newest, err := gigs.Search(ctx, gig.SearchRequest{Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		return "there is no gig to be found", err
	}
	one := newest.Items[0]
	found, err := gigs.Search(ctx, gig.SearchRequest{Text: one.Title + " " + one.SellerUsername, SellerID: one.SellerID, Limit: 100})
	if err == nil && !slices.ContainsFunc(found.Items, func(g gig.Gig) bool { return g.ID == one.ID }) {
		err = fmt.Errorf("the newest gig is not found by its title: edit and save it, and report this")
	}
	return "the newest gig is found by its title", err
}

// lookAtTimers looks whether orders take the steps that are due.
func (p process) lookAtTimers(ctx context.Context, orders order.Service) (string, error) {
	timers, err := orders.ListTimers(identity.System(ctx), order.ListTimersRequest{Limit: 1})
	if err != nil || len(timers.Items) == 0 {
		return "no order waits for its time", err
	}
	first := timers.Items[0]
	if late := p.clock.Now().Sub(first.DueAt); late > mostWaiting {
		return "", fmt.Errorf("the order %s should have taken a step by itself %v ago (%s): does a process with the module order run?",
			first.Number, late.Round(time.Second), first.Kind)
	}
	return "the next step of an order is due at " + first.DueAt.Format(time.RFC3339), nil
}

func lookAtOutbox(ctx context.Context, a *app.App) (string, error) {
	lags, err := a.Bus().Lag(ctx)
	var errs []error
	for _, l := range lags {
		if l.Dead > 0 {
			errs = append(errs, fmt.Errorf("%d events could not be delivered; `marketplace events list` tells why", l.Dead))
		}
		if l.Oldest > mostWaiting {
			errs = append(errs, fmt.Errorf("%d events wait, the first for %v", l.Pending, l.Oldest.Round(time.Second)))
		}
	}
	return "no event waits or is dead", errors.Join(append(errs, err)...)
}

// lookAtClock compares with the databases' clocks, where they have one of their own.
func (p process) lookAtClock(ctx context.Context, a *app.App) (string, error) {
	compared := "nothing to compare it with"
	for _, h := range a.Hosted() {
		if !h.DB.Postgres() {
			continue
		}
		var there time.Time
		if err := h.DB.Read(ctx).Raw("SELECT clock_timestamp()").Scan(&there).Error; err != nil {
			return "", fmt.Errorf("ask the database of %s for the time: %w", h.Name, err)
		}
		if off := p.clock.Now().Sub(there).Abs(); off > mostClockOff {
			return "", fmt.Errorf("this machine and the database of %s differ by %v: let both follow a time server", h.Name, off.Round(time.Millisecond))
		}
		compared = "that of the databases"
	}
	return compared, nil
}
