package rpc

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"marketplace/platform/fault"
)

const (
	hopeless   = 50 * time.Millisecond // with less time left nothing is tried again
	mostTries  = 4                     // of one call, at replicas that cannot be reached
	retryPrice = 10                    // calls that pay for one repetition
	mostSaved  = 50                    // repetitions that can be saved up
)

// try calls one replica, and another one if that is safe and has a chance.
func (c *Client) try(ctx context.Context, method string, body []byte, repeatable bool) ([]byte, error) {
	path := "/rpc/" + c.module + "/" + method
	c.budget.earn()
	var tried []*replica
	var failures []error
	for {
		r, err := c.pool.pick(ctx, tried, c.clock.Now())
		if err != nil || r == nil {
			return nil, away(ctx, append(failures, err, errors.New("no replica is to be called"))...)
		}
		answer, how, err := c.attempt(ctx, r, path, body)
		r.release(how, c.clock.Now())
		if how == answered {
			return answer, err
		}
		failures, tried = append(failures, err), append(tried, r)
		if !c.again(ctx, how, repeatable, len(tried)) {
			return nil, away(ctx, failures...)
		}
		c.Metrics.retried(c.module, how)
	}
}

// attempt signs for this one attempt: a token is accepted once.
func (c *Client) attempt(ctx context.Context, r *replica, path string, body []byte) ([]byte, end, error) {
	now := c.clock.Now()
	token, err := sign(ctx, c.Secrets[0], now, c.module, path, body)
	if err != nil {
		return nil, answered, err
	}
	return r.post(ctx, path, token, c.remaining(ctx), body, c.most)
}

func (c *Client) remaining(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return timeLimit
	}
	return max(0, deadline.Sub(c.clock.Now()))
}

// again says whether a call that ended like this may be tried once more. Without a connection nothing has happened, so
// anything may; otherwise only what can be repeated, once, and only as long as repetitions are few among the calls: a peer
// in trouble gets no storm on top.
func (c *Client) again(ctx context.Context, how end, repeatable bool, tries int) bool {
	switch {
	case ctx.Err() != nil || c.remaining(ctx) < hopeless:
		return false
	case how == unreachable:
		return tries < mostTries
	default:
		return how == broken && repeatable && tries == 1 && c.budget.spend()
	}
}

// away is the error of a call that got no answer: the end of the caller's time, or a fault with its causes.
func away(ctx context.Context, causes ...error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(append([]error{fault.Away()}, causes...)...)
}

// budget limits repetitions to a tenth of the calls, after the first ones.
type budget struct{ saved atomic.Int64 }

func newBudget() *budget {
	b := &budget{}
	b.saved.Store(mostSaved * retryPrice)
	return b
}

func (b *budget) earn() {
	if b.saved.Load() < mostSaved*retryPrice {
		b.saved.Add(1)
	}
}

func (b *budget) spend() bool {
	if b.saved.Add(-retryPrice) >= 0 {
		return true
	}
	b.saved.Add(retryPrice)
	return false
}
