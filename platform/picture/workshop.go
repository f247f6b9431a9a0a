package picture

import (
	"context"
	"runtime"
	"time"

	"marketplace/platform/fault"
)

// How many wait for a place in a workshop, and how long.
const (
	mostWaiting = 32
	longestWait = 10 * time.Second
	comeBack    = 5 // seconds
)

// Workshop is where uploads are read and scaled: one for each processor at the same time, four at most, since each takes
// tens of megabytes.
type Workshop struct {
	places, line chan struct{}
	patience     time.Duration
}

// NewWorkshop opens an empty one.
func NewWorkshop() *Workshop {
	return newWorkshop(min(runtime.GOMAXPROCS(0), 4), mostWaiting, longestWait)
}

func newWorkshop(places, waiting int, patience time.Duration) *Workshop {
	return &Workshop{places: make(chan struct{}, places), line: make(chan struct{}, places+waiting), patience: patience}
}

// Enter waits for a place; call leave to give it back. When too many wait, or the wait is too long, it is a
// fault.Unavailable that says when to come back.
func (w *Workshop) Enter(ctx context.Context) (leave func(), err error) {
	select {
	case w.line <- struct{}{}:
	default:
		return nil, busy()
	}
	leave = func() { <-w.places; <-w.line }
	select { // a free place is taken, however late it is
	case w.places <- struct{}{}:
		return leave, nil
	default:
	}
	ctx, cancel := context.WithTimeoutCause(ctx, w.patience, busy())
	defer cancel()
	select {
	case w.places <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		<-w.line
		return nil, context.Cause(ctx)
	}
}

func busy() error {
	return fault.Unavailablef(comeBack, "Many pictures are coming in right now. Please try again in a moment.")
}
