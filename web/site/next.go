package site

import (
	"context"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/web/edge"
)

// stranger tells somebody of whom auth cannot say who they are why they are shown what visitors are.
func stranger(ctx context.Context) missing {
	if edge.Doubt(ctx) == nil {
		return nil
	}
	return missing{"your account"}
}

// localPath returns raw if it is a path of this site to return to, otherwise the fallback (ASVS 3.7.2). It refuses
// whatever a browser could take for another host: two slashes at the start, backslashes and control characters
// (browsers read \ as /, and drop tabs and line ends), plain or percent-encoded.
func localPath(raw, fallback string) string {
	if len(raw) > 2000 || !strings.HasPrefix(raw, "/") {
		return fallback
	}
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return fallback
	}
	for _, form := range []string{raw, u.Path} {
		if strings.HasPrefix(form, "//") || strings.ContainsFunc(form, foreign) {
			return fallback
		}
	}
	return raw
}

func foreign(r rune) bool { return r == '\\' || r < ' ' || r == 0x7f }

// next returns where the person wanted to go before they were asked to log in.
func next(c echo.Context) string { return localPath(c.FormValue("next"), "") }

// loginPath is the log-in page that returns to path.
func loginPath(path string) string {
	if path == "" || path == "/" {
		return "/login"
	}
	return "/login?next=" + url.QueryEscape(path)
}
