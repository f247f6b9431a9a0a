package edge

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/platform/config"
)

// The cookie's names. The prefix makes the browser refuse the cookie over plain HTTP, from a subdomain, and for
// a part of the site only (RFC 6265bis, section 4.1.3.2), so it is used wherever people come by https.
const (
	sessionCookie       = "session"
	secureSessionCookie = "__Host-session"
)

// Secure says whether people reach the site by https, and cookies may only travel that way.
func (e Edge) Secure() bool { return secure(e.Config) }

func secure(c config.Config) bool { return strings.HasPrefix(c.PublicURL, "https://") }

// SetSession gives the browser the token of its session until expires. secure is Edge.Secure.
func SetSession(c echo.Context, token string, expires time.Time, secure bool) {
	k := newSessionCookie(token, secure)
	k.Expires = expires
	c.SetCookie(k)
}

// ClearSession makes the browser forget its session.
func ClearSession(c echo.Context, cfg config.Config) {
	k := newSessionCookie("", secure(cfg))
	k.MaxAge = -1
	c.SetCookie(k)
}

// SessionToken returns the token that the browser sent, empty without one. Over https, a cookie without the prefix is
// ignored: anybody on a subdomain could have set it. A proxy tells by X-Forwarded-Proto that it was https; who invents
// that header is only refused more.
func SessionToken(r *http.Request) string {
	if k, err := r.Cookie(secureSessionCookie); err == nil {
		return k.Value
	}
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return ""
	}
	if k, err := r.Cookie(sessionCookie); err == nil {
		return k.Value
	}
	return ""
}

func newSessionCookie(token string, secure bool) *http.Cookie {
	name := sessionCookie
	if secure {
		name = secureSessionCookie
	}
	return &http.Cookie{
		Name: name, Value: token, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}
