package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
	"marketplace/web/api"
	"marketplace/web/live"
)

// The most bytes of a request: of any, and of a form with files on a route that takes files.
const (
	maxBody   = 1 << 20
	maxUpload = 64 << 20
)

// policy is the Content-Security-Policy of every page: nothing but our own files, nothing inline.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"

// observe gives the request its id, and tells the log and the metrics how it went.
func (w *Web) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		start := w.Clock.Now()
		id := uuid.Must(uuid.NewV7()).String()
		ctx := identity.WithAddress(identity.WithRequest(c.Request().Context(), id), c.RealIP())
		ctx, span := w.trace(ctx, c.Request())
		c.SetRequest(c.Request().WithContext(ctx))
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		w.figures.underway.Inc()
		defer w.figures.underway.Dec()
		if err := next(c); err != nil {
			c.Error(err)
		}
		status, route, spent := c.Response().Status, c.Path(), w.Clock.Now().Sub(start)
		if route == "" {
			route = "none"
		}
		w.figures.answered(c.Request().Method, route, status, spent)
		endTrace(span, c.Request().Method, route, status)
		if !strings.HasPrefix(route, "/static/") {
			w.tellAccess(c, route, spent)
		}
		return nil
	}
}

// trace begins the trace of a request, unless it is for a file of ours. What a client says of traces is not believed.
func (w *Web) trace(ctx context.Context, r *http.Request) (context.Context, *trace.Span) {
	if strings.HasPrefix(r.URL.Path, "/static/") {
		return ctx, nil
	}
	return w.Tracer.Begin(ctx, trace.Server, "HTTP", trace.Text("market.module", "web"))
}

func endTrace(span *trace.Span, method, route string, status int) {
	span.Rename(method + " " + route)
	span.Note(trace.Text("http.request.method", method), trace.Text("http.route", route), trace.Number("http.response.status_code", status))
	var err error
	if status >= http.StatusInternalServerError {
		err = fault.Unavailablef(0, "The answer was %d.", status)
	}
	span.End(err)
}

// tellAccess is the request's one line in the record of access: the route and not the address, which may have a token in it.
func (w *Web) tellAccess(c echo.Context, route string, spent time.Duration) {
	ctx, status := c.Request().Context(), c.Response().Status
	outcome := "success"
	if status >= http.StatusInternalServerError {
		outcome = "failure"
	}
	fields := []zap.Field{
		zap.String("event.kind", "event"), zap.Strings("event.category", []string{"web"}), zap.Strings("event.type", []string{"access"}),
		zap.String("event.outcome", outcome), zap.Duration("event.duration", spent), zap.String("http.request.method", c.Request().Method),
		zap.String("url.path", route), zap.Int("http.response.status_code", status), zap.Int64("http.response.body.bytes", c.Response().Size),
		zap.String("source.ip", c.RealIP()),
	}
	if who := identity.From(ctx); who.SignedIn() {
		fields = append(fields, zap.String("user.id", who.UserID))
	}
	telemetry.For(ctx, w.access).Info("request", fields...)
	if status == http.StatusForbidden {
		telemetry.Audit(ctx, w.Log, telemetry.Act{Action: "refusal", Kind: telemetry.Access, Failed: true, Reason: "forbidden", What: map[string]string{"route": route}})
	}
}

// recover turns a panic into an error that is logged with its stack and answered without it.
func (w *Web) recover(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			r := recover()
			if r == nil {
				return
			}
			if e, ok := r.(error); ok && errors.Is(e, http.ErrAbortHandler) {
				panic(r)
			}
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}()
		return next(c)
	}
}

// secure sets the headers that every answer has, errors too. Those that speak of documents are for pages alone.
func (w *Web) secure(next echo.HandlerFunc) echo.HandlerFunc {
	always := http.Header{
		"X-Content-Type-Options":       {"nosniff"},
		"Referrer-Policy":              {"same-origin"},
		"Cross-Origin-Resource-Policy": {"same-origin"},
	}
	if strings.HasPrefix(w.Config.PublicURL, "https://") {
		always.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
	}
	data, page := always.Clone(), always.Clone()
	data.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	data.Set("Cache-Control", "no-store") // tokens and what is theirs (RFC 6749, section 5.1)
	page.Set("Content-Security-Policy", policy)
	page.Set("X-Frame-Options", "DENY")
	page.Set("Cross-Origin-Opener-Policy", "same-origin")
	page.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()")
	return func(c echo.Context) error {
		set := page
		if strings.HasPrefix(c.Request().URL.Path, api.Base+"/") {
			set = data
		}
		maps.Copy(c.Response().Header(), set)
		return next(c)
	}
}

// limitBody refuses bodies that are too large before they are read, as far as they say so, and while they are read.
func (w *Web) limitBody(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		limit := int64(maxBody)
		if strings.HasPrefix(r.URL.Path, api.Base) {
			limit = 8 << 20 // each operation has its own limit below this
		}
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" && w.takesFiles(c) {
			limit = maxUpload
		}
		if r.ContentLength > limit {
			return fault.TooLargef("That is more than we take at once: at most %d MB.", limit>>20)
		}
		r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
		return next(c)
	}
}

// sameOrigin refuses what another site makes a browser send here (row W6). Programs send no Origin and no cookie.
func (w *Web) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	protection := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		if strings.HasPrefix(c.Request().URL.Path, live.Path) {
			return next(c) // has its own, which covers WebSockets as well
		}
		if err := protection.Check(c.Request()); err != nil {
			return fault.Forbiddenf("This was sent from another site, so we did nothing.")
		}
		return next(c)
	}
}
