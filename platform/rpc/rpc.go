// Package rpc lets one process call a module that another process hosts: the same contract, over HTTP.
package rpc

import "context"

// Client reaches one module elsewhere.
type Client struct{}

// Call calls a method of the module's contract. The caller's remaining time travels, and who is acting, and
// the fault that comes back. A command is never retried: whether it has happened is not known.
func Call[Res any](ctx context.Context, c *Client, method string, request any) (Res, error) {
	panic("todo")
}
