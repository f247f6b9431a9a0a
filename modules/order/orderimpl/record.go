package orderimpl

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

// The rows of what the two sides ask of each other: they follow the transition, whoever made it.

type changeRow struct {
	ID        string
	OrderID   string
	Kind      order.ChangeKind
	AskedBy   actor
	Reason    string
	Days      int
	Amount    int64
	Status    string
	Note      string
	AskedAt   time.Time
	AnswerBy  time.Time
	SettledAt *time.Time
	Revisions int
	AgreedAt  *time.Time
}

// TableName is changes.
func (changeRow) TableName() string { return "changes" }

func (r changeRow) change(of orderRow) order.Change {
	return order.Change{ID: r.ID, Kind: r.Kind, AskedBy: string(r.AskedBy), Reason: r.Reason, Days: r.Days, Amount: of.amount(r.Amount),
		Revisions: r.Revisions, Status: r.Status, Note: r.Note, AskedAt: r.AskedAt, AnswerBy: r.AnswerBy, AgreedAt: r.AgreedAt, SettledAt: r.SettledAt}
}

type disputeRow struct {
	ID          string
	OrderID     string
	OpenedBy    actor
	Reason      string
	Status      string
	OpenedAt    time.Time
	SettledAt   *time.Time
	Refund      int64
	Decision    string
	DecidedBy   string
	DraftRefund int64
	DraftReason string
	DraftBy     string
}

// TableName is disputes.
func (disputeRow) TableName() string { return "disputes" }

// dispute is the case as somebody sees it: what one moderator proposes is for staff.
func (r disputeRow) dispute(of orderRow, role actor, userID string) order.Dispute {
	d := order.Dispute{ID: r.ID, OpenedBy: string(r.OpenedBy), Reason: r.Reason, Status: r.Status, Statements: []order.Claim{}, OpenedAt: r.OpenedAt,
		SettledAt: r.SettledAt, Refund: of.amount(r.Refund), Decision: r.Decision}
	if role == moderator && r.Status == "open" && r.DraftBy != "" {
		d.Draft = &order.Draft{Refund: of.amount(r.DraftRefund), Reason: r.DraftReason, ByMe: r.DraftBy == userID}
	}
	return d
}

type statementRow struct {
	ID        string
	DisputeID string
	OrderID   string
	Actor     actor
	ActorID   string
	Text      string
	At        time.Time
}

// TableName is statements.
func (statementRow) TableName() string { return "statements" }

// kindOf is what an event of asking asks for.
func kindOf(e event) order.ChangeKind {
	switch e {
	case requestCancel:
		return order.ChangeCancel
	case requestExtension:
		return order.ChangeExtension
	case requestRaise, acceptRaise:
		return order.ChangeRaise
	}
	return order.ChangePrice
}

// outcomeOf is what an event makes of the open request. A dispute, a cancellation or a completion leaves it unanswered.
func outcomeOf(e event) string {
	switch e {
	case acceptCancel, acceptExtension, acceptPrice, raisePaid, requestGranted:
		return "accepted"
	case declineRequest:
		return "declined"
	case withdrawRequest:
		return "withdrawn"
	}
	return "lapsed"
}

// record writes the request that was opened, agreed on or settled, and the dispute that was settled.
func (s *service) record(tx *db.Tx, row orderRow, st step) error {
	was := st.before
	if was.Asked != row.Asked {
		if err := s.recordChange(tx, row, st); err != nil {
			return err
		}
	}
	if was.Status == order.StatusDisputed && row.Status != order.StatusDisputed || was.Contested && !row.Contested {
		return s.recordDispute(tx, row, st)
	}
	return nil
}

func (s *service) recordChange(tx *db.Tx, row orderRow, st step) error {
	switch {
	case st.before.Asked == "":
		asked := changeRow{ID: newID(), OrderID: row.ID, Kind: kindOf(row.Asked), AskedBy: row.AskedBy, Reason: st.note, Days: row.AskedDays,
			Amount: row.AskedAmount, Revisions: row.AskedRevisions, Status: "open", AskedAt: *row.AskedAt, AnswerBy: *requestEnd.in(row.life())}
		if err := tx.Create(&asked).Error; err != nil {
			return fmt.Errorf("write the request: %w", err)
		}
		return nil
	case row.Asked != "": // agreed on
		err := tx.Exec("UPDATE changes SET agreed_at = ?, answer_by = ?, note = ? WHERE order_id = ? AND status = 'open'",
			tx.Now(), *requestEnd.in(row.life()), st.note, row.ID).Error
		if err != nil {
			return fmt.Errorf("note that both have agreed: %w", err)
		}
		return s.billRaise(tx, row)
	}
	note, outcome := "", outcomeOf(st.rule.Event)
	if outcome != "lapsed" {
		note = st.note
	}
	err := tx.Exec("UPDATE changes SET status = ?, note = CASE WHEN ? = '' THEN note ELSE ? END, settled_at = ? WHERE order_id = ? AND status = 'open'",
		outcome, note, note, tx.Now(), row.ID).Error
	if err != nil {
		return fmt.Errorf("settle the request: %w", err)
	}
	if st.before.Asked == acceptRaise {
		return expire(tx, row.ID, paysRaise)
	}
	return nil
}

func (s *service) recordDispute(tx *db.Tx, row orderRow, st step) error {
	status, decision := "resolved", st.note
	if st.rule.Event == withdrawDispute {
		status, decision = "withdrawn", ""
	}
	err := tx.Exec("UPDATE disputes SET status = ?, settled_at = ?, refund = ?, decision = ?, decided_by = ? WHERE order_id = ? AND status = 'open'",
		status, tx.Now(), st.back(row).Minor, decision, st.actorID, row.ID).Error
	if err != nil {
		return fmt.Errorf("settle the dispute: %w", err)
	}
	return nil
}

// addChanges reads what the two sides have asked for.
func addChanges(q *gorm.DB, row orderRow, o *order.Order) error {
	var rows []changeRow
	if err := q.Where("order_id = ?", row.ID).Order("asked_at, id").Limit(mostChanges).Find(&rows).Error; err != nil {
		return fmt.Errorf("read the requests: %w", err)
	}
	for _, r := range rows {
		o.Changes = append(o.Changes, r.change(row))
	}
	return nil
}

// addDispute reads the last dispute with what both sides say.
func addDispute(q *gorm.DB, row orderRow, role actor, userID string, o *order.Order) error {
	if row.DisputedAt == nil {
		return nil
	}
	var disputes []disputeRow
	if err := q.Where("order_id = ?", row.ID).Order("opened_at DESC, id DESC").Limit(1).Find(&disputes).Error; err != nil || len(disputes) == 0 {
		return err
	}
	d := disputes[0].dispute(row, role, userID)
	var statements []statementRow
	if err := q.Where("dispute_id = ?", disputes[0].ID).Order("at, id").Limit(mostStatements).Find(&statements).Error; err != nil {
		return fmt.Errorf("read the statements: %w", err)
	}
	var files []fileRow
	if err := q.Where("order_id = ? AND delivery_id <> ''", row.ID).Order("position, id").Find(&files).Error; err != nil {
		return fmt.Errorf("read the evidence: %w", err)
	}
	for _, r := range statements {
		said := order.Claim{Actor: string(r.Actor), Text: r.Text, Files: []order.FileRef{}, At: r.At}
		for _, f := range files {
			if f.DeliveryID == r.ID {
				said.Files = append(said.Files, f.ref())
			}
		}
		d.Statements = append(d.Statements, said)
	}
	o.Dispute = &d
	return nil
}
