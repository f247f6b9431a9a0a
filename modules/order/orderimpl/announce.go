package orderimpl

import (
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/db"
)

// announce emits the events of a transition, after it is written.
func (s *service) announce(tx *db.Tx, row orderRow, st step) error {
	for _, a := range st.rule.Emits {
		e, err := s.told(tx, a, row, st)
		if err != nil {
			return err
		}
		if err := tx.Emit(e); err != nil {
			return err
		}
	}
	return nil
}

// told is the event of the contract.
func (s *service) told(tx *db.Tx, a announcement, row orderRow, st step) (db.Event, error) {
	facts, l := row.facts(tx.Now()), row.life()
	switch a {
	case placed:
		return order.Placed{Facts: facts}, nil
	case paid:
		return order.Paid{Facts: facts}, nil
	case declined:
		return order.Declined{Facts: facts, Message: st.note}, nil
	case expired:
		return order.Expired{Facts: facts}, nil
	case requirementsDue:
		return order.RequirementsDue{Facts: facts, CancelsAt: *requirementsEnd.in(l)}, nil
	case started:
		return order.Started{Facts: facts, DueAt: *row.DueAt}, nil
	case delivered:
		var number int
		err := tx.Raw("SELECT COALESCE(MAX(number), 0) FROM deliveries WHERE order_id = ?", row.ID).Scan(&number).Error
		return order.Delivered{Facts: facts, Delivery: number, Message: st.note, CompletesAt: *completionEnd.in(l)}, err
	case completionNear:
		return order.CompletionNear{Facts: facts, CompletesAt: *completionEnd.in(l)}, nil
	case revisionRequested:
		return order.RevisionRequested{Facts: facts, Message: st.note, DueAt: *row.DueAt}, nil
	case completed:
		return order.Completed{Facts: facts, Automatic: st.actor == marketplace, ClearsAt: *clearingEnd.in(l)}, nil
	case cancelled:
		back, err := st.returned(row)
		return order.Cancelled{Facts: facts, By: string(st.actor), Reason: st.note, Refunded: back}, err
	case cleared:
		return clearedFacts(tx, row, facts)
	}
	return s.toldBetween(tx, a, row, st, facts)
}

// toldBetween are the events of what the two sides ask of each other.
func (s *service) toldBetween(tx *db.Tx, a announcement, row orderRow, st step, facts order.Facts) (db.Event, error) {
	l, was := row.life(), st.before
	switch a {
	case late:
		very, next := st.rule.Event == markVeryLate, veryLateFrom
		if very {
			next = lateEnd
		}
		return order.Late{Facts: facts, VeryLate: very, DueAt: *row.DueAt, Next: *next.in(l)}, nil
	case changeRequested:
		return order.ChangeRequested{Facts: facts, Kind: kindOf(row.Asked), By: string(row.AskedBy), Reason: st.note, Days: row.AskedDays,
			Amount: row.amount(row.AskedAmount), Revisions: row.AskedRevisions, AnswerBy: *requestEnd.in(l)}, nil
	case changeSettled:
		return order.ChangeSettled{Facts: facts, Kind: kindOf(was.Asked), By: string(was.AskedBy), Outcome: outcomeOf(st.rule.Event), Note: st.note}, nil
	case reviewExtended:
		return order.ReviewExtended{Facts: facts, CompletesAt: *completionEnd.in(l)}, nil
	case partlyRefunded:
		back, err := st.returned(row)
		return order.PartlyRefunded{Facts: facts, Amount: back, Reason: st.note}, err
	case disputed:
		return order.Disputed{Facts: facts, By: string(st.actor), Reason: st.note, AnswerBy: *disputeAnswerEnd.in(l)}, nil
	case disputeStated:
		return order.DisputeStated{Facts: facts, By: string(st.actor)}, nil
	case disputeSettled:
		back, err := st.returned(row)
		e := order.DisputeSettled{Facts: facts, Outcome: "resolved", Refunded: back, Earned: row.amount(0), Reason: st.note}
		if st.rule.Event == withdrawDispute {
			e.Outcome = "withdrawn"
		}
		if row.Status == order.StatusCompleted {
			e.Earned = row.amount(row.earned())
		}
		return e, err
	}
	return s.toldAfter(tx, a, row, st, facts)
}

// toldAfter are the events of what is paid beside the order's own price, and of completed orders.
func (s *service) toldAfter(tx *db.Tx, a announcement, row orderRow, st step, facts order.Facts) (db.Event, error) {
	switch a {
	case changeAgreed:
		return order.ChangeAgreed{Facts: facts, Kind: kindOf(row.Asked), By: string(st.actor), Amount: row.amount(row.AskedAmount), Days: row.AskedDays,
			Revisions: row.AskedRevisions, PayBy: *requestEnd.in(row.life())}, nil
	case tipped:
		t, _, err := paidTip(tx.DB, row)
		return order.Tipped{Facts: facts, Amount: row.amount(t.Amount), Message: t.Message, ClearsAt: *tipClearingEnd.in(row.life())}, err
	case tipReady:
		t, _, err := paidTip(tx.DB, row)
		return order.Cleared{Facts: facts, Amount: row.amount(t.left()), Debt: row.amount(0), Reserved: row.amount(0)}, err
	case takenBack:
		back, err := st.returned(row)
		return order.TakenBack{Facts: facts, Amount: back, Reason: st.note}, err
	}
	return nil, fmt.Errorf("there is no event %s", a)
}

func (r orderRow) facts(at time.Time) order.Facts {
	return order.Facts{
		OrderID: r.ID, Number: r.Number, GigID: r.GigID, GigTitle: r.GigTitle,
		BuyerID: r.BuyerID, BuyerUsername: r.BuyerUsername, SellerID: r.SellerID, SellerUsername: r.SellerUsername,
		Total: r.amount(r.total()), Earnings: r.amount(r.earned()), Status: r.Status, Version: r.Version, At: at,
	}
}
