package authimpl

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/private"
)

// Rows A1, A2.
func TestSigningUpMailsALinkThatConfirmsTheAddressOnce(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		account, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: " Ana ", Email: "Ana@Example.com", Password: goodPassword})
		w.must(err)
		if account.Username != "Ana" || account.Email != "Ana@Example.com" || account.Verified || account.Roles == nil {
			t.Fatalf("made %+v", account)
		}
		token := w.token("Ana@Example.com", "verify_email")
		verified, err := w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(token)})
		w.must(err)
		if !verified.Verified || verified.ID != account.ID {
			t.Errorf("verified %+v", verified)
		}
		_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(token)})
		if f := w.refused(err, fault.Invalid); f.Fields[0].Name != "token" || !strings.Contains(f.Fields[0].Message, "used already") {
			t.Errorf("used again it says %v", f)
		}
		up, ok := apptest.Emitted[auth.SignedUp](t, w.h), apptest.Emitted[auth.EmailVerified](t, w.h)
		if len(up) != 1 || len(ok) != 1 || up[0].Email != "Ana@Example.com" || ok[0].UserID != account.ID {
			t.Errorf("announced %+v and %+v", up, ok)
		}
	})
}

// Row A2.
func TestLinksAreKeptAsHashesAndExpire(t *testing.T) {
	w := newWorld(t)
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: "Ana", Email: "ana@example.com", Password: goodPassword})
	w.must(err)
	token := w.token("ana@example.com", "verify_email")
	var kept []string
	w.must(w.h.DB.Read(t.Context()).Raw("SELECT hash || purpose FROM links UNION ALL SELECT login FROM owed_mails").Scan(&kept).Error)
	if len(kept) != 1 || strings.Contains(kept[0], token) {
		t.Errorf("kept %v of the token %s", kept, token)
	}
	w.h.Clock.Advance(24 * time.Hour)
	_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(token)})
	w.refused(err, fault.Invalid)
	for _, guess := range []string{"", "x", "\x00", token[1:]} {
		_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(guess)})
		w.refused(err, fault.Invalid)
	}
}

func TestALinkForSomethingElseConfirmsNothing(t *testing.T) {
	w := newWorld(t)
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: "Ana", Email: "ana@example.com", Password: goodPassword})
	w.must(err)
	_, err = w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "ana"})
	w.must(err)
	w.must(w.h.RunTasks(apptest.System()))
	_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(w.token("ana@example.com", "reset_password"))})
	w.refused(err, fault.Invalid)
}

func TestANewLinkReplacesTheOldOne(t *testing.T) {
	w := newWorld(t)
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: "Ana", Email: "ana@example.com", Password: goodPassword})
	w.must(err)
	old := w.token("ana@example.com", "verify_email")
	session := w.logIn("ana")
	_, err = w.ResendVerification(as(session), auth.ResendVerificationRequest{})
	w.must(err)
	_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(old)})
	w.refused(err, fault.Invalid)
	_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(w.token("ana@example.com", "verify_email"))})
	w.must(err)

	before := len(w.letters.to("ana@example.com", "verify_email"))
	account, err := w.ResendVerification(as(session), auth.ResendVerificationRequest{})
	w.must(err)
	if after := len(w.letters.to("ana@example.com", "verify_email")); after != before || !account.Verified {
		t.Errorf("a confirmed address got another mail: %d, %d", before, after)
	}
	_, err = w.ResendVerification(apptest.Visitor(), auth.ResendVerificationRequest{})
	w.refused(err, fault.Unauthenticated)
}

func TestNobodyIsFloodedWithLinks(t *testing.T) {
	w := newWorld(t)
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: "Ana", Email: "ana@example.com", Password: goodPassword})
	w.must(err)
	session := w.logIn("ana")
	for range 5 {
		_, err = w.ResendVerification(as(session), auth.ResendVerificationRequest{})
		w.must(err)
	}
	_, err = w.ResendVerification(as(session), auth.ResendVerificationRequest{})
	if f := w.refused(err, fault.TooMany); f.RetryAfter != 3600 {
		t.Errorf("retry after %d", f.RetryAfter)
	}
	w.h.Clock.Advance(time.Hour)
	_, err = w.ResendVerification(as(session), auth.ResendVerificationRequest{})
	w.must(err)
}

func TestAMailIsSentLaterWhenNotificationIsAway(t *testing.T) {
	w := newWorld(t)
	w.letters.setAway(true)
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: "Ana", Email: "ana@example.com", Password: goodPassword})
	w.must(err)
	if err := w.h.RunTasks(apptest.System()); err != nil {
		t.Errorf("it is not due yet: %v", err)
	}
	w.h.Clock.Advance(time.Minute)
	if err := w.h.RunTasks(apptest.System()); err == nil {
		t.Error("the task did not say that it could not hand the mail over")
	}
	w.letters.setAway(false)
	w.h.Clock.Advance(time.Hour)
	w.must(w.h.RunTasks(apptest.System()))
	_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(w.token("ana@example.com", "verify_email"))})
	w.must(err)

	w.h.Clock.Advance(time.Hour)
	w.must(w.h.RunTasks(apptest.System()))
	if n := len(w.letters.to("ana@example.com", "verify_email")); n != 1 {
		t.Errorf("%d mails instead of one", n)
	}
}

// Row As3.
func TestEverythingWrongWithASignUpIsToldAtOnce(t *testing.T) {
	w := newWorld(t)
	w.ana()
	for name, c := range map[string]struct {
		q     auth.SignUpRequest
		wrong []string
	}{
		"nothing":        {auth.SignUpRequest{}, []string{"username", "email", "password"}},
		"taken":          {auth.SignUpRequest{Username: "ANA", Email: "ANA@example.COM", Password: goodPassword}, []string{"username"}}, // of the address nothing
		"name taken":     {auth.SignUpRequest{Username: "aNa", Email: "b@example.com", Password: goodPassword}, []string{"username"}},
		"reserved":       {auth.SignUpRequest{Username: "Support", Email: "b@example.com", Password: goodPassword}, []string{"username"}},
		"short password": {auth.SignUpRequest{Username: "Bea", Email: "b@example.com", Password: "kX9#mQz"}, []string{"password"}},
		"name in it":     {auth.SignUpRequest{Username: "Beatrice", Email: "b@example.com", Password: "beatrice2026"}, []string{"password"}},
		"huge":           {auth.SignUpRequest{Username: strings.Repeat("a", 31), Email: private.Personal(strings.Repeat("a", 255) + "@example.com"), Password: private.Secret(strings.Repeat("ä", 129))}, []string{"username", "email", "password"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := w.SignUp(apptest.Visitor(), c.q)
			w.refused(err, fault.Invalid)
			if got := wrongFields(err); !slices.Equal(got, c.wrong) {
				t.Errorf("wrong are %v, want %v", got, c.wrong)
			}
		})
	}
	for i, password := range []string{"kX9#mQz!", strings.Repeat("äöü-€ßx ", 15) + "ends now", "  spaces are kept  "} {
		name := fmt.Sprintf("good%d", i)
		_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: name, Email: private.Personal(name + "@example.com"), Password: private.Secret(password)})
		w.must(err)
		_, err = w.LogIn(apptest.Visitor(), auth.LogInRequest{Login: name, Password: private.Secret(password)})
		w.must(err)
	}
}

func TestOfManyWhoWantTheSameNameOneGetsIt(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		var wait sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wait.Go(func() {
				_, errs[i] = w.SignUp(apptest.Visitor(), auth.SignUpRequest{
					Username: []string{"ana", "ANA"}[i%2], Email: private.Personal(fmt.Sprintf("ana%d@example.com", i)), Password: goodPassword,
				})
			})
		}
		wait.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else if got := wrongFields(err); !slices.Equal(got, []string{"username"}) {
				t.Errorf("refused with %v", err)
			}
		}
		if made != 1 || len(apptest.Emitted[auth.SignedUp](t, w.h)) != 1 {
			t.Errorf("%d accounts of one name", made)
		}
	})
}

func TestOneAddressCannotMakeAccountsWithoutEnd(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"sign_ups_per_hour": 2}))
	sign := func(name, address string) error {
		_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: name, Email: private.Personal(name + "@example.com"), Password: goodPassword, Address: address})
		return err
	}
	w.must(sign("one", "2001:db8::1"))
	w.must(sign("two", "2001:db8::2"))
	w.refused(sign("three", "2001:db8::3"), fault.TooMany) // the same customer
	w.must(sign("three", "2001:db8:1::1"))
}

// A process that ends between storing an account and sending its mail leaves the mail owed.
func TestAMailIsOwedFromTheMomentThatTheAccountIsStored(t *testing.T) {
	w := newWorld(t)
	s := w.Service.(*service)
	_, err := s.store(t.Context(), auth.SignUpRequest{Username: "Ana", Email: "ana@example.com"}, "")
	w.must(err)
	if len(w.letters.to("ana@example.com", "verify_email")) != 0 {
		t.Fatal("the test did not stop before the mail")
	}
	w.must(w.h.RunTasks(apptest.System()))
	_, err = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(w.token("ana@example.com", "verify_email"))})
	w.must(err)
}

// A mail that nobody needs any more is not owed for ever.
func TestAMailThatCouldNotBeSentForADayIsGivenUp(t *testing.T) {
	w := newWorld(t)
	w.letters.setAway(true)
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: "Ana", Email: "ana@example.com", Password: goodPassword})
	w.must(err)
	w.h.Clock.Advance(25 * time.Hour)
	w.must(w.h.RunTasks(apptest.System()))
	w.letters.setAway(false)
	w.h.Clock.Advance(time.Hour)
	w.must(w.h.RunTasks(apptest.System()))
	if n := len(w.letters.to("ana@example.com", "verify_email")); n != 0 {
		t.Errorf("%d mails", n)
	}
	_, err = w.ResendVerification(as(w.logIn("ana")), auth.ResendVerificationRequest{})
	w.must(err)
	if n := len(w.letters.to("ana@example.com", "verify_email")); n != 1 {
		t.Errorf("asked again, %d mails", n)
	}
}
