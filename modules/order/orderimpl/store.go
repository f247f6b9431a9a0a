package orderimpl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// mostID is how long an id may be to be looked for. What is no text is not looked for either: PostgreSQL refuses it.
const mostID = 64

// orderRow is one order.
type orderRow struct {
	ID             string
	Number         string
	Status         order.Status
	Version        int
	Entered        int // the version at which the status was entered
	BuyerID        string
	BuyerUsername  string
	SellerID       string
	SellerUsername string
	GigID          string
	GigTitle       string
	GigPictureID   string
	Package        string
	PackageTitle   string
	Includes       []string `gorm:"serializer:json"`
	DeliveryDays   int
	Revisions      int
	RevisionsUsed  int
	Quantity       int
	Currency       string
	Extras         []order.Extra `gorm:"serializer:json"`
	Price          int64
	Subtotal       int64
	Fee            int64
	Total          int64
	SellerFee      int64
	Earnings       int64
	Credit         int64               // of the total, paid from the buyer's credit
	Terms          terms               `gorm:"serializer:json"`
	Requirements   []order.Requirement `gorm:"serializer:json"`
	PlacedAt       time.Time
	PaidAt         *time.Time
	StartedAt      *time.Time
	DueAt          *time.Time
	DeliveredAt    *time.Time
	EndedAt        *time.Time
	ClearedAt      *time.Time
	ReviewEndsAt   *time.Time
	Extensions     int
	Refunded       int64 // of the subtotal
	Asked          event
	AskedBy        actor
	AskedAt        *time.Time
	AskedDays      int
	AskedAmount    int64
	Pressed        bool
	DisputedAt     *time.Time
	DisputedBy     actor
	DisputedFrom   order.Status
	Heard          bool
	AskedRevisions int
	Contested      bool
	Judged         bool
	TippedAt       *time.Time
	TipClearedAt   *time.Time
	OfferID        string // that it is a milestone of
	Milestone      int    // 1, 2, …
	Milestones     int    // how many there are

	Lines []lineRow `gorm:"-"` // higher prices that were paid, oldest first
}

// TableName is orders.
func (orderRow) TableName() string { return "orders" }

func (r orderRow) life() life {
	return life{
		Status: r.Status, Questions: len(r.Requirements), Revisions: r.Revisions, Used: r.RevisionsUsed, DeliveryDays: r.DeliveryDays,
		Terms: r.Terms.complete(), PlacedAt: r.PlacedAt, PaidAt: r.PaidAt, StartedAt: r.StartedAt, DueAt: r.DueAt, DeliveredAt: r.DeliveredAt,
		EndedAt: r.EndedAt, ClearedAt: r.ClearedAt, ReviewEndsAt: r.ReviewEndsAt, Extensions: r.Extensions, Price: r.price(), Refunded: r.gone(),
		Asked: r.Asked, AskedBy: r.AskedBy, AskedAt: r.AskedAt, AskedDays: r.AskedDays, AskedAmount: r.AskedAmount, Pressed: r.Pressed,
		DisputedAt: r.DisputedAt, DisputedBy: r.DisputedBy, DisputedFrom: r.DisputedFrom, Heard: r.Heard,
		AskedMore: r.AskedRevisions, Contested: r.Contested, Judged: r.Judged, TippedAt: r.TippedAt, TipClearedAt: r.TipClearedAt,
	}
}

// take takes over what the rules have changed.
func (r *orderRow) take(l life) {
	r.Status, r.RevisionsUsed, r.Revisions = l.Status, l.Used, l.Revisions
	r.PaidAt, r.StartedAt, r.DueAt, r.DeliveredAt, r.EndedAt, r.ClearedAt = l.PaidAt, l.StartedAt, l.DueAt, l.DeliveredAt, l.EndedAt, l.ClearedAt
	r.ReviewEndsAt, r.Extensions = l.ReviewEndsAt, l.Extensions
	r.returnPart(l.Refunded - r.gone())
	r.Asked, r.AskedBy, r.AskedAt, r.AskedDays, r.AskedAmount, r.Pressed = l.Asked, l.AskedBy, l.AskedAt, l.AskedDays, l.AskedAmount, l.Pressed
	r.DisputedAt, r.DisputedBy, r.DisputedFrom, r.Heard = l.DisputedAt, l.DisputedBy, l.DisputedFrom, l.Heard
	r.AskedRevisions, r.Contested, r.Judged, r.TippedAt, r.TipClearedAt = l.AskedMore, l.Contested, l.Judged, l.TippedAt, l.TipClearedAt
}

func (r orderRow) amount(minor int64) money.Amount { return money.Of(minor, r.Currency) }

// order is the order without what is kept in other tables, as its buyer or its seller sees it.
func (r orderRow) order(p table, who actor, now time.Time) order.Order {
	return order.Order{
		ID: r.ID, Number: r.Number, Status: r.Status, Version: r.Version,
		BuyerID: r.BuyerID, BuyerUsername: r.BuyerUsername, SellerID: r.SellerID, SellerUsername: r.SellerUsername,
		GigID: r.GigID, GigTitle: r.GigTitle, GigPictureID: r.GigPictureID,
		Package: r.Package, PackageTitle: r.PackageTitle, Includes: r.Includes,
		DeliveryDays: r.DeliveryDays, Revisions: r.Revisions, RevisionUsed: r.RevisionsUsed, Quantity: r.Quantity,
		OfferID: r.OfferID, Milestone: r.Milestone, Milestones: r.Milestones,
		Extras: r.Extras, Lines: r.lines(r.PackageTitle), Credit: r.amount(r.Credit),
		Price: r.amount(r.Price), Subtotal: r.amount(r.price()), Fee: r.amount(r.fee()), Total: r.amount(r.total()),
		Refunded: r.amount(r.gone()), Earnings: r.amount(r.earned()),
		Requirements: r.Requirements, Deliveries: []order.Delivery{}, Timeline: []order.Entry{}, Changes: []order.Change{},
		Late: r.Status == order.StatusInProgress && deliveryDue.past(r.life(), now), VeryLate: r.Status == order.StatusInProgress && veryLateFrom.past(r.life(), now),
		Next: p.upcoming(r.life(), now), Allowed: p.allowed(r.life(), who, now),
		PlacedAt: r.PlacedAt, PaidAt: r.PaidAt, StartedAt: r.StartedAt, DueAt: r.DueAt, DeliveredAt: r.DeliveredAt, EndedAt: r.EndedAt,
		ReviewableUntil: r.life().reviewableUntil(),
	}
}

// party says what the user is in the order; false if nothing. An order that was not paid in its time is none of the
// seller's business.
func (r orderRow) party(userID string) (actor, bool) {
	switch {
	case userID == r.BuyerID:
		return buyer, true
	case userID == r.SellerID && r.PaidAt != nil && (r.EndedAt == nil || !r.PaidAt.After(*r.EndedAt)):
		return seller, true
	}
	return "", false
}

// role says what somebody is to the order; false if nothing. Staff who are a party of the order are that.
func (r orderRow) role(who identity.Actor) (actor, bool) {
	if own, ok := r.party(who.UserID); ok || !isStaff(who) {
		return own, ok
	}
	return moderator, true
}

// isStaff says whether somebody looks after the orders of others.
func isStaff(who identity.Actor) bool { return who.Is(operator) || who.Is("moderator") }

// sold is party for the seller, in SQL.
const sold = "paid_at IS NOT NULL AND (ended_at IS NULL OR paid_at <= ended_at)"

func errNoOrder() error { return fault.NotFoundf("There is no such order.") }

// lock reads an order for a change. Its row is locked first of all, so that two changes of one order wait for each
// other here and nowhere else.
func lock(tx *db.Tx, id string) (orderRow, error) {
	if !isText(id, mostID) {
		return orderRow{}, errNoOrder()
	}
	row, err := held[orderRow](tx.ForUpdate().Where("id = ?", id), "order", errNoOrder())
	if err != nil {
		return row, err
	}
	return row, addLines(tx.DB, []*orderRow{&row})
}

// held takes the one row that q asks for, which is locked (Tx.ForUpdate) because it will be changed; missing if there is none.
func held[T any](q *gorm.DB, what string, missing error) (row T, err error) {
	err = q.Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return row, missing
	}
	if err != nil {
		err = fmt.Errorf("read the %s: %w", what, err)
	}
	return row, err
}

// find reads an order that is the user's business.
func (s *service) find(ctx context.Context, id string, user identity.Actor) (orderRow, actor, error) {
	if !isText(id, mostID) {
		return orderRow{}, "", errNoOrder()
	}
	var row orderRow
	err := s.db.Read(ctx).Where("id = ?", id).Take(&row).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return row, "", fmt.Errorf("read the order: %w", err)
	}
	who, ok := row.role(user)
	if err != nil || !ok {
		return orderRow{}, "", errNoOrder()
	}
	return row, who, addLines(s.db.Read(ctx), []*orderRow{&row})
}

// historyRow is one line of an order's timeline.
type historyRow struct {
	OrderID    string
	Number     int
	Event      event
	Actor      actor
	ActorID    string
	FromStatus order.Status
	ToStatus   order.Status
	Note       string
	Late       bool
	At         time.Time
}

// TableName is history.
func (historyRow) TableName() string { return "history" }

func (r historyRow) entry() order.Entry {
	return order.Entry{Event: string(r.Event), Actor: string(r.Actor), From: r.FromStatus, To: r.ToStatus, Note: r.Note, At: r.At, Late: r.Late, Number: r.Number}
}

type deliveryRow struct {
	ID       string
	OrderID  string
	Number   int
	Message  string
	Revision string
	At       time.Time
}

// TableName is deliveries.
func (deliveryRow) TableName() string { return "deliveries" }

func (r deliveryRow) delivery() order.Delivery {
	return order.Delivery{ID: r.ID, Number: r.Number, Message: r.Message, Files: []order.FileRef{}, At: r.At, Revision: r.Revision}
}

type fileRow struct {
	ID          string
	OrderID     string
	DeliveryID  string // empty: it belongs to an answer
	Position    int
	Name        string
	ContentType string
	Size        int64
	SHA256      string `gorm:"column:sha256"`
	CreatedAt   time.Time
}

// TableName is files.
func (fileRow) TableName() string { return "files" }

func (r fileRow) ref() order.FileRef {
	return order.FileRef{ID: r.ID, Name: r.Name, ContentType: r.ContentType, Size: r.Size, SHA256: r.SHA256}
}

type paymentRow struct {
	ID        string
	OrderID   string
	Provider  string
	Status    string
	Amount    int64
	Currency  string
	Charge    string
	Message   string
	Attempt   int
	CheckAt   *time.Time
	CreatedAt time.Time
	Kind      string // order, raise, tip
	Line      string // what it is for, if not for the order itself
}

// TableName is payments.
func (paymentRow) TableName() string { return "payments" }

// payment is what the buyer sees. The page to pay at is told as long as paying there makes sense.
func (r paymentRow) payment(checkoutURL string) *order.Payment {
	if r.Status != paymentPending && r.Status != paymentDeclinedStatus {
		checkoutURL = ""
	}
	return &order.Payment{ID: r.ID, Provider: r.Provider, Status: r.Status, Amount: money.Of(r.Amount, r.Currency), CheckoutURL: checkoutURL, Message: r.Message}
}
