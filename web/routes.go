package web

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"marketplace/web/api"
	"marketplace/web/edge"
)

// Route is one address of the product with who may use it. The pages' are in web/site/pages.go, the API's beside its
// operations in web/api; the live channel is /socket.io/.
type Route struct {
	Method string
	Path   string
	Access edge.Access
}

// mount adds every route to the router. There is no other way to add one, so none exists without an Access.
func (w *Web) mount() {
	w.uploads = map[string]bool{}
	for _, p := range w.site.Pages() {
		if p.Access == edge.Development && !w.Development() {
			continue
		}
		handler := guarded(p.Access, p.Handler)
		w.router.Add(p.Method, p.Path, handler)
		if p.Method == http.MethodGet {
			w.router.HEAD(p.Path, handler)
		}
		w.routes = append(w.routes, Route{p.Method, p.Path, p.Access})
		w.uploads[p.Method+" "+p.Path] = p.Upload
	}
	w.api = api.Mount(w.Edge, w.router)
	for _, r := range w.api.Routes() {
		w.routes = append(w.routes, Route(r))
	}
	w.live.Mount(w.router)
}

// Routes are all addresses, for tests and documents.
func (w *Web) Routes() []Route { return w.routes }

// guarded asks who may come in before the handler runs.
func guarded(access edge.Access, handle echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := access.Check(c.Request().Context()); err != nil {
			return err
		}
		return handle(c)
	}
}

// takesFiles says whether the route takes a form with files.
func (w *Web) takesFiles(c echo.Context) bool { return w.uploads[c.Request().Method+" "+c.Path()] }
