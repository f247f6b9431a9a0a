// Package rpctest proves that a module's contract can be called from another process. One line a module:
//
//	func TestRemote(t *testing.T) { rpctest.Contract[order.Service](t, newRemote) }
package rpctest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path"
	"reflect"
	"regexp"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"marketplace/platform/rpc"
)

// Contract proves, for every method of the contract S, that it is (context.Context, Req) (Res, error), that requests and
// results come out of JSON as they went in, that the remote's method reaches its namesake, and that it says whether it may
// be asked again when a connection breaks: what its name calls a read is one (rpc.Read), and what carries a request id is a
// command (rpc.Call), repeated only with that id. build is the remote's constructor.
func Contract[S any](t *testing.T, build func(*rpc.Client) S) {
	contract := reflect.TypeFor[S]()
	if contract.Kind() != reflect.Interface {
		t.Fatalf("%v is not a contract: it is no interface", contract)
	}
	peer := &peer{}
	server := newServer(peer)
	t.Cleanup(server.Close)
	client, err := rpc.NewClient("contract", []string{server.URL}, rpc.Options{Secrets: [][]byte{make([]byte, 32)}})
	if err != nil {
		t.Fatal(err)
	}
	remote := reflect.ValueOf(build(client))
	for m := range contract.Methods() {
		t.Run(m.Name, func(t *testing.T) {
			if err := peer.prove(t.Context(), m, remote.MethodByName(m.Name)); err != nil {
				t.Error(err)
			}
		})
	}
}

// newServer keeps quiet about the connections that its peer cuts.
func newServer(p *peer) *httptest.Server {
	server := httptest.NewUnstartedServer(p)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	return server
}

// peer answers like the module would, with what it was told, and remembers what it was asked.
type peer struct {
	mu     sync.Mutex
	answer []byte
	called string
	body   []byte
	cuts   bool // hangs up at the next call
	calls  int
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls++
	if p.cuts {
		p.cuts = false
		panic(http.ErrAbortHandler)
	}
	p.called = path.Base(r.URL.Path)
	p.body, _ = io.ReadAll(r.Body)
	_, _ = w.Write(p.answer)
}

func (p *peer) expect(answer []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answer, p.called, p.body = answer, "", nil
}

func (p *peer) asked() (called string, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.called, p.body
}

// prove calls the remote with distinctive values in every field, twice, because a constant could look like one of them,
// and with zero values: nothing may appear out of nothing.
func (p *peer) prove(ctx context.Context, m reflect.Method, remote reflect.Value) error {
	if err := rpc.CheckMethod(m); err != nil {
		return err
	}
	for _, first := range []int{100, 300} {
		filler := &filler{n: first}
		request, result := reflect.New(m.Type.In(1)).Elem(), reflect.New(m.Type.Out(0)).Elem()
		if err := filler.fill(request, "request", 0); err != nil {
			return fmt.Errorf("JSON cannot carry it: %w", err)
		}
		if err := filler.fill(result, "result", 0); err != nil {
			return fmt.Errorf("JSON cannot carry it: %w", err)
		}
		if err := p.exchange(ctx, m, remote, request, result); err != nil {
			return err
		}
	}
	err := p.exchange(ctx, m, remote, reflect.Zero(m.Type.In(1)), reflect.Zero(m.Type.Out(0)))
	return errors.Join(err, p.classify(ctx, m, remote))
}

var reading = regexp.MustCompile(`^(Get|List|Find|Search|Count)([A-Z]|$)`)

// classify finds out whether the method is asked again when the connection breaks, and whether it should be.
func (p *peer) classify(ctx context.Context, m reflect.Method, remote reflect.Value) error {
	request := reflect.New(m.Type.In(1)).Elem()
	plain := p.repeats(ctx, remote, request)
	id, carriesID := identifier(request)
	switch {
	case reading.MatchString(m.Name) && !plain:
		return fmt.Errorf("%s is a read by its name: its remote uses rpc.Read", m.Name)
	case carriesID && plain:
		return fmt.Errorf("%s carries a request id, so it is a command: its remote uses rpc.Call", m.Name)
	case !carriesID:
		return nil
	}
	id.SetString("request-1")
	if !p.repeats(ctx, remote, request) {
		return fmt.Errorf("%s is not repeated with its request id", m.Name)
	}
	return nil
}

// identifier is the field of the request by which the module knows it again.
func identifier(request reflect.Value) (reflect.Value, bool) {
	if request.Kind() != reflect.Struct {
		return request, false
	}
	for _, name := range []string{"RequestID", "ClientID"} {
		if f := request.FieldByName(name); f.IsValid() && f.Kind() == reflect.String {
			return f, true
		}
	}
	return request, false
}

func (p *peer) repeats(ctx context.Context, remote, request reflect.Value) bool {
	p.mu.Lock()
	p.cuts, p.calls, p.answer = true, 0, []byte("null")
	p.mu.Unlock()
	remote.Call([]reflect.Value{reflect.ValueOf(ctx), request}) // its result does not matter
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cuts = false
	return p.calls > 1
}

func (p *peer) exchange(ctx context.Context, m reflect.Method, remote, request, result reflect.Value) error {
	answer, err := json.Marshal(result.Interface())
	if err != nil {
		return fmt.Errorf("the result is no JSON: %w", err)
	}
	p.expect(answer)
	out := remote.Call([]reflect.Value{reflect.ValueOf(ctx), request})
	if err, _ := out[1].Interface().(error); err != nil {
		return fmt.Errorf("the call fails: %w", err)
	}
	called, body := p.asked()
	if called != m.Name {
		return fmt.Errorf("the remote's %s calls %q", m.Name, called)
	}
	arrived := reflect.New(m.Type.In(1))
	if err := json.Unmarshal(body, arrived.Interface()); err != nil {
		return fmt.Errorf("the request cannot be read: %w", err)
	}
	return errors.Join(same("request", request, arrived.Elem()), same("result", result, out[0]))
}

// same compares everything, also what JSON has left out.
func same(what string, sent, arrived reflect.Value) error {
	if reflect.DeepEqual(sent.Interface(), arrived.Interface()) {
		return nil
	}
	all := cmp.Exporter(func(reflect.Type) bool { return true })
	return fmt.Errorf("the %s changes on the way (- sent, + arrived):\n%s", what, cmp.Diff(sent.Interface(), arrived.Interface(), all))
}
