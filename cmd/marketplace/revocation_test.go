package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"marketplace/modules/auth"
	"marketplace/platform/identity"
	"marketplace/platform/private"
)

// Rows A4, A6, V7 (7.4.1, 7.4.2, 7.4.5, 4.4.3): within five seconds a session that was ended opens no page, no operation and
// no live channel, on no gateway.
func anEndedSessionIsRefusedEverywhere(t testing.TB, m *market) {
	owner := m.join(t, "anita")
	ways := map[string]func(){
		"a new password": func() {
			owner.post("/me/password", map[string]any{"current": password, "new": "eight blue kettles"}).ok(204)
		},
		"an operator": func() {
			_, err := m.services.Auth.EndSessions(identity.System(context.Background()), auth.EndSessionsRequest{Login: owner.username})
			if err != nil {
				t.Fatal(err)
			}
		},
		"another role": func() {
			_, err := m.services.Auth.SetRoles(identity.System(context.Background()), auth.SetRolesRequest{Login: owner.username, Roles: []string{auth.RoleModerator}})
			if err != nil {
				t.Fatal(err)
			}
		},
	}
	for _, way := range []string{"a new password", "an operator", "another role"} {
		word := map[bool]string{true: password, false: "eight blue kettles"}[way == "a new password"]
		phone := m.visitor(t)
		phone.logIn(owner.username, word)
		laptop, err := m.services.Auth.LogIn(context.Background(), auth.LogInRequest{Login: owner.username, Password: private.Secret(word), Browser: true})
		if err != nil {
			t.Fatal(err)
		}
		var ears []*ear
		for _, gateway := range append([]string{m.url}, m.others...) {
			ears = append(ears, phone.listen(gateway))
			if api, page := m.knockWith(t, gateway, phone.access, laptop.Token.Reveal()); api != http.StatusOK || page != http.StatusOK {
				t.Fatalf("before %s, %s answers %d and %d", way, gateway, api, page)
			}
		}
		ways[way]()
		m.clock.Advance(5 * time.Second)
		for _, gateway := range append([]string{m.url}, m.others...) {
			if api, page := m.knockWith(t, gateway, phone.access, laptop.Token.Reveal()); api != http.StatusUnauthorized || page != http.StatusSeeOther {
				t.Errorf("after %s, %s answers %d and %d", way, gateway, api, page)
			}
		}
		for _, e := range ears {
			e.expectCut(20 * time.Second) // on a busy machine; web proves the 5
		}
	}
}

// knockWith asks one gateway for an operation and for a page that need a session.
func (m *market) knockWith(t testing.TB, gateway, access, cookie string) (api, page int) {
	t.Helper()
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(path, header, value string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, gateway+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(header, value)
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	return ask("/api/v1/me", "Authorization", "Bearer "+access), ask("/settings", "Cookie", "session="+cookie)
}

// What a command does beside a running marketplace takes effect there without a restart.
func TestCommandsReachTheRunningMarketplace(t *testing.T) {
	t.Parallel()
	m := start(t, shapes()[0])
	p := m.join(t, "ana")
	published := func() (kids []string) {
		set, err := m.services.Auth.ListKeys(t.Context(), auth.ListKeysRequest{})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range set.Keys {
			kids = append(kids, k.ID)
		}
		return kids
	}
	old := published()
	p.m.carryOut(t, func(ctx context.Context, p process) error { return rotateKeys(ctx, p, false) })
	m.clock.Advance(time.Second)
	if now := published(); len(now) != 2 || now[1] != old[0] {
		t.Errorf("after the rotation %v are published, before it %v", now, old)
	}
	p.get("/me").ok(200)

	p.m.carryOut(t, func(ctx context.Context, p process) error { return rotateKeys(ctx, p, true) })
	m.clock.Advance(5 * time.Second)
	if now := published(); len(now) != 1 || slices.Contains(old, now[0]) {
		t.Errorf("after the revocation %v are published", now)
	}
	p.get("/me").ok(401)
	refreshed := p.post("/auth/refresh", map[string]any{"refresh_token": p.refresh}).ok(200)
	p.access = refreshed.text("access_token")
	p.get("/me").ok(200)

	said := p.m.carryOut(t, func(ctx context.Context, p process) error { return endSessions(ctx, p, "ANA@example.com") })
	m.clock.Advance(5 * time.Second)
	if !strings.Contains(said, "Sessions ended: 1") {
		t.Errorf("the command says %q", said)
	}
	p.get("/me").ok(401)
	p.post("/auth/refresh", map[string]any{"refresh_token": refreshed.text("refresh_token")}).ok(401)
}

// carryOut carries a command out on the data of the running marketplace, as another process would.
func (m *market) carryOut(t *testing.T, do func(context.Context, process) error) string {
	t.Helper()
	c := m.config
	c.Listen, c.Internal = freeAddress(t), freeAddress(t)
	var out strings.Builder
	command := &cobra.Command{}
	command.SetOut(&out)
	command.SetErr(&out)
	if err := do(t.Context(), process{config: c, log: nil, clock: m.clock, out: command}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
