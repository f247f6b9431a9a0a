package web

import (
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/platform/identity"
	"marketplace/web/api"
)

// maintain refuses everybody but operators while the marketplace is closed. What comes from payment providers is taken:
// nobody sends it twice for ever. Whoever logs in may be an operator.
func (w *Web) maintain(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		closed := w.site.Closed()
		if closed == nil || openAlways(c.Request().URL.Path) || identity.From(c.Request().Context()).Is("operator") {
			return next(c)
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		return w.site.Refusal(closed)
	}
}

// openAlways says what is answered while the marketplace is closed.
func openAlways(path string) bool {
	for _, prefix := range []string{"/static/", "/.well-known/", api.Base + "/payments/webhooks/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	switch path {
	case "/login", "/logout", "/robots.txt", api.Base + "/auth/login", api.Base + "/auth/refresh":
		return true
	}
	return false
}
