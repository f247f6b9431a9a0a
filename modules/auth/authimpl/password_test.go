package authimpl

import (
	"context"
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

const newPassword = "eight blue kettles"

// Row A6.
func TestChangingThePasswordNeedsTheCurrentOneAndEndsTheOtherSessions(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		account := w.ana()
		here, there := w.logInBrowser("ana"), w.logIn("ana")
		_, err := w.ChangePassword(as(here), auth.ChangePasswordRequest{Current: "not it", New: newPassword})
		if w.refused(err, fault.Invalid); !slices.Equal(wrongFields(err), []string{"current"}) {
			t.Errorf("refused with %v", err)
		}
		_, err = w.ChangePassword(as(here), auth.ChangePasswordRequest{Current: goodPassword, New: newPassword})
		w.must(err)
		if !w.authenticated(auth.AuthenticateRequest{SessionToken: here.Token}) {
			t.Error("the own session ended")
		}
		if w.authenticated(auth.AuthenticateRequest{AccessToken: there.AccessToken}) {
			t.Error("the other session is open")
		}
		w.refused(guessAt(w, "ana", goodPassword, ""), fault.Unauthenticated)
		w.must(guessAt(w, "ana", newPassword, ""))
		changed, ended := apptest.Emitted[auth.PasswordChanged](t, w.h), apptest.Emitted[auth.SessionEnded](t, w.h)
		if len(changed) != 1 || changed[0].Reset || changed[0].UserID != account.ID || len(ended) != 1 || ended[0].SessionID != there.ID {
			t.Errorf("announced %+v and %+v", changed, ended)
		}
	})
}

func TestAStolenSessionIsNoWayToGuessThePassword(t *testing.T) {
	w := newWorld(t)
	w.ana()
	s := w.logIn("ana")
	for range 5 {
		_, err := w.ChangePassword(as(s), auth.ChangePasswordRequest{Current: "not it", New: newPassword})
		w.refused(err, fault.Invalid)
	}
	_, err := w.ChangePassword(as(s), auth.ChangePasswordRequest{Current: goodPassword, New: newPassword})
	w.refused(err, fault.TooMany)
}

func TestABadNewPasswordIsRefusedOnItsField(t *testing.T) {
	w := newWorld(t)
	w.ana()
	s := w.logIn("ana")
	for _, password := range []string{"", "short", "Password123!", "ana@example.com", goodPassword} {
		_, err := w.ChangePassword(as(s), auth.ChangePasswordRequest{Current: goodPassword, New: private.Secret(password)})
		if w.refused(err, fault.Invalid); !slices.Equal(wrongFields(err), []string{"new"}) {
			t.Errorf("%q is refused with %v", password, err)
		}
	}
	_, err := w.ChangePassword(apptest.Visitor(), auth.ChangePasswordRequest{Current: goodPassword, New: newPassword})
	w.refused(err, fault.Unauthenticated)
}

// Row A5.
func TestAForgottenPasswordIsReplacedByALinkThatWorksOnceForHalfAnHour(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		s := w.logIn("ana")
		reset := func(token, password string) error {
			_, err := w.ResetPassword(apptest.Visitor(), auth.ResetPasswordRequest{Token: private.Secret(token), Password: private.Secret(password)})
			return err
		}
		link := func() string {
			_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "ANA@example.com", Address: "192.0.2.1"})
			w.must(err)
			w.must(w.h.RunTasks(apptest.System()))
			return w.token("Ana@example.com", "reset_password")
		}
		late := link()
		w.h.Clock.Advance(30 * time.Minute)
		w.refused(reset(late, newPassword), fault.Invalid)

		token := link()
		if err := reset(token, "123"); !slices.Equal(wrongFields(err), []string{"password"}) {
			t.Errorf("a short password is refused with %v", err)
		}
		if err := reset("nothing", "123"); !slices.Equal(wrongFields(err), []string{"token", "password"}) {
			t.Errorf("both are refused with %v", err)
		}
		w.must(reset(token, newPassword))
		w.refused(reset(token, goodPassword), fault.Invalid)
		if w.authenticated(auth.AuthenticateRequest{AccessToken: s.AccessToken}) {
			t.Error("a session outlived the password")
		}
		w.must(guessAt(w, "ana", newPassword, "192.0.2.1"))
		if changed := apptest.Emitted[auth.PasswordChanged](t, w.h); len(changed) != 1 || !changed[0].Reset {
			t.Errorf("announced %+v", changed)
		}
	})
}

// Row V6: who has no account learns nothing.
func TestAskingForALinkTellsNothingAboutAccounts(t *testing.T) {
	w := newWorld(t)
	w.ana()
	for _, login := range []string{"ana", "nobody", "nobody@example.com"} {
		_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: login})
		w.must(err)
	}
	var owed []string
	w.must(w.h.DB.Read(t.Context()).Raw("SELECT login FROM owed_mails ORDER BY login").Scan(&owed).Error)
	if !slices.Equal(owed, []string{"ana", "nobody", "nobody@example.com"}) {
		t.Errorf("written down are %v", owed)
	}
	w.must(w.h.RunTasks(apptest.System()))
	if len(w.letters.to("Ana@example.com", "reset_password")) != 1 || len(w.letters.sent) != 2 {
		t.Errorf("sent %+v", w.letters.sent)
	}
	var left int
	w.must(w.h.DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM owed_mails").Scan(&left).Error)
	if left != 0 {
		t.Errorf("%d mails are still owed", left)
	}
	_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: " "})
	w.refused(err, fault.Invalid)
}

func TestRequestsForLinksAreLimited(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"link_requests_per_hour": 7, "link_mails_per_hour": 2}))
	w.ana()
	for range 7 {
		_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "ana", Address: "192.0.2.1"})
		w.must(err)
		w.must(w.h.RunTasks(apptest.System()))
	}
	if n := len(w.letters.to("Ana@example.com", "reset_password")); n != 2 {
		t.Errorf("%d mails", n)
	}
	_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "bea", Address: "192.0.2.1"})
	w.refused(err, fault.TooMany)
}

func TestChangingThePasswordBreaksTheLinksToResetIt(t *testing.T) {
	w := newWorld(t)
	w.ana()
	_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "ana"})
	w.must(err)
	w.must(w.h.RunTasks(apptest.System()))
	_, err = w.ChangePassword(as(w.logIn("ana")), auth.ChangePasswordRequest{Current: goodPassword, New: newPassword})
	w.must(err)
	_, err = w.ResetPassword(apptest.Visitor(), auth.ResetPasswordRequest{Token: private.Secret(w.token("Ana@example.com", "reset_password")), Password: "nine old lanterns"})
	w.refused(err, fault.Invalid)
}

func TestHashesAreInTheUsualFormAndDiffer(t *testing.T) {
	h := newHasher(leastMemory, leastTime)
	one, err := h.Hash(t.Context(), "pässword")
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.Hash(t.Context(), "pässword")
	if err != nil || one == two || !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("hashed to %s and %s: %v", one, two, err)
	}
	for password, want := range map[string]bool{"pässword": true, "password": false, "pässword ": false, "": false} {
		right, stale, err := h.Check(t.Context(), one, password)
		if right != want || stale || err != nil {
			t.Errorf("%q: right %v, stale %v, %v", password, right, stale, err)
		}
	}
	for _, kept := range []string{
		"plain", "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2id$v=19$m=4294967295,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "$argon2id$v=19$m=19456,t=2,p=1$!$!",
	} {
		if _, _, err := h.Check(t.Context(), kept, "x"); err == nil {
			t.Errorf("%s is taken for a hash", kept)
		}
	}
}

func TestHashingWaitsItsTurnAndGivesUpWithTheCaller(t *testing.T) {
	h := newHasher(leastMemory, leastTime)
	for range cap(h.turns) {
		h.turns <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); err == nil {
		t.Error("it did not wait")
	}
}

func TestOfManyWhoUseOneLinkAtOnceOneSetsThePassword(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "ana"})
		w.must(err)
		w.must(w.h.RunTasks(apptest.System()))
		token := w.token("Ana@example.com", "reset_password")
		var wait sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wait.Go(func() {
				_, errs[i] = w.ResetPassword(apptest.Visitor(), auth.ResetPasswordRequest{Token: private.Secret(token), Password: private.Secret(fmt.Sprintf("lantern %d and kettle", i))})
			})
		}
		wait.Wait()
		worked := 0
		for i, err := range errs {
			if err == nil {
				worked++
				w.must(guessAt(w, "ana", fmt.Sprintf("lantern %d and kettle", i), ""))
			} else if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Conflict) {
				t.Errorf("refused with %v", err)
			}
		}
		if worked != 1 || len(apptest.Emitted[auth.PasswordChanged](t, w.h)) != 1 {
			t.Errorf("the link worked %d times", worked)
		}
	})
}
