package site_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"marketplace/modules/notification"
	"marketplace/platform/identity"
)

func TestOperatorsSeeAndWriteWhatTheHouseSays(t *testing.T) {
	w := newWorld()
	until := w.now.Add(time.Hour)
	w.closed = &notification.Closure{Note: "New shelves.", Since: w.now, Until: &until}
	boss := open(t, w, identity.Actor{UserID: "u-boss", Username: "boss", Verified: true, Roles: []string{"operator"}})
	if text := words(parsed(t, visit(boss, "/operator/house"))); !strings.Contains(text, "Open the marketplace") || !strings.Contains(text, "Yours, changed") {
		t.Errorf("the page says %s", text)
	}
	if answer := visit(w.member(t), "/operator/house"); answer.Code != http.StatusNotFound {
		t.Errorf("others see %d", answer.Code)
	}
	if text := visit(boss, "/operator/texts/terms?of=en").Body.String(); !strings.Contains(text, "<h2>Own</h2>") || !strings.Contains(text, `name="version" value="2"`) {
		t.Errorf("the text of the operator is not there: %s", text)
	}
	ours := visit(boss, "/operator/texts/help?of=de").Body.String()
	for _, want := range []string{"## Kaufen", "### Kann ich stornieren?", "](/settings/security)"} {
		if !strings.Contains(ours, want) {
			t.Errorf("our own text to begin from lacks %q", want)
		}
	}
	shown := send(boss, "/operator/texts/help?of=de", map[string]string{"text": "**Neu** <b>x</b>", "version": "0", "action": "preview"})
	if shown.Code != http.StatusOK || !strings.Contains(shown.Body.String(), "<strong>Neu</strong>") || strings.Contains(shown.Body.String(), "<b>x</b>") {
		t.Errorf("the preview is %d %s", shown.Code, shown.Body)
	}
	w.calls = nil
	send(boss, "/operator/texts/help?of=de", map[string]string{"text": "Neu", "version": "0", "action": "save"})
	send(boss, "/operator/texts/help?of=de", map[string]string{"text": "Neu", "version": "4", "action": "reset"})
	if got := strings.Join(w.calls, "; "); got != `WriteText help de "Neu" 0; WriteText help de "" 4` {
		t.Errorf("called %s", got)
	}
	for _, path := range []string{"/operator/texts/x?of=de", "/operator/texts/help?of=xx"} {
		if answer := visit(boss, path); answer.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, answer.Code)
		}
	}
}

func TestAGigIsShownBeforeItIsSaved(t *testing.T) {
	w := newWorld()
	h := w.member(t)
	typed := map[string]string{
		"title": "I will draw <b>you</b>", "description": "**Fast** <script>x</script>", "basic.title": "One", "basic.price": "45.50", "basic.delivery_days": "3", "basic.revisions": "1",
		"tags": "ink, paper", "then": "preview",
	}
	for _, path := range []string{"/gigs/new", "/gigs/preview"} {
		w.calls = nil
		answer := send(h, path, typed)
		page := answer.Body.String()
		for _, want := range []string{"I will draw &lt;b&gt;you&lt;/b&gt;", "<strong>Fast</strong>", "$45.50", "/gigs/new/cover"} {
			if answer.Code != http.StatusOK || !strings.Contains(page, want) {
				t.Errorf("%s answers %d without %q", path, answer.Code, want)
			}
		}
		if strings.Contains(page, "<script>x") || len(w.calls) > 0 {
			t.Errorf("%s did %v, or runs scripts", path, w.calls)
		}
	}
	if answer := send(h, "/gigs/preview", map[string]string{}); answer.Code != http.StatusOK {
		t.Errorf("nothing at all answers %d", answer.Code)
	}
	other := send(h, "/gigs/preview", map[string]string{"gig": gigA})
	if other.Code != http.StatusNotFound && !w.seller {
		t.Errorf("another's gig answers %d", other.Code)
	}
}
