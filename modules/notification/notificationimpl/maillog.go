package notificationimpl

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"marketplace/modules/notification"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/page"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

// MailLog is for operators: it says that a mail was sent, and not what it says.
func (s *service) MailLog(ctx context.Context, q notification.MailLogRequest) (notification.MailRecords, error) {
	if err := onlyOperators(ctx); err != nil {
		return notification.MailRecords{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, normalPage)
	after := page.After[place](&c, q.Cursor)
	c.That(q.Status == "" || q.Status == queued || q.Status == sent || q.Status == dead, "status", "Use queued, sent or dead.")
	to := text.Line(&c, "to", q.To, 0, 254)
	c.That(q.OrderID == "" || text.IsID(q.OrderID), "order_id", "There is no such order.")
	if err := c.Err(); err != nil {
		return notification.MailRecords{}, err
	}
	r := s.db.Read(ctx).Select("id, recipient, subject, order_id, status, attempts, last_error, created_at, due_at, sent_at")
	for condition, value := range map[string]string{"status = ?": q.Status, "LOWER(recipient) = ?": strings.ToLower(to), "order_id = ?": q.OrderID} {
		if value != "" {
			r = r.Where(condition, value)
		}
	}
	if after != nil {
		r = r.Where("(created_at, id) < (?, ?)", after.At, after.ID)
	}
	var rows []mailRow
	if err := r.Order("created_at DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return notification.MailRecords{}, fmt.Errorf("list the log of mails: %w", err)
	}
	list := notification.MailRecords{Items: []notification.MailRecord{}}
	var err error
	if len(rows) > limit {
		rows = rows[:limit]
		if list.NextCursor, err = page.Cursor(place{rows[limit-1].CreatedAt.UTC(), rows[limit-1].ID}); err != nil {
			return notification.MailRecords{}, err
		}
	}
	for _, row := range rows {
		list.Items = append(list.Items, row.record())
	}
	return list, nil
}

// RetryMail is for operators.
func (s *service) RetryMail(ctx context.Context, q notification.RetryMailRequest) (notification.MailRecord, error) {
	if err := onlyOperators(ctx); err != nil {
		return notification.MailRecord{}, err
	}
	if !text.IsID(q.ID) {
		return notification.MailRecord{}, fault.NotFoundf("There is no such mail.")
	}
	var row mailRow
	err := s.db.Tx(ctx, func(tx *db.Tx) (err error) {
		revived := tx.Exec("UPDATE mails SET status = ?, attempts = 0, due_at = ? WHERE id = ? AND status = ?", queued, tx.Now(), q.ID, dead)
		if revived.Error != nil {
			return revived.Error
		}
		if row, err = one[mailRow](tx.Where("id = ?", q.ID)); err != nil {
			return err
		}
		if row.ID == "" {
			return fault.NotFoundf("There is no such mail.")
		}
		if revived.RowsAffected == 0 {
			return fault.Conflictf("This mail is %s: only one that could not be sent can be sent again.", row.Status)
		}
		return nil
	})
	if err != nil {
		return notification.MailRecord{}, fmt.Errorf("send a mail again: %w", err)
	}
	telemetry.Audit(ctx, s.log, telemetry.Act{Action: "mail-resend", What: map[string]string{"mail_id": row.ID}})
	return row.record(), nil
}

func (r mailRow) record() notification.MailRecord {
	m := notification.MailRecord{ID: r.ID, To: r.Recipient, Subject: r.Subject, OrderID: r.OrderID, Status: r.Status, Attempts: r.Attempts,
		LastError: r.LastError, CreatedAt: r.CreatedAt.UTC(), DueAt: r.DueAt.UTC()}
	if r.SentAt != nil {
		at := r.SentAt.UTC()
		m.SentAt = &at
	}
	return m
}

// mailGauges show the queue of mails.
type mailGauges struct {
	waiting, dead, oldest prometheus.Gauge

	counting sync.Mutex
}

func newMailGauges(r prometheus.Registerer) (*mailGauges, error) {
	var g mailGauges
	var err error
	gauge := func(name, help string) prometheus.Gauge {
		x := prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "marketplace", Name: name, Help: help})
		if registering := r.Register(x); registering != nil {
			err = fmt.Errorf("register the metrics of mails: %w", registering)
		}
		x.Set(math.NaN()) // nobody has counted yet
		return x
	}
	g.waiting = gauge("mail_waiting", "Mails that have not left.")
	g.dead = gauge("mail_dead", "Mails that could not be sent in all their attempts, and are kept to be looked at.")
	g.oldest = gauge("mail_oldest_seconds", "How long the first mail that has not left has waited.")
	return &g, err
}

// countMails is the background task behind the gauges.
func (s *service) countMails(ctx context.Context) error {
	s.gauges.counting.Lock() // what was read last is what is shown
	defer s.gauges.counting.Unlock()
	var found []struct {
		Status string
		N      int
	}
	err := s.db.Read(ctx).Raw("SELECT status, COUNT(*) AS n FROM mails WHERE status IN ? GROUP BY status", []string{queued, dead}).Scan(&found).Error
	if err != nil {
		return fmt.Errorf("count the mails: %w", err)
	}
	first, err := one[mailRow](s.db.Read(ctx).Select("id, created_at").Where("status = ?", queued).Order("created_at, id").Limit(1))
	if err != nil {
		return fmt.Errorf("look for the first mail: %w", err)
	}
	counts := map[string]int{}
	for _, f := range found {
		counts[f.Status] = f.N
	}
	s.gauges.waiting.Set(float64(counts[queued]))
	s.gauges.dead.Set(float64(counts[dead]))
	waited := 0.0
	if first.ID != "" {
		waited = s.clock.Now().Sub(first.CreatedAt).Seconds()
	}
	s.gauges.oldest.Set(waited) // at once: an alert may look just now
	return nil
}
