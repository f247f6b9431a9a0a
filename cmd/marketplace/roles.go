package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"marketplace/modules/auth"
)

// rolesCommand says who looks after the marketplace.
func rolesCommand(s *settings) *cobra.Command {
	roles := group("roles", "Say who looks after the marketplace")
	roles.AddCommand(&cobra.Command{
		Use: "set LOGIN [operator] [moderator]", Short: "Give an account these roles and no others, and log it out everywhere", Args: cobra.RangeArgs(1, 3),
		RunE: func(c *cobra.Command, args []string) error {
			return s.run(c, func(ctx context.Context, p process) error { return setRoles(ctx, p, args[0], args[1:]) })
		},
	})
	return roles
}

func setRoles(ctx context.Context, p process, login string, roles []string) error {
	return p.withAuth(ctx, func(ctx context.Context, s auth.Service) error {
		account, err := s.SetRoles(ctx, auth.SetRolesRequest{Login: login, Roles: roles})
		if err != nil {
			return err
		}
		if len(account.Roles) == 0 {
			p.out.Printf("%s is a plain account.\n", account.Username)
			return nil
		}
		p.out.Printf("%s is %s.\n", account.Username, strings.Join(account.Roles, " and "))
		return nil
	})
}
