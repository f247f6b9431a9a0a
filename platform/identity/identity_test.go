package identity_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

func TestNobodyIsActingUntilSomebodyIsPutIntoTheContext(t *testing.T) {
	a := identity.From(t.Context())
	if a.SignedIn() || a.System || a.Verified || a.Is("") || a.Is("operator") {
		t.Errorf("%+v", a)
	}
	if _, err := identity.User(t.Context()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("%v", err)
	}
	if _, err := identity.VerifiedUser(t.Context()); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("%v", err)
	}
}

// Row A1.
func TestOnlyAConfirmedAddressMakesAVerifiedUser(t *testing.T) {
	ctx := identity.With(t.Context(), identity.Actor{UserID: "u1", Roles: []string{"operator"}})
	if a, err := identity.User(ctx); err != nil || a.UserID != "u1" || !a.Is("operator") || a.Is("moderator") {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := identity.VerifiedUser(ctx); !fault.Is(err, fault.Forbidden) {
		t.Errorf("%v", err)
	}
	ctx = identity.With(ctx, identity.Actor{UserID: "u1", Verified: true})
	if a, err := identity.VerifiedUser(ctx); err != nil || a.UserID != "u1" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestTheSystemIsNotAUserAndTakesNothingFromOne(t *testing.T) {
	ctx := identity.System(identity.With(t.Context(), identity.Actor{UserID: "u1", Verified: true, Roles: []string{"operator"}}))
	if a := identity.From(ctx); !reflect.DeepEqual(a, identity.Actor{System: true}) {
		t.Errorf("%+v", a)
	}
	if _, err := identity.User(ctx); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("%v", err)
	}
}

func TestAnActorSurvivesJSONBecauseItTravelsBetweenProcesses(t *testing.T) {
	for _, a := range []identity.Actor{
		{},
		{System: true},
		{UserID: "u1", Username: "Ana", Verified: true, Roles: []string{"operator", "moderator"}, SessionID: "s1"},
	} {
		text, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b identity.Actor
		if err := json.Unmarshal(text, &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%+v arrives as %+v, %v", a, b, err)
		}
	}
	if fields := reflect.TypeFor[identity.Actor]().NumField(); fields != 6 {
		t.Errorf("Actor has %d fields: add the new one above", fields)
	}
}

// Row W8.
func TestTheRequestIdTravelsBesideTheActor(t *testing.T) {
	ctx := identity.System(identity.WithRequest(t.Context(), "r1"))
	if identity.Request(ctx) != "r1" || identity.Request(t.Context()) != "" {
		t.Errorf("%q", identity.Request(ctx))
	}
}
