package notificationimpl

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/auth"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/alert"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// written is everything that people are told or written, in English.
func written() []string {
	said := map[string]bool{greeting: true, fallback: true, why: true}
	for _, list := range tellings() {
		for _, t := range list {
			said[t.title], said[t.text], said[t.button] = true, true, true
		}
	}
	for _, x := range letters() {
		said[x.Subject], said[x.Button], said[x.Note] = true, true, true
		for _, p := range x.Paragraphs {
			said[p] = true
		}
	}
	for _, text := range absentTexts() {
		said[text] = true
	}
	for _, text := range []string{alertOver, alertBegins("critical"), alertBegins("warning"), alertValue, alertLasted, alertButton, alertWhy, alertNobody,
		"above %s", "below %s", "%s for %s", "days", "hours"} {
		said[text] = true
	}
	for _, r := range alert.Rules() {
		said[r.Title], said[r.Meaning], said[r.Action] = true, true, true
	}
	delete(said, "")
	return slices.Sorted(maps.Keys(said))
}

// facts of an event that a text names, each once.
func named(text string) []string {
	found := regexp.MustCompile(`\.[A-Z][A-Za-z]*`).FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// Row Ns1.
func TestEverythingThatIsWrittenToPeopleIsInEveryLanguage(t *testing.T) {
	tongues, err := readTongues()
	if err != nil || len(tongues) < 2 {
		t.Fatal(tongues, err)
	}
	all := written()
	for tag, g := range tongues {
		if tag == english {
			continue
		}
		for _, text := range all {
			said := g.texts[text]
			if said == "" {
				t.Errorf("texts/%s.toml: nothing for %q", tag, text)
			} else if !slices.Equal(named(text), named(said)) || strings.Count(text, "%s") != strings.Count(said, "%s") {
				t.Errorf("texts/%s.toml: %q names %v, not %v", tag, text, named(said), named(text))
			}
		}
		for text := range g.texts {
			if !slices.Contains(all, text) {
				t.Errorf("texts/%s.toml: nobody says %q", tag, text)
			}
		}
	}
}

func TestPeopleAreToldAndWrittenToInTheirLanguage(t *testing.T) {
	w := newWorld(t)
	later := moment.AddDate(0, 0, 1)
	w.happened(
		auth.LanguageChosen{UserID: "bea-id", Language: "de-AT", At: later},
		auth.LanguageChosen{UserID: "bea-id", Language: "en", At: moment}, // an older choice that comes late
		auth.LanguageChosen{UserID: "eva-id", Language: "de", At: moment}, // before the account is announced
		auth.SignedUp{UserID: "eva-id", Username: "Eva", Email: "eva@example.com", Language: "en"},
		auth.SignedUp{UserID: "ida-id", Username: "Ida", Email: "ida@example.com", Language: "tlh"},
	)
	w.happened(order.Cancelled{Facts: facts(order.StatusCancelled), Reason: "Zu spät", Refunded: money.Of(123450, "USD")},
		auth.PasswordChanged{UserID: "eva-id", At: moment}, auth.PasswordChanged{UserID: "ida-id", At: moment})
	bea, sam := w.told(w.bea)[0], w.told(w.sam)[0]
	if bea.Title != "Auftrag A1B2C3 wurde storniert" || !strings.HasSuffix(bea.Text, "wurde storniert: „Zu spät“. Wir geben Ihnen 1.234,50 $ zurück.") {
		t.Errorf("Bea is told %q, %q", bea.Title, bea.Text)
	}
	if sam.Title != "Order A1B2C3 was cancelled" {
		t.Errorf("Sam is told %q", sam.Title)
	}
	for to, want := range map[string]struct{ subject, text, html string }{
		"bea@example.com": {"Auftrag A1B2C3 wurde storniert", "Guten Tag Bea,", `<html lang="de">`},
		"sam@example.com": {"Order A1B2C3 was cancelled", "Hello Sam,", `<html lang="en">`},
		"eva@example.com": {"Ihr Passwort wurde geändert", "am 6. Mai 2026, 07:08 UTC geändert", ">Das war ich nicht</a>"},
		"ida@example.com": {"Your password was changed", "on 6 May 2026, 07:08 UTC", "It was not me"},
	} {
		m := w.mails(to)[0]
		if m.Subject != want.subject || !strings.Contains(m.Text, want.text) || !strings.Contains(m.HTML, want.html) {
			t.Errorf("%s is written %q\n%s\n%s", to, m.Subject, m.Text, m.HTML)
		}
		if de := strings.Contains(m.Text, "Konto haben"); de != strings.HasPrefix(want.text, "Guten") && to != "eva@example.com" {
			t.Errorf("the foot of the mail to %s is in another language:\n%s", to, m.Text)
		}
	}
}

func TestMailsWithLinksAreInTheLanguageOfTheAccount(t *testing.T) {
	w := newWorld(t)
	for template := range letters() {
		for tag, hello := range map[string]string{"de": "Guten Tag Bea,", "de-CH": "Guten Tag Bea,", "en": "Hello Bea,", "": "Hello Bea,", "xx": "Hello Bea,"} {
			_, err := w.SendMail(apptest.System(), notification.SendMailRequest{
				RequestID: template + tag, To: "bea@example.com", Template: template, Username: "Bea", Link: "https://market.example/x?token=1", Language: tag,
			})
			w.must(err)
			if m := w.mails("bea@example.com")[0]; !strings.Contains(m.Text, hello) || !strings.Contains(m.HTML, hello) || !strings.Contains(m.Text, "token=1") {
				t.Errorf("%s in %q: %s", template, tag, m.Text)
			}
		}
	}
	_, err := w.SendMail(apptest.System(), notification.SendMailRequest{RequestID: "x", To: "bea@example.com", Template: "verify_email", Username: "Bea", Link: "https://market.example/x", Language: strings.Repeat("x", 36)})
	w.refused(err, fault.Invalid)
}
