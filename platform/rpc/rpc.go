// Package rpc lets one process call a module that other processes host: the same contract, over HTTP.
//
//	POST /rpc/<module>/<Method>   the request as JSON; 200 and the result as JSON, or a fault.Error as JSON
//
// A token that is good for one call says which module is called, what is asked and who is acting. The caller's remaining
// time travels in a header, so nobody works for a caller who has gone. A module has one address or many, of processes or of
// DNS names that stand for several; calls go where the fewest are at work, and not where they fail.
package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"go.uber.org/zap"

	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/trace"
)

const (
	files           = 64 << 20         // bytes of files that one request carries, as many as the pages take in
	limit           = 96 << 20         // bytes of a request, and of an answer: JSON makes files a third longer
	timeLimit       = 30 * time.Second // of a call whose caller has set none, and of every call on the serving side
	headerRemaining = "Remaining-Milliseconds"
)

// Options are what both ends of a call need.
type Options struct {
	Secrets [][]byte    // shared by all processes: the first signs, all are accepted
	Log     *zap.Logger // gets what is our mistake, and which peers go and come; nil: nothing does
	Metrics *Metrics    // nil: nothing is counted
	Tracer  *trace.Tracer

	most int64 // bytes of a request, and of an answer; less in a test
}

func (o Options) checked() (Options, error) {
	if len(o.Secrets) == 0 {
		return o, errors.New("a secret is needed")
	}
	if o.most == 0 {
		o.most = limit
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	return o, nil
}

// Client reaches one module elsewhere. It is safe for concurrent use.
type Client struct {
	Options
	module string
	clock  *clock.Clock // the system's: tokens and deadlines are about the network's time, not the product's
	pool   *pool
	budget *budget
}

// NewClient makes a client of the module at these addresses (http://host:port). A host that is a name is looked up, and
// each of its addresses is a replica of its own. It connects when it is called, so the module may come later. Run keeps an
// eye on the replicas; without it, they are only known by how calls to them end.
func NewClient(module string, addresses []string, o Options) (*Client, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	p, err := newPool(addresses)
	if err != nil {
		return nil, err
	}
	return &Client{Options: o, module: module, clock: clock.New(), pool: p, budget: newBudget()}, nil
}

// Call calls a command of the module's contract. The caller's remaining time travels, and who is acting, and the fault that
// comes back. It goes to another replica only if it cannot have happened at the first one (no connection was made), or if
// its request carries an id (a field RequestID or ClientID that is not empty), by which the module knows it again. A peer
// that is away is fault.Unavailable; a request over 96 MB is fault.TooLarge; the end of ctx is its own error.
func Call[Res any](ctx context.Context, c *Client, method string, request any) (Res, error) {
	return ask[Res](ctx, c, method, request, named(request))
}

// Read is Call of a method that changes nothing: if the connection breaks, another replica is asked, once.
func Read[Res any](ctx context.Context, c *Client, method string, request any) (Res, error) {
	return ask[Res](ctx, c, method, request, true)
}

func ask[Res any](ctx context.Context, c *Client, method string, request any, repeatable bool) (Res, error) {
	var result Res
	begun := c.clock.Now()
	ctx, span := trace.Step(ctx, trace.Client, c.module+"."+method, trace.Text("rpc.system", "marketplace"), trace.Text("rpc.service", c.module), trace.Text("rpc.method", method))
	answer, err := c.call(ctx, method, request, repeatable)
	if err == nil {
		err = json.Unmarshal(answer, &result)
	}
	c.Metrics.called(c.module, method, err, c.clock.Now().Sub(begun))
	span.End(err)
	if err != nil {
		var none Res
		return none, fmt.Errorf("call %s.%s: %w", c.module, method, err)
	}
	return result, nil
}

// named says whether the request carries an id by which the module knows it again.
func named(request any) bool {
	v := reflect.ValueOf(request)
	if v.Kind() != reflect.Struct {
		return false
	}
	for _, name := range []string{"RequestID", "ClientID"} {
		if id := v.FieldByName(name); id.IsValid() && id.Kind() == reflect.String && id.Len() > 0 {
			return true
		}
	}
	return false
}

func (c *Client) call(ctx context.Context, method string, request any, repeatable bool) ([]byte, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > c.most {
		return nil, tooLarge()
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	return c.try(ctx, method, body, repeatable)
}

func tooLarge() *fault.Error {
	return fault.TooLargef("This is too large: at most %d MB of files at once.", files>>20)
}

// failure is the fault that the peer answered. What is not one comes from something between us and the peer: ours is false.
func failure(status int, body []byte) (err error, ours bool) { //nolint:revive,staticcheck // the error is the result here
	var f fault.Error
	if err := json.Unmarshal(body, &f); err == nil && f.Code != "" {
		return &f, true
	}
	return fmt.Errorf("unexpected answer %d", status),
		status != http.StatusBadGateway && status != http.StatusServiceUnavailable && status != http.StatusGatewayTimeout
}
