package authimpl

import (
	"strings"
	"testing"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func TestAnAccountKnowsTheLanguageOfItsOwner(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		account, err := w.SignUp(t.Context(), auth.SignUpRequest{Username: "ana", Email: "ana@example.com", Password: goodPassword, Language: "de"})
		if err != nil || account.Language != "de" {
			t.Fatalf("signed up as %+v, %v", account, err)
		}
		if mail := w.letters.to("ana@example.com", "verify_email"); len(mail) != 1 || mail[0].Language != "de" {
			t.Errorf("mailed %+v", mail)
		}
		ana := apptest.As(account.ID, "ana")
		for range 2 { // the second time is not told
			if account, err = w.SetLanguage(ana, auth.SetLanguageRequest{Language: "en-GB"}); err != nil || account.Language != "en-GB" {
				t.Fatalf("chose %+v, %v", account, err)
			}
		}
		chosen := apptest.Emitted[auth.LanguageChosen](t, w.h)
		if len(chosen) != 1 || chosen[0].Language != "en-GB" || chosen[0].UserID != account.ID {
			t.Errorf("announced %+v", chosen)
		}
		if made := apptest.Emitted[auth.SignedUp](t, w.h); len(made) != 1 || made[0].Language != "de" {
			t.Errorf("announced %+v", made)
		}
		session, err := w.LogIn(t.Context(), auth.LogInRequest{Login: "ana", Password: goodPassword, Browser: true})
		if err != nil || session.Account.Language != "en-GB" {
			t.Fatalf("logged in as %+v, %v", session.Account, err)
		}
		who, err := w.Authenticate(t.Context(), auth.AuthenticateRequest{SessionToken: session.Token})
		if err != nil || who.Account.Language != "en-GB" {
			t.Errorf("it is %+v, %v", who, err)
		}
		for _, wrong := range []string{"", "d", "de_DE", "de-", "deutsch!", "<b>", strings.Repeat("a-", 20)} {
			if _, err := w.SetLanguage(ana, auth.SetLanguageRequest{Language: wrong}); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q is taken: %v", wrong, err)
			}
		}
		if _, err := w.SetLanguage(apptest.Visitor(), auth.SetLanguageRequest{Language: "de"}); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("a visitor: %v", err)
		}
	})
}
