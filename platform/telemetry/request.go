package telemetry

import (
	"context"
	"crypto/rand"

	"go.uber.org/zap"
)

type requestKey struct{}

// NewRequestID makes an id that no other request has.
func NewRequestID() string { return rand.Text() }

// IsRequestID says whether an id that came from outside may be taken over: 8 to 64 letters, digits, '-' and '_', so that
// it is safe in a header, in a log and in an address.
func IsRequestID(id string) bool {
	for _, r := range id {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return len(id) >= 8 && len(id) <= 64
}

// WithRequestID notes which request the context belongs to.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// RequestID is the id that WithRequestID noted, or empty.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// For returns the logger with the request's id in every line, under its ECS name.
func For(ctx context.Context, log *zap.Logger) *zap.Logger {
	if id := RequestID(ctx); id != "" {
		return log.With(zap.String("http.request.id", id))
	}
	return log
}
