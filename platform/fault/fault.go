// Package fault gives errors that are meant for the caller: a code that every edge translates
// (HTTP status, RPC answer), a sentence a person can act on, and the fields that are wrong.
// Any other error is ours: it is wrapped with what was being tried, logged at an edge, and reaches
// people as "Something went wrong on our side."
package fault

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Code is the kind of a fault. It travels unchanged between modules.
type Code string

// The codes, with the HTTP status that the web answers.
const (
	Invalid         Code = "invalid"         // 422: the request is understood and not acceptable
	Malformed       Code = "malformed"       // 400: the request is not understood
	Unauthenticated Code = "unauthenticated" // 401: say who you are first
	Forbidden       Code = "forbidden"       // 403: you may not do this
	NotFound        Code = "not_found"       // 404: it does not exist, or it is not yours
	Conflict        Code = "conflict"        // 409: not in this state
	TooLarge        Code = "too_large"       // 413: more bytes than allowed
	TooMany         Code = "too_many"        // 429: slow down
	Unavailable     Code = "unavailable"     // 503: try again later
	Internal        Code = "internal"        // 500: our mistake
)

// Status is the HTTP status of the code, the same for pages, API and calls between processes.
func (c Code) Status() int {
	switch c {
	case Invalid:
		return http.StatusUnprocessableEntity
	case Malformed:
		return http.StatusBadRequest
	case Unauthenticated:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case Conflict:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case TooMany:
		return http.StatusTooManyRequests
	case Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// Field says what is wrong with one field of the request.
type Field struct {
	Name    string `json:"name"`    // dotted path, as the client sent it: packages.0.price
	Message string `json:"message"` // a sentence that says what is allowed
}

// Error is a fault: an error whose text may be shown to the caller.
type Error struct {
	Code       Code     `json:"code"`
	Message    string   `json:"message"`
	Fields     []Field  `json:"fields,omitempty"`
	Allowed    []string `json:"allowed,omitempty"`     // with Conflict: what may be done instead
	RetryAfter int      `json:"retry_after,omitempty"` // seconds, with TooMany and Unavailable
}

func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return e.Message
	}
	return fmt.Sprintf("%s (%s: %s)", e.Message, e.Fields[0].Name, e.Fields[0].Message)
}

// Of returns the fault in err's chain. An error without one becomes Internal with a general sentence, the end of the
// caller's time Unavailable; nil stays nil.
func Of(err error) *Error {
	if err == nil {
		return nil
	}
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return Unavailablef(2, "This took too long. Please try again in a moment.")
	}
	return &Error{Code: Internal, Message: "Something went wrong on our side."}
}

// Is says whether err carries a fault of this code.
func Is(err error, code Code) bool {
	var f *Error
	return errors.As(err, &f) && f.Code == code
}

// Wrong is an Invalid fault about one field.
func Wrong(field, format string, args ...any) *Error {
	return Fields(Field{Name: field, Message: fmt.Sprintf(format, args...)})
}

// Fields is an Invalid fault about several fields.
func Fields(fields ...Field) *Error {
	return &Error{Code: Invalid, Message: "Please correct what is marked.", Fields: fields}
}

// Invalidf refuses a request as a whole.
func Invalidf(format string, args ...any) *Error { return newf(Invalid, format, args) }

// Malformedf refuses a request that cannot be read.
func Malformedf(format string, args ...any) *Error { return newf(Malformed, format, args) }

// Unauthenticatedf asks the caller to say who they are.
func Unauthenticatedf(format string, args ...any) *Error { return newf(Unauthenticated, format, args) }

// Forbiddenf refuses what the caller may see and not do.
func Forbiddenf(format string, args ...any) *Error { return newf(Forbidden, format, args) }

// NotFoundf is for what does not exist, and for what belongs to somebody else.
func NotFoundf(format string, args ...any) *Error { return newf(NotFound, format, args) }

// Conflictf refuses what the present state does not allow.
func Conflictf(format string, args ...any) *Error { return newf(Conflict, format, args) }

// TooLargef refuses too many bytes.
func TooLargef(format string, args ...any) *Error { return newf(TooLarge, format, args) }

// TooManyf refuses a caller for so many seconds.
func TooManyf(retryAfter int, format string, args ...any) *Error {
	e := newf(TooMany, format, args)
	e.RetryAfter = retryAfter
	return e
}

// Unavailablef asks the caller to come back in so many seconds.
func Unavailablef(retryAfter int, format string, args ...any) *Error {
	e := newf(Unavailable, format, args)
	e.RetryAfter = retryAfter
	return e
}

// Away is what callers are told of a process or a database that does not answer.
func Away() *Error {
	return Unavailablef(2, "A part of the marketplace is not answering. Please try again in a moment.")
}

func newf(code Code, format string, args []any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Check collects what is wrong with a request, field by field, so that all of it is told at once.
//
//	var c fault.Check
//	c.That(len(q.Title) >= 15, "title", "Use 15 to 80 characters.")
//	return c.Err()
type Check struct{ fields []Field }

// That notes a message for the field unless ok. The first message of a field wins.
func (c *Check) That(ok bool, field, format string, args ...any) {
	if ok {
		return
	}
	for _, f := range c.fields {
		if f.Name == field {
			return
		}
	}
	c.fields = append(c.fields, Field{Name: field, Message: fmt.Sprintf(format, args...)})
}

// Err is nil when every check held.
func (c *Check) Err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return Fields(c.fields...)
}
