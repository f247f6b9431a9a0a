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
	"net/http"
	"net/http/httptest"
	"path"
	"reflect"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"marketplace/platform/rpc"
)

// Contract proves, for every method of the contract S, that it is (context.Context, Req) (Res, error), that requests and
// results come out of JSON as they went in, and that the remote's method reaches its namesake. build is the remote's
// constructor.
func Contract[S any](t *testing.T, build func(*rpc.Client) S) {
	contract := reflect.TypeFor[S]()
	if contract.Kind() != reflect.Interface {
		t.Fatalf("%v is not a contract: it is no interface", contract)
	}
	peer := &peer{}
	server := httptest.NewServer(peer)
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

// peer answers like the module would, with what it was told, and remembers what it was asked.
type peer struct {
	mu     sync.Mutex
	answer []byte
	called string
	body   []byte
}

func (p *peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
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
	return p.exchange(ctx, m, remote, reflect.Zero(m.Type.In(1)), reflect.Zero(m.Type.Out(0)))
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
