package main

import (
	"context"
	"strings"
	"testing"

	"marketplace/modules/auth"
	"marketplace/platform/identity"
)

// operates gives the person the role of operators.
func (p *person) operates() {
	p.t.Helper()
	q := auth.SetRolesRequest{Login: p.username, Roles: []string{auth.RoleOperator}}
	if _, err := p.m.services.Auth.SetRoles(identity.System(context.Background()), q); err != nil {
		p.t.Fatal(err)
	}
	p.logIn(p.username, password)
}

// Rows P6, P10: the books and the queue are for operators, and nobody else learns that they are there.
func TestOnlyOperatorsSeeTheBooksAndTheQueue(t *testing.T) {
	inShapes(t, shapes()[:1], func(t *testing.T, m *market) {
		p := m.join(t, "olga")
		paths := []string{"/operator/payouts", "/operator/ledger", "/operator/reconciliations", "/me/statement?side=operator"}
		for _, path := range paths {
			want := 404
			if strings.Contains(path, "side") {
				want = 403
			}
			p.get(path).ok(want)
		}
		p.operates()
		for _, path := range paths {
			p.get(path).ok(200)
		}
		p.post("/operator/reconciliations", nil).ok(200)
		p.post("/operator/payouts/nothing/decision", map[string]any{"decision": "approve"}).ok(404)
	})
}

func TestRolesAreGivenOnTheCommandLine(t *testing.T) {
	if _, err := carryOut(t, "roles", "set", "nobody", "operator"); err == nil {
		t.Error("somebody who is not there got a role")
	}
	if _, err := carryOut(t, "roles", "set"); err == nil {
		t.Error("nobody got a role")
	}
}
