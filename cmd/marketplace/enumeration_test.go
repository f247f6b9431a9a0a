package main

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"marketplace/platform/apptest"
)

// varying is what differs between any two answers: ids, times, tokens.
var varying = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z|[A-Za-z0-9_-]{60,}(\.[A-Za-z0-9_-]+)*`)

// tells is all that an answer tells: status, headers and body, and the length of each.
func tells(r reply, replacer *strings.Replacer) string {
	var headers []string
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		if name != "Date" {
			headers = append(headers, name+": "+varying.ReplaceAllString(strings.Join(r.header[name], ", "), "…"))
		}
	}
	return fmt.Sprintf("%d, %d bytes\n%s\n%s", r.status, len(r.raw), strings.Join(headers, "\n"), varying.ReplaceAllString(replacer.Replace(string(r.raw)), "…"))
}

// ASVS 6.3.8, rows A1 and A5: signing up, logging in and asking for a new password answer the same, byte for byte, whether or
// not an address has an account; and its owner is told.
func TestASVS_V6_3_8_AnswersTellNothingAboutAddresses(t *testing.T) {
	t.Parallel()
	m := start(t, shapes()[0])
	m.join(t, "olga")
	told := map[string][]string{}
	for name, email := range map[string]string{"stranger1": "olga@example.com", "stranger2": "otto@example.com"} {
		p, same := m.visitor(t), strings.NewReplacer(name, "a name", email, "an address")
		note := func(r reply) { told[email] = append(told[email], tells(r, same)) }
		logIn := func(login, word string) {
			note(p.post("/auth/login", map[string]any{"login": login, "password": word}))
		}
		logIn(email, "not the password")
		note(p.post("/auth/forgot-password", map[string]any{"login": email}))
		note(p.post("/auth/signup", map[string]any{"username": name, "email": email, "password": password + "!"}).ok(201))
		note(p.post("/auth/signup", map[string]any{"username": name, "email": email, "password": password + "!"}).ok(422))
		for _, login := range []string{name, email} {
			logIn(login, "not the password")
			logIn(login, password+"!")
		}
		p.logIn(name, password+"!")
		note(p.post("/auth/resend-verification", nil).ok(200))
		var me, profile reply
		apptest.Eventually(t, func() error {
			me, profile = p.get("/me"), p.get("/users/"+name)
			for _, r := range []reply{me, profile} { // a moment after they came they are there
				if r.status != http.StatusOK || r.text("username") != name || r.at("presence", "online") != true {
					return fmt.Errorf("%d %s", r.status, r.raw)
				}
			}
			return nil
		})
		note(me)
		note(profile)
		note(p.post("/conversations", map[string]any{"text": "x"}))
	}
	for i, taken := range told["olga@example.com"] {
		if free := told["otto@example.com"][i]; taken != free {
			t.Errorf("answer %d of an address with an account:\n%s\nof another:\n%s", i+1, taken, free)
		}
	}
	apptest.Eventually(t, func() error {
		for _, item := range m.visitor(t).get("/dev/mail?to=" + url.QueryEscape("olga@example.com")).ok(200).items() {
			if item.(map[string]any)["subject"] == "You have an account already" {
				return nil
			}
		}
		return fmt.Errorf("the owner was not told")
	})
}
