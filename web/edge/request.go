package edge

import (
	"context"

	"marketplace/platform/identity"
)

// Address is the client's IP address, as the trusted proxies tell it.
func Address(ctx context.Context) string { return identity.Address(ctx) }
