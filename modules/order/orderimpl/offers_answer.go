package orderimpl

import (
	"context"
	"slices"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/once"
)

// AcceptOffer is documented in the contract.
func (s *service) AcceptOffer(ctx context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	who, err := identity.VerifiedUser(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	return s.answerOffer(ctx, who, "accept_offer", q, func(tx *db.Tx, row *offerRow, role actor) error {
		if err := row.may(order.OfferAccept, role, tx.Now()); err != nil {
			return err
		}
		return s.agree(tx, row, q.Note, false)
	})
}

// agree makes an open offer an accepted one.
func (s *service) agree(tx *db.Tx, row *offerRow, note string, ordered bool) error {
	if err := s.settleOffer(tx, row, order.OfferAccepted, note); err != nil {
		return err
	}
	return tx.Emit(order.OfferAnswered{OfferFacts: row.facts(tx.Now()), Note: note, Ordered: ordered})
}

// DeclineOffer is documented in the contract.
func (s *service) DeclineOffer(ctx context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	return s.answerOffer(ctx, who, "decline_offer", q, func(tx *db.Tx, row *offerRow, role actor) error {
		if err := row.may(order.OfferDecline, role, tx.Now()); err != nil {
			return err
		}
		if err := s.settleOffer(tx, row, order.OfferDeclined, q.Note); err != nil {
			return err
		}
		return tx.Emit(order.OfferAnswered{OfferFacts: row.facts(tx.Now()), Note: q.Note})
	})
}

// WithdrawOffer is documented in the contract.
func (s *service) WithdrawOffer(ctx context.Context, q order.AnswerOfferRequest) (order.Offer, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	return s.answerOffer(ctx, who, "withdraw_offer", q, func(tx *db.Tx, row *offerRow, role actor) error {
		if err := row.may(order.OfferWithdraw, role, tx.Now()); err != nil {
			return err
		}
		ordered, err := milestonesOf(tx.DB, []string{row.ID})
		if err != nil {
			return err
		}
		if len(ordered) == len(row.Milestones) {
			return fault.Conflictf("Everything in this offer has been ordered. What is in work is settled in its order.")
		}
		accepted := row.Status == order.OfferAccepted
		if err := s.settleOffer(tx, row, order.OfferWithdrawn, q.Note); err != nil {
			return err
		}
		return tx.Emit(order.OfferTakenBack{OfferFacts: row.facts(tx.Now()), By: string(role), Note: q.Note, Accepted: accepted})
	})
}

// answerOffer does something with a locked offer of the acting user's.
func (s *service) answerOffer(ctx context.Context, who identity.Actor, name string, q order.AnswerOfferRequest,
	act func(*db.Tx, *offerRow, actor) error) (order.Offer, error) {
	var c fault.Check
	c.That(isText(q.Note, mostReason), "note", "Use at most 1,000 characters.")
	if err := c.Err(); err != nil {
		return order.Offer{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	return s.onOffer(ctx, offerCommand{who: who, name: name, key: key, body: q, act: func(set settings, r once.Request) (order.Offer, error) {
		return s.inOffer(ctx, set, who, r, func(tx *db.Tx) (offerRow, error) {
			row, role, err := lockOffer(tx, q.OfferID, who)
			if err != nil {
				return row, err
			}
			return row, act(tx, &row, role)
		})
	}})
}

// allowed is what somebody can do with the offer itself; ordering its milestones is another matter.
func (r offerRow) allowed(role actor, now time.Time) []order.OfferAction {
	switch {
	case role != buyer && role != seller:
	case r.Status == order.OfferAccepted:
		return []order.OfferAction{order.OfferWithdraw}
	case r.Status != order.OfferSent || !now.Before(r.ExpiresAt):
	case r.SentBy == role:
		return []order.OfferAction{order.OfferWithdraw}
	default:
		return []order.OfferAction{order.OfferAccept, order.OfferCounter, order.OfferDecline}
	}
	return []order.OfferAction{}
}

// may refuses what the offer's status does not allow, in a sentence that says why.
func (r offerRow) may(a order.OfferAction, role actor, now time.Time) error {
	allowed := r.allowed(role, now)
	if slices.Contains(allowed, a) {
		return nil
	}
	refusal := fault.Conflictf("%s", r.reason(role, now))
	for _, other := range allowed {
		refusal.Allowed = append(refusal.Allowed, string(other))
	}
	return refusal
}

func (r offerRow) reason(role actor, now time.Time) string {
	switch r.Status {
	case order.OfferSent:
		switch {
		case !now.Before(r.ExpiresAt):
			return "This offer has expired. Send a new one."
		case r.SentBy == role:
			return "This is your own offer: the other side answers it. You can withdraw it."
		}
		return "This offer waits for your answer: accept it, decline it, or answer with your own."
	case order.OfferAccepted:
		return "This offer has been accepted. What has not been ordered can be withdrawn."
	case order.OfferDeclined:
		return "This offer was declined. Send a new one."
	case order.OfferCountered:
		return "This offer was answered with another one. Look at that."
	case order.OfferWithdrawn:
		return "This offer was withdrawn. Send a new one."
	}
	return "This offer has expired. Send a new one."
}
