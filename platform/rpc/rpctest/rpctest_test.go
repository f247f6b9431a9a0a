package rpctest

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"marketplace/platform/money"
	"marketplace/platform/rpc"
)

type status string

type part struct {
	Price money.Amount      `json:"price"`
	Tags  []string          `json:"tags,omitempty"`
	Notes map[string]status `json:"notes"`
	Stars [5]int            `json:"stars"`
	Small uint8             `json:"small"`
}

type full struct {
	ID     string          `json:"id"`
	At     time.Time       `json:"at"`
	Done   *time.Time      `json:"done,omitempty"`
	For    time.Duration   `json:"for"`
	Status status          `json:"status"`
	Parts  []part          `json:"parts"`
	Main   *part           `json:"main,omitempty"`
	Bytes  []byte          `json:"bytes"`
	Raw    json.RawMessage `json:"raw,omitempty"`
	Ratio  float64         `json:"ratio"`
	Open   bool            `json:"open"`
}

type good interface {
	Get(ctx context.Context, q full) (full, error)
	List(ctx context.Context, q part) ([]full, error)
	Place(ctx context.Context, q place) (part, error)
	Close(ctx context.Context, q part) (part, error)
}

type place struct {
	RequestID string `json:"request_id"`
	Item      string `json:"item"`
}

type remote struct{ c *rpc.Client }

func (r remote) Get(ctx context.Context, q full) (full, error) {
	return rpc.Read[full](ctx, r.c, "Get", q)
}

func (r remote) List(ctx context.Context, q part) ([]full, error) {
	return rpc.Read[[]full](ctx, r.c, "List", q)
}

func (r remote) Place(ctx context.Context, q place) (part, error) {
	return rpc.Call[part](ctx, r.c, "Place", q)
}

func (r remote) Close(ctx context.Context, q part) (part, error) {
	return rpc.Call[part](ctx, r.c, "Close", q)
}

func TestAGoodRemotePasses(t *testing.T) {
	Contract[good](t, func(c *rpc.Client) good { return remote{c} })
}

type hidden struct {
	ID     string `json:"id"`
	Secret string `json:"-"`
}

type unexported struct{ id string } //nolint:unused // that JSON cannot carry it is the mistake

type open struct{ Value any }

// faulty has a mistake in every method.
type faulty interface {
	Misnamed(ctx context.Context, q part) (part, error)
	Constant(ctx context.Context, q part) (part, error)
	Changed(ctx context.Context, q part) (part, error)
	Hidden(ctx context.Context, q hidden) (part, error)
	HiddenResult(ctx context.Context, q part) (hidden, error)
	Unexported(ctx context.Context, q unexported) (part, error)
	Open(ctx context.Context, q open) (part, error)
	Function(ctx context.Context, q func()) (part, error)
	NoContext(q part) (part, error)
	TwoArguments(ctx context.Context, id string, q part) (part, error)
	NoResult(ctx context.Context, q part) error
	Many(ctx context.Context, q ...part) (part, error)
	GetOne(ctx context.Context, q part) (part, error)
	Order(ctx context.Context, q place) (part, error)
}

type faultyRemote struct {
	faulty // what is refused before it is called
	c      *rpc.Client
}

func (r faultyRemote) Misnamed(ctx context.Context, q part) (part, error) {
	return rpc.Call[part](ctx, r.c, "Changed", q)
}

func (r faultyRemote) Constant(ctx context.Context, q part) (part, error) {
	_, err := rpc.Call[part](ctx, r.c, "Constant", q)
	return part{}, err
}

func (r faultyRemote) Changed(ctx context.Context, q part) (part, error) {
	q.Price.Minor++
	return rpc.Call[part](ctx, r.c, "Changed", q)
}

func (r faultyRemote) Hidden(ctx context.Context, q hidden) (part, error) {
	return rpc.Call[part](ctx, r.c, "Hidden", q)
}

func (r faultyRemote) HiddenResult(ctx context.Context, q part) (hidden, error) {
	return rpc.Call[hidden](ctx, r.c, "HiddenResult", q)
}

func (r faultyRemote) GetOne(ctx context.Context, q part) (part, error) {
	return rpc.Call[part](ctx, r.c, "GetOne", q)
}

func (r faultyRemote) Order(ctx context.Context, q place) (part, error) {
	return rpc.Read[part](ctx, r.c, "Order", q)
}

func TestEveryMistakeOfAContractIsFound(t *testing.T) {
	peer := &peer{}
	server := newServer(peer)
	t.Cleanup(server.Close)
	client, err := rpc.NewClient("faulty", []string{server.URL}, rpc.Options{Secrets: [][]byte{make([]byte, 32)}})
	if err != nil {
		t.Fatal(err)
	}
	says := map[string]string{
		"Misnamed": `calls "Changed"`, "Constant": "the result changes", "Changed": "the request changes",
		"Hidden": "the request changes", "HiddenResult": "the result changes", "Unexported": "is not exported",
		"Open": "request.Value is a interface", "Function": "request is a func()",
		"NoContext": "is not (context", "TwoArguments": "is not (context", "NoResult": "is not (context", "Many": "is not (context",
		"GetOne": "uses rpc.Read", "Order": "uses rpc.Call",
	}
	remote := reflect.ValueOf(faultyRemote{c: client})
	for m := range reflect.TypeFor[faulty]().Methods() {
		err := peer.prove(t.Context(), m, remote.MethodByName(m.Name))
		if err == nil || !strings.Contains(err.Error(), says[m.Name]) {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}
