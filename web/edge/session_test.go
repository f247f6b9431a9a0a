package edge

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/platform/config"
)

// ASVS 3.3.1 to 3.3.4: behind a proxy that ends TLS nothing in the request says https, so public_url decides.
func TestASVS_V3_3_1_TheCookieIsBoundWhereverThePublicAddressIsHTTPS(t *testing.T) {
	for _, tt := range []struct {
		public, name string
		secure       bool
	}{
		{"https://market.example", "__Host-session", true}, {"http://localhost:8080", "session", false},
	} {
		e := Edge{Config: config.Config{PublicURL: tt.public}}
		for what, act := range map[string]func(echo.Context){
			"set":     func(c echo.Context) { SetSession(c, "token", time.Now().Add(time.Hour), e.Secure()) },
			"cleared": func(c echo.Context) { ClearSession(c, e.Config) },
		} {
			rec := httptest.NewRecorder()
			act(echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", http.NoBody), rec)) // plain HTTP, as from a proxy
			k := rec.Result().Cookies()
			if len(k) != 1 || k[0].Name != tt.name || k[0].Secure != tt.secure || !k[0].HttpOnly || k[0].Path != "/" || k[0].Domain != "" ||
				k[0].SameSite != http.SameSiteLaxMode || (what == "cleared") != (k[0].MaxAge < 0) {
				t.Errorf("%s at %s is %v", what, tt.public, k)
			}
		}
	}
}

func TestTheSessionIsReadWhereNobodyElseCouldSetIt(t *testing.T) {
	for _, tt := range []struct {
		cookie string
		secure bool
		want   string
	}{
		{"session=a", false, "a"}, {"session=a", true, ""}, {"__Host-session=b; session=a", true, "b"}, {"session=a; __Host-session=b", true, "b"},
		{"__Host-session=b; session=a", false, "a"}, {"", true, ""}, {"", false, ""},
	} {
		for _, proto := range []string{"", "http", "https"} { // what a proxy or a stranger says changes nothing
			r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
			r.Header.Set("Cookie", tt.cookie)
			r.Header.Set("X-Forwarded-Proto", proto)
			if got := SessionToken(r, tt.secure); got != tt.want {
				t.Errorf("%+v with %q gave %q", tt, proto, got)
			}
		}
	}
}
