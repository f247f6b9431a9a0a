package site

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// flash is one sentence shown on the next page, after a form has done its work.
type flash struct {
	Kind string // success, info, warning
	Text string
}

// longestFlash keeps the cookie small; a text from elsewhere that is longer is not shown.
const longestFlash = 400

func flashName(secure bool) string {
	if secure {
		return "__Host-flash"
	}
	return "flash"
}

// say keeps a sentence for the next page.
func (s *Site) say(c echo.Context, kind, text string) {
	c.SetCookie(&http.Cookie{
		Name: flashName(s.Secure()), Value: base64.RawURLEncoding.EncodeToString([]byte(kind + "|" + text)),
		Path: "/", MaxAge: 60, HttpOnly: true, Secure: s.Secure(), SameSite: http.SameSiteLaxMode,
	})
}

// takeFlash returns the sentence that waits, and makes the browser forget it. Nothing but text is ever shown of it.
func takeFlash(c echo.Context, secure bool) *flash {
	k, err := c.Request().Cookie(flashName(secure))
	if err != nil || k.Value == "" {
		return nil
	}
	c.SetCookie(&http.Cookie{
		Name: k.Name, Path: "/", MaxAge: -1, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
	raw, err := base64.RawURLEncoding.DecodeString(k.Value)
	kind, text, ok := strings.Cut(string(raw), "|")
	if err != nil || !ok || len(text) > longestFlash {
		return nil
	}
	switch kind {
	case "success", "info", "warning":
		return &flash{Kind: kind, Text: text}
	}
	return nil
}

// done says what has happened and goes to another page: a form is never shown by the request that sent it, so a
// reload sends nothing again.
func (s *Site) done(c echo.Context, path, text string) error {
	if text != "" {
		s.say(c, "success", text)
	}
	return c.Redirect(http.StatusSeeOther, path)
}
