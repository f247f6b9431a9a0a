package web

import (
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/web/api"
	"marketplace/web/edge"
)

// listen finds out what language a program wants to be answered in; people tell the site (ADR 13).
func (w *Web) listen(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if r := c.Request(); strings.HasPrefix(r.URL.Path, api.Base+"/") {
			c.SetRequest(r.WithContext(edge.WithLanguage(r.Context(), w.site.Languages().Choose("", r.Header.Get("Accept-Language")))))
		}
		return next(c)
	}
}
