// Package blob keeps files: pictures, deliveries, attachments. A module sees its own files only. They are in a folder of
// this machine (Disk), or in a bucket that any number of processes share (S3).
package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"marketplace/platform/fault"
)

// Store keeps files under keys of letters, digits, '-', '_', '.' and '/', made by the module of random ids (never by a
// user); any other key is refused, and read as one that nothing is kept under. Every implementation passes the same tests.
// While the store cannot be reached, everything fails with fault.Unavailable.
type Store interface {
	// Put writes the whole file or nothing; an existing key is replaced.
	Put(ctx context.Context, key string, content io.Reader) error
	// Get opens a file; a fault.NotFound if there is none. Close it. A file that breaks off while it is read is an error,
	// never a shorter file.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	// Delete removes a file; it is no error if there is none.
	Delete(ctx context.Context, key string) error
}

const maxKey = 200 // bytes

// Read returns a whole file of at most so many bytes that the module knows to be there: one that is missing or breaks
// off is an error of ours, not the caller's.
func Read(ctx context.Context, from Store, key string, most int64) ([]byte, error) {
	r, err := from.Get(ctx, key)
	if fault.Is(err, fault.NotFound) {
		err = errors.New(err.Error())
	}
	if err != nil {
		return nil, fmt.Errorf("open the file %s: %w", key, err)
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(io.LimitReader(r, most))
	if err != nil {
		return nil, fmt.Errorf("read the file %s: %w", key, err)
	}
	return content, nil
}

// missing is the answer for a key that nothing is kept under.
func missing() error { return fault.NotFoundf("There is no such file.") }

// valid says whether the key is made of parts of letters, digits, '-', '_' and '.', none starting with a dot.
func valid(key string) bool {
	if len(key) > maxKey {
		return false
	}
	for part := range strings.SplitSeq(key, "/") {
		if part == "" || part[0] == '.' || strings.ContainsFunc(part, isForeign) {
			return false
		}
	}
	return true
}

func isForeign(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	return !letter && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// cancellable stops reading when the context ends.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancellable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
