package orderimpl

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/page"
	"marketplace/platform/telemetry"
)

// Get is documented in the contract.
func (s *service) Get(ctx context.Context, q order.GetRequest) (order.Order, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Order{}, err
	}
	row, role, err := s.find(ctx, q.ID, who)
	if err != nil {
		return order.Order{}, err
	}
	s.auditReading(ctx, row, role)
	return s.full(s.db.Read(ctx), row, role, who.UserID, s.now())
}

// auditReading notes that staff look at what is between two other people.
func (s *service) auditReading(ctx context.Context, row orderRow, role actor) {
	if role == moderator {
		telemetry.Audit(ctx, s.log, telemetry.Act{Action: "case-read", What: map[string]string{"order_id": row.ID}})
	}
}

// full is the order with everything that is kept beside it.
func (s *service) full(q *gorm.DB, row orderRow, role actor, userID string, now time.Time) (order.Order, error) {
	o := row.order(s.process, role, now)
	var history []historyRow
	if err := q.Where("order_id = ?", row.ID).Order("number").Find(&history).Error; err != nil {
		return o, fmt.Errorf("read the history: %w", err)
	}
	for _, h := range history {
		if role != buyer || !s.process.quiet(h.Event) {
			o.Timeline = append(o.Timeline, h.entry())
		}
	}
	if err := addDeliveries(q, &o, row, role); err != nil {
		return o, err
	}
	if err := addChanges(q, row, &o); err != nil {
		return o, err
	}
	if err := addDispute(q, row, role, userID, &o); err != nil {
		return o, err
	}
	if err := s.addTips(q, row, role, &o); err != nil {
		return o, err
	}
	if err := s.addToPay(q, row, role, &o); err != nil {
		return o, err
	}
	if err := addBank(q, row, &o); err != nil {
		return o, err
	}
	if role != buyer {
		return o, nil
	}
	payments, err := s.payments(q, []string{row.ID})
	o.Payment = payments[row.ID]
	return o, err
}

func addDeliveries(q *gorm.DB, o *order.Order, row orderRow, role actor) error {
	var deliveries []deliveryRow
	if err := q.Where("order_id = ?", o.ID).Order("number").Find(&deliveries).Error; err != nil {
		return fmt.Errorf("read the deliveries: %w", err)
	}
	if len(deliveries) == 0 {
		return nil
	}
	var files []fileRow
	if err := q.Where("order_id = ? AND delivery_id <> ''", o.ID).Order("position, id").Find(&files).Error; err != nil {
		return fmt.Errorf("read the files: %w", err)
	}
	for _, r := range deliveries {
		d := r.delivery()
		for _, f := range files {
			if f.DeliveryID == d.ID {
				ref := f.ref()
				ref.Preview = f.isProtected(row, role)
				d.Files = append(d.Files, ref)
			}
		}
		o.Deliveries = append(o.Deliveries, d)
	}
	return nil
}

// addBank says whether the buyer's bank is deciding about a payment of the order.
func addBank(q *gorm.DB, row orderRow, o *order.Order) error {
	if row.PaidAt == nil {
		return nil
	}
	if err := q.Raw("SELECT EXISTS (SELECT 1 FROM chargebacks WHERE order_id = ? AND closed_at IS NULL)", row.ID).Scan(&o.BankDecides).Error; err != nil {
		return fmt.Errorf("look for chargebacks: %w", err)
	}
	return nil
}

// payments returns the payments of orders by the order's id.
func (s *service) payments(q *gorm.DB, orders []string) (map[string]*order.Payment, error) {
	var rows []paymentRow
	if err := q.Where("order_id IN ? AND line = ''", orders).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the payments: %w", err)
	}
	of := map[string]*order.Payment{}
	for _, r := range rows {
		of[r.OrderID] = r.payment(s.provider.CheckoutURL(r.ID))
	}
	return of, nil
}

// List is documented in the contract.
func (s *service) List(ctx context.Context, q order.ListRequest) (order.List, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.List{}, err
	}
	if q.Role == staff && !isStaff(who) {
		return order.List{}, fault.Forbiddenf("Only the marketplace's staff see everybody's orders.")
	}
	after, err := checkList(&q)
	if err != nil {
		return order.List{}, err
	}
	var rows []orderRow
	if err := s.page(ctx, who.UserID, q, after).Find(&rows).Error; err != nil {
		return order.List{}, fmt.Errorf("list the orders: %w", err)
	}
	list := order.List{Items: []order.Order{}}
	if len(rows) > q.Limit {
		rows = rows[:q.Limit]
		last := rows[len(rows)-1]
		list.NextCursor = cursor{last.PlacedAt, last.ID}.String()
	}
	return list, s.fill(ctx, &list, rows, who)
}

// staff as the role of a list are all orders.
const staff = "staff"

func checkList(q *order.ListRequest) (*cursor, error) {
	var c fault.Check
	after := paged(&c, &q.Limit, 20, q.Cursor)
	c.That(q.Role == "" || q.Role == string(buyer) || q.Role == string(seller) || q.Role == staff, "role", "Use buyer, seller, or nothing for both.")
	for _, status := range q.Status {
		c.That(slices.Contains(statuses(), status), "status", "Use one of %s.", joined(statuses()))
	}
	return after, c.Err()
}

// paged checks which page is asked for: how long it is, and behind what it begins.
func paged(c *fault.Check, limit *int, normal int, from string) *cursor {
	*limit = page.Limit(c, *limit, normal)
	after, err := parseCursor(from)
	c.That(err == nil, "cursor", "Use next_cursor of the page before, as it came.")
	return after
}

// page asks for one more than the limit, to know whether there is another page.
func (s *service) page(ctx context.Context, userID string, q order.ListRequest, after *cursor) *gorm.DB {
	db := s.db.Read(ctx).Order("placed_at DESC, id DESC").Limit(q.Limit + 1)
	switch q.Role {
	case staff:
	case string(buyer):
		db = db.Where("buyer_id = ?", userID)
	case string(seller):
		db = db.Where("seller_id = ? AND "+sold, userID)
	default:
		db = db.Where("(buyer_id = ? OR (seller_id = ? AND "+sold+"))", userID, userID)
	}
	if len(q.Status) > 0 {
		db = db.Where("status IN ?", q.Status)
	}
	if q.Since != nil {
		db = db.Where("placed_at >= ?", q.Since.UTC())
	}
	if q.Until != nil {
		db = db.Where("placed_at < ?", q.Until.UTC())
	}
	if after != nil {
		db = db.Where("(placed_at, id) < (?, ?)", after.at, after.id)
	}
	return db
}

func (s *service) fill(ctx context.Context, list *order.List, rows []orderRow, who identity.Actor) error {
	if len(rows) == 0 {
		return nil
	}
	found := make([]*orderRow, len(rows))
	for i := range rows {
		found[i] = &rows[i]
	}
	if err := addLines(s.db.Read(ctx), found); err != nil {
		return err
	}
	var bought []string
	for _, r := range rows {
		role, _ := r.role(who)
		if role == buyer {
			bought = append(bought, r.ID)
		}
		list.Items = append(list.Items, r.order(s.process, role, s.now()))
	}
	if len(bought) == 0 {
		return nil
	}
	payments, err := s.payments(s.db.Read(ctx), bought)
	for i := range list.Items {
		list.Items[i].Payment = payments[list.Items[i].ID]
	}
	return err
}

// cursor is where a page ended.
type cursor struct {
	at time.Time
	id string
}

func (c cursor) String() string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.at.UnixMicro(), 10) + " " + c.id))
}

func parseCursor(s string) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(text) > 100 {
		return nil, fmt.Errorf("not a cursor: %w", err)
	}
	micros, id, _ := strings.Cut(string(text), " ")
	n, err := strconv.ParseInt(micros, 10, 64)
	if err != nil || !isText(id, 60) {
		return nil, fmt.Errorf("not a cursor: %w", err)
	}
	return &cursor{time.UnixMicro(n).UTC(), id}, nil
}

func statuses() []order.Status {
	return []order.Status{order.StatusPendingPayment, order.StatusAwaitingRequirements, order.StatusInProgress, order.StatusDelivered,
		order.StatusInRevision, order.StatusDisputed, order.StatusCompleted, order.StatusCancelled, order.StatusExpired}
}

func joined[S ~string](list []S) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = string(s)
	}
	return strings.Join(texts, ", ")
}
