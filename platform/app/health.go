package app

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"marketplace/platform/bus"
)

// Internal answers operators on a listener that is never public: /healthz, /readyz, /metrics, /log/levels.
func (a *App) Internal() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", a.Healthz())
	mux.Handle("GET /readyz", a.Readyz())
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{}))
	if a.levels != nil {
		mux.Handle("/log/levels", a.levels)
	}
	return mux
}

// Healthz says that the process lives: 200 whatever else is wrong. Restarting it would not help.
func (a *App) Healthz() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"status": "alive"})
	})
}

// Readyz says whether requests may be sent here: 200, or 503 with the reasons (Ready). It is 200 with a problem while the
// broker is away.
func (a *App) Readyz() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		if problems := a.Ready(ctx); len(problems) > 0 {
			answer(w, http.StatusServiceUnavailable, map[string]any{"status": "not ready", "problems": problems})
			return
		}
		if err := a.bus.Ready(ctx); err != nil {
			answer(w, http.StatusOK, map[string]any{"status": "ready", "problems": []string{"events wait until the broker is back"}})
			return
		}
		answer(w, http.StatusOK, map[string]any{"status": "ready"})
	})
}

// Ready lists why requests should not be sent here now: the process is starting or stopping, one of its own databases does
// not answer, or events have not been delivered yet. Peers are not asked: one that is away must not take the others along.
// Nor does a broker that was there and is away: all processes would be sent no more requests, which they can serve.
func (a *App) Ready(ctx context.Context) []string {
	if a.stopping.Load() {
		return []string{"stopping"}
	}
	if !a.running.Load() {
		return []string{"starting"}
	}
	problems := make([]string, len(a.hosts)+1)
	var wait sync.WaitGroup
	for i, h := range a.hosts {
		wait.Go(func() {
			if err := h.DB.Ping(ctx); err != nil {
				problems[i] = "the database of " + h.Name + " does not answer"
			}
		})
	}
	wait.Go(func() {
		switch err := a.bus.Ready(ctx); {
		case err == nil:
			a.delivered.Store(true)
		case !errors.Is(err, bus.ErrAway) || !a.delivered.Load():
			problems[len(a.hosts)] = "events are not delivered"
		}
	})
	wait.Wait()
	var found []string
	for _, p := range problems {
		if p != "" {
			found = append(found, p)
		}
	}
	return found
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // whoever asked has gone
}
