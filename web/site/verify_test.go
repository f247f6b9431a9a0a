package site_test

import (
	"net/http"
	"strings"
	"testing"

	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// Row A2: who presses the button a second time is told so, and what to do; whose address is confirmed hears that all is
// well. Nothing is done for either.
func TestALinkThatWasUsedAlreadyIsExplained(t *testing.T) {
	w := newWorld()
	w.fail = fault.Wrong("token", "This link was used already.")
	unconfirmed := ana()
	unconfirmed.Verified = false
	for _, tt := range []struct {
		who        identity.Actor
		says, hint string
	}{
		{identity.Actor{}, "This link was used already.", `href="/login?next=/verify-email"`},
		{unconfirmed, "This link was used already.", `action="/verify-email/resend"`},
		{ana(), "Your address is confirmed", `href="/gigs/` + gigA + `"`},
	} {
		w.calls = nil
		page := send(open(t, w, tt.who), "/verify-email", map[string]string{"token": "abc", "next": "/gigs/" + gigA})
		body := page.Body.String()
		if page.Code != http.StatusUnprocessableEntity || !strings.Contains(body, tt.says) || !strings.Contains(body, tt.hint) || len(w.calls) != 1 {
			t.Errorf("%+v is told %d %s after %q", tt.who, page.Code, body, w.calls)
		}
	}
}
