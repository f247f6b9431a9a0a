package orderimpl

import (
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/money"
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
		return order.Cancelled{Facts: facts, By: string(st.actor), Reason: st.note, Refunded: row.back()}, nil
	case cleared:
		return order.Cleared{Facts: facts, Amount: row.amount(row.Earnings)}, nil
	}
	return nil, fmt.Errorf("there is no event %s", a)
}

// back is what a cancelled order returns to its buyer.
func (r orderRow) back() money.Amount {
	if r.PaidAt == nil {
		return r.amount(0)
	}
	return r.amount(r.Total)
}

func (r orderRow) facts(at time.Time) order.Facts {
	return order.Facts{
		OrderID: r.ID, Number: r.Number, GigID: r.GigID, GigTitle: r.GigTitle,
		BuyerID: r.BuyerID, BuyerUsername: r.BuyerUsername, SellerID: r.SellerID, SellerUsername: r.SellerUsername,
		Total: r.amount(r.Total), Earnings: r.amount(r.Earnings), Status: r.Status, Version: r.Version, At: at,
	}
}
