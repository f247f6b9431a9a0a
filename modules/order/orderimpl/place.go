package orderimpl

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"time"

	"github.com/google/uuid"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/once"
)

// Place is documented in the contract. Order, payment, timer, answer and event are one transaction; the provider is first
// asked when the buyer goes to pay, so that it may be away now.
func (s *service) Place(ctx context.Context, q order.PlaceRequest) (order.Placement, error) {
	who, err := identity.VerifiedUser(ctx)
	if err != nil {
		return order.Placement{}, err
	}
	if q.Quantity == 0 {
		q.Quantity = 1
	}
	c := checkPackage(q.GigID, q.Package, q.Quantity, q.Extras)
	if q.OfferID != "" {
		c = checkMilestone(q.GigID, q.Milestone, q.Quantity, q.Extras)
	}
	c.That(q.RequestID != "", "Idempotency-Key", "Send a key of 8 to 255 visible characters, a new one for each order.")
	if err := c.Err(); err != nil {
		return order.Placement{}, err
	}
	key := q.RequestID
	q.RequestID = ""
	r, err := once.NewRequest(who.UserID, "place", key, q)
	if err != nil {
		return order.Placement{}, err
	}
	placed, replayed, err := once.Do(ctx, s.once, r, func() (order.Order, error) { return s.place(ctx, who, q, r) })
	return order.Placement{Order: placed, Replayed: replayed}, err
}

func (s *service) place(ctx context.Context, who identity.Actor, q order.PlaceRequest, r once.Request) (placed order.Order, err error) {
	if s.provider.Name() == "none" {
		return order.Order{}, fault.Unavailablef(3600, "This marketplace does not take payments at the moment.")
	}
	if q.OfferID != "" {
		return s.placeMilestone(ctx, who, q, r)
	}
	g, p, err := s.offered(ctx, q.GigID, q.Package)
	if err != nil {
		return order.Order{}, err
	}
	if g.SellerID == who.UserID {
		return order.Order{}, fault.Forbiddenf("This is your own gig: you cannot order it.")
	}
	if g.Status != gig.StatusActive {
		return order.Order{}, fault.Conflictf("This gig does not take orders at the moment.")
	}
	set, err := s.current(ctx)
	if err != nil {
		return order.Order{}, err
	}
	agreed, err := s.agreed(ctx, set, q, g, p)
	if err != nil {
		return order.Order{}, err
	}
	row, err := s.newOrder(set, who, g, p, agreed)
	if err != nil {
		return order.Order{}, err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if err := r.IsNew(tx); err != nil {
			return err
		}
		fresh := row // the transaction may run again
		if placed, err = s.store(tx, set, &fresh, funds{q.UseCredit, agreed.Credit}); err != nil {
			return err
		}
		return r.Keep(tx, placed)
	})
	return placed, err
}

// funds says what of an order its buyer's credit shall pay.
type funds struct {
	use      bool
	promised *int64 // as much as there is, if nothing was promised
}

// store writes what a placed order consists of, and returns the answer. An order that credit pays is paid at once.
func (s *service) store(tx *db.Tx, set settings, row *orderRow, f funds) (order.Order, error) {
	rule, ok := s.process.entry()
	if !ok {
		return order.Order{}, fmt.Errorf("the process has no beginning")
	}
	if err := set.limitUnpaid(tx, row.BuyerID); err != nil {
		return order.Order{}, err
	}
	if err := row.useCredit(tx, f.use, f.promised); err != nil {
		return order.Order{}, err
	}
	pay := row.payment(s.provider.Name())
	if err := tx.Create(row).Error; err != nil {
		return order.Order{}, fmt.Errorf("write the order: %w", err)
	}
	if err := tx.Create(&pay).Error; err != nil {
		return order.Order{}, fmt.Errorf("write the payment: %w", err)
	}
	first := historyRow{OrderID: row.ID, Number: 1, Event: rule.Event, Actor: rule.Actor, ActorID: row.BuyerID, ToStatus: row.Status, At: row.PlacedAt}
	if err := tx.Create(&first).Error; err != nil {
		return order.Order{}, fmt.Errorf("write the history: %w", err)
	}
	if err := setTimers(tx, *row, rule.Sets); err != nil {
		return order.Order{}, err
	}
	st := step{rule: rule, actor: buyer, actorID: row.BuyerID}
	s.figures.moved(tx, *row, st)
	if err := s.announce(tx, *row, st); err != nil {
		return order.Order{}, err
	}
	return s.placed(tx, row, pay)
}

// placed is the answer. An order that credit pays goes on at once.
func (s *service) placed(tx *db.Tx, row *orderRow, pay paymentRow) (order.Order, error) {
	if pay.Provider == fromCredit {
		if err := s.payFromCredit(tx, row); err != nil {
			return order.Order{}, err
		}
	}
	return s.full(tx.DB, *row, buyer, row.BuyerID, tx.Now())
}

// limitUnpaid refuses the buyer who leaves too many orders unpaid. Orders of one buyer are placed one after the other, so
// that none slips through beside another.
func (s settings) limitUnpaid(tx *db.Tx, buyerID string) error {
	if tx.Postgres() {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext(?))", "unpaid "+buyerID).Error; err != nil {
			return fmt.Errorf("wait for the buyer's other orders: %w", err)
		}
	}
	var waiting int
	err := tx.Raw("SELECT COUNT(*) FROM orders WHERE buyer_id = ? AND status = ?", buyerID, order.StatusPendingPayment).Scan(&waiting).Error
	if err != nil {
		return fmt.Errorf("count the unpaid orders: %w", err)
	}
	if waiting >= s.Unpaid {
		return fault.TooManyf(int(s.PaymentWindow/time.Second),
			"You have %d orders that wait for your payment. Pay or cancel one of them first; without a payment they end by themselves.", waiting)
	}
	return nil
}

// newOrder copies everything that the order keeps as it is now (row G6).
func (s *service) newOrder(set settings, who identity.Actor, g gig.Gig, p gig.Package, o promise) (orderRow, error) {
	t := set.terms()
	t.BuyerFee, t.SellerFee, t.Buys, t.Sells, t.FeeVersion = o.Buys.Bips, o.Sells.Bips, o.Buys, o.Sells, version(o.Buys, o.Sells)
	cost, err := o.cost(t.Clearing)
	if err != nil {
		return orderRow{}, err
	}
	price, err := o.each()
	if err != nil {
		return orderRow{}, err
	}
	days, revisions := with(o.Extras, p.DeliveryDays, p.Revisions)
	row := orderRow{
		ID: newID(), Number: newNumber(), Status: order.StatusPendingPayment, Version: 1, Entered: 1,
		BuyerID: who.UserID, BuyerUsername: who.Username, SellerID: g.SellerID, SellerUsername: g.SellerUsername,
		GigID: g.ID, GigTitle: g.Title, Package: p.Name, PackageTitle: p.Title, Includes: append([]string{}, p.Includes...),
		DeliveryDays: days, Revisions: revisions, Quantity: o.Quantity, Currency: o.Price.Currency, Extras: append([]order.Extra{}, o.Extras...),
		Price: price.Minor, Subtotal: cost.Subtotal.Minor, Fee: cost.Fee.Minor, Total: cost.Total.Minor,
		SellerFee: cost.SellerFee.Minor, Earnings: cost.Earnings.Minor, Terms: t, Requirements: []order.Requirement{}, PlacedAt: s.now(),
	}
	if len(g.Pictures) > 0 {
		row.GigPictureID = g.Pictures[0].ID
	}
	for _, r := range g.Requirements {
		row.Requirements = append(row.Requirements, order.Requirement{
			Question: r.Question, Type: r.Type, Required: r.Required, Choices: r.Choices, Files: []order.FileRef{}})
	}
	return row, nil
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// newNumber is for people to say: 50 random bits in the letters of Crockford's base 32, such as K7QX2-M9PDT. Among a million
// orders two would get the same once in two thousand times; the database refuses the second, and its request may be repeated.
func newNumber() string {
	var random [7]byte
	_, _ = rand.Read(random[:]) // never fails
	letters := base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding).EncodeToString(random[:])
	return letters[:5] + "-" + letters[5:10]
}

// moveTimers clears the timers of the status that is left, and sets those of the rule. The timer of a request stays as
// long as the request.
func moveTimers(tx *db.Tx, row orderRow, st step) error {
	if st.rule.To != "" {
		if err := tx.Exec("DELETE FROM timers WHERE order_id = ? AND kind <> ?", row.ID, requestEnd).Error; err != nil {
			return fmt.Errorf("clear the timers: %w", err)
		}
	}
	var err error
	switch {
	case st.before.Asked != "" && row.Asked == "":
		err = tx.Exec("DELETE FROM timers WHERE order_id = ?  AND kind = ?", row.ID, requestEnd).Error
	case st.before.Asked != "" && st.rule.To != "":
		err = tx.Exec("UPDATE timers SET order_version = ? WHERE order_id = ?", row.Entered, row.ID).Error
	}
	if err != nil {
		return fmt.Errorf("move the request's timer: %w", err)
	}
	return setTimers(tx, row, st.rule.Sets)
}

// setTimers keeps the moments at which the marketplace will act by itself.
func setTimers(tx *db.Tx, row orderRow, moments []moment) error {
	for _, m := range moments {
		due := m.in(row.life())
		if due == nil {
			return fmt.Errorf("set the timer %s: its time is not known", m)
		}
		if m.isNotice() && due.Before(tx.Now()) {
			continue // nobody needs to be told what has long been so
		}
		err := tx.Exec(`INSERT INTO timers (order_id, kind, due_at, order_version) VALUES (?, ?, ?, ?)
			ON CONFLICT (order_id, kind) DO UPDATE SET due_at = excluded.due_at, order_version = excluded.order_version, claimed_until = NULL`,
			row.ID, m, *due, row.Entered).Error
		if err != nil {
			return fmt.Errorf("set the timer %s: %w", m, err)
		}
	}
	return nil
}

func (s *service) now() time.Time { return s.db.Now() }
