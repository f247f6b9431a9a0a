package site_test

import (
	"net/http"
	"slices"
	"testing"

	"marketplace/platform/identity"
)

// ASVS 7.2.4: a browser that logs in gets a new session, and the one that it had ends.
func TestASVS_V7_2_4_LoggingInEndsTheSessionThatTheBrowserHad(t *testing.T) {
	for _, tt := range []struct {
		who   identity.Actor
		calls []string
	}{
		{identity.Actor{}, []string{"LogIn"}}, {ana(), []string{"LogIn", "LogOut"}},
	} {
		w := newWorld()
		page := send(open(t, w, tt.who), "/login", map[string]string{"login": "ben", "password": "long enough"})
		cookies := page.Result().Cookies()
		if page.Code != http.StatusSeeOther || !slices.Equal(w.calls, tt.calls) || len(cookies) != 1 || cookies[0].Value != "token-of-ben" {
			t.Errorf("%q: %d, called %q, set %v", tt.who.Username, page.Code, w.calls, cookies)
		}
	}
}
