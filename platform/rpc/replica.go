package rpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"marketplace/platform/trace"
)

const (
	mostConnections = 64                     // to one replica; further calls wait for one of them
	dialTime        = time.Second            // to connect
	tolerated       = 3                      // broken calls in a row, before a replica is left alone
	firstRest       = 250 * time.Millisecond // that it is left alone; doubled each time that it fails again
	longestRest     = 5 * time.Second
)

// end is how an attempt to call a replica ended.
type end int

const (
	answered    end = iota // by the module, whatever it said
	abandoned              // the caller's time was over
	unreachable            // no connection was made: nothing can have happened
	broken                 // the connection, or something on the way, failed after the request had left: it may have happened
)

// replica is one process that hosts the module.
type replica struct {
	origin  string // http://order:9000: what requests are addressed to
	dial    string // 10.0.0.7:9000: where they go
	http    *http.Client
	busy    atomic.Int64 // calls at work
	unready atomic.Bool  // by its own word
	missed  atomic.Int64 // health checks in a row
	breaker breaker
}

// newReplica has connections of its own, so that a name with several addresses is as many replicas, each with its limit.
func newReplica(origin, dial string) *replica {
	dialer := &net.Dialer{Timeout: dialTime, KeepAlive: 15 * time.Second}
	return &replica{origin: origin, dial: dial, http: &http.Client{
		Transport: &http.Transport{ // no proxy of the environment
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, dial)
			},
			MaxConnsPerHost:     mostConnections,
			MaxIdleConnsPerHost: mostConnections,
			IdleConnTimeout:     90 * time.Second, // less than the other side's
			TLSHandshakeTimeout: 2 * time.Second,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// post sends one call and reads its answer. An error with the end answered is what the module, or something in its place,
// said.
func (r *replica) post(ctx context.Context, path, token string, remaining time.Duration, body []byte, most int64) ([]byte, end, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.origin+path, bytes.NewReader(body))
	if err != nil {
		return nil, answered, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	if parent := trace.Parent(ctx); parent != "" {
		request.Header.Set(trace.Header, parent)
	}
	request.Header.Set(headerRemaining, strconv.FormatInt(remaining.Milliseconds(), 10))
	response, err := r.http.Do(request)
	if err != nil {
		return nil, howItFailed(ctx, err), err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, most+1))
	switch {
	case err != nil:
		return nil, howItFailed(ctx, err), err
	case int64(len(answer)) > most:
		return nil, answered, fmt.Errorf("the answer has more than %d bytes", most)
	case response.StatusCode == http.StatusOK:
		return answer, answered, nil
	}
	said, ours := failure(response.StatusCode, answer)
	if !ours {
		return nil, broken, said
	}
	return nil, answered, said
}

func howItFailed(ctx context.Context, err error) end {
	var op *net.OpError
	switch {
	case ctx.Err() != nil:
		return abandoned
	case errors.As(err, &op) && op.Op == "dial":
		return unreachable
	default:
		return broken
	}
}

// breaker keeps calls away from a replica at which they fail, and lets one through from time to time to see whether it is
// back. Our own, because the choice of a replica must ask it without making a call, and health checks must be able to open
// it and to shorten its rest; sony/gobreaker wraps calls and has neither.
type breaker struct {
	mu       sync.Mutex
	failures int           // in a row
	rest     time.Duration // 0: closed
	until    time.Time     // of the rest
	trying   bool          // one call is let through
}

// enter says whether a call may go there now. Whoever may, tells leave how it ended.
func (b *breaker) enter(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.rest == 0 {
		return true
	}
	if b.trying || now.Before(b.until) {
		return false
	}
	b.trying = true
	return true
}

func (b *breaker) leave(how end, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
	switch how {
	case answered:
		b.failures, b.rest = 0, 0
	case unreachable:
		b.trip(now)
	case broken:
		b.failures++
		if b.failures >= tolerated || b.rest > 0 {
			b.trip(now)
		}
	case abandoned: // says nothing: the caller may have been in a hurry
	}
}

// trip opens it. Calls that had left before and fail now do not make the rest longer.
func (b *breaker) trip(now time.Time) {
	if b.rest > 0 && now.Before(b.until) {
		return
	}
	b.rest = min(max(2*b.rest, firstRest), longestRest)
	b.until = now.Add(b.rest)
}

// heard takes what a health check found: a replica that answers is tried at the next call, one that does not is left alone.
func (b *breaker) heard(alive bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !alive {
		b.trip(now)
	} else if b.rest > 0 {
		b.until = now
	}
}

func (b *breaker) open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.rest > 0
}
