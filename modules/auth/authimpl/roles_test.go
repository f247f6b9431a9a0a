package authimpl

import (
	"slices"
	"testing"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

func TestTheMarketplaceGivesAndTakesRolesAndLogsOut(t *testing.T) {
	w := newWorld(t)
	w.ana()
	before := w.logIn("ana")
	_, err := w.SetRoles(apptest.As("o1", "olga", auth.RoleOperator), auth.SetRolesRequest{Login: "ana", Roles: []string{auth.RoleOperator}})
	w.refused(err, fault.Forbidden)
	_, err = w.SetRoles(apptest.System(), auth.SetRolesRequest{Login: "nobody", Roles: nil})
	w.refused(err, fault.NotFound)
	_, err = w.SetRoles(apptest.System(), auth.SetRolesRequest{Login: "ana", Roles: []string{"king"}})
	w.refused(err, fault.Invalid)
	for _, roles := range [][]string{{auth.RoleOperator, auth.RoleModerator, auth.RoleOperator}, {}} {
		account, err := w.SetRoles(apptest.System(), auth.SetRolesRequest{Login: "ana", Roles: roles})
		w.must(err)
		want := slices.Compact(slices.Sorted(slices.Values(roles)))
		if got := slices.Sorted(slices.Values(account.Roles)); !slices.Equal(got, want) {
			t.Errorf("the roles are %v, want %v", got, want)
		}
		if w.authenticated(auth.AuthenticateRequest{AccessToken: before.AccessToken}) {
			t.Error("a session of before is open")
		}
		before = w.logIn("ana")
		who, err := w.Authenticate(apptest.Visitor(), auth.AuthenticateRequest{AccessToken: before.AccessToken})
		w.must(err)
		if len(who.Account.Roles) != len(want) {
			t.Errorf("after logging in again the roles are %v", who.Account.Roles)
		}
	}
}

// An address that nobody has confirmed names nobody: whoever signed up with it last would get the role.
func TestARoleIsNotGivenToWhoOnlyClaimsAnAddress(t *testing.T) {
	w := newWorld(t)
	w.signUp("Mallory", "boss@example.com")
	_, err := w.SetRoles(apptest.System(), auth.SetRolesRequest{Login: "boss@example.com", Roles: []string{auth.RoleOperator}})
	w.refused(err, fault.NotFound)
}
