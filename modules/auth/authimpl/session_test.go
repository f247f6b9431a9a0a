package authimpl

import (
	"sync"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/private"
)

func (w *world) refresh(token string) (auth.Session, error) {
	return w.Refresh(apptest.Visitor(), auth.RefreshRequest{RefreshToken: private.Secret(token)})
}

// Row A4.
func TestAnAccessTokenExpiresAndIsRenewedByTheSession(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		s := w.logIn("ana")
		w.h.Clock.Advance(15*time.Minute - time.Second)
		if !w.authenticated(auth.AuthenticateRequest{AccessToken: s.AccessToken}) {
			t.Fatal("it expired too early")
		}
		w.h.Clock.Advance(2 * time.Second)
		if w.authenticated(auth.AuthenticateRequest{AccessToken: s.AccessToken}) {
			t.Fatal("it did not expire")
		}
		next, err := w.refresh(s.Token.Reveal())
		w.must(err)
		if next.ID != s.ID || next.Token == s.Token || !w.authenticated(auth.AuthenticateRequest{AccessToken: next.AccessToken}) {
			t.Errorf("renewed as %+v", next)
		}
	})
}

// Row A4, RFC 9700: a stolen token and its owner cannot both use it.
func TestARefreshTokenThatComesAgainEndsTheSession(t *testing.T) {
	w := newWorld(t)
	w.ana()
	s := w.logIn("ana")
	first, err := w.refresh(s.Token.Reveal())
	w.must(err)
	w.h.Clock.Advance(9 * time.Second)
	again, err := w.refresh(s.Token.Reveal()) // the answer was lost on the way
	w.must(err)
	if again.Token != first.Token {
		t.Error("the successor is another one")
	}
	w.h.Clock.Advance(2 * time.Second)
	_, err = w.refresh(s.Token.Reveal())
	w.refused(err, fault.Unauthenticated)
	_, err = w.refresh(first.Token.Reveal())
	w.refused(err, fault.Unauthenticated)
	if w.authenticated(auth.AuthenticateRequest{AccessToken: first.AccessToken}) {
		t.Error("the access token still opens the session")
	}
	if ended := apptest.Emitted[auth.SessionEnded](t, w.h); len(ended) != 1 || ended[0].SessionID != s.ID {
		t.Errorf("announced %+v", ended)
	}
	w.must(w.h.RunTasks(apptest.System()))
	told := w.letters.to("Ana@example.com", "session_stolen")
	if len(told) != 1 || told[0].Username != "Ana" || told[0].Link != "http://marketplace.test/settings/security" {
		t.Errorf("the owner was told %+v", told)
	}
}

func TestAGrandparentEndsTheSessionAtOnce(t *testing.T) {
	w := newWorld(t)
	w.ana()
	s := w.logIn("ana")
	first, err := w.refresh(s.Token.Reveal())
	w.must(err)
	second, err := w.refresh(first.Token.Reveal())
	w.must(err)
	_, err = w.refresh(s.Token.Reveal())
	w.refused(err, fault.Unauthenticated)
	_, err = w.refresh(second.Token.Reveal())
	w.refused(err, fault.Unauthenticated)
}

func TestManyRefreshesAtOnceAnswerTheSameSuccessor(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		s := w.logIn("ana")
		var wait sync.WaitGroup
		got, errs := make([]auth.Session, 50), make([]error, 50)
		for i := range got {
			wait.Go(func() { got[i], errs[i] = w.refresh(s.Token.Reveal()) })
		}
		wait.Wait()
		for i := range got {
			w.must(errs[i])
			if got[i].Token != got[0].Token {
				t.Fatal("the successors differ")
			}
		}
		_, err := w.refresh(got[0].Token.Reveal())
		w.must(err)
	})
}

// Row V9: one kind of token is not another.
func TestTokensAreGoodForOneThingOnly(t *testing.T) {
	w := newWorld(t)
	w.ana()
	api, browser := w.logIn("ana"), w.logInBrowser("ana")
	if browser.AccessToken != "" || browser.ExpiresIn != 0 || !browser.Browser {
		t.Errorf("a browser got %+v", browser)
	}
	if !w.authenticated(auth.AuthenticateRequest{SessionToken: browser.Token}) {
		t.Fatal("the cookie opens nothing")
	}
	for name, q := range map[string]auth.AuthenticateRequest{
		"nothing":                     {},
		"both":                        {AccessToken: api.AccessToken, SessionToken: browser.Token},
		"a refresh token as cookie":   {SessionToken: api.Token},
		"a refresh token as access":   {AccessToken: api.Token},
		"an access token as a cookie": {SessionToken: api.AccessToken},
		"a cookie as an access token": {AccessToken: browser.Token},
	} {
		if w.authenticated(q) {
			t.Errorf("%s was taken", name)
		}
	}
	for _, token := range []string{"", browser.Token.Reveal(), api.AccessToken.Reveal(), "x", api.Token.Reveal() + "A", api.Token.Reveal()[:len(api.Token)-1] + "~"} {
		_, err := w.refresh(token)
		w.refused(err, fault.Unauthenticated)
	}
	if !w.authenticated(auth.AuthenticateRequest{AccessToken: api.AccessToken}) {
		t.Error("forged tokens ended the session")
	}
}

func TestNoBitOfASessionTokenMayBeChanged(t *testing.T) {
	w := newWorld(t)
	w.ana()
	token := w.logInBrowser("ana").Token
	for i := range token {
		changed := []byte(token)
		if changed[i]++; w.authenticated(auth.AuthenticateRequest{SessionToken: private.Secret(string(changed))}) {
			t.Errorf("changed at %d it still opens the session", i)
		}
	}
}

// Row V7.
func TestASessionEndsWhenItIsNotUsedAndAtTheLatestAfter90Days(t *testing.T) {
	w := newWorld(t)
	w.ana()
	const day = 24 * time.Hour
	idle, busy := w.logInBrowser("ana"), w.logInBrowser("ana")
	for range 6 {
		w.h.Clock.Advance(13 * day)
		if !w.authenticated(auth.AuthenticateRequest{SessionToken: busy.Token}) {
			t.Fatal("a session in use is over")
		}
	}
	if w.authenticated(auth.AuthenticateRequest{SessionToken: idle.Token}) {
		t.Error("an idle session is open")
	}
	list, err := w.ListSessions(as(busy), auth.ListSessionsRequest{})
	w.must(err)
	if len(list.Items) != 1 || list.Items[0].ExpiresAt.Sub(busy.CreatedAt) != 90*day {
		t.Errorf("open are %+v", list.Items)
	}
	w.h.Clock.Advance(12 * day)
	if w.authenticated(auth.AuthenticateRequest{SessionToken: busy.Token}) {
		t.Error("a session is open after 90 days")
	}
	w.must(w.h.RunTasks(apptest.System()))
	var left int
	w.must(w.h.DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM sessions").Scan(&left).Error)
	if left != 0 {
		t.Errorf("%d sessions are kept", left)
	}
}

// Row V7: a session that can do more lasts less.
func TestASVS_V7_3_1_StaffIsLoggedOutAfterHalfAnHourAndAfterHalfADay(t *testing.T) {
	w := newWorld(t)
	account := w.ana()
	w.must(w.h.DB.Tx(t.Context(), func(tx *db.Tx) error {
		return tx.Exec(`UPDATE accounts SET roles = '["operator"]' WHERE id = ?`, account.ID).Error
	}))
	open := func(s auth.Session) bool {
		list, err := w.ListOpenSessions(apptest.System(), auth.ListOpenSessionsRequest{IDs: []string{s.ID}})
		w.must(err)
		mine, err := w.ListSessions(as(s), auth.ListSessionsRequest{})
		w.must(err)
		alive := w.authenticated(auth.AuthenticateRequest{SessionToken: s.Token})
		if alive != (len(list.IDs) == 1) || alive != (len(mine.Items) == 1) {
			t.Errorf("alive is %v, and listed are %v and %v", alive, list.IDs, mine.Items)
		}
		return alive
	}
	idle := w.logInBrowser("ana")
	if idle.ExpiresAt.Sub(idle.CreatedAt) != 30*time.Minute || idle.EndsAt.Sub(idle.CreatedAt) != 12*time.Hour {
		t.Errorf("it lasts until %v, at most until %v", idle.ExpiresAt, idle.EndsAt)
	}
	w.h.Clock.Advance(30 * time.Minute)
	if open(idle) {
		t.Error("it is open after half an hour without use")
	}
	busy := w.logInBrowser("ana")
	for range 24 {
		if !open(busy) {
			t.Fatal("a session in use is over")
		}
		w.h.Clock.Advance(30*time.Minute - time.Second)
	}
	w.h.Clock.Advance(24 * time.Second)
	if open(busy) {
		t.Error("it is open after half a day")
	}
}

func TestUseIsNotedOnceAMinute(t *testing.T) {
	w := newWorld(t)
	w.ana()
	s := w.logInBrowser("ana")
	lastActive := func() time.Time {
		row, err := sessionByID(w.h.DB.Read(t.Context()), s.ID)
		w.must(err)
		return row.LastActiveAt
	}
	begun := lastActive()
	w.h.Clock.Advance(50 * time.Second)
	w.authenticated(auth.AuthenticateRequest{SessionToken: s.Token})
	if !lastActive().Equal(begun) {
		t.Error("it was noted too early")
	}
	w.h.Clock.Advance(10 * time.Second)
	w.authenticated(auth.AuthenticateRequest{SessionToken: s.Token})
	if lastActive().Sub(begun) < time.Minute {
		t.Error("it was not noted")
	}
}

// Row As1.
func TestPeopleSeeTheirSessionsAndEndThem(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		w.person("Bea")
		phone, laptop, stranger := w.logIn("ana"), w.logInBrowser("ana"), w.logIn("bea")
		list, err := w.ListSessions(as(laptop), auth.ListSessionsRequest{})
		w.must(err)
		if len(list.Items) != 2 || list.Items[0].ID != laptop.ID || !list.Items[0].Current || list.Items[1].Current ||
			list.Items[0].Device != "Firefox" || list.Items[0].Address != "192.0.2.1" || list.Items[0].Token != "" {
			t.Fatalf("sessions are %+v", list.Items)
		}
		for _, id := range []string{stranger.ID, "nothing", "x'; --", "\x00"} {
			_, err = w.LogOut(as(laptop), auth.LogOutRequest{SessionID: id})
			w.refused(err, fault.NotFound)
		}
		for range 2 { // twice is once
			_, err = w.LogOut(as(laptop), auth.LogOutRequest{SessionID: phone.ID})
			w.must(err)
		}
		_, err = w.LogOut(as(laptop), auth.LogOutRequest{})
		w.must(err)
		if w.authenticated(auth.AuthenticateRequest{AccessToken: phone.AccessToken}) || w.authenticated(auth.AuthenticateRequest{SessionToken: laptop.Token}) {
			t.Error("an ended session is open")
		}
		if _, err := w.refresh(phone.Token.Reveal()); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("an ended session was refreshed: %v", err)
		}
		if !w.authenticated(auth.AuthenticateRequest{AccessToken: stranger.AccessToken}) {
			t.Error("somebody else's session ended too")
		}
		if ended := apptest.Emitted[auth.SessionEnded](t, w.h); len(ended) != 2 || ended[0].SessionID != phone.ID || ended[1].SessionID != laptop.ID {
			t.Errorf("announced %+v", ended)
		}
		_, err = w.LogOut(apptest.Visitor(), auth.LogOutRequest{SessionID: stranger.ID})
		w.refused(err, fault.Unauthenticated)
	})
}

func TestAccountsAreLookedUpForModulesWithoutTheirAddresses(t *testing.T) {
	w := newWorld(t)
	ana, bea := w.ana(), w.person("Bea")
	ids := []string{ana.ID, "unknown", "\x00", bea.ID}
	seen := func(list auth.AccountList, err error) map[string]string {
		w.must(err)
		emails := map[string]string{}
		for _, a := range list.Items {
			emails[a.Username] = a.Email.Reveal()
		}
		return emails
	}
	got := seen(w.ListAccounts(as(w.logIn("ana")), auth.ListAccountsRequest{IDs: ids}))
	if len(got) != 2 || got["Ana"] != "Ana@example.com" || got["Bea"] != "" {
		t.Errorf("ana sees %v", got)
	}
	got = seen(w.ListAccounts(apptest.System(), auth.ListAccountsRequest{IDs: ids}))
	if got["Bea"] != "Bea@example.com" {
		t.Errorf("the marketplace sees %v", got)
	}
	_, err := w.ListAccounts(apptest.System(), auth.ListAccountsRequest{IDs: make([]string, 101)})
	w.refused(err, fault.Invalid)
}
