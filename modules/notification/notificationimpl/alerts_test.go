package notificationimpl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/auth"
	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/alert"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/fault"
)

func operator() context.Context { return apptest.As("ops-id", "Olga", "operator") }

func withOperators(addresses ...string) apptest.Option {
	return apptest.Config(func(c *config.Config) { c.Alerts.Mail = addresses })
}

func sees(process string, rules ...string) notification.ReportAlertsRequest {
	q := notification.ReportAlertsRequest{Process: process}
	for _, rule := range rules {
		q.Firing = append(q.Firing, notification.Sighting{Rule: rule, Title: "It is " + rule, Meaning: "People suffer.", Action: "Look.", Severity: "critical",
			Value: "7 %", Limit: "above 5 %"})
	}
	return q
}

func (w *world) alerts(over bool) []notification.Alert {
	w.t.Helper()
	list, err := w.ListAlerts(operator(), notification.ListAlertsRequest{Over: over})
	w.must(err)
	return list.Items
}

// Row S12: many processes see one condition; it is told once when it begins and once when it is over.
func TestAConditionIsToldOnceAndItsEndOnce(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification", withOperators("ops@example.com", "chief@example.com")))
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				for range 3 { // again and again while it lasts
					if _, err := w.ReportAlerts(apptest.System(), sees(fmt.Sprint("order@", i), "disk", "error_rate")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		if open := w.alerts(false); len(open) != 2 || len(open[0].Processes) != 8 || open[0].OverAt != nil {
			t.Fatalf("%+v is open", open)
		}
		w.must(w.h.RunTasks(apptest.System()))
		if mails := w.h.Mails.All(); len(mails) != 4 {
			t.Fatalf("%d mails", len(mails))
		}
		first := w.h.Mails.To("chief@example.com")[0]
		for _, part := range []string{"[critical] It is ", "People suffer.", "7 %", "above 5 %", "Look.", "/operator"} {
			if !strings.Contains(first.Subject+first.Text, part) {
				t.Errorf("the mail does not say %q: %s\n%s", part, first.Subject, first.Text)
			}
		}
		for i := range 8 {
			if len(w.alerts(true)) > 0 {
				t.Fatal("it is over while somebody sees it")
			}
			_, err := w.ReportAlerts(apptest.System(), notification.ReportAlertsRequest{Process: fmt.Sprint("order@", i), Fine: []string{"disk", "dead_letters"}})
			w.must(err)
		}
		w.must(w.h.RunTasks(apptest.System()))
		over := w.alerts(true)
		if len(over) != 1 || over[0].Rule != "disk" || over[0].OverAt == nil || len(w.alerts(false)) != 1 {
			t.Errorf("%+v is over", over)
		}
		if mails := w.h.Mails.All(); len(mails) != 6 || !strings.HasPrefix(mails[5].Subject, "[over] It is disk") {
			t.Errorf("%d mails: %v", len(mails), mails[len(mails)-1].Subject)
		}
		_, err := w.ReportAlerts(apptest.System(), sees("order@1", "disk"))
		w.must(err)
		w.must(w.h.RunTasks(apptest.System()))
		if mails := w.h.Mails.All(); len(mails) != 8 {
			t.Errorf("%d mails after it has begun again", len(mails))
		}
	})
}

// Row S12: an operator who has an account reads the mail in the account's language, an address without one in that of the
// configuration.
func TestAlertsAreWrittenInTheLanguageOfWhoReadsThem(t *testing.T) {
	w := newWorld(t, apptest.Config(func(c *config.Config) {
		c.Alerts.Mail, c.Alerts.Language = []string{"ops@example.com", "Sam@example.com"}, "de"
	}))
	w.happened(auth.EmailVerified{UserID: "sam-id", Username: "Sam"})
	rule := alert.Rules()[0]
	q := notification.ReportAlertsRequest{Process: "order@1", Firing: []notification.Sighting{{Rule: rule.Name, Title: rule.Title, Meaning: rule.Meaning, Action: rule.Action,
		Severity: rule.Severity, Value: "7.5 %", Limit: rule.SayLimit()}}}
	_, err := w.ReportAlerts(apptest.System(), q)
	w.must(err)
	_, err = w.ReportAlerts(apptest.System(), notification.ReportAlertsRequest{Process: "order@1", Fine: []string{rule.Name}})
	w.must(err)
	w.must(w.h.RunTasks(apptest.System()))
	for to, want := range map[string][][]string{
		"ops@example.com": {{"[vorbei] Anfragen schlagen fehl", "Guten Tag Betrieb,", "Er begann am"},
			{"[kritisch] Anfragen schlagen fehl", "Der Wert ist 7,5 % (Regel error_rate: mehr als 5 % für 1m).", "Die Leute sehen eine Fehlerseite.", "in der Liste derer steht"}},
		"Sam@example.com": {{"[over] Requests fail", "Hello Sam,", "It began on"},
			{"[critical] Requests fail", "It is 7.5 %; the rule error_rate fires above 5 % for 1m.", "in the list of those who run this marketplace"}},
	} {
		mails := w.h.Mails.To(to)
		if len(mails) != 2 {
			t.Fatalf("%d mails to %s", len(mails), to)
		}
		for i, parts := range want {
			for _, part := range parts {
				m := mails[i]
				if m.Subject != parts[0] {
					m = mails[1-i]
				}
				if !strings.Contains(m.Subject+"\n"+m.Text, part) {
					t.Errorf("the mail to %s does not say %q: %s\n%s", to, part, m.Subject, m.Text)
				}
			}
		}
	}
}

// A process that has died cannot say that it is over.
func TestWhatADeadProcessSawIsForgotten(t *testing.T) {
	w := newWorld(t, withOperators("ops@example.com"))
	_, err := w.ReportAlerts(apptest.System(), sees("order@1", "disk"))
	w.must(err)
	w.h.Clock.Advance(2 * time.Minute)
	_, err = w.ReportAlerts(apptest.System(), sees("order@2", "disk"))
	w.must(err)
	w.h.Clock.Advance(2 * time.Minute)
	w.must(w.h.RunTasks(apptest.System()))
	if open := w.alerts(false); len(open) != 1 || len(open[0].Processes) != 1 {
		t.Fatalf("%+v is open", open)
	}
	w.h.Clock.Advance(2 * time.Minute)
	w.must(w.h.RunTasks(apptest.System()))
	if len(w.alerts(false)) != 0 || len(w.alerts(true)) != 1 || len(w.mails("ops@example.com")) != 2 {
		t.Errorf("%d mails", len(w.mails("ops@example.com")))
	}
}

func TestAlertsAndTheLogOfMailsAreForOperators(t *testing.T) {
	w := newWorld(t)
	for what, err := range map[string]error{
		"report":   second(w.ReportAlerts(operator(), sees("order@1", "disk"))),
		"nameless": second(w.ReportAlerts(apptest.System(), sees("", "disk"))),
		"list":     second(w.ListAlerts(w.bea, notification.ListAlertsRequest{})),
		"log":      second(w.MailLog(w.bea, notification.MailLogRequest{})),
		"retry":    second(w.RetryMail(apptest.As("mo", "Mo", "moderator"), notification.RetryMailRequest{ID: "x"})),
		"status":   second(w.MailLog(operator(), notification.MailLogRequest{Status: "lost"})),
		"nothing":  second(w.RetryMail(operator(), notification.RetryMailRequest{ID: "x"})),
	} {
		want := map[string]fault.Code{"report": fault.Forbidden, "nameless": fault.Invalid, "status": fault.Invalid}[what]
		if want == "" {
			want = fault.NotFound
		}
		if !fault.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if len(w.alerts(false)) > 0 {
		t.Error("something was noted")
	}
}

func second[T any](_ T, err error) error { return err }

// Row Z18: the mail server fails; what could not be sent is in the log, and is sent once when it is sent again.
func TestADeadMailIsSentAgainOnce(t *testing.T) {
	w := newWorld(t, apptest.Settings(map[string]any{"mail_attempts": 1}))
	w.h.Mails.Break(errors.New("the server is away"))
	w.happened(order.Paid{Facts: facts(order.StatusInProgress)})
	w.must(w.h.RunTasks(apptest.System()))
	log := func(q notification.MailLogRequest) []notification.MailRecord {
		t.Helper()
		list, err := w.MailLog(operator(), q)
		w.must(err)
		return list.Items
	}
	dead := log(notification.MailLogRequest{Status: "dead", OrderID: "order-1"})
	if len(dead) != 2 || dead[0].LastError != "the server is away" || dead[0].Attempts != 1 {
		t.Fatalf("the log has %+v", dead)
	}
	w.h.Mails.Break(nil)
	again, err := w.RetryMail(operator(), notification.RetryMailRequest{ID: dead[0].ID})
	w.must(err)
	if err := second(w.RetryMail(operator(), notification.RetryMailRequest{ID: dead[0].ID})); again.Status != "queued" || !fault.Is(err, fault.Conflict) {
		t.Errorf("it is %s, and again: %v", again.Status, err)
	}
	w.must(w.h.RunTasks(apptest.System()))
	w.must(w.h.RunTasks(apptest.System()))
	if sent := log(notification.MailLogRequest{Status: "sent"}); len(w.h.Mails.All()) != 1 || len(sent) != 1 || sent[0].ID != dead[0].ID || sent[0].SentAt == nil {
		t.Errorf("%d mails were sent; the log says %+v", len(w.h.Mails.All()), sent)
	}
	if mine := log(notification.MailLogRequest{To: strings.ToUpper(dead[1].To)}); len(mine) != 1 || mine[0].Status != "dead" {
		t.Errorf("the other mail: %+v", mine)
	}
}
