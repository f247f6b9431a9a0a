// Package web is the one way in: pages, JSON API and live channel, with sessions, limits and security headers in one
// place. It composes the modules' contracts and decides nothing itself.
package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"marketplace/platform/bus"
	"marketplace/platform/fault"
	"marketplace/platform/telemetry"
	"marketplace/web/api"
	"marketplace/web/edge"
	"marketplace/web/live"
	"marketplace/web/site"
)

// patience is how long a request may take. The live channel has its own deadlines.
const patience = 30 * time.Second

// Web is everything that people and clients reach.
type Web struct {
	edge.Edge
	base     context.Context
	router   *echo.Echo
	site     *site.Site
	api      *api.API
	live     *live.Live
	sessions *sessions
	routes   []Route
	uploads  map[string]bool // method and path of the routes that take files
	figures  *figures
	access   *zap.Logger
}

// New makes the pages, the API and the live channel. events tells them what happens, metrics takes their figures.
func New(ctx context.Context, e edge.Edge, events *bus.Events, metrics prometheus.Registerer, demo ...site.Login) (*Web, error) {
	w := &Web{Edge: e, base: context.WithoutCancel(ctx), router: echo.New(), sessions: newSessions(e.Auth, e.Clock, e.Secure()),
		access: telemetry.ForAccess(e.Log)}
	pages, err := site.New(e, demo...)
	if err != nil {
		return nil, err
	}
	w.site = pages
	if w.figures, err = newFigures(metrics); err != nil {
		return nil, err
	}
	w.router.HideBanner, w.router.HidePort = true, true
	w.router.Logger.SetOutput(discard{})
	w.router.HTTPErrorHandler = w.showError
	if w.router.IPExtractor, err = addressOf(e.Config.Proxies); err != nil {
		return nil, err
	}
	w.router.Pre(w.observe, w.recover, w.secure)
	w.router.Use(middleware.GzipWithConfig(middleware.GzipConfig{MinLength: 1024, Skipper: compressed}), w.listen, w.limitBody, w.sameOrigin, w.authenticate, w.maintain, w.hurry)
	bus.Watch(events, w.sessions.onSessionEnded)
	if w.live, err = live.New(ctx, e, events, metrics, w.sessions.cookie, w.sessions.bearerUntil); err != nil {
		return nil, err
	}
	w.mount()
	go w.watchConnections(ctx)
	go w.site.WatchHouse(ctx)
	return w, nil
}

// ServeHTTP answers one request.
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.router.ServeHTTP(rw, r) }

// Stop lets go of the live connections, so that the process can stop; clients come back to another one.
func (w *Web) Stop() {
	ctx, cancel := context.WithTimeout(w.base, patience)
	defer cancel()
	if err := w.live.Stop(ctx); err != nil {
		w.Log.Warn("live connections were cut", zap.Error(err))
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// compressed says which answers are not worth compressing again, or must not wait for it.
func compressed(c echo.Context) bool {
	path := c.Request().URL.Path
	for _, prefix := range []string{"/static/", "/pictures/", "/avatars/", "/socket.io/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return strings.Contains(path, "/files/")
}

// addressOf says whose word is taken for the client's address: nobody's, or the named proxies'. Echo's own default
// believes everybody.
func addressOf(proxies []string) (echo.IPExtractor, error) {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect(), nil
	}
	options := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		if ip := net.ParseIP(p); ip != nil { // one address
			p = fmt.Sprintf("%s/%d", p, 8*len(ip.To16()))
			if ip.To4() != nil {
				p = ip.String() + "/32"
			}
		}
		_, network, err := net.ParseCIDR(p)
		if err != nil {
			return nil, fmt.Errorf("trusted_proxies: %w", err)
		}
		options = append(options, echo.TrustIPRange(network))
	}
	return echo.ExtractIPFromXFFHeader(options...), nil
}

// showError answers an error: as a problem to programs, as a page to people.
func (w *Web) showError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	ctx := c.Request().Context()
	var own *echo.HTTPError
	if errors.As(err, &own) {
		err = routingFault(own)
	}
	switch fault.Of(err).Code {
	case fault.Internal:
		telemetry.For(ctx, w.Log).Error("a request failed", zap.Error(err), zap.String("url.path", c.Path()))
	case fault.Unavailable:
		if !errors.Is(ctx.Err(), context.Canceled) { // somebody still waits
			telemetry.For(ctx, w.Log).Warn("a request could not be served", zap.Error(err), zap.String("url.path", c.Path()))
		}
	}
	if strings.HasPrefix(c.Request().URL.Path, api.Base+"/") {
		p := api.ProblemOf(ctx, err)
		if own != nil && own.Code == http.StatusMethodNotAllowed {
			p = api.HTTPProblem(ctx, own.Code, "This address answers other methods: see the Allow header.")
		}
		for name, values := range p.Headers() {
			c.Response().Header().Set(name, values[0])
		}
		c.Response().Header().Set(echo.HeaderContentType, "application/problem+json")
		c.Response().WriteHeader(p.Status)
		_ = c.Echo().JSONSerializer.Serialize(c, p, "")
		return
	}
	if own != nil && own.Code == http.StatusMethodNotAllowed {
		err = own // a page keeps this status; no fault has it
	}
	if err := w.site.ShowError(c, err); err != nil && !c.Response().Committed {
		telemetry.For(ctx, w.Log).Error("an error page failed", zap.Error(err))
		_ = c.String(http.StatusInternalServerError, "Something went wrong on our side. Please try again in a moment.\n")
	}
}

// routingFault is what echo itself refuses, in our words.
func routingFault(e *echo.HTTPError) error {
	switch e.Code {
	case http.StatusNotFound:
		return fault.NotFoundf("There is nothing at this address.")
	case http.StatusMethodNotAllowed:
		return &fault.Error{Code: fault.Malformed, Message: "This address cannot be used like that."}
	case http.StatusRequestEntityTooLarge:
		return fault.TooLargef("That is more than we take at once.")
	case http.StatusUnsupportedMediaType, http.StatusBadRequest:
		return fault.Malformedf("We could not read what was sent.")
	default:
		if inner := e.Unwrap(); inner != nil {
			return inner
		}
		return e
	}
}

// hurry gives a request its deadline, which travels to the modules.
func (w *Web) hurry(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Request().URL.Path, live.Path) {
			return next(c)
		}
		ctx, cancel := context.WithTimeout(c.Request().Context(), patience)
		defer cancel()
		c.SetRequest(c.Request().WithContext(ctx))
		return next(c)
	}
}
