// Package rpc lets one process call a module that another process hosts: the same contract, over HTTP.
//
//	POST /rpc/<module>/<Method>   the request as JSON; 200 and the result as JSON, or a fault.Error as JSON
//
// A token that lives for seconds says which module is called, what is asked and who is acting. The caller's remaining
// time travels in a header, so nobody works for a caller who has gone.
package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"marketplace/platform/clock"
	"marketplace/platform/fault"
)

const (
	limit           = 32 << 20         // bytes of a request, and of an answer
	timeLimit       = 30 * time.Second // of a call whose caller has set none, and of every call on the serving side
	headerRemaining = "Remaining-Milliseconds"
	retryAfter      = 2 // seconds, when a peer is away
)

// Client reaches one module elsewhere. It is safe for concurrent use.
type Client struct {
	module    string
	addresses []string
	secrets   [][]byte
	http      *http.Client
	clock     *clock.Clock // the system's: tokens and deadlines are about the network's time, not the product's
	next      atomic.Uint64
}

// NewClient makes a client of the module at these addresses (http://host:port), which take turns. The first secret signs.
// It connects when it is called, so the module may come later.
func NewClient(module string, addresses []string, secrets [][]byte) (*Client, error) {
	if len(addresses) == 0 || len(secrets) == 0 {
		return nil, errors.New("an address and a secret are needed")
	}
	c := &Client{module: module, secrets: secrets, clock: clock.New()}
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("the address %q is not usable: write http://host:port", a)
		}
		c.addresses = append(c.addresses, strings.TrimRight(a, "/"))
	}
	// A transport of its own: no proxy of the environment, connections enough for a busy page.
	c.http = &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 2 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 2 * time.Second,
			DisableCompression:  true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Call calls a method of the module's contract. The caller's remaining time travels, and who is acting, and
// the fault that comes back. A command is never retried: whether it has happened is not known. A peer that is away is
// fault.Unavailable; a request over 32 MiB is fault.TooLarge; the end of ctx is its own error.
func Call[Res any](ctx context.Context, c *Client, method string, request any) (Res, error) {
	var result Res
	answer, err := c.call(ctx, method, request)
	if err == nil {
		err = json.Unmarshal(answer, &result)
	}
	if err != nil {
		var none Res
		return none, fmt.Errorf("call %s.%s: %w", c.module, method, err)
	}
	return result, nil
}

func (c *Client) call(ctx context.Context, method string, request any) ([]byte, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	if len(body) > limit {
		return nil, fault.TooLargef("This is too large: at most %d MB.", limit>>20)
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	response, err := c.send(ctx, method, body)
	if err != nil {
		return nil, c.away(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, c.away(ctx, err)
	}
	if len(answer) > limit {
		return nil, fmt.Errorf("the answer has more than %d bytes", limit)
	}
	if response.StatusCode != http.StatusOK {
		return nil, failure(response.StatusCode, answer)
	}
	return answer, nil
}

// send tries the addresses in turn, as long as there is no connection: then nothing was sent, and it is no retry.
func (c *Client) send(ctx context.Context, method string, body []byte) (*http.Response, error) {
	path := "/rpc/" + c.module + "/" + method
	token, err := sign(ctx, c.secrets[0], c.clock.Now(), c.module, path, body)
	if err != nil {
		return nil, err
	}
	first := c.next.Add(1)
	var unreachable []error
	for i := range c.addresses {
		address := c.addresses[(first+uint64(i))%uint64(len(c.addresses))]
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		if deadline, ok := ctx.Deadline(); ok {
			r.Header.Set(headerRemaining, strconv.FormatInt(deadline.Sub(c.clock.Now()).Milliseconds(), 10))
		}
		response, err := c.http.Do(r)
		var op *net.OpError
		if err == nil || !errors.As(err, &op) || op.Op != "dial" || ctx.Err() != nil {
			return response, err
		}
		unreachable = append(unreachable, err)
	}
	return nil, errors.Join(unreachable...)
}

// away is the error of a call that got no answer: the end of the caller's time, or a fault with its cause.
func (c *Client) away(ctx context.Context, cause error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return errors.Join(fault.Unavailablef(retryAfter, "A part of the marketplace is not answering. Please try again in a moment."), cause)
}

// failure is the fault that the peer answered. What is not one comes from something between us and the peer.
func failure(status int, body []byte) error {
	var f fault.Error
	if err := json.Unmarshal(body, &f); err == nil && f.Code != "" {
		return &f
	}
	err := fmt.Errorf("unexpected answer %d", status)
	if status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout {
		return errors.Join(fault.Unavailablef(retryAfter, "A part of the marketplace is not answering. Please try again in a moment."), err)
	}
	return err
}
