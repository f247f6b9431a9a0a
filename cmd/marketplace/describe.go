package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"marketplace/platform/app"
	"marketplace/web"
	"marketplace/web/edge"
)

// overview is what `marketplace modules --json` prints.
type overview struct {
	Modules  []app.Description `json:"modules"`
	Warnings []string          `json:"warnings"`
}

// modulesCommand prints who runs what. What it prints is read from the table of modules, their contracts and the
// configuration; it connects nowhere, so it works for every partition and before anything is started.
func modulesCommand(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use: "modules", Short: "Print who runs, owns, offers, announces, hears and calls what; connects nowhere", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, printModules) },
	}
	c.Flags().Bool("json", false, "as one JSON object")
	return c
}

func printModules(ctx context.Context, p process) error {
	o, err := look(ctx, p)
	if err != nil {
		return err
	}
	if asJSON, _ := p.out.Flags().GetBool("json"); asJSON {
		out := json.NewEncoder(p.out.OutOrStdout())
		out.SetIndent("", "  ")
		return out.Encode(o)
	}
	for _, d := range o.Modules {
		writeModule(p.out.OutOrStdout(), d)
	}
	for _, w := range o.Warnings {
		p.out.Printf("\nNote: %s\n", w)
	}
	return nil
}

// look tells what every module is and where it runs, the web last.
func look(ctx context.Context, p process) (overview, error) {
	a, services, err := p.open(ctx, app.Describing)
	if err != nil {
		return overview{}, err
	}
	defer func() { _ = a.Close() }()
	// What the pages hear is known when they are made.
	if _, err := web.New(ctx, edge.Edge{Services: services, Config: p.config, Clock: p.clock, Log: p.log}, a.Events("web"), prometheus.NewRegistry()); err != nil {
		return overview{}, fmt.Errorf("describe the pages: %w", err)
	}
	pages := app.Description{Module: "web", Here: a.Hosts("web"), Hears: a.Bus().Watched(), Calls: a.Calls(reflect.TypeOf(services))}
	if pages.Here {
		pages.Offers = []string{p.config.PublicURL}
	}
	o := overview{Modules: append(a.Describe(), pages), Warnings: a.Warnings()}
	for i := range o.Modules {
		o.Modules[i] = withoutNil(o.Modules[i])
	}
	if o.Warnings == nil {
		o.Warnings = []string{}
	}
	return o, nil
}

// withoutNil makes every list one in JSON.
func withoutNil(d app.Description) app.Description {
	for _, list := range []*[]string{&d.At, &d.Owns, &d.Offers, &d.Announces, &d.Hears, &d.Calls} {
		if *list == nil {
			*list = []string{}
		}
	}
	return d
}

func writeModule(out io.Writer, d app.Description) {
	where := "here"
	switch {
	case !d.Here && len(d.At) > 0:
		where = "at " + strings.Join(d.At, ", ")
	case !d.Here:
		where = "elsewhere"
	}
	fmt.Fprintf(out, "%-14s%s\n", d.Module, where)
	for _, line := range []struct {
		what  string
		items []string
		comma string
	}{{"owns", d.Owns, ", "}, {"offers", d.Offers, " "}, {"announces", d.Announces, " "}, {"hears", d.Hears, " "}, {"calls", d.Calls, " "}} {
		if len(line.items) > 0 {
			fmt.Fprintf(out, "  %-12s%s\n", line.what, wrap(line.items, line.comma, 100))
		}
	}
}

// wrap writes the items in lines of about this width, under each other.
func wrap(items []string, between string, width int) string {
	var text strings.Builder
	used := 0
	for i, item := range items {
		switch {
		case i == 0:
		case used+len(item) > width:
			text.WriteString(strings.TrimRight(between, " ") + "\n" + strings.Repeat(" ", 14))
			used = 0
		default:
			text.WriteString(between)
		}
		text.WriteString(item)
		used += len(item) + len(between)
	}
	return text.String()
}
