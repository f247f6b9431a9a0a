package app

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"marketplace/platform/rpc"
)

// private is what other processes reach: the methods of the hosted modules with a token (rpc.Serve), and without one
// whether the process lives and is ready. It tells nothing else to anybody, not even why it is not ready.
type private struct {
	app     *App
	modules map[string]http.Handler
}

// Expose lets other processes call a service of the process itself, which belongs to no module, under this name. Like the
// modules', its methods are called with a token for one call. Without a private port it does nothing.
func Expose[S any](a *App, name string, service S) error {
	if a.config.RPC.Listen == "" || a.mode != Serving {
		return nil
	}
	handler, err := rpc.Serve(name, service, a.calls)
	if err != nil {
		return fmt.Errorf("expose %s: %w", name, err)
	}
	a.private.modules[name] = handler
	return nil
}

// Peers makes a client of what all other processes expose under this name, at the addresses of the configuration; nil when
// there are none. rpc.Client.Each tells them apart.
func (a *App) Peers(name string) (*rpc.Client, error) {
	var addresses []string
	for _, of := range a.config.Remotes {
		addresses = append(addresses, of...)
	}
	if len(addresses) == 0 {
		return nil, nil
	}
	slices.Sort(addresses)
	return rpc.NewClient(name, slices.Compact(addresses), a.calls)
}

func (p *private) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	module, called := strings.CutPrefix(r.URL.Path, "/rpc/")
	module, _, _ = strings.Cut(module, "/")
	switch handler, hosted := p.modules[module]; {
	case called && hosted:
		handler.ServeHTTP(w, r)
	case reads && r.URL.Path == "/healthz":
		w.WriteHeader(http.StatusOK)
	case reads && r.URL.Path == "/readyz":
		w.WriteHeader(p.readiness(r.Context()))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (p *private) readiness(ctx context.Context) int {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if len(p.app.Ready(ctx)) > 0 {
		return http.StatusServiceUnavailable
	}
	return http.StatusOK
}
