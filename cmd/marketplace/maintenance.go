package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"marketplace/modules/notification"
	"marketplace/platform/app"
	"marketplace/platform/identity"
)

// maintenanceCommand closes the marketplace for a while, and opens it again.
func maintenanceCommand(s *settings) *cobra.Command {
	var note string
	var takes time.Duration
	maintenance := group("maintenance", "Close the marketplace for everybody but operators, and open it again")
	on := &cobra.Command{
		Use: "on", Short: "Close it; every replica knows within seconds", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return s.house(c, func(ctx context.Context, n notification.Service) (notification.House, error) {
				return n.Close(ctx, notification.CloseRequest{Note: note, Minutes: int(takes.Round(time.Minute) / time.Minute)})
			})
		},
	}
	on.Flags().StringVar(&note, "note", "", "what people are told, in a sentence")
	on.Flags().DurationVar(&takes, "for", 0, "how long it is expected to take, such as 30m")
	maintenance.AddCommand(on,
		&cobra.Command{
			Use: "off", Short: "Open it again", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				return s.house(c, func(ctx context.Context, n notification.Service) (notification.House, error) {
					return n.Reopen(ctx, notification.ReopenRequest{})
				})
			},
		},
		&cobra.Command{
			Use: "status", Short: "Say whether it is closed", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				return s.house(c, func(ctx context.Context, n notification.Service) (notification.House, error) {
					return n.House(ctx, notification.HouseRequest{})
				})
			},
		})
	return maintenance
}

// house asks, or changes, whether the marketplace is closed, and says how it is.
func (s *settings) house(c *cobra.Command, ask func(context.Context, notification.Service) (notification.House, error)) error {
	return s.run(c, func(ctx context.Context, p process) error {
		a, services, err := p.open(ctx, app.Opening)
		if err != nil {
			return err
		}
		h, err := ask(identity.System(ctx), services.Notifications)
		if err = errors.Join(err, a.Close()); err != nil {
			return err
		}
		switch {
		case h.Closed == nil:
			p.out.Println("The marketplace is open.")
		case h.Closed.Until == nil:
			p.out.Printf("The marketplace is closed since %s.\n", h.Closed.Since.Format(time.RFC3339))
		default:
			p.out.Printf("The marketplace is closed since %s, until about %s.\n", h.Closed.Since.Format(time.RFC3339), h.Closed.Until.Format(time.RFC3339))
		}
		return nil
	})
}
