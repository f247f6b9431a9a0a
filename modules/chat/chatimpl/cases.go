package chatimpl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

// readingRow says that a member of the staff has opened a reported conversation. It is never changed (row C10).
type readingRow struct {
	ID             string
	CaseID         string
	ConversationID string
	ReaderID       string
	ReaderUsername string
	Reason         string
	CreatedAt      time.Time
	Until          time.Time
}

// TableName is what GORM calls it.
func (readingRow) TableName() string { return "readings" }

// reading is the row as the participants see it, or the staff.
func (r readingRow) reading(forStaff bool) chat.Reading {
	shown := chat.Reading{CaseID: r.CaseID, CreatedAt: r.CreatedAt.UTC(), Until: r.Until.UTC()}
	if forStaff {
		shown.Reader, shown.Reason = r.ReaderUsername, r.Reason
	}
	return shown
}

const readingsShown = 50

// readingsOf are the last readings of a conversation or a case, newest first.
func readingsOf(g *gorm.DB, column, id string, forStaff bool) ([]chat.Reading, error) {
	var rows []readingRow
	if err := g.Where(column+" = ?", id).Order("created_at DESC, id DESC").Limit(readingsShown).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list readings: %w", err)
	}
	var shown []chat.Reading
	for _, r := range rows {
		shown = append(shown, r.reading(forStaff))
	}
	return shown, nil
}

func (s *service) ListCases(ctx context.Context, q chat.ListCasesRequest) (chat.CaseList, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.CaseList{}, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, conversationsPerPage)
	after := page.After[momentKey](&c, q.Cursor)
	c.That(slices.Contains([]string{"", chat.CaseOpen, chat.CaseUpheld, chat.CaseDismissed}, q.Status), "status", "Use open, upheld or dismissed.")
	if !q.Own && !isStaff(actor) {
		return chat.CaseList{}, fault.NotFoundf("There is no such page.")
	}
	if err := c.Err(); err != nil {
		return chat.CaseList{}, err
	}
	query := s.db.Read(ctx).Limit(limit + 1)
	if q.Own {
		query = query.Where("reporter_id = ?", actor.UserID)
	} else {
		query = query.Where("reported_id <> ?", actor.UserID)
	}
	if q.Status != "" {
		query = query.Where("status = ?", q.Status)
	}
	less, order := "<", "created_at DESC, id DESC"
	if q.Status == chat.CaseOpen {
		less, order = ">", "created_at, id"
	}
	if after != nil {
		query = query.Where("(created_at, id) "+less+" (?, ?)", after.At.UTC(), after.ID)
	}
	var rows []caseRow
	if err := query.Order(order).Find(&rows).Error; err != nil {
		return chat.CaseList{}, fmt.Errorf("list cases: %w", err)
	}
	answer := chat.CaseList{Items: []chat.Case{}}
	if len(rows) > limit {
		rows = rows[:limit]
		if answer.NextCursor, err = page.Cursor(momentKey{rows[limit-1].CreatedAt.UTC(), rows[limit-1].ID}); err != nil {
			return chat.CaseList{}, fmt.Errorf("write the cursor: %w", err)
		}
	}
	for _, r := range rows {
		answer.Items = append(answer.Items, r.report(actor))
	}
	return answer, nil
}

func (s *service) GetCase(ctx context.Context, q chat.GetCaseRequest) (chat.Case, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Case{}, err
	}
	return s.showCase(s.db.Read(ctx), q.ID, actor)
}

// showCase is a case with its readings, for staff, and until when the one who asks may read.
func (s *service) showCase(g *gorm.DB, id string, actor identity.Actor) (chat.Case, error) {
	row, err := findCase(g, id, actor)
	if err != nil {
		return chat.Case{}, err
	}
	shown := row.report(actor)
	if !isStaff(actor) || row.ReporterID == actor.UserID {
		return shown, nil
	}
	if shown.Readings, err = readingsOf(g, "case_id", row.ID, true); err != nil {
		return chat.Case{}, err
	}
	if row.Status == chat.CaseOpen {
		shown.ReadingUntil, err = readingUntil(g, row.ID, actor.UserID, s.db.Now())
	}
	return shown, err
}

// readingUntil is until when somebody may read the messages of a case; nil: not now.
func readingUntil(g *gorm.DB, caseID, readerID string, now time.Time) (*time.Time, error) {
	var rows []readingRow
	err := g.Where("case_id = ? AND reader_id = ? AND until > ?", caseID, readerID, now).Order("until DESC").Limit(1).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("look for a reading: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return utc(&rows[0].Until), nil
}

func (s *service) ReadCase(ctx context.Context, q chat.ReadCaseRequest) (chat.Reading, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Reading{}, err
	}
	var c fault.Check
	q.Reason = text.Prose(&c, "reason", q.Reason, leastReason, mostReason)
	if _, err := staffCase(s.db.Read(ctx), q.ID, actor); err != nil {
		return chat.Reading{}, err
	}
	if err := c.Err(); err != nil {
		return chat.Reading{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return chat.Reading{}, fmt.Errorf("make an id: %w", err)
	}
	var row readingRow
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		of, err := holdCase(tx, q.ID, actor)
		if err != nil {
			return err
		}
		now := tx.Now()
		row = readingRow{ID: id.String(), CaseID: of.ID, ConversationID: of.ConversationID, ReaderID: actor.UserID, ReaderUsername: actor.Username,
			Reason: q.Reason, CreatedAt: now, Until: now.Add(s.settings.ReadingTime)}
		if err := tx.Create(&row).Error; err != nil {
			return fmt.Errorf("keep a reading: %w", err)
		}
		return tx.Emit(chat.CaseRead{CaseID: of.ID, ConversationID: of.ConversationID, ReporterID: of.ReporterID, ReporterUsername: of.ReporterUsername,
			ReportedID: of.ReportedID, ReportedUsername: of.ReportedUsername, At: now})
	})
	if err != nil {
		return chat.Reading{}, err
	}
	telemetry.Audit(ctx, s.log, telemetry.Act{Action: "case-read", By: row.ReaderID, What: map[string]string{"case_id": row.CaseID}})
	return row.reading(true), nil
}

// holdCase waits for an open case, for staff. Until the transaction ends nobody else decides it.
func holdCase(tx *db.Tx, id string, actor identity.Actor) (caseRow, error) {
	if err := tx.Exec("UPDATE cases SET status = status WHERE id = ?", id).Error; err != nil {
		return caseRow{}, fmt.Errorf("wait for a case: %w", err)
	}
	row, err := staffCase(tx.DB, id, actor)
	if err == nil && row.Status != chat.CaseOpen {
		err = fault.Conflictf("This case is closed.")
	}
	return row, err
}

func (s *service) ListCaseMessages(ctx context.Context, q chat.ListCaseMessagesRequest) (chat.CaseMessageList, error) {
	var none chat.CaseMessageList
	actor, err := identity.User(ctx)
	if err != nil {
		return none, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, messagesPerPage)
	before := page.After[messageKey](&c, q.Cursor)
	if err := c.Err(); err != nil {
		return none, err
	}
	g := s.db.Read(ctx)
	of, err := staffCase(g, q.ID, actor)
	if err != nil {
		return none, err
	}
	until, err := readingUntil(g, of.ID, actor.UserID, s.db.Now())
	if err != nil {
		return none, err
	}
	if until == nil || of.Status != chat.CaseOpen {
		return none, fault.Forbiddenf("Say first why you must read this conversation. Both people in it see that you have.")
	}
	last := messageKey{of.LastSeq + 1}
	if before != nil {
		last.Before = min(last.Before, before.Before)
	}
	asked := chat.ListMessagesRequest{ConversationID: of.ConversationID}
	rows, err := messagesOf(g, asked, &last, limit)
	if err != nil {
		return none, err
	}
	answer := chat.CaseMessageList{Items: []chat.CaseMessage{}}
	if answer.NextCursor, err = olderCursor(asked, rows, limit); err != nil {
		return none, err
	}
	answer.Items, err = s.caseMessages(g, rows)
	return answer, err
}

// caseMessages are messages with what they said before, and with their files even if they were deleted.
func (s *service) caseMessages(g *gorm.DB, rows []messageRow) ([]chat.CaseMessage, error) {
	ids := make([]string, len(rows))
	whole := slices.Clone(rows)
	for i := range whole {
		ids[i], whole[i].DeletedAt = rows[i].ID, nil
	}
	shown, err := s.messages(g, whole, "")
	if err != nil {
		return nil, err
	}
	var versions []struct{ MessageID, Text string }
	if len(ids) > 0 {
		err = g.Raw("SELECT message_id, text FROM versions WHERE message_id IN ? ORDER BY message_id, change", ids).Scan(&versions).Error
	}
	if err != nil {
		return nil, fmt.Errorf("read what messages said: %w", err)
	}
	said := map[string][]string{}
	for _, v := range versions {
		said[v.MessageID] = append(said[v.MessageID], v.Text)
	}
	all := make([]chat.CaseMessage, len(rows))
	for i, m := range shown {
		m.DeletedAt = utc(rows[i].DeletedAt)
		all[i] = chat.CaseMessage{Message: m, Before: []string{}}
		if before := said[m.ID]; before != nil {
			all[i].Before = before
		}
	}
	return all, nil
}

func (s *service) CloseCase(ctx context.Context, q chat.CloseCaseRequest) (chat.Case, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Case{}, err
	}
	if _, err := staffCase(s.db.Read(ctx), q.ID, actor); err != nil {
		return chat.Case{}, err
	}
	var c fault.Check
	q.Note = text.Prose(&c, "note", q.Note, 1, mostNote)
	c.That(q.Status == chat.CaseUpheld || q.Status == chat.CaseDismissed, "status", "Use upheld or dismissed.")
	if err := c.Err(); err != nil {
		return chat.Case{}, err
	}
	var shown chat.Case
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		row, err := holdCase(tx, q.ID, actor)
		if err != nil {
			return err
		}
		done := tx.Exec("UPDATE cases SET status = ?, note = ?, closed_by = ?, closed_username = ?, closed_at = ? WHERE id = ? AND status = 'open'",
			q.Status, q.Note, actor.UserID, actor.Username, tx.Now(), row.ID)
		if done.Error != nil {
			return fmt.Errorf("close a case: %w", done.Error)
		}
		if shown, err = s.showCase(tx.DB, row.ID, actor); err != nil {
			return err
		}
		return tx.Emit(chat.CaseClosed{CaseID: row.ID, ConversationID: row.ConversationID, ReporterID: row.ReporterID, ReportedID: row.ReportedID,
			ReportedUsername: row.ReportedUsername, Reason: row.Reason, Status: q.Status, Note: q.Note, At: tx.Now()})
	})
	return shown, err
}
