package mail

import (
	"context"
	"fmt"

	gomail "github.com/wneessen/go-mail"
	"go.uber.org/zap"

	"marketplace/platform/config"
)

// Reach connects to the configured server and logs in, as for a mail, and sends none. Without a server it does nothing.
func Reach(ctx context.Context, c config.Mail) error {
	configured, err := New(c, zap.NewNop())
	if err != nil {
		return err
	}
	s, ok := configured.(*sender)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	client, err := gomail.NewClient(s.host, s.options(s.dial)...)
	if err != nil {
		return err
	}
	if err := client.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach %s: %w", s.host, err)
	}
	return client.Close()
}
