package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/web/edge"
	"marketplace/web/language"
)

// Problem is every answer of the API that is not a success: RFC 9457 problem details.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" doc:"Names the kind of problem; a page that explains it."`
	Title     string         `json:"title" doc:"The kind of problem in words."`
	Status    int            `json:"status" doc:"The HTTP status."`
	Detail    string         `json:"detail,omitempty" doc:"What is wrong and what to do."`
	Code      fault.Code     `json:"code" doc:"The kind of problem, for programs."`
	Errors    []FieldProblem `json:"errors,omitempty" doc:"What is wrong, field by field."`
	Allowed   []string       `json:"allowed,omitempty" doc:"With 409: what may be done instead."`
	RequestID string         `json:"request_id,omitempty" doc:"Tell us this when you ask for help."`

	retryAfter int
	language   string // of title, detail and messages
}

// FieldProblem is what is wrong with one field.
type FieldProblem struct {
	Name    string `json:"name" doc:"The field, as a dotted path."`
	Pointer string `json:"pointer,omitempty" doc:"The field in the body, as a JSON pointer (RFC 6901)."`
	Message string `json:"message" doc:"What is allowed."`
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders are the headers that belong to the problem.
func (p *Problem) GetHeaders() http.Header { return p.Headers() }

// Headers are the headers that belong to the problem: Retry-After, WWW-Authenticate.
func (p *Problem) Headers() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", itoa(p.retryAfter))
	}
	h.Set("Vary", "Accept-Language")
	if p.language != "" {
		h.Set("Content-Language", p.language)
	}
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

// ProblemOf says an error as a problem. What is not a fault becomes 500 and tells nothing.
func ProblemOf(ctx context.Context, err error) *Problem {
	f := fault.Of(err)
	p := newProblem(ctx, f.Code, f.Code.Status(), f.Message)
	p.Allowed, p.retryAfter = f.Allowed, f.RetryAfter
	for _, field := range f.Fields {
		p.Errors = append(p.Errors, FieldProblem{Name: field.Name, Pointer: "/" + strings.ReplaceAll(field.Name, ".", "/"), Message: field.Message})
	}
	return p.in(edge.Language(ctx))
}

// in says the problem in a language (RFC 9457, section 3.1.3). What programs read stays.
func (p *Problem) in(l *language.Language) *Problem {
	p.language, p.Title, p.Detail = l.Tag, l.Text(p.Title), l.Text(p.Detail)
	for i := range p.Errors {
		p.Errors[i].Message = l.Text(p.Errors[i].Message)
	}
	return p
}

func codeOf(status int) fault.Code {
	for _, code := range []fault.Code{fault.Invalid, fault.Malformed, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Conflict, fault.TooLarge, fault.TooMany, fault.Unavailable} {
		if code.Status() == status {
			return code
		}
	}
	if status >= 500 {
		return fault.Internal
	}
	return fault.Malformed
}

// HTTPProblem is the problem of a status that the web itself answers: no such route, method not allowed.
func HTTPProblem(ctx context.Context, status int, detail string) *Problem {
	return newProblem(ctx, codeOf(status), status, detail).in(edge.Language(ctx))
}

func newProblem(ctx context.Context, code fault.Code, status int, detail string) *Problem {
	return &Problem{
		Type: "/problems#" + string(code), Title: http.StatusText(status), Status: status,
		Detail: detail, Code: code, RequestID: identity.Request(ctx),
	}
}

// newHumaError is how huma says what is wrong with a request before a handler sees it: malformed JSON, a wrong type, an
// unknown field.
func newHumaError(hc huma.Context, status int, message string, errs ...error) huma.StatusError {
	ctx := context.Context(nil)
	if hc != nil {
		ctx = hc.Context()
	}
	p := humaProblem(bodyStatus(status, errs), message, errs)
	if ctx != nil {
		p.RequestID = identity.Request(ctx)
		return p.in(edge.Language(ctx))
	}
	return p
}

// bodyStatus corrects huma, to whom a body that cannot be read to its end is our mistake.
func bodyStatus(status int, errs []error) int {
	var large *http.MaxBytesError
	switch err := errors.Join(errs...); {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge
	case status == http.StatusInternalServerError && errors.Is(err, io.ErrUnexpectedEOF):
		return http.StatusBadRequest
	default:
		return status
	}
}

func humaProblem(status int, message string, errs []error) *Problem {
	code := codeOf(status)
	p := &Problem{Type: "/problems#" + string(code), Title: http.StatusText(status), Status: status, Code: code, Detail: sentence(message)}
	switch {
	case status == http.StatusRequestEntityTooLarge:
		p.Detail = tooLarge().Message
		return p
	case message == "validation failed":
		p.Detail = invalidDetail(status)
	}
	for _, err := range errs {
		detailer, ok := err.(huma.ErrorDetailer) //nolint:errorlint // huma hands over the detail itself
		if !ok {
			p.Detail = sentence(err.Error())
			continue
		}
		p.Errors = append(p.Errors, fieldProblem(detailer.ErrorDetail()))
	}
	return p
}

// invalidDetail says in general what huma's "validation failed" is about; the fields say more.
func invalidDetail(status int) string {
	switch status {
	case http.StatusUnprocessableEntity:
		return "Please correct what is marked."
	case http.StatusUnsupportedMediaType:
		return "Send JSON, as application/json."
	default:
		return "The request could not be read."
	}
}

// fieldProblem turns huma's location (body.packages[0].price) into a name and a pointer.
func fieldProblem(d *huma.ErrorDetail) FieldProblem {
	place, name, _ := strings.Cut(d.Location, ".")
	name = strings.NewReplacer("[", ".", "]", "").Replace(name)
	f := FieldProblem{Name: name, Message: sentence(d.Message)}
	if place == "body" && name != "" {
		f.Pointer = "/" + strings.ReplaceAll(name, ".", "/")
	}
	if d.Message == "unexpected property" {
		f.Message = "There is no field " + name + " here."
	}
	if wrong, ok := strings.CutPrefix(d.Message, "json: cannot unmarshal "); ok {
		return unreadableField(wrong)
	}
	if f.Name == "" {
		f.Name = place
	}
	return f
}

// unreadableField says in our words what Go says of a value that its type cannot hold: "number 1e30 into Go struct field
// Amount.packages.price.minor of type int64".
func unreadableField(wrong string) FieldProblem {
	f := FieldProblem{Name: "body", Message: "This value is of the wrong kind."}
	if strings.HasPrefix(wrong, "number") {
		f.Message = "Write numbers without a fraction or an exponent, and none that is too large."
	}
	_, place, _ := strings.Cut(wrong, " into Go struct field ")
	path, _, _ := strings.Cut(place, " of type ")
	if _, name, _ := strings.Cut(path, "."); name != "" {
		f.Name = name
	}
	return f
}

func sentence(s string) string {
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}
