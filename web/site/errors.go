package site

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"marketplace/modules/notification"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// failure is what an error page says.
type failure struct {
	Status     int
	Code       fault.Code
	Title      string
	Text       string
	RequestID  string // to tell the operators
	Unverified bool   // what helps is to confirm the address
	Back       string // the page that it was sent from; empty: not known
	Again      string // the address to try again, if that may help
	Wait       int    // seconds until it may
	Closed     *notification.Closure
}

// mostCounted is up to how many seconds of waiting are counted for people.
const mostCounted = 120

// ShowError answers a request that failed with a page in the words of the fault. A visitor who asked for a page that
// needs a login is sent to the log-in page, which returns there. It logs nothing: the middleware does.
func (s *Site) ShowError(c echo.Context, err error) error {
	f := asFault(err)
	status := f.Code.Status()
	var h *echo.HTTPError
	if errors.As(err, &h) && h.Code == http.StatusMethodNotAllowed {
		status = h.Code
	}
	if f.Code == fault.Unauthenticated {
		target := ""
		if c.Request().Method == http.MethodGet {
			target = c.Request().URL.RequestURI()
		}
		return c.Redirect(http.StatusSeeOther, loginPath(target))
	}
	if f.RetryAfter > 0 {
		c.Response().Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	actor := identity.From(c.Request().Context())
	page := failure{
		Status: status, Code: f.Code, Title: failureTitle(status), Text: f.Message,
		RequestID:  identity.Request(c.Request().Context()),
		Unverified: f.Code == fault.Forbidden && actor.SignedIn() && !actor.Verified,
	}
	if f.Code == fault.Internal { // the title says the rest
		page.Text = "It is not your fault, and we have a note of it. Please try again in a moment."
	}
	switch {
	case c.Request().Method != http.MethodGet:
		page.Back = sentFrom(c.Request())
	case status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		page.Again = c.Request().URL.RequestURI()
	}
	if f.RetryAfter <= mostCounted {
		page.Wait = f.RetryAfter
	}
	if closed := s.Closed(); closed != nil && status == http.StatusServiceUnavailable && !actor.Is("operator") {
		page.Closed, page.Title = closed, "We are back soon"
	}
	if page.Unverified {
		page.Title = "Confirm your address first"
	}
	return s.show(c, status, "error/show", view{Title: page.Title, Alone: page.Closed != nil, Data: page})
}

// sentFrom is the page of this site that a form was sent from, empty if the browser does not say.
func sentFrom(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return ""
	}
	return localPath(from.RequestURI(), "")
}

// asFault understands the router's own errors too: no such page, wrong method, too large.
func asFault(err error) *fault.Error {
	var h *echo.HTTPError
	if !errors.As(err, &h) {
		return fault.Of(err)
	}
	switch h.Code {
	case http.StatusNotFound:
		return fault.NotFoundf("There is nothing at this address. It may have moved, or the link has a mistake in it.")
	case http.StatusMethodNotAllowed, http.StatusBadRequest:
		return fault.Malformedf("This address cannot be used that way. Please go back and try again.")
	case http.StatusRequestEntityTooLarge:
		return fault.TooLargef("That is more than can be sent at once.")
	case http.StatusTooManyRequests:
		return fault.TooManyf(10, "That was a bit fast. Please wait a moment.")
	case http.StatusForbidden:
		return fault.Forbiddenf("This request did not come from one of our pages. Please go back and try again.")
	case http.StatusUnauthorized:
		return fault.Unauthenticatedf("Please log in first.")
	}
	return fault.Of(err)
}

func failureTitle(status int) string {
	titles := map[int]string{
		400: "We could not read that", 403: "This is not open to you", 404: "We could not find that page",
		405: "We could not read that", 409: "That is not possible right now", 413: "That is too large", 422: "Something needs correcting",
		429: "Slow down a little", 503: "Back in a moment",
	}
	if title, ok := titles[status]; ok {
		return title
	}
	return "Something went wrong on our side"
}
