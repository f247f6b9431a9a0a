package rpc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/semaphore"

	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
)

// errRefused becomes the general sentence: whoever has no token learns nothing.
var errRefused = errors.New("refused")

const (
	large    = 1 << 20   // bytes of a request that counts as large
	mostHeld = 3 * limit // bytes of large requests that are read at once; further ones wait
)

// server answers calls to one module.
type server struct {
	Options
	module   string
	methods  map[string]method
	verifier *verifier
	clock    *clock.Clock
	held     *semaphore.Weighted
}

// method is one method of the contract: (context.Context, Req) (Res, error).
type method struct {
	call    reflect.Value
	request reflect.Type
}

// Serve exposes the methods of the contract S, and no others that the service has, at /rpc/<module>/<Method>. Any of the
// secrets is accepted. It fails if S is not a contract: an interface whose methods are all
// (context.Context, Req) (Res, error).
func Serve[S any](module string, service S, o Options) (http.Handler, error) {
	o, err := o.checked()
	if err != nil {
		return nil, err
	}
	methods, err := methodsOf(service)
	if err != nil {
		return nil, err
	}
	c := clock.New()
	return &server{Options: o, module: module, methods: methods, clock: c, verifier: newVerifier(module, o.Secrets, c),
		held: semaphore.NewWeighted(mostHeld)}, nil
}

func methodsOf[S any](service S) (map[string]method, error) {
	contract := reflect.TypeFor[S]()
	if contract.Kind() != reflect.Interface {
		return nil, fmt.Errorf("%v is not a contract: it is no interface", contract)
	}
	methods := map[string]method{}
	for m := range contract.Methods() {
		if err := CheckMethod(m); err != nil {
			return nil, err
		}
		methods[m.Name] = method{call: reflect.ValueOf(service).MethodByName(m.Name), request: m.Type.In(1)}
	}
	return methods, nil
}

// CheckMethod says what is wrong with the shape of a contract's method.
func CheckMethod(m reflect.Method) error {
	t := m.Type
	if t.NumIn() != 2 || t.NumOut() != 2 || t.IsVariadic() ||
		t.In(0) != reflect.TypeFor[context.Context]() || t.Out(1) != reflect.TypeFor[error]() {
		return fmt.Errorf("the method %s is not (context.Context, Req) (Res, error)", m.Name)
	}
	return nil
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), remaining(r.Header.Get(headerRemaining)))
	defer cancel()
	c, err := s.admit(r)
	if err != nil {
		s.turnAway(w, r, err)
		return
	}
	weight := s.weightOf(r)
	if err := s.held.Acquire(ctx, weight); err != nil {
		s.refuse(w, fault.Of(err))
		return
	}
	defer s.held.Release(weight)
	body, err := s.read(w, r)
	if err != nil {
		s.refuse(w, fault.Of(err))
		return
	}
	if err := s.verifier.accept(c, body); err != nil {
		s.turnAway(w, r, err)
		return
	}
	ctx = identity.WithAddress(identity.WithRequest(identity.With(ctx, c.Actor), c.Request), c.Address)
	s.answer(ctx, w, r.URL.Path, r.Header.Get(trace.Header), body)
}

// admit reads the token. Nobody without a good one makes us read a body.
func (s *server) admit(r *http.Request) (claims, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return s.verifier.verify(token, r.Method, r.URL.Path)
}

// turnAway answers who has no good token, always the same. It is not Unauthenticated: it is not the user who has to do
// something.
func (s *server) turnAway(w http.ResponseWriter, r *http.Request, why error) {
	s.Metrics.turnedAway(s.module)
	s.Log.Warn("a call was refused", zap.String("url.path", r.URL.Path), zap.String("source.address", r.RemoteAddr), zap.Error(why))
	s.write(w, http.StatusUnauthorized, fault.Of(errRefused))
}

// weightOf is what a request counts against the bytes that are held at once. Small ones are free.
func (s *server) weightOf(r *http.Request) int64 {
	switch n := r.ContentLength; {
	case n < 0 || n > s.most:
		return s.most
	case n < large:
		return 0
	default:
		return n
	}
}

func (s *server) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var body bytes.Buffer
	if n := r.ContentLength; n > 0 && n <= s.most {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, s.most))
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &tooLong):
		return nil, tooLarge()
	case err != nil:
		return nil, fault.Malformedf("The request did not arrive whole.")
	}
	return body.Bytes(), nil
}

// answer calls the method for who is acting.
func (s *server) answer(ctx context.Context, w http.ResponseWriter, path, parent string, body []byte) {
	name := strings.TrimPrefix(path, "/rpc/"+s.module+"/")
	m, ok := s.methods[name]
	if !ok {
		s.Log.Warn("a call to a method that is not there", zap.String("url.path", path))
		s.write(w, http.StatusNotFound, fault.Of(errRefused))
		return
	}
	begun := s.clock.Now()
	ctx, span := s.Tracer.Continue(ctx, parent, trace.Server, s.module+"."+name, trace.Text("market.module", s.module),
		trace.Text("rpc.system", "marketplace"), trace.Text("rpc.service", s.module), trace.Text("rpc.method", name))
	result, err := m.serve(ctx, body, s.most)
	span.End(err)
	s.Metrics.served(s.module, name, err, s.clock.Now().Sub(begun))
	if err != nil {
		s.report(ctx, path, err)
		s.refuse(w, fault.Of(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(result) // the caller has gone
}

// serve reads the request, calls the method and writes its result.
func (m method) serve(ctx context.Context, body []byte, most int64) (answer []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	request := reflect.New(m.request)
	if err := json.Unmarshal(body, request.Interface()); err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	out := m.call.Call([]reflect.Value{reflect.ValueOf(ctx), request.Elem()})
	if err, _ := out[1].Interface().(error); err != nil {
		return nil, err
	}
	answer, err = json.Marshal(out[0].Interface())
	if err == nil && int64(len(answer)) > most {
		err = fmt.Errorf("the result has %d bytes, more than %d", len(answer), most)
	}
	return answer, err
}

// report logs what is our mistake: an edge does, so nobody below has to.
func (s *server) report(ctx context.Context, path string, err error) {
	if fault.Of(err).Code == fault.Internal {
		telemetry.For(ctx, s.Log).Error("a call failed", zap.String("url.path", path), zap.Error(err))
	}
}

// remaining is how long the caller still waits, never longer than the limit.
func remaining(milliseconds string) time.Duration {
	ms, err := strconv.ParseInt(milliseconds, 10, 64)
	if err != nil || ms > timeLimit.Milliseconds() {
		return timeLimit
	}
	return time.Duration(max(ms, 0)) * time.Millisecond
}

// refuse answers a fault. The status is for people who look at the traffic; the code in the body is what counts.
func (s *server) refuse(w http.ResponseWriter, f *fault.Error) { s.write(w, f.Code.Status(), f) }

func (s *server) write(w http.ResponseWriter, status int, f *fault.Error) {
	body, err := json.Marshal(f)
	if err != nil {
		s.Log.Error("write a fault", zap.Error(err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone
}
