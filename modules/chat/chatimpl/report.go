package chatimpl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/modules/auth"
	"marketplace/modules/chat"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/text"
)

// The limits of reports.
const (
	leastReport = 10 // characters
	mostReport  = 2000
	mostNote    = 1000
	leastReason = 5
	mostReason  = 500
)

// caseRow is a report, with what became of it.
type caseRow struct {
	ID               string
	ConversationID   string
	ReporterID       string
	ReporterUsername string
	ReportedID       string
	ReportedUsername string
	Reason           string
	Text             string
	LastSeq          int64
	Status           string
	Note             string
	ClosedBy         string
	ClosedUsername   string
	ClosedAt         *time.Time
	CreatedAt        time.Time
}

// TableName is what GORM calls it.
func (caseRow) TableName() string { return "cases" }

// report is the case as the person may see it: who has decided is for staff.
func (r caseRow) report(actor identity.Actor) chat.Case {
	c := chat.Case{ID: r.ID, ConversationID: r.ConversationID, Reporter: chat.Person{ID: r.ReporterID, Username: r.ReporterUsername},
		Reported: chat.Person{ID: r.ReportedID, Username: r.ReportedUsername}, Reason: r.Reason, Text: r.Text, Status: r.Status,
		Note: r.Note, LastSeq: r.LastSeq, ClosedAt: utc(r.ClosedAt), CreatedAt: r.CreatedAt.UTC()}
	if isStaff(actor) {
		c.ClosedBy = r.ClosedUsername
	}
	return c
}

// isStaff says who looks after reports.
func isStaff(a identity.Actor) bool {
	return a.SignedIn() && a.Verified && (a.Is(auth.RoleOperator) || a.Is(auth.RoleModerator))
}

func noSuchCase() error { return fault.NotFoundf("There is no such case.") }

func (s *service) Report(ctx context.Context, q chat.ReportRequest) (chat.Case, error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return chat.Case{}, err
	}
	var c fault.Check
	q.Text = text.Prose(&c, "text", q.Text, leastReport, mostReport)
	c.That(slices.Contains(chat.Reasons(), q.Reason), "reason", "Say what it is about.")
	if err := c.Err(); err != nil {
		return chat.Case{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return chat.Case{}, fmt.Errorf("make an id: %w", err)
	}
	row := caseRow{ID: id.String(), ConversationID: q.ConversationID, ReporterID: actor.UserID, ReporterUsername: actor.Username,
		Reason: q.Reason, Text: q.Text, Status: chat.CaseOpen}
	err = s.db.Tx(ctx, func(tx *db.Tx) error { return s.openCase(tx, &row, q.Block) })
	return row.report(actor), err
}

// openCase keeps a report of what the conversation is at this moment.
func (s *service) openCase(tx *db.Tx, row *caseRow, alsoBlock bool) (err error) {
	if row.LastSeq, err = hold(tx, row.ConversationID, row.ReporterID); err != nil {
		return err
	}
	view, err := find(tx.DB, row.ConversationID, row.ReporterID)
	if err != nil {
		return err
	}
	if err := holdPeople(tx, row.ReporterID); err != nil {
		return err
	}
	var open int64
	if err := tx.Model(&caseRow{}).Where("reporter_id = ? AND conversation_id = ? AND status = 'open'", row.ReporterID, row.ConversationID).Count(&open).Error; err != nil {
		return fmt.Errorf("look for an open case: %w", err)
	}
	if open > 0 {
		return fault.Conflictf("You have reported this conversation already. We are looking at it, and tell you what comes of it.")
	}
	seconds, err := tooFast(tx.Model(&caseRow{}).Where("reporter_id = ?", row.ReporterID), s.settings.ReportsPerDay, 24*time.Hour, tx.Now())
	if err != nil {
		return err
	}
	if seconds > 0 {
		return fault.TooManyf(seconds, "You have reported many conversations today. Please come back tomorrow.")
	}
	row.ReportedID, row.ReportedUsername, row.CreatedAt = view.WithID, view.WithUsername, tx.Now()
	if err := tx.Create(row).Error; err != nil {
		return fmt.Errorf("keep a case: %w", err)
	}
	if alsoBlock {
		_, err = block(tx, row.ReporterID, chat.Person{ID: view.WithID, Username: view.WithUsername})
		return err
	}
	return forgetTurns(tx, row.ConversationID, row.ReporterID)
}

// findCase returns a case that the person may see: staff, or who has opened it.
func findCase(g *gorm.DB, id string, actor identity.Actor) (row caseRow, err error) {
	if !text.IsID(id) {
		return row, noSuchCase()
	}
	if err := g.Where("id = ?", id).Limit(1).Find(&row).Error; err != nil {
		return row, fmt.Errorf("read a case: %w", err)
	}
	// Staff are no judges of what they are a part of.
	if row.ID == "" || row.ReporterID != actor.UserID && (!isStaff(actor) || row.ReportedID == actor.UserID) {
		return row, noSuchCase()
	}
	return row, nil
}

// staffCase returns a case to staff who are not a part of it.
func staffCase(g *gorm.DB, id string, actor identity.Actor) (caseRow, error) {
	row, err := findCase(g, id, actor)
	if err == nil && (!isStaff(actor) || row.ReporterID == actor.UserID) {
		err = noSuchCase()
	}
	return row, err
}
