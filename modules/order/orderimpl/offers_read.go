package orderimpl

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
	"marketplace/platform/telemetry"
)

// mostHistory is how many rounds of a bargaining are shown, the last ones.
const mostHistory = 100

// GetOffer is documented in the contract.
func (s *service) GetOffer(ctx context.Context, q order.GetOfferRequest) (order.Offer, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	set, err := s.current(ctx)
	if err != nil {
		return order.Offer{}, err
	}
	find := s.db.Read(ctx)
	row, err := findOffer(find, q.ID, who)
	if err != nil {
		return order.Offer{}, err
	}
	if _, own := row.party(who.UserID); !own {
		s.auditOffer(ctx, row)
	}
	return s.oneOffer(find, set, row, who, s.now())
}

// findOffer reads an offer that is the user's business. Staff look at what has become an order.
func findOffer(find *gorm.DB, id string, who identity.Actor) (offerRow, error) {
	var rows []offerRow
	if isText(id, mostID) {
		if err := find.Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil {
			return offerRow{}, fmt.Errorf("read the offer: %w", err)
		}
	}
	if len(rows) == 0 {
		return offerRow{}, errNoOffer()
	}
	if _, ok := rows[0].party(who.UserID); ok {
		return rows[0], nil
	}
	if isStaff(who) {
		ordered, err := milestonesOf(find, []string{id})
		if err != nil {
			return offerRow{}, err
		}
		if slices.ContainsFunc(ordered, milestoneRow.isPaid) {
			return rows[0], nil
		}
	}
	return offerRow{}, errNoOffer()
}

// oneOffer is an offer with its history.
func (s *service) oneOffer(find *gorm.DB, set settings, row offerRow, who identity.Actor, now time.Time) (order.Offer, error) {
	rows := []offerRow{row}
	if row.Round > 1 {
		var before []offerRow
		err := find.Where("began = ? AND round < ?", row.Began, row.Round).Order("round DESC").Limit(mostHistory).Find(&before).Error
		if err != nil {
			return order.Offer{}, fmt.Errorf("read the offer's history: %w", err)
		}
		rows = append(rows, before...)
	}
	all, err := s.shownOffers(find, set, rows, who, now)
	if err != nil {
		return order.Offer{}, err
	}
	offer := all[0]
	offer.History = all[1:]
	slices.Reverse(offer.History)
	return offer, nil
}

// offerPlace is where a page of offers ends.
type offerPlace struct {
	At time.Time `json:"a"`
	ID string    `json:"i"`
}

// ListOffers is documented in the contract.
func (s *service) ListOffers(ctx context.Context, q order.ListOffersRequest) (order.OfferList, error) {
	list := order.OfferList{Items: []order.Offer{}}
	who, err := identity.User(ctx)
	if err != nil {
		return list, err
	}
	var c fault.Check
	limit := page.Limit(&c, q.Limit, 20)
	after := page.After[offerPlace](&c, q.Cursor)
	c.That(q.Role == "" || q.Role == string(buyer) || q.Role == string(seller), "role", "Use buyer, seller, or nothing for both.")
	c.That(len(q.IDs) <= 100, "ids", "Use at most 100.")
	c.That(isText(q.CaseID, mostID), "case_id", "Say which case.")
	c.That(isText(q.WithID, mostID), "with_id", "Say who it is.")
	for _, status := range q.Status {
		c.That(slices.Contains(offerStatuses(), status), "status", "Use one of %s.", joined(offerStatuses()))
	}
	if err := c.Err(); err != nil {
		return list, err
	}
	set, err := s.current(ctx)
	if err != nil {
		return list, err
	}
	if q.CaseID != "" {
		list.Items, err = s.offersOfCase(ctx, set, q, who)
		return list, err
	}
	var rows []offerRow
	if err := pageOfOffers(s.db.Read(ctx), who.UserID, q, limit, after).Find(&rows).Error; err != nil {
		return list, fmt.Errorf("list the offers: %w", err)
	}
	if len(q.IDs) == 0 && len(rows) > limit {
		rows = rows[:limit]
		if list.NextCursor, err = page.Cursor(offerPlace{rows[limit-1].SentAt.UTC(), rows[limit-1].ID}); err != nil {
			return list, err
		}
	}
	list.Items, err = s.shownOffers(s.db.Read(ctx), set, rows, who, s.now())
	return list, err
}

// offersOfCase are offers as staff see them in the conversation that they read: the web has asked the chat whether they may.
func (s *service) offersOfCase(ctx context.Context, set settings, q order.ListOffersRequest, who identity.Actor) ([]order.Offer, error) {
	if !isStaff(who) {
		return nil, fault.Forbiddenf("Only the marketplace's staff may do this.")
	}
	var rows []offerRow
	if err := s.db.Read(ctx).Where("id IN ?", q.IDs).Order("sent_at DESC, id DESC").Limit(100).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the offers of a case: %w", err)
	}
	for _, row := range rows {
		telemetry.Audit(ctx, s.log, telemetry.Act{Action: "case-read", What: map[string]string{"offer_id": row.ID, "case_id": q.CaseID}})
	}
	return s.shownOffers(s.db.Read(ctx), set, rows, who, s.now())
}

// pageOfOffers asks for one more than the limit, to know whether there is another page; or for those with these ids.
func pageOfOffers(find *gorm.DB, userID string, q order.ListOffersRequest, limit int, after *offerPlace) *gorm.DB {
	find = find.Order("sent_at DESC, id DESC")
	switch {
	case len(q.IDs) > 0 || q.Role == "" && q.WithID == "":
		find = find.Where("(buyer_id = ? OR seller_id = ?)", userID, userID)
	case q.WithID == "":
		find = find.Where(q.Role+"_id = ?", userID)
	case q.Role == "":
		find = find.Where("((buyer_id = ? AND seller_id = ?) OR (seller_id = ? AND buyer_id = ?))", userID, q.WithID, userID, q.WithID)
	case q.Role == string(buyer):
		find = find.Where("buyer_id = ? AND seller_id = ?", userID, q.WithID)
	default:
		find = find.Where("seller_id = ? AND buyer_id = ?", userID, q.WithID)
	}
	if len(q.IDs) > 0 {
		return find.Where("id IN ?", q.IDs).Limit(len(q.IDs))
	}
	if len(q.Status) > 0 {
		find = find.Where("status IN ?", q.Status)
	}
	if after != nil {
		find = find.Where("(sent_at, id) < (?, ?)", after.At.UTC(), after.ID)
	}
	return find.Limit(limit + 1)
}

func offerStatuses() []order.OfferStatus {
	return []order.OfferStatus{order.OfferSent, order.OfferAccepted, order.OfferDeclined, order.OfferCountered, order.OfferWithdrawn, order.OfferExpired}
}

// milestoneRow is an order that is a milestone of an offer: one that was paid, or that waits for its payment.
type milestoneRow struct {
	OfferID   string
	Milestone int
	ID        string
	Number    string
	Status    order.Status
	Total     int64
	SellerFee int64
	Earnings  int64
}

func (r milestoneRow) isPaid() bool { return r.Status != order.StatusPendingPayment }

// milestonesOf reads what is ordered of offers, in the order of the milestones.
func milestonesOf(find *gorm.DB, offers []string) (rows []milestoneRow, err error) {
	err = find.Raw(`SELECT offer_id, milestone, id, number, status, total, seller_fee, earnings FROM orders
		WHERE offer_id IN ? AND offer_id <> '' AND (status = 'pending_payment' OR (`+sold+`)) ORDER BY offer_id, milestone`, offers).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what is ordered of offers: %w", err)
	}
	return rows, nil
}

// shownOffers are offers as the user sees them.
func (s *service) shownOffers(find *gorm.DB, set settings, rows []offerRow, who identity.Actor, now time.Time) ([]order.Offer, error) {
	offers := make([]order.Offer, len(rows))
	if len(rows) == 0 {
		return offers, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	ordered, err := milestonesOf(find, ids)
	if err != nil {
		return nil, err
	}
	of := map[string][]milestoneRow{}
	for _, m := range ordered {
		of[m.OfferID] = append(of[m.OfferID], m)
	}
	for i, r := range rows {
		role, _ := r.party(who.UserID)
		if offers[i], err = r.offer(set, of[r.ID], role, now); err != nil {
			return nil, err
		}
	}
	return offers, nil
}

// offer is the offer without its history, as a party sees it.
func (r offerRow) offer(set settings, ordered []milestoneRow, role actor, now time.Time) (order.Offer, error) {
	o := order.Offer{ID: r.ID, Status: r.Status, SentBy: string(r.SentBy), BuyerID: r.BuyerID, BuyerUsername: r.BuyerUsername,
		SellerID: r.SellerID, SellerUsername: r.SellerUsername, GigID: r.GigID, GigTitle: r.GigTitle, Description: r.Description,
		Milestones: make([]order.Milestone, len(r.Milestones)), Price: r.amount(r.Price), Pays: r.amount(0), Earns: r.amount(0), Days: r.days(),
		Answers: r.Answers, AnsweredBy: r.AnsweredBy, Note: r.Note, SentAt: r.SentAt.UTC(), ExpiresAt: r.ExpiresAt.UTC(), SettledAt: r.SettledAt,
		Allowed: r.allowed(role, now)}
	next := r.next(ordered, now)
	for i := range r.Milestones {
		m, err := r.milestone(set, i+1, ordered, role)
		if err != nil {
			return o, err
		}
		m.Payable = role == buyer && m.Number == next
		if m.Payable {
			o.Allowed = append(o.Allowed, order.OfferOrder)
		}
		o.Milestones[i] = m
		o.Pays.Minor += m.Pays.Minor
		o.Earns.Minor += m.Earns.Minor
	}
	if r.Status == order.OfferAccepted && len(ordered) == len(r.Milestones) {
		o.Allowed = []order.OfferAction{}
	}
	return o, nil
}

// milestone is one of an offer. What was not paid in time is none of the seller's business.
func (r offerRow) milestone(set settings, n int, ordered []milestoneRow, role actor) (order.Milestone, error) {
	m := r.Milestones[n-1]
	shown := order.Milestone{Number: n, Title: m.Title, Price: r.amount(m.Price), DeliveryDays: m.DeliveryDays, Revisions: m.Revisions}
	at := slices.IndexFunc(ordered, func(o milestoneRow) bool { return o.Milestone == n })
	if at >= 0 && (role == buyer || ordered[at].isPaid()) {
		o := ordered[at]
		shown.OrderID, shown.OrderNumber, shown.OrderStatus = o.ID, o.Number, o.Status
		shown.Pays, shown.Fee, shown.Earns = r.amount(o.Total), r.amount(o.SellerFee), r.amount(o.Earnings)
		return shown, nil
	}
	cost, err := set.take(shown.Price, r.Category, r.SellerUsername)
	shown.Pays, shown.Fee, shown.Earns = cost.Total, cost.SellerFee, cost.Earnings
	return shown, err
}

// next is the milestone that can be ordered now: the first one that is not, if the one before was paid for; 0 if there is none.
func (r offerRow) next(ordered []milestoneRow, now time.Time) int {
	open := r.Status == order.OfferAccepted || r.Status == order.OfferSent && r.SentBy == seller
	begun := slices.ContainsFunc(ordered, milestoneRow.isPaid)
	if !open || !begun && !now.Before(r.ExpiresAt) || len(ordered) == len(r.Milestones) {
		return 0
	}
	if slices.ContainsFunc(ordered, func(o milestoneRow) bool { return !o.isPaid() }) {
		return 0 // it waits for its payment
	}
	return len(ordered) + 1 // they are ordered one after the other
}
