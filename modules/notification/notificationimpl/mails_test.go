package notificationimpl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/mail"
	"marketplace/platform/private"
)

const link = "http://marketplace.test/verify-email?token=secret-1"

func verification(id string) notification.SendMailRequest {
	return notification.SendMailRequest{RequestID: id, To: "ana@example.com", Template: "verify_email", Username: "Ana", Link: link}
}

// Row N3.
func TestALinkReachesItsOwnerInTextAndHTML(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		for range 2 { // the same request is one mail
			_, err := w.SendMail(apptest.System(), verification("request-1"))
			w.must(err)
		}
		shown := w.mails("ANA@example.com")
		if len(shown) != 1 || shown[0].Status != "queued" || !slices.Equal(shown[0].Links, []string{link, "http://marketplace.test"}) {
			t.Fatalf("queued %+v", shown)
		}
		w.must(w.h.RunTasks(apptest.System()))
		w.must(w.h.RunTasks(apptest.System()))
		got := w.h.Mails.To("ana@example.com")
		if len(got) != 1 || got[0].Subject != "Confirm your e-mail address" {
			t.Fatalf("sent %+v", got)
		}
		for _, part := range []string{got[0].Text, got[0].HTML} {
			if !strings.Contains(part, link) || !strings.Contains(part, "Hello Ana,") || !strings.Contains(part, "Marketplace") {
				t.Errorf("the mail says %s", part)
			}
		}
		if shown := w.mails(""); shown[0].Status != "sent" || shown[0].HTML != got[0].HTML {
			t.Errorf("shown is %+v", shown[0])
		}
	})
}

// Every link of a mail is listed, and leads to the marketplace.
func TestEveryLinkOfAMailIsListed(t *testing.T) {
	w := newWorld(t)
	for template := range letters() {
		q := verification(template)
		q.Template = template
		_, err := w.SendMail(apptest.System(), q)
		w.must(err)
	}
	w.happened(order.Paid{Facts: facts(order.StatusInProgress)})
	mails := w.mails("")
	if len(mails) != len(letters())+2 {
		t.Fatalf("%d mails", len(mails))
	}
	for _, m := range mails {
		for rest := m.HTML; ; {
			_, after, found := strings.Cut(rest, `href="`)
			if !found {
				break
			}
			address, more, _ := strings.Cut(after, `"`)
			if rest = more; !slices.Contains(m.Links, address) {
				t.Errorf("%s has the link %s, listed are %v", m.Subject, address, m.Links)
			}
		}
		for _, l := range m.Links {
			if !strings.Contains(m.Text, l) || !strings.HasPrefix(l, "http://marketplace.test") {
				t.Errorf("%s lists %s", m.Subject, l)
			}
		}
	}
}

func TestPeopleSendNoMailInTheNameOfTheMarketplace(t *testing.T) {
	w := newWorld(t)
	for _, ctx := range []context.Context{apptest.Visitor(), w.bea} {
		_, err := w.SendMail(ctx, verification("request-1"))
		w.refused(err, fault.Forbidden)
	}
	_, err := w.SendMail(apptest.System(), notification.SendMailRequest{
		To: "a\r\nBcc: b@example.com", Template: "surprise", Username: "\x00", Link: "javascript:alert(1)",
	})
	var names []string
	for _, f := range w.refused(err, fault.Invalid).Fields {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"template", "link", "request_id", "to", "username"}) {
		t.Errorf("wrong are %v", names)
	}
}

// Row N5.
func TestAMailThatFailsIsRetriedMoreAndMoreRarelyAndThenKeptAsDead(t *testing.T) {
	w := newWorld(t)
	_, err := w.SendMail(apptest.System(), verification("request-1"))
	w.must(err)
	w.h.Mails.Break(errors.New("the server is down"))
	attempts := func() (n int) {
		w.must(w.h.DB.Read(t.Context()).Raw("SELECT attempts FROM mails").Scan(&n).Error)
		return n
	}
	for i, seconds := range []int{10, 20, 40, 80, 160, 320, 640, 1280, 2560} {
		pause := time.Duration(seconds) * time.Second
		w.must(w.h.RunTasks(apptest.System()))
		if attempts() != i+1 {
			t.Fatalf("%d attempts, want %d", attempts(), i+1)
		}
		w.h.Clock.Advance(pause - 5*time.Second)
		w.must(w.h.RunTasks(apptest.System()))
		if attempts() != i+1 {
			t.Fatalf("attempt %d came too early", i+2)
		}
		w.h.Clock.Advance(5 * time.Second)
	}
	w.must(w.h.RunTasks(apptest.System()))
	var dead mailRow
	w.must(w.h.DB.Read(t.Context()).Take(&dead).Error)
	if dead.Status != "dead" || dead.Attempts != 10 || dead.LastError != "the server is down" {
		t.Errorf("kept is %+v", dead)
	}
	w.h.Mails.Break(nil)
	w.h.Clock.Advance(24 * time.Hour)
	w.must(w.h.RunTasks(apptest.System()))
	if len(w.h.Mails.All()) != 0 {
		t.Error("a dead mail was sent")
	}
}

func TestAMailThatIsRefusedForGoodIsDeadAtOnce(t *testing.T) {
	w := newWorld(t)
	_, err := w.SendMail(apptest.System(), verification("request-1"))
	w.must(err)
	w.h.Mails.Break(fmt.Errorf("refused: %w", mail.ErrMessage))
	w.must(w.h.RunTasks(apptest.System()))
	if got := w.mails(""); got[0].Status != "dead" {
		t.Errorf("it is %s", got[0].Status)
	}
}

func TestManyMailsAreEachSentOnceByManySenders(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("notification"))
		for i := range 30 {
			q := verification(fmt.Sprint(i))
			q.To = private.Personal(fmt.Sprintf("person%d@example.com", i))
			_, err := w.SendMail(apptest.System(), q)
			w.must(err)
		}
		var wait sync.WaitGroup
		for range 2 { // two replicas
			wait.Go(func() {
				if err := w.h.RunTasks(apptest.System()); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := len(w.h.Mails.All()); n != 30 {
			t.Errorf("%d mails were sent", n)
		}
		for i := range 30 {
			if n := len(w.h.Mails.To(fmt.Sprintf("person%d@example.com", i))); n != 1 {
				t.Errorf("person %d got %d", i, n)
			}
		}
	})
}

// A process that ends while it sends leaves the mail to another.
func TestAMailWhoseSenderIsGoneIsSentLater(t *testing.T) {
	w := newWorld(t)
	_, err := w.SendMail(apptest.System(), verification("request-1"))
	w.must(err)
	s := w.Service.(*service)
	row, err := one[mailRow](s.db.Read(t.Context()))
	w.must(err)
	taken, err := s.takeMail(t.Context(), &row)
	w.must(err)
	w.must(w.h.RunTasks(apptest.System()))
	if !taken || len(w.h.Mails.All()) != 0 {
		t.Fatal("a mail that is taken was sent by another")
	}
	w.h.Clock.Advance(lease)
	w.must(w.h.RunTasks(apptest.System()))
	if len(w.h.Mails.All()) != 1 {
		t.Error("it was never sent")
	}
}

// Row Ns4.
func TestInProductionMailsAreNotShownAndNotKept(t *testing.T) {
	w := newWorld(t, apptest.Config(func(c *config.Config) {
		c.Environment, c.PublicURL = config.Production, "https://market.example"
		c.Mail = config.Mail{SMTP: "smtps://mail.example:465", From: "no-reply@market.example"}
		c.Secrets = map[string]private.Secret{"auth": private.Secret(strings.Repeat("s", 32))}
	}))
	_, err := w.SendMail(apptest.System(), verification("request-1"))
	w.must(err)
	_, err = w.ListMails(apptest.System(), notification.ListMailsRequest{})
	w.refused(err, fault.NotFound)
	w.must(w.h.RunTasks(apptest.System()))
	if sent := w.h.Mails.To("ana@example.com"); len(sent) != 1 || !strings.Contains(sent[0].Text, link) {
		t.Fatalf("sent %+v", sent)
	}
	var kept mailRow
	w.must(w.h.DB.Read(t.Context()).Take(&kept).Error)
	if strings.Contains(kept.Text+kept.HTML+kept.Links, "secret-1") || kept.Status != "sent" {
		t.Errorf("kept is %+v", kept)
	}
}

func TestUnusableSettingsAreRefused(t *testing.T) {
	for key, value := range map[string]any{
		"mail_attempts": 0, "mail_retry": "1ms", "mail_retry_longest": "1s", "mail_senders": 0, "keep_mails": "1s",
	} {
		h := apptest.Host(t, "notification", apptest.Settings(map[string]any{key: value}))
		if _, err := newService(h.Host, Deps{}); err == nil {
			t.Errorf("%s: %v is taken", key, value)
		}
	}
}
