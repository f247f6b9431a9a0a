package app

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// private is what other processes reach: the methods of the hosted modules with a token (rpc.Serve), and without one
// whether the process lives and is ready. It tells nothing else to anybody, not even why it is not ready.
type private struct {
	app     *App
	modules map[string]http.Handler
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
