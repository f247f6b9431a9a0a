// Package blob keeps files: pictures, deliveries, attachments. A module sees its own files only.
package blob

import (
	"context"
	"io"
)

// Store keeps files under keys of letters, digits, '-', '_', '.' and '/', made by the module (never by a user).
type Store interface {
	// Put writes the whole file or nothing; an existing key is replaced.
	Put(ctx context.Context, key string, content io.Reader) error
	// Get opens a file; a fault.NotFound if there is none. Close it.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete removes a file; it is no error if there is none.
	Delete(ctx context.Context, key string) error
}
