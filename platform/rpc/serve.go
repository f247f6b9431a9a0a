package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// server answers calls to one module.
type server struct {
	module   string
	methods  map[string]method
	verifier *verifier
	log      *zap.Logger
}

// method is one method of the contract: (context.Context, Req) (Res, error).
type method struct {
	call    reflect.Value
	request reflect.Type
}

// Serve exposes the methods of the contract S, and no others that the service has, at /rpc/<module>/<Method>. Any of the
// secrets is accepted. It fails if S is not a contract: an interface whose methods are all
// (context.Context, Req) (Res, error). The log gets what is our mistake; nil: nothing does.
func Serve[S any](module string, service S, secrets [][]byte, log *zap.Logger) (http.Handler, error) {
	if log == nil {
		log = zap.NewNop()
	}
	if len(secrets) == 0 {
		return nil, errors.New("a secret is needed")
	}
	methods, err := methodsOf(service)
	if err != nil {
		return nil, err
	}
	return &server{module: module, methods: methods, log: log, verifier: newVerifier(module, secrets, clock.New())}, nil
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
	c, body, err := s.admit(w, r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.refuse(w, http.StatusRequestEntityTooLarge, fault.TooLargef("This is too large: at most %d MB.", limit>>20))
		return
	case err != nil: // not Unauthenticated: it is not the user who has to do something
		s.log.Warn("a call was refused", zap.String("url.path", r.URL.Path), zap.String("source.address", r.RemoteAddr), zap.Error(err))
		s.refuse(w, http.StatusUnauthorized, fault.Of(err))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), remaining(r.Header.Get(headerRemaining)))
	defer cancel()
	ctx = identity.WithRequest(identity.With(ctx, c.Actor), c.Request)
	m, ok := s.methods[strings.TrimPrefix(r.URL.Path, "/rpc/"+s.module+"/")]
	if !ok {
		s.log.Warn("a call to a method that is not there", zap.String("url.path", r.URL.Path))
		s.refuse(w, http.StatusNotFound, fault.Of(errors.New("no such method")))
		return
	}
	answer, err := m.serve(ctx, body)
	if err != nil {
		s.report(ctx, r.URL.Path, err)
		f := asFault(err)
		s.refuse(w, f.Code.Status(), f)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer) // the caller has gone
}

// admit reads the request if its token is good. Nobody without a token makes us read a body.
func (s *server) admit(w http.ResponseWriter, r *http.Request) (claims, []byte, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	c, err := s.verifier.verify(token, r.Method, r.URL.Path)
	if err != nil {
		return claims{}, nil, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil && c.Body != digest(body) {
		err = errors.New("a token for another body")
	}
	return c, body, err
}

// serve reads the request, calls the method and writes its result.
func (m method) serve(ctx context.Context, body []byte) (answer []byte, err error) {
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
	if err == nil && len(answer) > limit {
		err = fmt.Errorf("the result has %d bytes, more than %d", len(answer), limit)
	}
	return answer, err
}

// report logs what is our mistake: an edge does, so nobody below has to.
func (s *server) report(ctx context.Context, path string, err error) {
	if fault.Of(err).Code == fault.Internal && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		s.log.Error("a call failed", zap.String("url.path", path), zap.String("http.request.id", identity.Request(ctx)), zap.Error(err))
	}
}

// asFault is what the caller may know of an error.
func asFault(err error) *fault.Error {
	var f *fault.Error
	if !errors.As(err, &f) && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return fault.Unavailablef(retryAfter, "This took too long. Please try again in a moment.")
	}
	return fault.Of(err)
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
func (s *server) refuse(w http.ResponseWriter, status int, f *fault.Error) {
	body, err := json.Marshal(f)
	if err != nil {
		s.log.Error("write a fault", zap.Error(err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone
}
