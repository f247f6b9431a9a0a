package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// The names of what a process listens to.
const (
	Public   = "public"   // people: pages and the JSON API
	Private  = "private"  // other processes of the marketplace: rpc
	Internal = "internal" // operators: health and metrics
)

// listener is one bound address and what answers there once the process runs.
type listener struct {
	name   string
	bound  net.Listener
	server *http.Server
}

// Serve binds an address for people and says where that is (port 0 lets the system choose); the answers begin with Run.
// stop is called when the process begins to stop, before waiting for running requests: what holds connections open
// (live pages) lets go of them there.
func (a *App) Serve(address string, h http.Handler, stop ...func()) (net.Addr, error) {
	if a.started.Load() {
		return nil, errors.New("app: call Serve before Run")
	}
	l, err := a.bind(Public, address, h)
	if err != nil {
		return nil, err
	}
	for _, f := range stop {
		l.server.RegisterOnShutdown(f)
	}
	return l.bound.Addr(), nil
}

// Address says where the process listens (Public, Private, Internal); nil where it does not.
func (a *App) Address(name string) net.Addr { return a.addresses[name] }

func (a *App) bindOwn() error {
	if a.config.RPC.Listen != "" {
		if _, err := a.bind(Private, a.config.RPC.Listen, a.private); err != nil {
			return err
		}
	}
	if a.config.Internal != "" {
		if _, err := a.bind(Internal, a.config.Internal, a.Internal()); err != nil {
			return err
		}
	}
	return nil
}

// bind makes a server with limits on everything but the time of an answer: pages may stream. A handler that takes
// large uploads extends its own read deadline (http.ResponseController).
func (a *App) bind(name, address string, h http.Handler) (*listener, error) {
	bound, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the %s side on %s: %w", name, address, err)
	}
	errorLog, _ := zap.NewStdLogAt(a.log.Named("http"), zap.WarnLevel) // fails for an unknown level only
	l := &listener{name: name, bound: bound, server: &http.Server{
		Handler:           lastWhenAmbiguous(h),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          errorLog,
	}}
	a.listeners = append(a.listeners, l)
	a.addresses[name] = bound.Addr()
	return l, nil
}

// lastWhenAmbiguous ends the connection after a request whose length two servers behind each other could read differently:
// a chunked one, which may have had a Content-Length beside, and anything in HTTP/1.0, whose coding net/http passes over.
// What was smuggled behind it is never read (RFC 9112, section 11.2; ASVS 4.2.1).
func lastWhenAmbiguous(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(r.TransferEncoding) > 0 || !r.ProtoAtLeast(1, 1) {
			w.Header().Set("Connection", "close")
		}
		h.ServeHTTP(w, r)
	})
}

// serve answers until the listener is drained.
func (l *listener) serve() error {
	if err := l.server.Serve(l.bound); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the %s side: %w", l.name, err)
	}
	return nil
}

// drain takes no new request and waits for the running ones until ctx ends; then it cuts them off.
func (l *listener) drain(ctx context.Context) error {
	if err := l.server.Shutdown(ctx); err != nil {
		return errors.Join(err, l.server.Close())
	}
	return nil
}

// close gives the address back, also when it was never served.
func (l *listener) close() error {
	_ = l.server.Close()
	if err := l.bound.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
