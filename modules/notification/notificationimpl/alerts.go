package notificationimpl

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/modules/notification"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
	"marketplace/platform/text"
)

const (
	sightingLife = 3 * time.Minute     // a process that sees something says so every half minute
	keepAlerts   = 90 * 24 * time.Hour // that are over
	mostRules    = 100
)

// ReportAlerts is for the processes of the marketplace.
func (s *service) ReportAlerts(ctx context.Context, q notification.ReportAlertsRequest) (notification.Done, error) {
	if !identity.From(ctx).System {
		return notification.Done{}, fault.Forbiddenf("Only the marketplace itself reports.")
	}
	var c fault.Check
	text.Line(&c, "process", q.Process, 1, 200)
	c.That(len(q.Firing) <= mostRules && len(q.Fine) <= mostRules, "firing", "Report at most %d rules.", mostRules)
	for _, f := range q.Firing {
		c.That(f.Rule != "" && (f.Severity == "critical" || f.Severity == "warning"), "firing", "Name the rule and its severity.")
	}
	if err := c.Err(); err != nil {
		return notification.Done{}, err
	}
	var readers []alertReader
	if len(q.Firing) > 0 {
		readers = s.alertReaders(ctx)
	}
	for _, f := range q.Firing { // a transaction each: whoever reports another rule does not wait
		err := s.db.Tx(ctx, func(tx *db.Tx) error { return s.sight(tx, readers, q.Process, f) })
		if err != nil {
			return notification.Done{}, fmt.Errorf("note an alert: %w", err)
		}
	}
	return notification.Done{}, s.endSightings(ctx, "process = ? AND rule IN ?", q.Process, q.Fine)
}

// sight notes that the process sees the condition, and tells the operators if it is the first.
func (s *service) sight(tx *db.Tx, readers []alertReader, process string, f notification.Sighting) error {
	open := tx.Exec("UPDATE alerts SET value = ?, beyond = ? WHERE rule = ? AND over_at IS NULL", f.Value, f.Limit, f.Rule) // holds its row
	if open.Error != nil {
		return open.Error
	}
	err := tx.Exec(`INSERT INTO alert_sightings (rule, process, seen_at) VALUES (?, ?, ?)
		ON CONFLICT (rule, process) DO UPDATE SET seen_at = excluded.seen_at`, f.Rule, process, tx.Now()).Error
	if err != nil || open.RowsAffected > 0 {
		return err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	row := alertRow{ID: id.String(), Rule: f.Rule, Title: f.Title, Meaning: f.Meaning, Action: f.Action, Severity: f.Severity,
		Value: f.Value, Beyond: f.Limit, BeganAt: tx.Now()}
	begun := tx.Exec(`INSERT INTO alerts (id, rule, title, meaning, action, severity, value, beyond, began_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (rule) WHERE over_at IS NULL DO NOTHING`,
		row.ID, row.Rule, row.Title, row.Meaning, row.Action, row.Severity, row.Value, row.Beyond, row.BeganAt)
	if begun.Error != nil || begun.RowsAffected == 0 { // another process was faster
		return begun.Error
	}
	s.log.Warn("an alert begins", alertFields("alert-begins", row)...)
	return s.tellOperators(tx, readers, row, "begins", func(g tongue) letter {
		return letter{
			Subject:    fmt.Sprintf(g.say(alertBegins(row.Severity)), g.say(row.Title)),
			Paragraphs: []string{g.say(row.Meaning), fmt.Sprintf(g.say(alertValue), g.figure(row.Value), row.Rule, g.figure(row.Beyond)), g.say(row.Action)},
		}
	})
}

// alertFields say of a line of the log which alert it is about; platform/kibana looks for them.
func alertFields(action string, row alertRow) []zap.Field {
	return []zap.Field{zap.String("event.kind", "alert"), zap.String("event.action", action), zap.String("rule.name", row.Rule),
		zap.String("labels.value", row.Value), zap.String("labels.limit", row.Beyond)}
}

// endSightings forgets what processes saw, and ends the alerts that nobody sees any more.
func (s *service) endSightings(ctx context.Context, which string, args ...any) error {
	var rules []string
	if err := s.db.Read(ctx).Raw("SELECT DISTINCT rule FROM alert_sightings WHERE "+which, args...).Scan(&rules).Error; err != nil {
		return fmt.Errorf("look what is over: %w", err)
	}
	var readers []alertReader
	if len(rules) > 0 {
		readers = s.alertReaders(ctx)
	}
	for _, rule := range rules {
		err := s.db.Tx(ctx, func(tx *db.Tx) error {
			if err := tx.Exec("UPDATE alerts SET value = value WHERE rule = ? AND over_at IS NULL", rule).Error; err != nil { // holds its row
				return err
			}
			if err := tx.Exec("DELETE FROM alert_sightings WHERE rule = ? AND "+which, append([]any{rule}, args...)...).Error; err != nil {
				return err
			}
			return s.endAlert(tx, readers, rule)
		})
		if err != nil {
			return fmt.Errorf("end an alert: %w", err)
		}
	}
	return nil
}

func (s *service) endAlert(tx *db.Tx, readers []alertReader, rule string) error {
	row, err := one[alertRow](tx.Where("rule = ? AND over_at IS NULL", rule))
	if err != nil || row.ID == "" {
		return err
	}
	over := tx.Exec(`UPDATE alerts SET over_at = ? WHERE id = ? AND over_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM alert_sightings WHERE rule = ?)`, tx.Now(), row.ID, rule)
	if over.Error != nil || over.RowsAffected == 0 {
		return over.Error
	}
	s.log.Info("an alert is over", alertFields("alert-ends", row)...)
	lasted := tx.Now().Sub(row.BeganAt).Round(time.Second)
	return s.tellOperators(tx, readers, row, "ends", func(g tongue) letter {
		return letter{
			Subject:    fmt.Sprintf(g.say(alertOver), g.say(row.Title)),
			Paragraphs: []string{fmt.Sprintf(g.say(alertLasted), rule, g.Moment(row.BeganAt.UTC()), lasted)},
		}
	})
}

// forgetSightings is the background task that ends what was seen by processes that have gone.
func (s *service) forgetSightings(ctx context.Context) error {
	return s.endSightings(ctx, "seen_at < ?", s.clock.Now().Add(-sightingLife))
}

// ListAlerts is for operators.
func (s *service) ListAlerts(ctx context.Context, q notification.ListAlertsRequest) (notification.AlertList, error) {
	if err := onlyOperators(ctx); err != nil {
		return notification.AlertList{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, normalPage)
	after := page.After[place](&c, q.Cursor)
	if err := c.Err(); err != nil {
		return notification.AlertList{}, err
	}
	r := s.db.Read(ctx).Where("(over_at IS NULL) = ?", !q.Over)
	if after != nil {
		r = r.Where("(began_at, id) < (?, ?)", after.At, after.ID)
	}
	var rows []alertRow
	if err := r.Order("began_at DESC, id DESC").Limit(limit + 1).Find(&rows).Error; err != nil {
		return notification.AlertList{}, fmt.Errorf("list alerts: %w", err)
	}
	list := notification.AlertList{Items: []notification.Alert{}}
	var err error
	if len(rows) > limit {
		rows = rows[:limit]
		if list.NextCursor, err = page.Cursor(place{rows[limit-1].BeganAt.UTC(), rows[limit-1].ID}); err != nil {
			return notification.AlertList{}, err
		}
	}
	var seen []struct{ Rule, Process string }
	if !q.Over {
		if err := s.db.Read(ctx).Raw("SELECT rule, process FROM alert_sightings ORDER BY rule, process LIMIT 1000").Scan(&seen).Error; err != nil {
			return notification.AlertList{}, fmt.Errorf("list who sees alerts: %w", err)
		}
	}
	for _, row := range rows {
		a := row.alert()
		for _, x := range seen {
			if x.Rule == a.Rule {
				a.Processes = append(a.Processes, x.Process)
			}
		}
		list.Items = append(list.Items, a)
	}
	return list, nil
}

// onlyOperators refuses everybody else as if there were nothing.
func onlyOperators(ctx context.Context) error {
	if who := identity.From(ctx); !who.System && !who.Is("operator") {
		return fault.NotFoundf("There is nothing here.")
	}
	return nil
}

type alertRow struct {
	ID, Rule, Title, Meaning, Action, Severity string

	Value   string
	Beyond  string
	BeganAt time.Time
	OverAt  *time.Time
}

func (alertRow) TableName() string { return "alerts" }

func (r alertRow) alert() notification.Alert {
	a := notification.Alert{ID: r.ID, Rule: r.Rule, Title: r.Title, Meaning: r.Meaning, Action: r.Action, Severity: r.Severity,
		Value: r.Value, Limit: r.Beyond, Processes: []string{}, BeganAt: r.BeganAt.UTC()}
	if r.OverAt != nil {
		at := r.OverAt.UTC()
		a.OverAt = &at
	}
	return a
}
