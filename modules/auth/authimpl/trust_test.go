package authimpl

import (
	"crypto/ed25519"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
)

// proves says whether the published keys prove a token, as everybody else checks it.
func (w *world) proves(token string) bool {
	w.t.Helper()
	set, err := w.ListKeys(apptest.Visitor(), auth.ListKeysRequest{})
	w.must(err)
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		w.must(err)
		if k.Type != "OKP" || k.Curve != "Ed25519" || k.Use != "sig" || k.Algorithm != "EdDSA" || len(x) != ed25519.PublicKeySize {
			w.t.Fatalf("published is %+v", k)
		}
		keys[k.ID] = x
	}
	_, err = identity.NewVerifier(set.Issuer, keys, w.h.Clock.Now, 0).Verify(token)
	return err == nil
}

func (w *world) rotate(revoke bool) auth.KeySet {
	w.t.Helper()
	set, err := w.RotateKeys(apptest.System(), auth.RotateKeysRequest{Revoke: revoke})
	w.must(err)
	return set
}

func TestAKeyIsRotatedByCommandWithoutLoggingAnybodyOut(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		first := w.logIn("ana").AccessToken
		old := newForger(t, w, first.Reveal()).kid
		set := w.rotate(false)
		if len(set.Keys) != 2 || set.Keys[1].ID != old || set.Issuer != "http://marketplace.test" {
			t.Fatalf("published are %+v", set)
		}
		if kid := newForger(t, w, w.logIn("ana").AccessToken.Reveal()).kid; kid != old {
			t.Error("a key signs before everybody had time to read it")
		}
		w.h.Clock.Advance(keyOverlap)
		w.must(w.h.RunTasks(apptest.System()))
		next := w.logIn("ana").AccessToken
		if kid := newForger(t, w, next.Reveal()).kid; kid != set.Keys[0].ID {
			t.Error("the new key does not sign")
		}
		for _, token := range []string{first.Reveal(), next.Reveal()} {
			if !w.proves(token) || !w.authenticated(auth.AuthenticateRequest{AccessToken: private.Secret(token)}) {
				t.Error("a token is refused after the rotation")
			}
		}
		for range 3 { // in a hurry
			w.rotate(false)
		}
		if !w.proves(w.logIn("ana").AccessToken.Reveal()) {
			t.Error("a token is not proven by what is published")
		}
	})
}

// A key that got into wrong hands: what it has signed is worth nothing, and the sessions live on.
func TestARevokedKeyProvesNothing(t *testing.T) {
	w := newWorld(t)
	w.ana()
	s := w.logIn("ana")
	w.rotate(false)
	set := w.rotate(true)
	if len(set.Keys) != 1 || w.proves(s.AccessToken.Reveal()) || w.authenticated(auth.AuthenticateRequest{AccessToken: s.AccessToken}) {
		t.Fatalf("the old token is taken; published are %+v", set)
	}
	next, err := w.refresh(s.Token.Reveal())
	w.must(err)
	if !w.proves(next.AccessToken.Reveal()) || !w.authenticated(auth.AuthenticateRequest{AccessToken: next.AccessToken}) {
		t.Error("the session did not go on")
	}
}

// Rotation needs no restart: a replica that has not read the key yet does so when a token comes, once a second at most.
func TestAReplicaFindsAKeyThatAnotherHasMade(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		w.logIn("ana")
		other := startAgain(t, w)
		takes := func(token string) bool {
			_, err := other.Authenticate(apptest.Visitor(), auth.AuthenticateRequest{AccessToken: private.Secret(token)})
			return err == nil
		}
		if !takes(w.logIn("ana").AccessToken.Reveal()) {
			t.Fatal("the replica does not know the first key")
		}
		w.rotate(true)
		token := w.logIn("ana").AccessToken
		if takes(token.Reveal()) {
			t.Error("the replica has looked again at once: tokens with invented keys would make it do nothing else")
		}
		w.h.Clock.Advance(keyPause)
		if !takes(token.Reveal()) {
			t.Error("the replica did not look for the key")
		}
	})
}

func TestOnlyTheMarketplaceItselfChangesItsKeys(t *testing.T) {
	w := newWorld(t)
	w.ana()
	_, err := w.RotateKeys(apptest.As("u1", "ana", auth.RoleOperator), auth.RotateKeysRequest{Revoke: true})
	w.refused(err, fault.Forbidden)
}

// ASVS 7.4.5.
func TestASVS_V7_4_5_AnOperatorEndsAllSessionsOfSomebody(t *testing.T) {
	w := newWorld(t)
	w.ana()
	w.person("Bea")
	phone, laptop, other := w.logIn("ana"), w.logInBrowser("ana"), w.logIn("bea")
	for who, code := range map[string]fault.Code{"": fault.Invalid, "nobody": fault.NotFound, "nobody@example.com": fault.NotFound} {
		_, err := w.EndSessions(apptest.System(), auth.EndSessionsRequest{Login: who})
		w.refused(err, code)
	}
	_, err := w.EndSessions(as(other), auth.EndSessionsRequest{Login: "ana"})
	w.refused(err, fault.Forbidden)
	for _, want := range []int{2, 0} {
		ended, err := w.EndSessions(apptest.As("o1", "olga", auth.RoleOperator), auth.EndSessionsRequest{Login: "ANA@example.com"})
		w.must(err)
		if ended.Count != want {
			t.Errorf("%d sessions ended, want %d", ended.Count, want)
		}
	}
	if w.authenticated(auth.AuthenticateRequest{AccessToken: phone.AccessToken}) || w.authenticated(auth.AuthenticateRequest{SessionToken: laptop.Token}) {
		t.Error("an ended session is open")
	}
	if !w.authenticated(auth.AuthenticateRequest{AccessToken: other.AccessToken}) {
		t.Error("somebody else's session ended too")
	}
	if n := len(apptest.Emitted[auth.SessionEnded](t, w.h)); n != 2 {
		t.Errorf("%d ends were announced", n)
	}
}

func TestWhoHoldsAConnectionLearnsWhichSessionsAreOpen(t *testing.T) {
	w := newWorld(t)
	w.ana()
	ended, idle, open := w.logIn("ana"), w.logIn("ana"), w.logInBrowser("ana")
	_, err := w.LogOut(as(ended), auth.LogOutRequest{})
	w.must(err)
	for range 2 {
		w.h.Clock.Advance(8 * 24 * time.Hour)
		w.authenticated(auth.AuthenticateRequest{SessionToken: open.Token})
	}
	ids := []string{ended.ID, idle.ID, open.ID, "x'; --", uuid.NewString()}
	list, err := w.ListOpenSessions(apptest.System(), auth.ListOpenSessionsRequest{IDs: ids})
	w.must(err)
	if !slices.Equal(list.IDs, []string{open.ID}) {
		t.Errorf("open are %v", list.IDs)
	}
	none, err := w.ListOpenSessions(apptest.System(), auth.ListOpenSessionsRequest{})
	w.must(err)
	if none.IDs == nil || len(none.IDs) != 0 {
		t.Errorf("open are %v", none.IDs)
	}
	_, err = w.ListOpenSessions(apptest.System(), auth.ListOpenSessionsRequest{IDs: make([]string, 101)})
	w.refused(err, fault.Invalid)
	_, err = w.ListOpenSessions(as(open), auth.ListOpenSessionsRequest{IDs: ids})
	w.refused(err, fault.Forbidden)
}
