package site_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// Rows C4, C6, C7: everything that is done in the inbox is done by plain forms, and one is sent to where one sees it.
func TestTheInboxIsKeptInOrderByPlainForms(t *testing.T) {
	w := newWorld()
	for _, step := range []struct {
		path, form, value, to, called string
	}{
		{"/inbox/c1/tidy", "starred", "yes", "/inbox/c1", "Tidy starred true"},
		{"/inbox/c1/tidy", "starred", "no", "/inbox/c1", "Tidy starred false"},
		{"/inbox/c1/tidy", "archived", "yes", "/inbox?of=c1&undo=archived", "Tidy archived true"},
		{"/inbox/c1/tidy", "archived", "no", "/inbox/c1", "Tidy archived false"},
		{"/inbox/c1/tidy", "spam", "yes", "/inbox?of=c1&undo=spam", "Tidy spam true"},
		{"/inbox/c1/tidy", "labels", " urgent, logo ,,", "/inbox/c1", "Tidy [urgent logo]"},
		{"/inbox/c1/block", "blocked", "yes", "/inbox/c1", "SetBlock true"},
		{"/inbox/c1/block", "blocked", "no", "/inbox/c1", "SetBlock false"},
		{"/inbox/safety", "user_id", benID, "/inbox/safety", "SetBlock false"},
		{"/inbox/c1/messages/m0", "text", "Better", "/inbox/c1#m-3", "Edit Better"},
		{"/inbox/c1/messages/m0/delete", "", "", "/inbox/c1#m-3", "Delete m0"},
		{"/inbox/c1/report", "reason", "fraud", "/inbox/safety", "Report fraud false"},
		{"/inbox/replies", "title", "Thanks", "/inbox/replies", "SaveReply Thanks"},
		{"/inbox/replies/r1", "title", "Thanks", "/inbox/replies", "SaveReply r1Thanks"},
		{"/inbox/replies/r1/delete", "", "", "/inbox/replies", "DeleteReply r1"},
	} {
		w.calls = nil
		page := send(w.member(t), step.path, map[string]string{step.form: step.value})
		if page.Code != http.StatusSeeOther || page.Header().Get("Location") != step.to || !slices.Equal(w.calls, []string{step.called}) {
			t.Errorf("%s %s=%s answered %d to %s and called %q", step.path, step.form, step.value, page.Code, page.Header().Get("Location"), w.calls)
		}
	}
	if to := send(w.member(t), "/inbox/c1/tidy", map[string]string{"starred": "yes", "back": "//evil.example"}).Header().Get("Location"); to != "/inbox/c1" {
		t.Errorf("it leads to %s", to)
	}
	for path, says := range map[string][]string{
		"/inbox?undo=archived&of=c1": {"in the archive", `action="/inbox/c1/tidy"`, "Undo"}, "/inbox?q=hello": {`value="hello"`, "/inbox/c1?q=hello"},
		"/inbox/c1?edit=m0":  {"Change your message", `action="/inbox/c1/messages/m0"`, "Hello Ben, could you start this week?</textarea>"},
		"/inbox/c1?edit=m1":  {`action="/inbox/c1" enctype`}, // somebody else's
		"/inbox/c1?reply=r1": {"Ben Okafor I draw"}, "/inbox/c1?find=x": {"newest first", "/inbox/c1?at=4#m-4", "This message was deleted"},
		"/inbox/c1":                    {"/inbox/c1/files/f1", `src="/inbox/c1/pictures/f2"`, "Edited", "asks to talk or pay elsewhere", "Answers in about 2", "Delete…"},
		"/users/ben":                   {"Answers in about 2", "96"},
		"/gigs/" + gigA:                {"Answers in about 2"},
		"/inbox/c1/messages?changed=1": {`data-id="m0"`},
	} {
		page := visit(w.member(t), path)
		for _, want := range says {
			if !strings.Contains(page.Body.String(), want) {
				t.Errorf("%s (%d) does not say %q", path, page.Code, want)
			}
		}
	}
	if body := visit(w.member(t), "/inbox/c1/messages?changed=2").Body.String(); strings.Contains(body, "data-id") {
		t.Error("nothing has changed since")
	}
}

// ASVS 3.2.1, 5.4: a file is saved and never opened; only what we have drawn is shown in place.
func TestFilesOfMessagesAreSavedAndPicturesShown(t *testing.T) {
	w := newWorld()
	for path, want := range map[string]string{"/inbox/c1/files/f1": "attachment; ", "/inbox/c1/files/f2": "attachment; ", "/inbox/c1/pictures/f2": "inline", "/attachments/token": "attachment; "} {
		page := ask(w.member(t), path)
		h := page.Header()
		if page.Code != http.StatusOK || !strings.HasPrefix(h.Get("Content-Disposition"), want) || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" || h.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%s answered %d %v", path, page.Code, h)
		}
	}
	for _, path := range []string{"/inbox/c1/pictures/f1", "/inbox/c1/files/none", "/attachments/other"} {
		if page := ask(w.member(t), path); page.Code != http.StatusNotFound {
			t.Errorf("%s answered %d", path, page.Code)
		}
	}
	page := upload(t, w.member(t), "/inbox/c1", map[string]string{"text": "See", "client_id": "x"}, map[string]int{"files": 10})
	if page.Code != http.StatusSeeOther || !slices.Equal(w.calls, []string{"Send See", "MarkRead 5"}) {
		t.Errorf("answered %d and called %q", page.Code, w.calls)
	}
}

func TestWhatIsRefusedInTheInboxIsSaidWhereItWasTyped(t *testing.T) {
	w := newWorld()
	for _, tt := range []struct {
		path   string
		form   map[string]string
		fail   error
		status int
		says   string
	}{
		{"/inbox/c1", map[string]string{"text": typed}, fault.Wrong("files.0", "No programs."), 422, "No programs."},
		{"/inbox/c1", map[string]string{"text": typed}, fault.Forbiddenf("You cannot write."), 403, "You cannot write."},
		{"/inbox/c1/messages/m0", map[string]string{"text": typed}, fault.Wrong("text", "Too long."), 422, "Too long."},
		{"/inbox/c1/messages/m0", map[string]string{"text": typed}, fault.Conflictf("Too late."), 409, "Too late."},
		{"/inbox/c1/messages/m0/delete", nil, fault.Conflictf("Too late."), 409, "Too late."},
		{"/inbox/c1/report", map[string]string{"text": typed}, fault.Wrong("reason", "Choose one."), 422, "Choose one."},
		{"/inbox/c1/report", map[string]string{"text": typed}, fault.Conflictf("Reported already."), 409, "Reported already."},
		{"/inbox/replies", map[string]string{"title": "a", "text": typed}, fault.Wrong("title", "Too long."), 422, "Too long."},
		{"/inbox/replies/r1", map[string]string{"title": "a", "text": typed}, fault.Wrong("title", "Too long."), 422, "Too long."},
		{"/inbox/c1/tidy", map[string]string{"labels": "x"}, fault.Wrong("labels", "At most 5."), 422, "At most 5."},
	} {
		w.fail = tt.fail
		page := send(w.member(t), tt.path, tt.form)
		if body := page.Body.String(); page.Code != tt.status || !strings.Contains(body, tt.says) || tt.form["text"] != "" && !strings.Contains(body, "5 &lt; 6") {
			t.Errorf("%s answered %d: %v", tt.path, page.Code, tt.says)
		}
	}
}

// Rows C10, T6, C8: for others these pages do not exist.
func TestStaffDecideReportsAndSayWhatIsLookedFor(t *testing.T) {
	w := newWorld()
	staff := open(t, w, identity.Actor{UserID: anaID, Username: "ana", Verified: true, Roles: []string{"operator"}})
	for path, says := range map[string][]string{
		"/operator/reports": {"ben", "Fraud, or it looks like it"}, "/operator/reports/k1": {"Why must it be read?", "Who has read"},
		"/operator/reports/k3": {"It said something else", "You may read until"}, "/operator/screening": {"whatsapp\npaypal", "Both sides are warned"},
	} {
		page := visit(staff, path)
		for _, problem := range problems(parsed(t, page)) {
			t.Errorf("%s: %v", path, problem)
		}
		for _, want := range says {
			if !strings.Contains(page.Body.String(), want) {
				t.Errorf("%s (%d) does not say %q", path, page.Code, want)
			}
		}
	}
	w.cards, w.offer = true, order.OfferSent
	page := visit(staff, "/operator/reports/k3").Body.String()
	if !strings.Contains(page, `data-offer="of1"`) || !strings.Contains(page, "First drafts") || w.asked.CaseID == "" || strings.Contains(page, `<a href="/offers/of1">`) {
		t.Errorf("an offer in a case is not shown as it is; asked was %+v", w.asked)
	}
	w.away = fault.Unavailablef(9, "Away.")
	if page := visit(staff, "/operator/reports/k3"); page.Code != http.StatusOK || !strings.Contains(page.Body.String(), "Not available at the moment: offers") ||
		!strings.Contains(page.Body.String(), "You may read until") || strings.Contains(page.Body.String(), "No messages yet") {
		t.Errorf("while offers are away, a case is answered with %d: %s", page.Code, page.Body)
	}
	w.away, w.cards = nil, false
	for _, path := range []string{"/operator/reports/k1"} {
		if page := visit(w.member(t), path); page.Code != http.StatusNotFound {
			t.Errorf("a member got %d at %s", page.Code, path)
		}
	}
	goes := func(path string, form map[string]string, to, called string) {
		t.Helper()
		w.calls = nil
		if page := send(staff, path, form); page.Code != http.StatusSeeOther || page.Header().Get("Location") != to || !slices.Equal(w.calls, []string{called}) {
			t.Errorf("%s answered %d to %s and called %q", path, page.Code, page.Header().Get("Location"), w.calls)
		}
	}
	goes("/operator/reports/k1/read", map[string]string{"reason": "To see it"}, "/operator/reports/k1#messages", "ReadCase To see it")
	goes("/operator/reports/k1/close", map[string]string{"status": "upheld", "note": "Done"}, "/operator/reports", "CloseCase upheld Done")
	goes("/operator/screening", map[string]string{"version": "2", "strictness": "block", "words": "a b\n\n c"}, "/operator/screening", "SetScreening 2 block [a b c]")
	w.fail = fault.Wrong("words.1", "Too long.")
	if page := send(staff, "/operator/screening", map[string]string{"strictness": "warn", "words": "x"}); page.Code != 422 || !strings.Contains(page.Body.String(), "Too long.") {
		t.Errorf("answered %d", page.Code)
	}
}
