package notificationimpl

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"marketplace/modules/notification"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

const (
	longestNote  = 500
	longestPage  = 50_000
	longestClose = 7 * 24 * 60 // minutes
	mostTongues  = 20          // languages of one page
)

type houseRow struct {
	Note     string
	ClosedAt *time.Time
	Until    *time.Time
	Revision int64
}

func (houseRow) TableName() string { return "house" }

func (r houseRow) house() notification.House {
	h := notification.House{Revision: r.Revision}
	if r.ClosedAt == nil {
		return h
	}
	h.Closed = &notification.Closure{Note: r.Note, Since: r.ClosedAt.UTC()}
	if r.Until != nil {
		until := r.Until.UTC()
		h.Closed.Until = &until
	}
	return h
}

// House is what every web process asks for, all the time: one row.
func (s *service) House(ctx context.Context, _ notification.HouseRequest) (notification.House, error) {
	row, err := one[houseRow](s.db.Read(ctx))
	if err != nil {
		return notification.House{}, fmt.Errorf("look whether the marketplace is open: %w", err)
	}
	return row.house(), nil
}

// Close keeps the time since when it is closed, if it is.
func (s *service) Close(ctx context.Context, q notification.CloseRequest) (notification.House, error) {
	if err := onlyOperators(ctx); err != nil {
		return notification.House{}, err
	}
	var c fault.Check
	note := text.Line(&c, "note", q.Note, 0, longestNote)
	c.That(q.Minutes >= 0 && q.Minutes <= longestClose, "minutes", "Use 0 to %d.", longestClose)
	if err := c.Err(); err != nil {
		return notification.House{}, err
	}
	var until *time.Time
	if q.Minutes > 0 {
		at := s.clock.Now().Add(time.Duration(q.Minutes) * time.Minute)
		until = &at
	}
	telemetry.For(ctx, s.log).Warn("the marketplace is closed for maintenance")
	telemetry.Audit(ctx, s.log, telemetry.Act{Action: "maintenance-begin", Kind: telemetry.Configuration})
	return s.change(ctx, "UPDATE house SET note = ?, closed_at = COALESCE(closed_at, ?), until = ?", note, s.clock.Now(), until)
}

// Reopen is done when it is open.
func (s *service) Reopen(ctx context.Context, _ notification.ReopenRequest) (notification.House, error) {
	if err := onlyOperators(ctx); err != nil {
		return notification.House{}, err
	}
	telemetry.For(ctx, s.log).Warn("the marketplace is open")
	telemetry.Audit(ctx, s.log, telemetry.Act{Action: "maintenance-end", Kind: telemetry.Configuration})
	return s.change(ctx, "UPDATE house SET note = '', closed_at = NULL, until = NULL")
}

func (s *service) change(ctx context.Context, statement string, args ...any) (h notification.House, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.Exec(statement, args...).Error; err != nil {
			return err
		}
		row, err := one[houseRow](tx.DB)
		h = row.house()
		return err
	})
	if err != nil {
		err = fmt.Errorf("close or open the marketplace: %w", err)
	}
	return h, err
}

type pageRow struct {
	Name, Language, Text string

	Version   int
	ChangedAt time.Time
	ChangedBy string
}

func (pageRow) TableName() string { return "pages" }

// Texts lists all there are: a few.
func (s *service) Texts(ctx context.Context, _ notification.TextsRequest) (notification.TextList, error) {
	var rows []pageRow
	if err := s.db.Read(ctx).Where("text <> ''").Order("name, language").Limit(mostTongues * len(pageNames())).Find(&rows).Error; err != nil {
		return notification.TextList{}, fmt.Errorf("list the texts of the operator: %w", err)
	}
	list := notification.TextList{Items: make([]notification.Text, len(rows))}
	for i, r := range rows {
		list.Items[i] = notification.Text{Name: r.Name, Language: r.Language, Text: r.Text, Version: r.Version, ChangedAt: r.ChangedAt.UTC()}
	}
	return list, nil
}

func pageNames() []string { return []string{"help", "privacy", "terms"} }

// WriteText keeps the row of a text that was emptied, so that its versions go on.
func (s *service) WriteText(ctx context.Context, q notification.WriteTextRequest) (notification.TextList, error) {
	if err := onlyOperators(ctx); err != nil {
		return notification.TextList{}, err
	}
	var c fault.Check
	c.That(slices.Contains(pageNames(), q.Name), "name", "Use help, terms or privacy.")
	c.That(len(q.Language) <= 35 && regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`).MatchString(q.Language), "language", "Write a language such as en or de.")
	body := text.Prose(&c, "text", q.Text, 0, longestPage)
	if err := c.Err(); err != nil {
		return notification.TextList{}, err
	}
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := tx.Exec("UPDATE house SET revision = revision + 1").Error; err != nil { // holds its row
			return err
		}
		was, err := one[pageRow](tx.Where("name = ? AND language = ?", q.Name, q.Language))
		if err != nil {
			return err
		}
		if was.Version != q.Version && (was.Text != "" || q.Version != 0) {
			return fault.Conflictf("Somebody else has changed this text meanwhile. Look at it again.")
		}
		return tx.Exec(`INSERT INTO pages (name, language, text, version, changed_at, changed_by) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (name, language) DO UPDATE SET text = excluded.text, version = excluded.version, changed_at = excluded.changed_at, changed_by = excluded.changed_by`,
			q.Name, q.Language, body, was.Version+1, tx.Now(), identity.From(ctx).UserID).Error
	})
	if err != nil {
		return notification.TextList{}, fmt.Errorf("write a text: %w", err)
	}
	return s.Texts(ctx, notification.TextsRequest{})
}
