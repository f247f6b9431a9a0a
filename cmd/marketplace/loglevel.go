package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"marketplace/platform/telemetry"
)

// logCommand looks after the log of the running process on this machine.
func logCommand(s *settings) *cobra.Command {
	about := group("log", "Look after the log of the process on this machine")
	level := &cobra.Command{
		Use: "level [module] [level]", Short: "Show from which level on is logged, or change it until the process ends",
		Long: "Without arguments: the levels. With a level (debug, info, warn, error): that of all modules. With a module and a level: " +
			"that of the module, or of web, events, rpc, mail, http. The level \"default\" takes the module's own away.",
		Args: cobra.MaximumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return s.run(c, func(ctx context.Context, p process) error { return changeLevel(ctx, p, args) })
		},
	}
	level.Flags().String("internal", "", "where the process tells its health (default 127.0.0.1:9090)")
	about.AddCommand(level)
	return about
}

func changeLevel(ctx context.Context, p process, args []string) error {
	method, query := http.MethodPut, url.Values{}
	switch len(args) {
	case 0:
		method = http.MethodGet
	case 1:
		query.Set("level", args[0])
	default:
		query.Set("module", args[0])
		if query.Set("level", args[1]); args[1] == "default" {
			query.Set("level", "")
		}
	}
	response, err := askInternal(ctx, p.config, method, "/log/levels?"+query.Encode())
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 1000)) // the status says enough
		return fmt.Errorf("the level is not changed: %s: %s", response.Status, said)
	}
	var now telemetry.LevelState
	if err := json.NewDecoder(response.Body).Decode(&now); err != nil {
		return fmt.Errorf("read the levels: %w", err)
	}
	p.out.Printf("%-14s %s\n", "all", now.Level)
	for _, module := range slices.Sorted(maps.Keys(now.Modules)) {
		p.out.Printf("%-14s %s\n", module, now.Modules[module])
	}
	return nil
}
