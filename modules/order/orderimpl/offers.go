package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/modules/user"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/once"
	"marketplace/platform/text"
)

// The limits of an offer. Lengths are characters, prices whole units of the currency, as of gigs.
const (
	mostMilestones   = 10
	mostScope        = 5000
	mostMilestone    = 80
	leastOffer       = 5
	mostOffer        = 20_000
	mostOfferDays    = 90
	usualOfferLife   = 7 // days
	longestOfferLife = 30
	mostOpenOffers   = 20      // of one person to another
	timeToBegin      = 3 * day // that an accepted offer waits for the first payment, at least
)

// SendOffer is documented in the contract.
func (s *service) SendOffer(ctx context.Context, q order.SendOfferRequest) (order.Offer, error) {
	who, err := identity.VerifiedUser(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	var c fault.Check
	c.That(q.BuyerID != "", "buyer_id", "Say to whom.")
	c.That(q.GigID != "", "gig_id", "Say for which gig.")
	s.checkOffer(&c, q.RequestID, &q.OfferTerms)
	if err := c.Err(); err != nil {
		return order.Offer{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	return s.onOffer(ctx, offerCommand{who: who, name: "send_offer", key: key, body: q, act: func(set settings, r once.Request) (order.Offer, error) {
		row, err := s.newOffer(ctx, who, q)
		if err != nil {
			return order.Offer{}, err
		}
		return s.inOffer(ctx, set, who, r, func(tx *db.Tx) (offerRow, error) { return row, s.makeOffer(tx, &row) })
	}})
}

// CounterOffer is documented in the contract.
func (s *service) CounterOffer(ctx context.Context, q order.CounterOfferRequest) (order.Offer, error) {
	who, err := identity.VerifiedUser(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	var c fault.Check
	s.checkOffer(&c, q.RequestID, &q.OfferTerms)
	if err := c.Err(); err != nil {
		return order.Offer{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	return s.onOffer(ctx, offerCommand{who: who, name: "counter_offer", key: key, body: q, act: func(set settings, r once.Request) (order.Offer, error) {
		return s.inOffer(ctx, set, who, r, func(tx *db.Tx) (offerRow, error) { return s.counter(tx, who, q) })
	}})
}

// counter answers an offer with another one, for the same gig and between the same two.
func (s *service) counter(tx *db.Tx, who identity.Actor, q order.CounterOfferRequest) (offerRow, error) {
	was, role, err := lockOffer(tx, q.OfferID, who)
	if err != nil {
		return offerRow{}, err
	}
	if err := was.may(order.OfferCounter, role, tx.Now()); err != nil {
		return offerRow{}, err
	}
	row := was
	row.ID, row.SentBy, row.Answers, row.Round = newID(), role, was.ID, was.Round+1
	row.say(s.settings, q.OfferTerms, tx.Now())
	was.AnsweredBy = row.ID
	if err := s.settleOffer(tx, &was, order.OfferCountered, ""); err != nil {
		return offerRow{}, err
	}
	if err := tx.Emit(order.OfferAnswered{OfferFacts: was.facts(tx.Now())}); err != nil {
		return offerRow{}, err
	}
	return row, s.makeOffer(tx, &row)
}

// checkOffer tells everything that is wrong with the terms of an offer, and cleans their texts.
func (s *service) checkOffer(c *fault.Check, key string, t *order.OfferTerms) {
	c.That(key != "", "Idempotency-Key", "Send a key of 8 to 255 visible characters, a new one for each offer.")
	t.Description = text.Prose(c, "description", t.Description, 1, mostScope)
	c.That(len(t.Milestones) >= 1 && len(t.Milestones) <= mostMilestones, "milestones", "Use 1 to %d milestones.", mostMilestones)
	if t.Days == 0 {
		t.Days = usualOfferLife
	}
	c.That(t.Days >= 1 && t.Days <= longestOfferLife, "expires_in", "Use 1 to %d days.", longestOfferLife)
	t.Milestones = slices.Clone(t.Milestones[:min(len(t.Milestones), mostMilestones)])
	least, most := s.settings.amount(leastOffer*s.settings.unit()), s.settings.amount(mostOffer*s.settings.unit())
	for i := range t.Milestones {
		m, field := &t.Milestones[i], "milestones."+strconv.Itoa(i)+"."
		m.Title = text.Line(c, field+"title", m.Title, 1, mostMilestone)
		c.That(m.Price >= least.Minor && m.Price <= most.Minor, field+"price", "Use %s to %s.", least.Decimal(), most)
		c.That(m.DeliveryDays >= 1 && m.DeliveryDays <= mostOfferDays, field+"delivery_days", "Use 1 to %d days.", mostOfferDays)
		c.That(m.Revisions >= gig.Unlimited && m.Revisions <= mostRevisions, field+"revisions", "Use 0 to %d, or %d for no limit.", mostRevisions, gig.Unlimited)
	}
}

// newOffer is an offer of the acting seller's, with what it copies of the gig and of the person.
func (s *service) newOffer(ctx context.Context, who identity.Actor, q order.SendOfferRequest) (offerRow, error) {
	g, err := s.gigs.Get(ctx, gig.GetRequest{ID: q.GigID})
	if err != nil {
		return offerRow{}, err
	}
	if g.SellerID != who.UserID {
		return offerRow{}, fault.Wrong("gig_id", "Choose one of your own gigs.")
	}
	if g.Status != gig.StatusActive {
		return offerRow{}, fault.Conflictf("This gig does not take orders at the moment.")
	}
	if q.BuyerID == who.UserID {
		return offerRow{}, fault.Wrong("buyer_id", "You cannot offer anything to yourself.")
	}
	whom, err := s.users.Get(ctx, user.GetRequest{ID: q.BuyerID})
	if err != nil {
		return offerRow{}, err
	}
	row := offerRow{ID: newID(), SentBy: seller, BuyerID: whom.ID, BuyerUsername: whom.Username, SellerID: g.SellerID, SellerUsername: g.SellerUsername,
		GigID: g.ID, GigTitle: g.Title, Category: g.Category, Round: 1}
	row.Began = row.ID
	if len(g.Pictures) > 0 {
		row.GigPictureID = g.Pictures[0].ID
	}
	row.say(s.settings, q.OfferTerms, s.now())
	return row, nil
}

// say makes a row an open offer with these terms.
func (r *offerRow) say(set settings, t order.OfferTerms, now time.Time) {
	r.Status, r.Description, r.Milestones, r.Currency, r.Price = order.OfferSent, t.Description, t.Milestones, set.Currency, 0
	r.AnsweredBy, r.Note, r.SettledAt = "", "", nil
	for _, m := range t.Milestones {
		r.Price += m.Price
	}
	ends := now.Add(time.Duration(t.Days) * day)
	r.SentAt, r.ExpiresAt, r.CheckAt = now, ends, &ends
}

// makeOffer writes an open offer. The open ones of one person to another are sent one after the other, so that they can be counted.
func (s *service) makeOffer(tx *db.Tx, row *offerRow) error {
	if tx.Postgres() {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext(?))", "offers "+row.SellerID+row.BuyerID).Error; err != nil {
			return fmt.Errorf("wait for other offers between the two: %w", err)
		}
	}
	var open int
	err := tx.Raw("SELECT COUNT(*) FROM offers WHERE seller_id = ? AND buyer_id = ? AND sent_by = ? AND status = ?",
		row.SellerID, row.BuyerID, row.SentBy, order.OfferSent).Scan(&open).Error
	if err != nil {
		return fmt.Errorf("count the open offers: %w", err)
	}
	if open >= mostOpenOffers {
		return fault.Conflictf("%d of your offers to this person wait for an answer. Withdraw one of them first.", open)
	}
	if err := tx.Create(row).Error; err != nil {
		return fmt.Errorf("write the offer: %w", err)
	}
	return tx.Emit(order.OfferMade{OfferFacts: row.facts(tx.Now())})
}
