package authimpl

import (
	"encoding/json"
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

// signUp signs up and returns the answer as people get it, with what is made up for each account taken out.
func (w *world) signUp(name, email string) (answer string, account auth.Account) {
	w.t.Helper()
	account, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: name, Email: private.Personal(email), Password: goodPassword, Address: "192.0.2.77"})
	w.must(err)
	text, err := json.Marshal(account)
	w.must(err)
	created := account.CreatedAt.Format(time.RFC3339)
	if !strings.Contains(string(text), created) {
		w.t.Errorf("the length of the answer depends on the time: %s", text)
	}
	return strings.NewReplacer(account.ID, "an id", created, "a time", name, "a name", email, "an address").Replace(string(text)), account
}

// outcome is what an attempt tells: its fault, or that there was none.
func outcome(err error) string {
	if err == nil {
		return "done"
	}
	return fault.Of(err).Error()
}

// Row V6, ASVS 6.3.8: whoever knows addresses learns from no answer, from nothing that they do afterwards and from no time
// which of them have accounts. The time is that of the hashes, which are counted, and of the same statements.
func TestASVS_V6_3_8_NothingTellsWhetherAnAddressHasAnAccount(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.person("Olga")
		told := map[string][]string{}
		for name, email := range map[string]string{"taken1": "Olga@example.com", "freee1": "free@example.com"} {
			hashes := w.hashed.Load()
			note := func(what string) {
				told[email] = append(told[email], fmt.Sprintf("%s, %d hashes", what, w.hashed.Load()-hashes))
				hashes = w.hashed.Load()
			}
			answer, _ := w.signUp(name, email)
			note(answer)
			for _, login := range []string{name, email, strings.ToUpper(email)} {
				for _, password := range []string{goodPassword, newPassword} {
					note(outcome(guessAt(w, login, password, "192.0.2.77")))
				}
			}
			s := w.logIn(name)
			_, err := w.ResendVerification(as(s), auth.ResendVerificationRequest{})
			note(outcome(err))
			_, err = w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: email})
			note(outcome(err))
			_, err = w.ChangePassword(as(s), auth.ChangePasswordRequest{Current: goodPassword, New: newPassword})
			note(outcome(err))
			note(outcome(guessAt(w, email, newPassword, "192.0.2.77")))
			_, err = w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: name, Email: private.Personal(email), Password: goodPassword})
			note(outcome(err))
		}
		if !slices.Equal(told["Olga@example.com"], told["free@example.com"]) {
			t.Errorf("of an address with an account is told\n%s\nof another\n%s",
				strings.Join(told["Olga@example.com"], "\n"), strings.Join(told["free@example.com"], "\n"))
		}
	})
}

// Row V6: a log-in costs as many hashes for who exists as for who does not.
func TestALogInHashesAsOftenForAnUnknownName(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"failures_per_address": 1000}))
	w.ana()
	w.signUp("Bea", "bea@example.com") // not confirmed
	for login, want := range map[string]int64{"ana": 1, "bea": 1, "nobody": 1, "ana@example.com": 2, "bea@example.com": 2, "nobody@example.com": 2} {
		before := w.hashed.Load()
		w.refused(guessAt(w, login, "wrong", "192.0.2.9"), fault.Unauthenticated)
		if got := w.hashed.Load() - before; got != want {
			t.Errorf("%s: %d hashes, want %d", login, got, want)
		}
	}
}

func TestTheOwnerOfAnAddressIsToldThatSomebodySignedUpWithIt(t *testing.T) {
	w := newWorld(t)
	w.ana()
	_, claim := w.signUp("Mallory", "ANA@example.com")
	if n := len(w.letters.to("ANA@example.com", "verify_email")); n != 0 {
		t.Errorf("%d links were mailed for an account that cannot have the address", n)
	}
	told := w.letters.to("Ana@example.com", addressTaken)
	if len(told) != 1 || told[0].Username != "Ana" || told[0].Link != "http://marketplace.test/login" {
		t.Fatalf("the owner was told %+v", told)
	}
	_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "mallory"})
	w.must(err)
	w.must(w.h.RunTasks(apptest.System()))
	if n := len(w.letters.to("Ana@example.com", addressTaken)); n != 2 || len(w.letters.to("Ana@example.com", "reset_password")) != 0 {
		t.Errorf("after a reset of the claim the owner has %d such mails", n)
	}
	list, err := w.ListAccounts(apptest.System(), auth.ListAccountsRequest{IDs: []string{claim.ID}})
	w.must(err)
	if list.Items[0].Verified {
		t.Error("the claim is confirmed")
	}
}

// However many accounts somebody makes with an address, its mailbox is not flooded.
func TestAMailboxIsNotFloodedThroughManyAccounts(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"link_mails_per_hour": 2}))
	w.ana()
	for i := range 9 {
		w.signUp(fmt.Sprintf("mallory%d", i), "ana@example.com")
	}
	if n := len(w.letters.to("Ana@example.com", addressTaken)); n != 3 { // the one mail to Ana herself was the first of four
		t.Errorf("%d mails", n)
	}
	var owed int
	w.must(w.h.DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM owed_mails").Scan(&owed).Error)
	if owed != 0 {
		t.Errorf("%d mails are still owed", owed)
	}
}

// Signing up first with somebody else's address keeps it from nobody: it belongs to who confirms it.
func TestAnAddressBelongsToWhoConfirmsIt(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		var tokens []string
		for i := range 4 {
			w.signUp(fmt.Sprintf("person%d", i), "shared@example.com")
			tokens = append(tokens, w.token("shared@example.com", "verify_email"))
		}
		var wait sync.WaitGroup
		errs := make([]error, len(tokens))
		for i, token := range tokens {
			wait.Go(func() {
				_, errs[i] = w.VerifyEmail(apptest.Visitor(), auth.VerifyEmailRequest{Token: private.Secret(token)})
			})
		}
		wait.Wait()
		owner := -1
		for i, err := range errs {
			if err == nil {
				owner = i
			} else if !strings.Contains(w.refused(err, fault.Invalid).Error(), "belongs to another account") {
				t.Errorf("refused with %v", err)
			}
		}
		if owner < 0 || len(apptest.Emitted[auth.EmailVerified](t, w.h)) != 1 {
			t.Fatalf("confirmed by %v", errs)
		}
		s := w.logIn("shared@example.com")
		if want := fmt.Sprintf("person%d", owner); s.Account.Username != want || !s.Account.Verified {
			t.Errorf("the address opens %+v, want %s", s.Account, want)
		}
	})
}

// Guessing the owner's password is not made easier by an account of one's own that claims the address.
func TestAClaimDoesNotForgiveTheFailuresOfTheOwner(t *testing.T) {
	w := newWorld(t)
	w.ana()
	_, err := w.SignUp(apptest.Visitor(), auth.SignUpRequest{Username: "Mallory", Email: "ana@example.com", Password: newPassword})
	w.must(err)
	guesses := 0
	for range 20 {
		err := guessAt(w, "ana@example.com", "wrong", "192.0.2.66")
		if fault.Is(err, fault.TooMany) {
			break
		}
		w.refused(err, fault.Unauthenticated)
		guesses++
		if guesses < 5 {
			w.must(guessAt(w, "ana@example.com", newPassword, "192.0.2.66"))
		}
	}
	if guesses != 5 {
		t.Errorf("%d guesses in a row", guesses)
	}
}
