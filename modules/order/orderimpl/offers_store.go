package orderimpl

import (
	"context"
	"fmt"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/once"
)

// offerRow is one offer.
type offerRow struct {
	ID             string
	Status         order.OfferStatus
	SentBy         actor
	BuyerID        string
	BuyerUsername  string
	SellerID       string
	SellerUsername string
	GigID          string
	GigTitle       string
	GigPictureID   string
	Category       string
	Description    string
	Milestones     []order.NewMilestone `gorm:"serializer:json"`
	Currency       string
	Price          int64
	Began          string
	Round          int
	Answers        string
	AnsweredBy     string
	Note           string
	SentAt         time.Time
	ExpiresAt      time.Time
	SettledAt      *time.Time
	CheckAt        *time.Time
}

// TableName is offers.
func (offerRow) TableName() string { return "offers" }

func (r offerRow) amount(minor int64) money.Amount { return money.Of(minor, r.Currency) }

// party says what the user is to the offer; false if nothing.
func (r offerRow) party(userID string) (actor, bool) {
	switch userID {
	case r.BuyerID:
		return buyer, true
	case r.SellerID:
		return seller, true
	}
	return "", false
}

// days are those of all milestones, one after the other.
func (r offerRow) days() (sum int) {
	for _, m := range r.Milestones {
		sum += m.DeliveryDays
	}
	return sum
}

func (r offerRow) facts(at time.Time) order.OfferFacts {
	return order.OfferFacts{OfferID: r.ID, Answers: r.Answers, GigID: r.GigID, GigTitle: r.GigTitle, BuyerID: r.BuyerID, BuyerUsername: r.BuyerUsername,
		SellerID: r.SellerID, SellerUsername: r.SellerUsername, SentBy: string(r.SentBy), Price: r.amount(r.Price), Milestones: len(r.Milestones),
		Days: r.days(), Status: r.Status, ExpiresAt: r.ExpiresAt.UTC(), At: at}
}

func errNoOffer() error { return fault.NotFoundf("There is no such offer.") }

// lockOffer reads an offer of the user's for a change.
func lockOffer(tx *db.Tx, id string, who identity.Actor) (offerRow, actor, error) {
	row, err := lockOfferRow(tx, id)
	if err != nil {
		return offerRow{}, "", err
	}
	role, ok := row.party(who.UserID)
	if !ok {
		return offerRow{}, "", errNoOffer()
	}
	return row, role, nil
}

// lockOfferRow reads an offer for a change.
func lockOfferRow(tx *db.Tx, id string) (offerRow, error) {
	if !isText(id, mostID) {
		return offerRow{}, errNoOffer()
	}
	return held[offerRow](tx.ForUpdate().Where("id = ?", id), "offer", errNoOffer())
}

// settleOffer writes what has become of an offer whose row is locked. It expires no more, unless it was accepted: then the first
// payment has some days at least.
func (s *service) settleOffer(tx *db.Tx, row *offerRow, to order.OfferStatus, note string) error {
	from, now := row.Status, tx.Now()
	row.Status, row.Note, row.SettledAt, row.CheckAt = to, note, &now, nil
	if to == order.OfferAccepted {
		if least := now.Add(timeToBegin); row.ExpiresAt.Before(least) {
			row.ExpiresAt = least
		}
		ends := row.ExpiresAt
		row.CheckAt = &ends
	}
	done := tx.Exec(`UPDATE offers SET status = ?, note = ?, answered_by = ?, settled_at = ?, expires_at = ?, check_at = ?, claimed_until = NULL
		WHERE id = ? AND status = ?`, row.Status, row.Note, row.AnsweredBy, row.SettledAt, row.ExpiresAt, row.CheckAt, row.ID, from)
	if done.Error != nil {
		return fmt.Errorf("settle the offer: %w", done.Error)
	}
	if done.RowsAffected != 1 {
		return fmt.Errorf("settle the offer: it was changed by somebody else")
	}
	return nil
}

// offerCommand is what somebody does with an offer.
type offerCommand struct {
	who  identity.Actor
	name string // for the idempotency key
	key  string
	body any // the request without its key
	act  func(set settings, r once.Request) (order.Offer, error)
}

// onOffer carries a command out, once for each key.
func (s *service) onOffer(ctx context.Context, c offerCommand) (order.Offer, error) {
	r, err := once.NewRequest(c.who.UserID, c.name, c.key, c.body)
	if err != nil {
		return order.Offer{}, err
	}
	set, err := s.current(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	offer, replayed, err := once.Do(ctx, s.once, r, func() (order.Offer, error) { return c.act(set, r) })
	offer.Replayed = replayed
	return offer, err
}

// inOffer does something with an offer in one transaction, and keeps the offer as it is then as the request's answer.
func (s *service) inOffer(ctx context.Context, set settings, who identity.Actor, r once.Request, act func(*db.Tx) (offerRow, error)) (offer order.Offer, err error) {
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := r.IsNew(tx); err != nil {
			return err
		}
		row, err := act(tx)
		if err != nil {
			return err
		}
		if offer, err = s.oneOffer(tx.DB, set, row, who, tx.Now()); err != nil {
			return err
		}
		return r.Keep(tx, offer)
	})
	return offer, err
}
