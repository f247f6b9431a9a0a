// Package operate is what operators see of the processes of the marketplace, and can do there. Each process answers for
// itself (Service), to others on its private port and with a token for each call; Fleet asks all of them at once and makes one
// answer of theirs, so that the operator's pages look the same for one process and for twenty.
package operate

import (
	"context"
	"time"

	"marketplace/platform/app"
	"marketplace/platform/bus"
	"marketplace/platform/rpc"
	"marketplace/platform/telemetry"
)

// Name is under what processes expose the Service.
const Name = "process"

// Service is one process. Its methods are for operators and the marketplace itself; for others there is nothing.
type Service interface {
	// Describe says how the process and all it depends on are. What costs something is looked at every ten seconds at most.
	Describe(ctx context.Context, q DescribeRequest) (Process, error)
	// Lines are the last errors or slow requests, newest first.
	Lines(ctx context.Context, q LinesRequest) (Lines, error)
	// Events are those in the outboxes of the hosted modules, newest first.
	Events(ctx context.Context, q bus.Wanted) (Events, error)
	// DeadLetters are the events that the hosted modules could not handle, or that were emitted by them and others could not,
	// newest first.
	DeadLetters(ctx context.Context, q bus.Wanted) (DeadLetters, error)
	// Discarded are the dead letters that were given up, newest first.
	Discarded(ctx context.Context, q bus.Wanted) (Discarded, error)
	// Retry delivers a dead letter again. A fault if it is not of this process.
	Retry(ctx context.Context, q RetryRequest) (Done, error)
	// Discard gives a dead letter up, with the reason. A fault if it is not of this process.
	Discard(ctx context.Context, q DiscardRequest) (Done, error)
}

// Done is the answer of a command that has nothing to tell.
type Done struct{}

// Process is how a process is.
type Process struct {
	Name         string       `json:"name"` // what it runs, and where
	Version      string       `json:"version"`
	Modules      []string     `json:"modules"`
	StartedAt    time.Time    `json:"started_at"`
	Problems     []string     `json:"problems"` // why it takes no requests; empty: it is ready
	Dependencies []Dependency `json:"dependencies"`
	Tasks        []app.Task   `json:"tasks"`
	Waiting      []bus.Lag    `json:"waiting"`    // events
	Conditions   []Condition  `json:"conditions"` // alert rules beyond their limit, here
	MemoryBytes  int64        `json:"memory_bytes"`
	Goroutines   int          `json:"goroutines"`
}

// Dependency is something that the process needs.
type Dependency struct {
	Name         string `json:"name"`
	OK           bool   `json:"ok"`
	Finding      string `json:"finding"` // how it is, or what is wrong
	Milliseconds int64  `json:"milliseconds"`
}

// Condition is an alert rule that is beyond its limit in this process; it fires when that has lasted.
type Condition struct {
	Rule   string    `json:"rule"`
	Value  string    `json:"value"`
	Limit  string    `json:"limit"`
	Since  time.Time `json:"since"`
	Firing bool      `json:"firing"`
}

// Away is a process that did not answer.
type Away struct {
	Address string `json:"address"`
	Error   string `json:"error"`
}

// DescribeRequest is the argument of Describe.
type DescribeRequest struct{}

// LinesRequest is the argument of Lines.
type LinesRequest struct {
	Kind  string `json:"kind"`            // errors or slow
	After string `json:"after,omitempty"` // Place of the last one shown
	Limit int    `json:"limit,omitempty"` // 1 to 100
}

// Lines is a page of lines of the log.
type Lines struct {
	Items   []telemetry.Line `json:"items"`
	Missing []string         `json:"missing"` // addresses of processes that did not answer
}

// Events is a page of events.
type Events struct {
	Items   []bus.Record `json:"items"`
	Missing []string     `json:"missing"`
}

// DeadLetters is a page of dead letters.
type DeadLetters struct {
	Items   []bus.DeadLetter `json:"items"`
	Missing []string         `json:"missing"`
}

// Discarded is a page of discarded dead letters.
type Discarded struct {
	Items   []bus.Discarded `json:"items"`
	Missing []string        `json:"missing"`
}

// RetryRequest is the argument of Retry.
type RetryRequest struct {
	ID string `json:"id"` // of the dead letter
}

// DiscardRequest is the argument of Discard.
type DiscardRequest struct {
	ID     string `json:"id"`
	Reason string `json:"reason"` // 1 to 500 characters
}

// remote is another process.
type remote struct{ c *rpc.Client }

func newRemote(c *rpc.Client) Service { return remote{c} }

func (r remote) Describe(ctx context.Context, q DescribeRequest) (Process, error) {
	return rpc.Read[Process](ctx, r.c, "Describe", q)
}

func (r remote) Lines(ctx context.Context, q LinesRequest) (Lines, error) {
	return rpc.Read[Lines](ctx, r.c, "Lines", q)
}

func (r remote) Events(ctx context.Context, q bus.Wanted) (Events, error) {
	return rpc.Read[Events](ctx, r.c, "Events", q)
}

func (r remote) DeadLetters(ctx context.Context, q bus.Wanted) (DeadLetters, error) {
	return rpc.Read[DeadLetters](ctx, r.c, "DeadLetters", q)
}

func (r remote) Discarded(ctx context.Context, q bus.Wanted) (Discarded, error) {
	return rpc.Read[Discarded](ctx, r.c, "Discarded", q)
}

func (r remote) Retry(ctx context.Context, q RetryRequest) (Done, error) {
	return rpc.Call[Done](ctx, r.c, "Retry", q)
}

func (r remote) Discard(ctx context.Context, q DiscardRequest) (Done, error) {
	return rpc.Call[Done](ctx, r.c, "Discard", q)
}
