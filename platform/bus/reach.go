package bus

import (
	"context"
	"fmt"
)

// Reach connects to the broker and takes leave: whether it is there, and knows the login. It takes no longer than a
// connection may, whatever the context says.
func Reach(ctx context.Context, url string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, hangUp, err := dial(url, "doctor")
	if err != nil {
		return fmt.Errorf("reach the broker: %w", err)
	}
	hangUp()
	return nil
}
