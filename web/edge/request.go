package edge

import "context"

type addressKey struct{}

// WithAddress returns a context that knows the client's IP address, as the trusted proxies tell it.
func WithAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// Address is the client's IP address.
func Address(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}
