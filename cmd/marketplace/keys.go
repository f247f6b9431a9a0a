package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"marketplace/modules/auth"
	"marketplace/platform/app"
	"marketplace/platform/identity"
)

// keysCommand looks after the keys that sign access tokens.
func keysCommand(s *settings) *cobra.Command {
	keys := group("keys", "Look after the keys that sign access tokens")
	list := &cobra.Command{
		Use: "list", Short: "List the public keys, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return s.run(c, listKeys) },
	}
	rotate := &cobra.Command{
		Use: "rotate", Short: "Make a new key now; the old ones are good as long as their tokens live, and nothing restarts", Args: cobra.NoArgs,
	}
	revoke := rotate.Flags().Bool("revoke", false, "a key is in wrong hands: no token of before is taken any more; clients refresh")
	rotate.RunE = func(c *cobra.Command, _ []string) error {
		return s.run(c, func(ctx context.Context, p process) error { return rotateKeys(ctx, p, *revoke) })
	}
	keys.AddCommand(list, rotate)
	return keys
}

// sessionsCommand looks after who is logged in.
func sessionsCommand(s *settings) *cobra.Command {
	sessions := group("sessions", "Look after who is logged in")
	sessions.AddCommand(&cobra.Command{
		Use: "end LOGIN", Short: "Log an account out everywhere, by user name or e-mail address; takes at most 5 seconds", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return s.run(c, func(ctx context.Context, p process) error { return endSessions(ctx, p, args[0]) })
		},
	})
	return sessions
}

// withAuth lets a command ask auth, here or where it runs, as the marketplace itself.
func (p process) withAuth(ctx context.Context, ask func(context.Context, auth.Service) error) error {
	a, services, err := p.open(ctx, app.Opening)
	if err != nil {
		return err
	}
	return errors.Join(ask(identity.System(ctx), services.Auth), a.Close())
}

func listKeys(ctx context.Context, p process) error {
	return p.withAuth(ctx, func(ctx context.Context, s auth.Service) error {
		set, err := s.ListKeys(ctx, auth.ListKeysRequest{})
		p.printKeys(set)
		return err
	})
}

func rotateKeys(ctx context.Context, p process, revoke bool) error {
	return p.withAuth(ctx, func(ctx context.Context, s auth.Service) error {
		set, err := s.RotateKeys(ctx, auth.RotateKeysRequest{Revoke: revoke})
		p.printKeys(set)
		return err
	})
}

func (p process) printKeys(set auth.KeySet) {
	for _, k := range set.Keys {
		p.out.Println(k.ID, k.Algorithm, k.X)
	}
}

func endSessions(ctx context.Context, p process, login string) error {
	return p.withAuth(ctx, func(ctx context.Context, s auth.Service) error {
		ended, err := s.EndSessions(ctx, auth.EndSessionsRequest{Login: login})
		if err == nil {
			p.out.Printf("Sessions ended: %d.\n", ended.Count)
		}
		return err
	})
}
