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

// SetSession gives the browser the token of its session until expires: when it ends at the latest, as its use is not told to
// the browser. secure is Edge.Secure.
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

// SessionToken returns the token that the browser sent, empty without one. secure is Edge.Secure: where people come by
// https, a cookie without the prefix is ignored, as anybody on a subdomain could have set it. What the operator says in
// public_url decides, and not the request: a proxy in front may forget to say that it was https.
func SessionToken(r *http.Request, secure bool) string {
	k, err := r.Cookie(sessionName(secure))
	if err != nil {
		return ""
	}
	return k.Value
}

func sessionName(secure bool) string {
	if secure {
		return secureSessionCookie
	}
	return sessionCookie
}

func newSessionCookie(token string, secure bool) *http.Cookie {
	return &http.Cookie{
		Name: sessionName(secure), Value: token, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	}
}
