package main

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"marketplace/platform/apptest"
)

// twoPeopleWriteBeforeAnOrder send files, change and find what they wrote, are warned, block and report each other; staff look
// at it, and who was away gets one mail (rows C4, C6–C10, Cs2, N2, U3, U10, T6, Z16).
func twoPeopleWriteBeforeAnOrder(t testing.TB, m *market) {
	seller, buyer, staff := m.join(t, "sonja"), m.join(t, "bert"), m.join(t, "olga")
	staff.operates()
	id := buyer.post("/conversations", map[string]any{"gig_id": seller.sell()}).ok(201).text("id")
	messages := "/conversations/" + id + "/messages"

	file := map[string]any{"name": "brief.txt", "content": base64.StdEncoding.EncodeToString([]byte("A calm logo, please."))}
	sent := buyer.post(messages, map[string]any{"text": "Hello! Cann you do this?", "client_id": "one", "files": []any{file}}).ok(201)
	if again := buyer.post(messages, map[string]any{"text": "Hello! Cann you do this?", "client_id": "one", "files": []any{file}}).ok(201); again.text("id") != sent.text("id") {
		t.Errorf("sent twice: %s", again.raw)
	}
	buyer.post(messages, map[string]any{"text": "", "files": []any{map[string]any{"name": "run.exe", "content": "TVqQAAMAAAAEAAAA//8AALgA"}}}).ok(422)
	link := seller.get("/conversations/" + id + "/files/" + sent.text("attachments", 0, "id")).ok(200).text("url")
	if _, path, ok := strings.Cut(link, "/attachments/"); !ok || path == "" {
		t.Errorf("the link is %s", link)
	}
	if edited := buyer.call("PUT", messages+"/"+sent.text("id"), map[string]any{"text": "Hello! Can you do this?"}).ok(200); edited.text("edited_at") == "" {
		t.Errorf("edited: %s", edited.raw)
	}
	m.join(t, "eve").call("DELETE", messages+"/"+sent.text("id"), nil).ok(404)
	risky := buyer.post(messages, map[string]any{"text": "Or write to bert@mail.example.com"}).ok(201)
	if risky.text("warnings", 0) != "contact" {
		t.Errorf("no warning: %s", risky.raw)
	}
	buyer.call("DELETE", messages+"/"+risky.text("id"), nil).ok(200)
	if changed := seller.get(messages + "?from_change=2").ok(200); len(changed.items()) != 1 || changed.text("items", 0, "deleted_at") == "" {
		t.Errorf("what changed meanwhile: %s", changed.raw)
	}

	m.drain(t)
	m.clock.Advance(20 * time.Minute)
	for _, p := range []*person{seller, buyer, staff} { // the tokens are as old as that
		p.logIn(p.username, password)
	}
	expectMailOnce(t, seller, buyer.username+" wrote to you")

	reply := seller.post("/me/replies", map[string]any{"title": "Welcome", "text": "Hello {name}, gladly!"}).ok(201)
	if saved := seller.get("/me/replies").ok(200); saved.text("items", 0, "id") != reply.text("id") {
		t.Errorf("the saved answers: %s", saved.raw)
	}
	seller.post(messages, map[string]any{"text": "Gladly!"}).ok(201)
	seller.post("/conversations/"+id+"/tidy", map[string]any{"starred": true, "labels": []string{"logos"}}).ok(200)
	if found := seller.get("/conversations?folder=starred&label=logos&q=CAN%20YOU").ok(200); len(found.items()) != 1 || found.number("items", 0, "found", "seq") != 1 {
		t.Errorf("found: %s", found.raw)
	}
	m.visitor(t).get("/users/" + seller.username + "/responses").ok(200)

	reported := seller.post("/conversations/"+id+"/report", map[string]any{"reason": "off_platform", "text": "Wants to talk elsewhere.", "block": true}).ok(201)
	buyer.post(messages, map[string]any{"text": "Why?"}).ok(403)
	seller.call("DELETE", "/me/blocks/"+buyer.username, nil).ok(200)
	buyer.post(messages, map[string]any{"text": "Sorry."}).ok(201)
	of := "/operator/cases/" + reported.text("id")
	buyer.get(of).ok(404)
	staff.get(of + "/messages").ok(403)
	staff.post(of+"/readings", map[string]any{"reason": "To see what was written"}).ok(201)
	if read := staff.get(of + "/messages").ok(200); len(read.items()) != 3 || read.text("items", 1, "before", 0) != "Or write to bert@mail.example.com" {
		t.Errorf("the case: %s", read.raw)
	}
	if shown := buyer.get("/conversations/" + id).ok(200); shown.text("readings", 0, "created_at") == "" {
		t.Errorf("who is read does not see it: %s", shown.raw)
	}
	staff.post(of+"/close", map[string]any{"status": "upheld", "note": "Thank you. We have warned him."}).ok(200)
	expectTold(t, m, seller, "your report")
}

// expectMailOnce waits for the mail with the words, and finds that there is one.
func expectMailOnce(t testing.TB, p *person, subject string) {
	t.Helper()
	apptest.Eventually(t, func() error {
		if n := strings.Count(string(p.get("/dev/mail?to="+p.email()).ok(200).raw), fmt.Sprintf(`"subject":%q`, subject)); n != 1 {
			return fmt.Errorf("%s has %d mails %q", p.username, n, subject)
		}
		return nil
	})
}
