package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

const (
	mostMessage = 5000 // characters
	mostReason  = 1000
)

// SubmitRequirements is documented in the contract.
func (s *service) SubmitRequirements(ctx context.Context, q order.SubmitRequirementsRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	c := command{name: "submit_requirements", key: key, body: q, order: q.OrderID, action: order.ActionSubmitRequirements}
	for _, a := range q.Answers {
		c.files = append(c.files, a.Files...)
	}
	c.check = func(row *orderRow, files []fileRow) (err error) {
		row.Requirements, err = answered(row.Requirements, q.Answers, files)
		return err
	}
	c.effect = func(tx *db.Tx, _ *orderRow, _ person, files []fileRow) error { return writeFiles(tx, files) }
	return s.do(ctx, c)
}

// answered returns the questions with their answers. files are those of the answers, in their order. All that is wrong is
// told at once, by the question's text and the answer's place.
func answered(questions []order.Requirement, answers []order.Answer, files []fileRow) ([]order.Requirement, error) {
	var c fault.Check
	questions = slices.Clone(questions)
	taken := make([]bool, len(questions))
	for i, a := range answers {
		field := "answers." + strconv.Itoa(i)
		own := files[:min(len(a.Files), len(files))]
		files = files[len(own):]
		n := slices.IndexFunc(questions, func(r order.Requirement) bool { return r.Question == a.Question })
		if n < 0 {
			c.That(false, field+".question", "The seller does not ask %q.", shorten(a.Question))
			continue
		}
		c.That(!taken[n], field+".question", "Answer each question once.")
		taken[n] = true
		questions[n] = reply(&c, field, questions[n], a, own)
	}
	for _, r := range questions {
		empty := r.Answer == "" && len(r.Files) == 0
		c.That(!r.Required || !empty, "answers", "Answer every required question; %q is open.", shorten(r.Question))
	}
	return questions, c.Err()
}

func reply(c *fault.Check, field string, r order.Requirement, a order.Answer, files []fileRow) order.Requirement {
	r.Answer, r.Files = strings.TrimSpace(a.Answer), []order.FileRef{}
	c.That(isText(r.Answer, mostMessage), field+".answer", "Use at most %d characters.", mostMessage)
	c.That(r.Type != "choice" || r.Answer == "" || slices.Contains(r.Choices, r.Answer), field+".answer", "Choose one of: %s.", strings.Join(r.Choices, ", "))
	c.That(r.Type != "choice" || len(files) == 0, field+".files", "This question takes no files.")
	for _, f := range files {
		r.Files = append(r.Files, f.ref())
	}
	return r
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return s
}

// isText says whether the text is valid UTF-8 without NUL, which PostgreSQL cannot keep, and not too long.
func isText(s string, most int) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0) && utf8.RuneCountInString(s) <= most
}

// SkipRequirements is documented in the contract.
func (s *service) SkipRequirements(ctx context.Context, q order.SkipRequirementsRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	return s.do(ctx, command{name: "skip_requirements", key: key, body: q, order: q.OrderID, action: order.ActionSkipRequirements})
}

// Deliver is documented in the contract.
func (s *service) Deliver(ctx context.Context, q order.DeliverRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Message = strings.TrimSpace(q.Message)
	var c fault.Check
	c.That(q.Message != "" || len(q.Files) > 0, "message", "Write a message, or add a file.")
	c.That(isText(q.Message, mostMessage), "message", "Use at most %d characters.", mostMessage)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "deliver", key: key, body: q, order: q.OrderID, action: order.ActionDeliver, note: q.Message, files: q.Files,
		effect: func(tx *db.Tx, row *orderRow, _ person, files []fileRow) error {
			return writeDelivery(tx, row, q.Message, files)
		}})
}

func writeDelivery(tx *db.Tx, row *orderRow, message string, files []fileRow) error {
	var last int
	if err := tx.Raw("SELECT COALESCE(MAX(number), 0) FROM deliveries WHERE order_id = ?", row.ID).Scan(&last).Error; err != nil {
		return fmt.Errorf("count the deliveries: %w", err)
	}
	d := deliveryRow{ID: newID(), OrderID: row.ID, Number: last + 1, Message: message, At: tx.Now()}
	if err := tx.Create(&d).Error; err != nil {
		return fmt.Errorf("write the delivery: %w", err)
	}
	files = slices.Clone(files)
	for i := range files {
		files[i].DeliveryID = d.ID
	}
	return writeFiles(tx, files)
}

// RequestRevision is documented in the contract.
func (s *service) RequestRevision(ctx context.Context, q order.RequestRevisionRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Message = strings.TrimSpace(q.Message)
	var c fault.Check
	c.That(q.Message != "", "message", "Say what should be changed.")
	c.That(isText(q.Message, mostMessage), "message", "Use at most %d characters.", mostMessage)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "request_revision", key: key, body: q, order: q.OrderID, action: order.ActionRequestRevision, note: q.Message,
		effect: func(tx *db.Tx, row *orderRow, _ person, _ []fileRow) error {
			return tx.Exec(`UPDATE deliveries SET revision = ? WHERE order_id = ? AND number = (SELECT MAX(number) FROM deliveries WHERE order_id = ?)`,
				q.Message, row.ID, row.ID).Error
		}})
}

// Accept is documented in the contract.
func (s *service) Accept(ctx context.Context, q order.AcceptRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	return s.do(ctx, command{name: "accept", key: key, body: q, order: q.OrderID, action: order.ActionAccept})
}

// Cancel is documented in the contract.
func (s *service) Cancel(ctx context.Context, q order.CancelRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Reason = strings.TrimSpace(q.Reason)
	var c fault.Check
	c.That(isText(q.Reason, mostReason), "reason", "Use at most %d characters.", mostReason)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "cancel", key: key, body: q, order: q.OrderID, action: order.ActionCancel, note: q.Reason})
}
