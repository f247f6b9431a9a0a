// Package api is the JSON API, version 1: typed operations from which the OpenAPI document is made, so that the two
// cannot differ. It translates; the modules decide.
package api

import (
	"cmp"
	"context"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"marketplace/platform/fault"
	"marketplace/platform/telemetry"
	"marketplace/web/edge"
)

// Base is where version 1 of the API is.
const Base = "/api/v1"

// API holds the operations.
type API struct {
	edge.Edge
	huma   huma.API
	routes []Route
}

// Route is an operation as the route table knows it.
type Route struct {
	Method string
	Path   string // in echo's form, with Base
	Access edge.Access
}

// problems tells huma, whose hook for this is global, to speak RFC 9457 as we do.
var problems = sync.OnceFunc(func() {
	huma.NewErrorWithContext = newHumaError
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaProblem(status, message, errs)
	}
})

// Mount adds every operation of the API to the router.
func Mount(e edge.Edge, router *echo.Echo) *API {
	problems()
	config := huma.DefaultConfig(e.Config.Name+" API", "1.0.0")
	config.Info.Description = "The marketplace for programs. Errors are RFC 9457 problem details; money is in minor units; times are UTC; lists page by cursor. " +
		"Send the access token of POST /auth/login as `Authorization: Bearer …`."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/openapi", "", ""
	config.CreateHooks = nil // no $schema links in the answers
	config.FieldsOptionalByDefault = true
	config.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", schemaName)
	config.Servers = []*huma.Server{{URL: Base}}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", BearerFormat: "JWT"},
	}
	a := &API{Edge: e}
	a.huma = humaecho.NewWithGroup(router, router.Group(Base), config)
	a.accounts()
	a.catalogue()
	a.orders()
	a.money()
	a.policies()
	a.agreements()
	a.offers()
	a.conversations()
	a.messages()
	a.care()
	a.notifications()
	a.operation()
	a.house()
	return a
}

// schemaName names a type in the document: the modules' types with their module, since an order and a gig both have a
// Requirement.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	if module, ok := strings.CutPrefix(t.PkgPath(), "marketplace/modules/"); ok {
		return strings.ToUpper(module[:1]) + module[1:] + name
	}
	return name
}

// Routes are the operations that are mounted.
func (a *API) Routes() []Route { return a.routes }

// Document is the OpenAPI 3.1 document.
func (a *API) Document() *huma.OpenAPI { return a.huma.OpenAPI() }

// op is what an operation says of itself, in one line.
type op struct {
	method  string
	path    string
	id      string
	access  edge.Access
	summary string
	status  int   // 0 is 200
	limit   int64 // bytes of body; 0 is mostBytes
	raw     bool  // the body is taken as it is, not as JSON
}

// on adds an operation.
func on[I, O any](a *API, o op, handle func(context.Context, *I) (*O, error)) {
	if o.access == edge.Development && !a.Development() {
		return
	}
	body := takesBody(reflect.TypeFor[I]())
	operation := huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Summary: o.summary, DefaultStatus: o.status,
		MaxBodyBytes: cmp.Or(o.limit, mostBytes), SkipValidateBody: o.raw,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError},
		Middlewares: huma.Middlewares{func(hc huma.Context, next func(huma.Context)) {
			err := o.access.Check(hc.Context())
			if err == nil {
				err = refuseOdd(hc, body)
			}
			if err != nil {
				a.write(hc, ProblemOf(hc.Context(), err))
				return
			}
			next(hc)
		}},
	}
	if o.access != edge.Anyone && o.access != edge.Development {
		operation.Security = []map[string][]string{{"token": {}}}
		operation.Errors = append(operation.Errors, http.StatusUnauthorized, http.StatusForbidden)
	}
	if o.method != http.MethodGet {
		operation.Errors = append(operation.Errors, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	answer := func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.refuse(ctx, err)
		}
		return out, nil
	}
	huma.Register(a.huma, operation, answer)
	if o.method == http.MethodGet { // RFC 9110, section 9.1: who answers GET answers HEAD
		operation.Method, operation.Hidden = http.MethodHead, true
		huma.Register(a.huma, operation, answer)
	}
	a.routes = append(a.routes, Route{Method: o.method, Path: echoPath(Base + o.path), Access: o.access})
}

// refuse logs what is our mistake and answers all errors as problems.
func (a *API) refuse(ctx context.Context, err error) error {
	if fault.Of(err).Code == fault.Internal {
		telemetry.For(ctx, a.Log).Error("an operation failed", zap.Error(err))
	}
	return ProblemOf(ctx, err)
}

func (a *API) write(hc huma.Context, p *Problem) {
	for name, values := range p.Headers() {
		hc.SetHeader(name, values[0])
	}
	hc.SetHeader("Content-Type", "application/problem+json")
	hc.SetStatus(p.Status)
	if err := a.huma.Marshal(hc.BodyWriter(), "application/json", p); err != nil {
		a.Log.Debug("the client left", zap.Error(err))
	}
}

// body is an answer with a JSON body.
type body[T any] struct{ Body T }

// answer wraps what a module returned.
func answer[T any](value T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{value}, nil
}

// ByID is a request that names a thing in its path.
type ByID struct {
	ID string `path:"id" maxLength:"64" doc:"The id of the thing."`
}

// Paged is how lists are asked for.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before."`
}

// List is how lists are answered.
type List[T any] struct {
	Items      []T    `json:"items" nullable:"false"`
	NextCursor string `json:"next_cursor" doc:"For the next page; empty on the last."`
}

func listOf[T any](items []T, next string) List[T] {
	if items == nil {
		items = []T{}
	}
	return List[T]{Items: items, NextCursor: next}
}

func itoa(n int) string { return strconv.Itoa(n) }

func echoPath(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		switch path[i] {
		case '{':
			out = append(out, ':')
		case '}':
		default:
			out = append(out, path[i])
		}
	}
	return string(out)
}
