package notificationimpl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/modules/notification"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/mail"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
	"marketplace/platform/trace"
)

const (
	lease    = 5 * time.Minute // how long a mail belongs to the sender that has taken it
	patience = time.Minute     // how long a mail server may take for one mail
)

// SendMail is for modules: it is refused to people, so nobody sends mail in the marketplace's name.
func (s *service) SendMail(ctx context.Context, q notification.SendMailRequest) (notification.Done, error) {
	if !identity.From(ctx).System {
		return notification.Done{}, fault.Forbiddenf("Only the marketplace itself sends mail.")
	}
	x, known := letters()[q.Template]
	link, err := url.Parse(q.Link.Reveal())
	var c fault.Check
	c.That(known, "template", "There is no such template.")
	c.That(err == nil && link.Host != "" && (link.Scheme == "http" || link.Scheme == "https") && len(q.Link) <= 2000, "link", "Use an absolute http or https address.")
	text.Line(&c, "request_id", q.RequestID, 1, 255)
	text.Line(&c, "to", q.To.Reveal(), 3, 254)
	text.Line(&c, "username", q.Username, 1, 100)
	text.Line(&c, "language", q.Language, 0, 35)
	if err := c.Err(); err != nil {
		return notification.Done{}, err
	}
	x = x.in(s.tongueFor(q.Language))
	x.Username, x.Link = q.Username, q.Link.Reveal()
	err = s.db.Tx(ctx, func(tx *db.Tx) error { return s.queue(tx, q.RequestID, q.To.Reveal(), x) })
	return notification.Done{}, err
}

// queue stores a mail to be sent after the commit; the same request id once.
func (s *service) queue(tx *db.Tx, requestID, to string, x letter) error {
	f, err := s.layout.form(x, tx.Now())
	if err != nil {
		return fmt.Errorf("write a mail: %w", err)
	}
	links, err := json.Marshal(f.links)
	if err != nil {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	err = tx.Exec(`INSERT INTO mails (id, request_id, recipient, subject, order_id, text, html, links, status, due_at, created_at, caused_by, trace)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (request_id) DO NOTHING`,
		id.String(), requestID, to, x.Subject, x.OrderID, f.text, f.html, string(links), queued, tx.Now(), tx.Now(),
		identity.Request(tx.Context()), trace.Parent(tx.Context())).Error
	if err != nil {
		return fmt.Errorf("queue a mail: %w", err)
	}
	return nil
}

// sendMails is the background task: a few senders take the mails that are due, one by one.
func (s *service) sendMails(ctx context.Context) error {
	errs := make([]error, s.settings.Senders)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			for more := true; more && errs[i] == nil && ctx.Err() == nil; {
				more, errs[i] = s.sendNext(ctx)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// sendNext sends one mail; more is false when none is due.
func (s *service) sendNext(ctx context.Context) (more bool, err error) {
	row, err := one[mailRow](s.db.Read(ctx).Where("status = ? AND due_at <= ?", queued, s.clock.Now()).Order("due_at").Limit(1))
	if err != nil || row.ID == "" {
		return false, err
	}
	taken, err := s.takeMail(ctx, &row)
	if err != nil || !taken {
		return true, err
	}
	if row.CausedBy != "" {
		ctx = identity.WithRequest(ctx, row.CausedBy)
	}
	ctx, span := s.tracer.Continue(ctx, row.Trace, trace.Client, "mail", trace.Text("market.module", "notification"), trace.Text("market.mail_id", row.ID))
	sending, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	failure := s.mail.Send(sending, mail.Message{To: row.Recipient, Subject: row.Subject, Text: row.Text, HTML: row.HTML})
	span.End(failure)
	return true, s.settle(context.WithoutCancel(ctx), row, failure)
}

// takeMail gives the mail to this sender alone. If the process ends before it is settled, another takes it later: a mail may
// come twice, and is not lost.
func (s *service) takeMail(ctx context.Context, row *mailRow) (taken bool, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		done := tx.Exec("UPDATE mails SET attempts = attempts + 1, due_at = ? WHERE id = ? AND status = ? AND attempts = ?",
			tx.Now().Add(lease), row.ID, queued, row.Attempts)
		taken = done.RowsAffected == 1
		return done.Error
	})
	row.Attempts++
	if err != nil {
		err = fmt.Errorf("take a mail: %w", err)
	}
	return taken, err
}

// settle notes what has become of a mail.
func (s *service) settle(ctx context.Context, row mailRow, failure error) error {
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if failure == nil {
			tx.AfterCommit(func() { s.figures.mails.WithLabelValues(sent).Inc() })
			return s.settleSent(tx, row)
		}
		status, outcome := queued, "failed"
		if row.Attempts >= s.settings.Attempts || mail.IsPermanent(failure) {
			status, outcome = dead, dead
			telemetry.For(ctx, s.log).Error("a mail cannot be sent", zap.String("labels.mail_id", row.ID), zap.Int("market.attempts", row.Attempts), zap.Error(failure))
		}
		tx.AfterCommit(func() { s.figures.mails.WithLabelValues(outcome).Inc() })
		return tx.Exec("UPDATE mails SET status = ?, due_at = ?, last_error = ? WHERE id = ? AND attempts = ?",
			status, tx.Now().Add(s.pause(row.Attempts)), excerpt(failure.Error()), row.ID, row.Attempts).Error
	})
	if err != nil {
		return fmt.Errorf("note what has become of a mail: %w", err)
	}
	return nil
}

// settleSent forgets in production what the mail said: it may have carried a link that opens an account.
func (s *service) settleSent(tx *db.Tx, row mailRow) error {
	if s.production {
		row.Text, row.HTML, row.Links = "", "", "[]"
	}
	return tx.Exec("UPDATE mails SET status = ?, sent_at = ?, last_error = '', text = ?, html = ?, links = ? WHERE id = ? AND attempts = ?",
		sent, tx.Now(), row.Text, row.HTML, row.Links, row.ID, row.Attempts).Error
}

// pause is how long a mail waits after so many failures.
func (s *service) pause(failures int) time.Duration {
	return min(s.settings.LongPause, s.settings.Pause<<min(failures-1, 20))
}

// forget is the background task that deletes what is old.
func (s *service) forget(ctx context.Context) error {
	now := s.clock.Now()
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		err := tx.Exec("DELETE FROM mails WHERE created_at < ? AND status <> ?", now.Add(-s.settings.KeepMails), queued).Error
		if err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM alerts WHERE over_at < ?", now.Add(-keepAlerts)).Error; err != nil {
			return err
		}
		if err := tx.Exec("DELETE FROM waiting WHERE created_at < ?", now.Add(-s.settings.KeepMails)).Error; err != nil {
			return err
		}
		return tx.Exec("DELETE FROM notifications WHERE created_at < ?", now.Add(-s.settings.KeepRead)).Error
	})
	if err != nil {
		return fmt.Errorf("forget what is old: %w", err)
	}
	return nil
}
