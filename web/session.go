package web

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/web/api"
	"marketplace/web/edge"
)

// authenticate finds out who is asking: programs by the Authorization header, people by the session cookie; never one
// by the other's.
func (w *Web) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if strings.HasPrefix(r.URL.Path, "/static/") {
			return next(c)
		}
		actor, err := w.whoAsks(c)
		if fault.Is(err, fault.Unavailable) && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			// Nobody can say who this is: they see what everybody may see, and keep their cookie.
			c.SetRequest(r.WithContext(edge.WithDoubt(r.Context(), err)))
			c.Response().Header().Set("Cache-Control", "no-store")
			return next(c)
		}
		if err != nil {
			return err
		}
		if !actor.SignedIn() {
			return next(c)
		}
		c.SetRequest(r.WithContext(identity.With(r.Context(), actor)))
		c.Response().Header().Set("Cache-Control", "no-store")
		w.glanced(actor)
		if changesAccount(r) {
			defer w.sessions.forgetUser(actor.UserID)
		}
		return next(c)
	}
}

func (w *Web) whoAsks(c echo.Context) (identity.Actor, error) {
	r := c.Request()
	if strings.HasPrefix(r.URL.Path, api.Base+"/") {
		header := r.Header.Get("Authorization")
		if header == "" {
			return identity.Actor{}, nil
		}
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return identity.Actor{}, fault.Unauthenticatedf("Send the access token as \"Authorization: Bearer …\".")
		}
		actor, err := w.sessions.bearer(r.Context(), strings.TrimSpace(token))
		if fault.Is(err, fault.Unauthenticated) && strings.HasPrefix(r.URL.Path, api.Base+"/auth/") {
			return identity.Actor{}, nil // whoever logs in or refreshes may still send the old token along
		}
		return actor, err
	}
	actor, err := w.sessions.cookie(r)
	if fault.Is(err, fault.Unauthenticated) {
		edge.ClearSession(c, w.Config)
		return identity.Actor{}, nil
	}
	return actor, err
}

// changesAccount says whether the request may change what we remember of the one who asks.
func changesAccount(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return false
	}
	for _, part := range []string{"/auth/", "/logout", "/password", "/sessions"} {
		if strings.Contains(r.URL.Path, part) {
			return true
		}
	}
	return false
}

// glanced notes that the person is here: requests of a connection aside, which counts by itself.
func (w *Web) glanced(actor identity.Actor) {
	if w.live != nil {
		w.live.Glance(actor.UserID)
	}
}
