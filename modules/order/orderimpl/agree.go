package orderimpl

import (
	"context"
	"slices"
	"strings"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

const (
	mostChanges = 100 // that are shown of an order
	mostDays    = 90  // of an extension

	mostRaise     = 100_000_000 // minor units
	mostRevisions = 20          // of a raise
)

// askEvent is the event of asking for a kind of change.
func askEvent(k order.ChangeKind) (event, bool) {
	switch k {
	case order.ChangeCancel:
		return requestCancel, true
	case order.ChangeExtension:
		return requestExtension, true
	case order.ChangePrice:
		return requestPrice, true
	case order.ChangeRaise:
		return requestRaise, true
	}
	return "", false
}

// Ask is documented in the contract.
func (s *service) Ask(ctx context.Context, q order.AskRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Reason = strings.TrimSpace(q.Reason)
	asks, ok := askEvent(q.Kind)
	var c fault.Check
	c.That(ok, "kind", "Use cancel, extension, price or raise.")
	c.That(q.Reason != "" && isText(q.Reason, mostReason), "reason", "Say why, in at most %d characters.", mostReason)
	c.That(q.Kind != order.ChangeExtension || q.Days >= 1 && q.Days <= mostDays, "days", "Use 1 to %d days.", mostDays)
	c.That(q.Kind != order.ChangePrice || q.Amount > 0, "amount", "Say how much goes off the price.")
	c.That(q.Kind != order.ChangeRaise || q.Amount > 0 && q.Amount <= mostRaise, "amount", "Say how much comes on top of the price.")
	c.That(q.Kind != order.ChangeRaise || q.Days >= 0 && q.Days <= mostDays, "days", "Use 0 to %d days.", mostDays)
	c.That(q.Kind != order.ChangeRaise || q.Revisions >= 0 && q.Revisions <= mostRevisions, "revisions", "Use 0 to %d.", mostRevisions)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	wish := dealOf(q)
	return s.do(ctx, command{name: "ask", key: key, body: q, order: q.OrderID, action: order.ActionAsk, events: []event{asks}, note: q.Reason, deal: wish,
		check: func(row *orderRow, _ []fileRow) error {
			if left := row.price() - row.gone(); q.Kind == order.ChangePrice && wish.Amount >= left {
				return fault.Wrong("amount", "Use less than %s, which is what the order is still about. To give all of it back, ask to cancel.", row.amount(left))
			}
			if q.Kind == order.ChangeRaise && wish.Days > 0 && row.Status == order.StatusDelivered {
				return fault.Wrong("days", "The work is delivered: nobody needs more days for it.")
			}
			return nil
		}})
}

// dealOf is what of a request matters for its kind.
func dealOf(q order.AskRequest) deal {
	switch q.Kind {
	case order.ChangeExtension:
		return deal{Days: q.Days}
	case order.ChangePrice:
		return deal{Amount: q.Amount}
	case order.ChangeRaise:
		return deal{Amount: q.Amount, Days: q.Days, Revisions: q.Revisions}
	}
	return deal{}
}

// Agree is documented in the contract.
func (s *service) Agree(ctx context.Context, q order.AnswerRequest) (order.Order, error) {
	return s.answer(ctx, "agree", order.ActionAgree, q)
}

// Decline is documented in the contract.
func (s *service) Decline(ctx context.Context, q order.AnswerRequest) (order.Order, error) {
	return s.answer(ctx, "decline", order.ActionDecline, q)
}

// Withdraw is documented in the contract.
func (s *service) Withdraw(ctx context.Context, q order.AnswerRequest) (order.Order, error) {
	return s.answer(ctx, "withdraw", order.ActionWithdraw, q)
}

func (s *service) answer(ctx context.Context, name string, a order.Action, q order.AnswerRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Note = strings.TrimSpace(q.Note)
	var c fault.Check
	c.That(isText(q.Note, mostReason), "note", "Use at most %d characters.", mostReason)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: name, key: key, body: q, order: q.OrderID, action: a, note: q.Note})
}

// ExtendReview is documented in the contract.
func (s *service) ExtendReview(ctx context.Context, q order.ExtendReviewRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	return s.do(ctx, command{name: "extend_review", key: key, body: q, order: q.OrderID, action: order.ActionExtendReview})
}

// RefundPart is documented in the contract.
func (s *service) RefundPart(ctx context.Context, q order.RefundPartRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Reason = strings.TrimSpace(q.Reason)
	var c fault.Check
	c.That(q.Amount > 0, "amount", "Say how much you give back.")
	c.That(q.Reason != "" && isText(q.Reason, mostReason), "reason", "Say why, in at most %d characters.", mostReason)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "refund_part", key: key, body: q, order: q.OrderID, action: order.ActionRefund, note: q.Reason, deal: deal{Amount: q.Amount},
		check: func(row *orderRow, _ []fileRow) error {
			if most := row.life().mayGoBack(); q.Amount > most {
				return fault.Wrong("amount", "Use at most %s. To give back more, ask the buyer to cancel.", row.amount(most))
			}
			return nil
		}})
}

const mostStatements = 100 // in a dispute

// OpenDispute is documented in the contract.
func (s *service) OpenDispute(ctx context.Context, q order.OpenDisputeRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Text = strings.TrimSpace(q.Text)
	var c fault.Check
	c.That(slices.Contains(order.DisputeReasons(), q.Reason), "reason", "Use one of %s.", strings.Join(order.DisputeReasons(), ", "))
	checkStatement(&c, q.Text)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "open_dispute", key: key, body: q, order: q.OrderID, action: order.ActionDispute, note: q.Reason, files: q.Files,
		effect: func(tx *db.Tx, row *orderRow, by person, files []fileRow) error {
			d := disputeRow{ID: newID(), OrderID: row.ID, OpenedBy: by.role, Reason: q.Reason, Status: "open", OpenedAt: tx.Now()}
			if err := tx.Create(&d).Error; err != nil {
				return err
			}
			return state(tx, d.ID, row.ID, by, q.Text, files)
		}})
}

func checkStatement(c *fault.Check, text string) {
	c.That(text != "" && isText(text, mostMessage), "text", "Say what happened, in at most %d characters.", mostMessage)
}

// state writes what one side says, with its files.
func state(tx *db.Tx, disputeID, orderID string, by person, text string, files []fileRow) error {
	said := statementRow{ID: newID(), DisputeID: disputeID, OrderID: orderID, Actor: by.role, ActorID: by.id, Text: text, At: tx.Now()}
	if err := tx.Create(&said).Error; err != nil {
		return err
	}
	files = slices.Clone(files)
	for i := range files {
		files[i].DeliveryID = said.ID
	}
	return writeFiles(tx, files)
}

// State is documented in the contract.
func (s *service) State(ctx context.Context, q order.StateRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	q.Text = strings.TrimSpace(q.Text)
	var c fault.Check
	checkStatement(&c, q.Text)
	if err := c.Err(); err != nil {
		return order.Order{}, err
	}
	return s.do(ctx, command{name: "state", key: key, body: q, order: q.OrderID, action: order.ActionState, files: q.Files,
		effect: func(tx *db.Tx, row *orderRow, by person, files []fileRow) error {
			var open []struct {
				ID   string
				Said int
			}
			err := tx.Raw(`SELECT d.id, (SELECT COUNT(*) FROM statements s WHERE s.dispute_id = d.id) AS said
				FROM disputes d WHERE d.order_id = ? AND d.status = 'open'`, row.ID).Scan(&open).Error
			if err != nil || len(open) == 0 {
				return err
			}
			if open[0].Said >= mostStatements {
				return fault.Conflictf("Enough has been said: a dispute takes %d statements. The marketplace decides now.", mostStatements)
			}
			return state(tx, open[0].ID, row.ID, by, q.Text, files)
		}})
}

// WithdrawDispute is documented in the contract.
func (s *service) WithdrawDispute(ctx context.Context, q order.WithdrawDisputeRequest) (order.Order, error) {
	key := q.RequestID
	q.RequestID = ""
	return s.do(ctx, command{name: "withdraw_dispute", key: key, body: q, order: q.OrderID, action: order.ActionWithdrawDispute})
}
