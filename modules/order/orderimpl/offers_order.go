package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/once"
	"marketplace/platform/telemetry"
)

// milestonePackage is what the package of an order is called that is a milestone of an offer.
const milestonePackage = "offer"

// checkMilestone checks what is said of a milestone that is quoted or ordered.
func checkMilestone(gigID string, n, quantity int, extras []string) *fault.Check {
	var c fault.Check
	c.That(gigID == "", "gig_id", "Order either a package of a gig or a milestone of an offer.")
	c.That(n >= 1 && n <= mostMilestones, "milestone", "Say which milestone: 1 to %d.", mostMilestones)
	c.That(quantity == 1, "quantity", "A milestone is ordered once.")
	c.That(len(extras) == 0, "extras", "A milestone has no extras.")
	return &c
}

// quoteMilestone is Quote for the buyer of an offer.
func (s *service) quoteMilestone(ctx context.Context, q order.QuoteRequest) (order.Quote, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Quote{}, err
	}
	if err := checkMilestone(q.GigID, q.Milestone, q.Quantity, q.Extras).Err(); err != nil {
		return order.Quote{}, err
	}
	set, err := s.current(ctx)
	if err != nil {
		return order.Quote{}, err
	}
	row, err := s.bought(ctx, q.OfferID, q.Milestone, who)
	if err != nil {
		return order.Quote{}, err
	}
	ordered, err := milestonesOf(s.db.Read(ctx), []string{row.ID})
	if err != nil {
		return order.Quote{}, err
	}
	if err := row.orderable(q.Milestone, ordered, s.now()); err != nil {
		return order.Quote{}, err
	}
	return s.quoteFor(ctx, set, s.promisedMilestone(set, row, q.Milestone), q.UseCredit)
}

// bought is an offer to the acting buyer that has such a milestone. Its seller is told that it is not theirs to order.
func (s *service) bought(ctx context.Context, id string, n int, who identity.Actor) (offerRow, error) {
	row, err := findOffer(s.db.Read(ctx), id, who)
	if err != nil {
		return row, err
	}
	role, own := row.party(who.UserID)
	if !own {
		return row, errNoOffer()
	}
	if role == seller {
		return row, fault.Forbiddenf("This is your own work: the buyer orders it.")
	}
	if n > len(row.Milestones) {
		return row, fault.Wrong("milestone", "This offer has %d milestones.", len(row.Milestones))
	}
	if row.Currency != s.settings.Currency {
		return row, fault.Conflictf("This offer is in %s; orders are placed in %s. Ask for a new one.", row.Currency, s.settings.Currency)
	}
	return row, nil
}

// promisedMilestone is what the offer and the settings promise now.
func (s *service) promisedMilestone(set settings, row offerRow, n int) promise {
	m := row.Milestones[n-1]
	buys, sells := set.fees(row.Category, row.SellerUsername)
	return promise{OfferID: row.ID, Milestone: n, Title: m.Title, Package: milestonePackage, Quantity: 1, Price: row.amount(m.Price),
		Buys: buys, Sells: sells, Expires: s.now().Add(set.QuoteLife).Truncate(time.Second)}
}

// placeMilestone is Place for a milestone of an offer. The first one accepts an open offer of the seller.
func (s *service) placeMilestone(ctx context.Context, who identity.Actor, q order.PlaceRequest, r once.Request) (placed order.Order, err error) {
	set, err := s.current(ctx)
	if err != nil {
		return order.Order{}, err
	}
	offer, err := s.bought(ctx, q.OfferID, q.Milestone, who)
	if err != nil {
		return order.Order{}, err
	}
	if err := s.isOnSale(ctx, offer, q.Milestone); err != nil {
		return order.Order{}, err
	}
	agreed := s.promisedMilestone(set, offer, q.Milestone)
	if q.Quote != "" {
		agreed, err = s.opened(ctx, q, func(p promise) bool { return p.OfferID == q.OfferID && p.Milestone == q.Milestone })
		if err != nil {
			return order.Order{}, err
		}
	}
	row, err := s.newOrder(set, who, offer.gig(), offer.pack(q.Milestone), agreed)
	if err != nil {
		return order.Order{}, err
	}
	row.OfferID, row.Milestone, row.Milestones = offer.ID, q.Milestone, len(offer.Milestones)
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := r.IsNew(tx); err != nil {
			return err
		}
		fresh := row // the transaction may run again
		if placed, err = s.storeMilestone(tx, set, who, &fresh, funds{q.UseCredit, agreed.Credit}); err != nil {
			return err
		}
		return r.Keep(tx, placed)
	})
	return placed, err
}

// storeMilestone writes the order of a milestone, or returns the one that waits for its payment: whoever orders a milestone
// twice has one order (row O8).
func (s *service) storeMilestone(tx *db.Tx, set settings, who identity.Actor, row *orderRow, f funds) (order.Order, error) {
	offer, _, err := lockOffer(tx, row.OfferID, who)
	if err != nil {
		return order.Order{}, err
	}
	ordered, err := milestonesOf(tx.DB, []string{offer.ID})
	if err != nil {
		return order.Order{}, err
	}
	at := slices.IndexFunc(ordered, func(m milestoneRow) bool { return m.Milestone == row.Milestone && !m.isPaid() })
	if at >= 0 {
		return s.waiting(tx, ordered[at].ID, row.Total)
	}
	if err := offer.orderable(row.Milestone, ordered, tx.Now()); err != nil {
		return order.Order{}, err
	}
	if offer.Status == order.OfferSent {
		if err := s.agree(tx, &offer, "", true); err != nil {
			return order.Order{}, err
		}
	}
	return s.store(tx, set, row, f)
}

// waiting is the order of a milestone that waits for its payment, if it costs what was shown.
func (s *service) waiting(tx *db.Tx, id string, total int64) (order.Order, error) {
	row, err := lock(tx, id)
	if err != nil {
		return order.Order{}, err
	}
	if row.Status != order.StatusPendingPayment || row.Total != total {
		return order.Order{}, fault.Conflictf("You have ordered this milestone already. Look at its order.")
	}
	return s.full(tx.DB, row, buyer, row.BuyerID, tx.Now())
}

// isOnSale refuses to begin what the seller does not offer at the moment. What has begun goes on, whatever becomes of the gig.
func (s *service) isOnSale(ctx context.Context, offer offerRow, n int) error {
	if n > 1 {
		return nil
	}
	g, err := s.gigs.Get(ctx, gig.GetRequest{ID: offer.GigID})
	if fault.Is(err, fault.NotFound) || err == nil && g.Status != gig.StatusActive {
		return fault.Conflictf("This gig does not take orders at the moment.")
	}
	if err != nil {
		return fmt.Errorf("look at the gig of the offer: %w", err)
	}
	return nil
}

// orderable refuses a milestone that cannot be ordered now, in a sentence that says why.
func (r offerRow) orderable(n int, ordered []milestoneRow, now time.Time) error {
	next := r.next(ordered, now)
	switch {
	case next == n:
		return nil
	case slices.ContainsFunc(ordered, func(m milestoneRow) bool { return m.Milestone == n }):
		return fault.Conflictf("You have ordered this milestone already. Look at its order.")
	case r.Status == order.OfferSent && r.SentBy == buyer:
		return fault.Conflictf("The seller has not accepted this offer yet.")
	case next == 0 && (r.Status == order.OfferSent || r.Status == order.OfferAccepted) && len(ordered) == 0:
		return fault.Conflictf("This offer has expired. Ask for a new one.")
	case r.Status == order.OfferSent || r.Status == order.OfferAccepted:
		return fault.Conflictf("Milestones are ordered one after the other: pay for the one before first.")
	}
	return fault.Conflictf("%s", r.reason(buyer, now))
}

// gig is the offer's gig as it is copied into an order. Nothing is asked before the work: the two have talked about it.
func (r offerRow) gig() gig.Gig {
	g := gig.Gig{ID: r.GigID, Title: r.GigTitle, SellerID: r.SellerID, SellerUsername: r.SellerUsername, Category: r.Category}
	if r.GigPictureID != "" {
		g.Pictures = []gig.PictureRef{{ID: r.GigPictureID}}
	}
	return g
}

// pack is a milestone as it is copied into an order.
func (r offerRow) pack(n int) gig.Package {
	m := r.Milestones[n-1]
	return gig.Package{Name: milestonePackage, Title: m.Title, Price: r.amount(m.Price), DeliveryDays: m.DeliveryDays, Revisions: m.Revisions}
}

// auditOffer notes that staff look at what two other people have agreed on.
func (s *service) auditOffer(ctx context.Context, row offerRow) {
	telemetry.Audit(ctx, s.log, telemetry.Act{Action: "case-read", What: map[string]string{"offer_id": row.ID}})
}
