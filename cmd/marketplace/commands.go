package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"marketplace/platform/app"
)

// group is a command that only has others below it. Without one of them it fails, so that a misspelt check in a script
// does not pass for a good one.
func group(name, about string) *cobra.Command {
	return &cobra.Command{Use: name, Short: about, Args: cobra.ArbitraryArgs, RunE: func(*cobra.Command, []string) error {
		return fmt.Errorf("say which: marketplace %s --help lists the commands", name)
	}}
}

// eventsCommand looks after events that could not be delivered.
func eventsCommand(s *settings) *cobra.Command {
	events := group("events", "Look after events that could not be delivered")
	events.AddCommand(&cobra.Command{
		Use: "list", Short: "List dead letters, one JSON object a line", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, listEvents) },
	}, &cobra.Command{
		Use: "retry [id …]", Short: "Deliver dead letters again: the named ones, or all",
		RunE: func(c *cobra.Command, ids []string) error {
			return s.run(c, func(ctx context.Context, p process) error { return retryEvents(ctx, p, ids) })
		},
	})
	return events
}

func listEvents(ctx context.Context, p process) error {
	a, _, err := p.open(ctx, app.Opening)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	out := json.NewEncoder(p.out.OutOrStdout())
	for after := ""; ; {
		letters, err := a.Bus().DeadLetters(ctx, after, 100)
		if err != nil || len(letters) == 0 {
			return err
		}
		for _, letter := range letters {
			if err := out.Encode(letter); err != nil {
				return err
			}
			after = letter.ID
		}
	}
}

func retryEvents(ctx context.Context, p process, ids []string) error {
	a, _, err := p.open(ctx, app.Opening)
	if err != nil {
		return err
	}
	defer func() { _ = a.Close() }()
	if len(ids) == 0 {
		n, err := a.Bus().RetryAll(ctx)
		p.out.Printf("%d dead letters will be delivered again.\n", n)
		return err
	}
	for _, id := range ids {
		if err := a.Bus().Retry(ctx, id); err != nil {
			return fmt.Errorf("retry %s: %w", id, err)
		}
	}
	p.out.Printf("%d dead letters will be delivered again.\n", len(ids))
	return nil
}

// healthcheckCommand asks the running process on this machine; for containers.
func healthcheckCommand(s *settings) *cobra.Command {
	c := &cobra.Command{
		Use: "healthcheck", Short: "Ask the process on this machine whether it is ready; fails when it is not", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, healthcheck) },
	}
	c.Flags().String("internal", "", "where it tells its health (default 127.0.0.1:9090)")
	return c
}

func healthcheck(ctx context.Context, p process) error {
	address, err := internalAddress(p.config)
	if err != nil {
		return err
	}
	if err := askReady(ctx, address); err != nil {
		return err
	}
	p.out.Println("ready")
	return nil
}
