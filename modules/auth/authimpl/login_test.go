package authimpl

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/private"
)

// Row A3.
func TestPeopleLogInByNameOrAddressInAnyCase(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		account := w.ana()
		for _, login := range []string{"Ana", "ana", "ANA", " ana@example.com", "ANA@Example.COM"} {
			s, err := w.LogIn(apptest.Visitor(), auth.LogInRequest{Login: login, Password: goodPassword, Device: "curl\r\n", Address: "192.0.2.1"})
			w.must(err)
			if s.Account.ID != account.ID || s.Token == "" || s.ExpiresIn != 900 || s.Browser || s.Device != "curl" {
				t.Errorf("%s opened %+v", login, s)
			}
			who, err := w.Authenticate(apptest.Visitor(), auth.AuthenticateRequest{AccessToken: s.AccessToken})
			w.must(err)
			if who.Account.Username != "Ana" || !who.Account.Verified || who.SessionID != s.ID {
				t.Errorf("authenticated as %+v", who)
			}
		}
	})
}

func TestWhatIsWrongWithALogInIsNotTold(t *testing.T) {
	w := newWorld(t)
	w.ana()
	var told []string
	for _, q := range []auth.LogInRequest{
		{Login: "ana", Password: "wrong password"},
		{Login: "nobody", Password: goodPassword},
		{Login: "ana@example.com", Password: goodPassword + " "},
		{Login: "ana%", Password: goodPassword},
	} {
		_, err := w.LogIn(apptest.Visitor(), q)
		told = append(told, w.refused(err, fault.Unauthenticated).Message)
	}
	for _, message := range told {
		if message != told[0] {
			t.Errorf("the answers differ: %q", told)
		}
	}
	_, err := w.LogIn(apptest.Visitor(), auth.LogInRequest{Login: "a\x00b", Password: private.Secret(strings.Repeat("x", 10_000))})
	w.refused(err, fault.Invalid)
}

func guessAt(w *world, login, password, address string) error {
	_, err := w.LogIn(apptest.Visitor(), auth.LogInRequest{Login: login, Password: private.Secret(password), Address: address})
	return err
}

// Row A9.
func TestGuessingIsSlowedDownForAccountAndAddress(t *testing.T) {
	for _, login := range []string{"ana", "nobody"} {
		t.Run(login, func(t *testing.T) {
			w := newWorld(t)
			w.ana()
			w.must(guessAt(w, "ana", goodPassword, "192.0.2.10"))
			for range 5 {
				w.refused(guessAt(w, login, "wrong", "192.0.2.9"), fault.Unauthenticated)
			}
			for _, pause := range []int{10, 20, 40, 80, 160} {
				f := w.refused(guessAt(w, login, "wrong", "192.0.2.9"), fault.TooMany)
				if f.RetryAfter != pause {
					t.Fatalf("retry after %d, want %d", f.RetryAfter, pause)
				}
				w.h.Clock.Advance(time.Duration(pause) * time.Second)
				w.refused(guessAt(w, login, "wrong", "192.0.2.9"), fault.Unauthenticated)
			}
			w.h.Clock.Advance(160 * time.Second)
			f := w.refused(guessAt(w, login, goodPassword, "192.0.2.9"), fault.TooMany)
			if f.RetryAfter != 440 {
				t.Errorf("retry after %d, want 440", f.RetryAfter)
			}
			w.must(guessAt(w, "ana", goodPassword, "192.0.2.10")) // the owner, at home
			w.h.Clock.Advance(440 * time.Second)
			w.refused(guessAt(w, login, "wrong", "192.0.2.9"), fault.Unauthenticated)
		})
	}
}

func TestLoggingInForgetsTheFailures(t *testing.T) {
	w := newWorld(t)
	w.ana()
	for range 4 {
		for range 4 {
			w.refused(guessAt(w, "ana", "wrong", "192.0.2.1"), fault.Unauthenticated)
		}
		w.must(guessAt(w, "ana", goodPassword, "192.0.2.1"))
	}
}

// Row V6: one guess each from many addresses.
func TestManyAddressesDoNotMakeManyGuessesAndTheOwnerStaysIn(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"failures_per_account": 6}))
	w.ana()
	w.must(guessAt(w, "ana", goodPassword, "192.0.2.1"))
	for i := range 6 {
		w.refused(guessAt(w, "ana", "wrong", fmt.Sprintf("198.51.100.%d", i)), fault.Unauthenticated)
	}
	f := w.refused(guessAt(w, "ana", goodPassword, "198.51.100.99"), fault.TooMany)
	if !strings.Contains(f.Message, "by mail") {
		t.Errorf("told %q", f.Message)
	}
	w.must(guessAt(w, "ana", goodPassword, "192.0.2.1"))     // from home
	w.must(guessAt(w, "ana", goodPassword, "198.51.100.99")) // which forgives
}

func TestChoosingANewPasswordByMailUnlocksTheAccount(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"failures_per_account": 3}))
	w.ana()
	for i := range 3 {
		w.refused(guessAt(w, "ana", "wrong", fmt.Sprintf("198.51.100.%d", i)), fault.Unauthenticated)
	}
	w.refused(guessAt(w, "ana", goodPassword, "198.51.100.99"), fault.TooMany)
	_, err := w.RequestReset(apptest.Visitor(), auth.RequestResetRequest{Login: "ana"})
	w.must(err)
	w.must(w.h.RunTasks(apptest.System()))
	_, err = w.ResetPassword(apptest.Visitor(), auth.ResetPasswordRequest{
		Token: private.Secret(w.token("Ana@example.com", "reset_password")), Password: "eight blue kettles",
	})
	w.must(err)
	w.must(guessAt(w, "ana", "eight blue kettles", "198.51.100.99"))
}

func TestOneAddressCannotTryAPasswordOnEverybody(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"failures_per_address": 5}))
	w.ana()
	for i := range 5 {
		w.refused(guessAt(w, fmt.Sprintf("person%d", i), "wrong", "192.0.2.9"), fault.Unauthenticated)
	}
	w.refused(guessAt(w, "ana", goodPassword, "192.0.2.9"), fault.TooMany)
	w.must(guessAt(w, "ana", goodPassword, "192.0.2.8"))
}

func TestManyGuessesAtOnceAreNoMoreThanTheLimit(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		var wait sync.WaitGroup
		errs := make([]error, 24)
		for i := range errs {
			wait.Go(func() { errs[i] = guessAt(w, "ana", "wrong", "192.0.2.9") })
		}
		wait.Wait()
		judged := 0
		for _, err := range errs {
			if fault.Is(err, fault.Unauthenticated) {
				judged++
			} else {
				w.refused(err, fault.TooMany)
			}
		}
		if judged != 5 {
			t.Errorf("%d guesses were judged, want 5", judged)
		}
	})
}

func TestManyRightLogInsAtOnceAreAllLetIn(t *testing.T) {
	w := newWorld(t)
	w.ana()
	var wait sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		wait.Go(func() { errs[i] = guessAt(w, "ana", goodPassword, "192.0.2.1") })
	}
	wait.Wait()
	for _, err := range errs {
		w.must(err)
	}
}

func TestAPasswordIsHashedAgainWhenTheParametersChange(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"password_hash_memory": 20 << 10}))
	w.ana()
	kept := func() (hash string) {
		w.must(w.h.DB.Read(t.Context()).Raw("SELECT password_hash FROM accounts").Scan(&hash).Error)
		return hash
	}
	if !strings.HasPrefix(kept(), "$argon2id$v=19$m=20480,t=2,p=1$") {
		t.Fatalf("kept %s", kept())
	}
	h := *w.h.Host
	h.Metrics = prometheus.NewRegistry() // as in a process of its own
	h.Config.Settings = map[string]any{"auth": map[string]any{"password_hash_memory": 19456}}
	later, err := newService(&h, Deps{Notifications: w.letters})
	w.must(err)
	w.cheapen(later)
	for range 2 {
		_, err = later.LogIn(apptest.Visitor(), auth.LogInRequest{Login: "ana", Password: goodPassword})
		w.must(err)
		if !strings.HasPrefix(kept(), "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Fatalf("kept %s", kept())
		}
	}
}

func TestAnAccountHasAtMost100Sessions(t *testing.T) {
	w := newWorld(t)
	w.ana()
	first := w.logIn("ana")
	row, err := sessionByID(w.h.DB.Read(t.Context()), first.ID)
	w.must(err)
	for range mostSessions - 1 { // as logging in does, without the hashing
		row.ID = uuid.NewString()
		row.LastActiveAt = row.LastActiveAt.Add(time.Millisecond)
		w.must(w.h.DB.Tx(t.Context(), func(tx *db.Tx) error { return tx.Create(&row).Error }))
	}
	if !w.authenticated(auth.AuthenticateRequest{AccessToken: first.AccessToken}) {
		t.Fatal("the first of 100 sessions is over")
	}
	w.h.Clock.Advance(time.Second)
	w.logIn("ana")
	if w.authenticated(auth.AuthenticateRequest{AccessToken: first.AccessToken}) {
		t.Error("the one that was unused the longest is still open")
	}
	ended := apptest.Emitted[auth.SessionEnded](t, w.h)
	if len(ended) != 1 || ended[0].SessionID != first.ID {
		t.Errorf("ended %+v", ended)
	}
}
