package site

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/chat"
	"marketplace/modules/order"
	"marketplace/modules/review"
	"marketplace/modules/user"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// ordersPage is a list of orders of one side.
type ordersPage struct {
	Role   string // buyer, seller
	Roles  []tab
	Tabs   []tab
	Orders []orderRow
	Chosen string // the filter by status
	Form   form   // the filter by days
	CSV    string
	First  string
	Next   string
}

// orderRow is an order in a list, seen from one side.
type orderRow struct {
	order.Order
	Other  string // user name of the other party
	Status status
	Amount money.Amount // what it costs, or earns
	Void   bool         // it costs and earns nothing in the end
	Yours  bool         // the next step is theirs who looks
	Says   string       // what happens next
}

const ordersShown = 20

// orderGroup is a filter of the list.
type orderGroup struct {
	Key, Label string
	Statuses   []order.Status
}

// groups are the filters of the list.
func groups() []orderGroup {
	return []orderGroup{
		{"", "All", nil},
		{"active", "Active", []order.Status{order.StatusPendingPayment, order.StatusAwaitingRequirements, order.StatusInProgress,
			order.StatusDelivered, order.StatusInRevision, order.StatusDisputed}},
		{"delivered", "Delivered", []order.Status{order.StatusDelivered}},
		{"completed", "Completed", []order.Status{order.StatusCompleted}},
		{"cancelled", "Cancelled", []order.Status{order.StatusCancelled, order.StatusExpired}},
	}
}

// ListOrders lists what the person buys, or sells.
func (s *Site) ListOrders(c echo.Context) error {
	role, q, err := orderFilters(c)
	if err != nil {
		return err
	}
	q.Limit, q.Cursor = ordersShown, c.QueryParam("cursor")
	chosen, since, until := c.QueryParam("status"), c.QueryParam("since"), c.QueryParam("until")
	page := ordersPage{Role: role, Chosen: chosen, Form: filled("since", since, "until", until)}
	for _, g := range groups() {
		page.Tabs = append(page.Tabs, tab{g.Label, listPath("/orders", "role", role, "status", g.Key, "since", since, "until", until), g.Key == chosen})
	}
	page.CSV = listPath("/orders.csv", "role", role, "status", chosen, "since", since, "until", until)
	page.Roles = []tab{
		{"Buying", listPath("/orders", "role", "buyer"), page.Role == "buyer"},
		{"Selling", listPath("/orders", "role", "seller"), page.Role == "seller"},
	}
	if isStaff(c.Request().Context()) {
		page.Roles = append(page.Roles, tab{"Everybody's", "/operator/orders", false})
	}
	list, err := s.Orders.List(c.Request().Context(), q)
	if err != nil {
		return err
	}
	for _, o := range list.Items {
		page.Orders = append(page.Orders, newOrderRow(o, page.Role))
	}
	page.First, page.Next = pageLinks("/orders", url.Values{"role": {page.Role}, "status": {chosen}, "since": {since}, "until": {until}}, q.Cursor, list.NextCursor)
	return s.show(c, http.StatusOK, "order/list", view{Title: "Orders", Data: page})
}

func newOrderRow(o order.Order, role string) orderRow {
	row := orderRow{Order: o, Other: o.SellerUsername, Status: statusFor(o.Status), Amount: o.Total, Void: isVoid(o)}
	if role == "seller" {
		row.Other, row.Amount = o.BuyerUsername, o.Earnings
		if row.Void {
			row.Amount = o.Subtotal
		}
	}
	row.Yours, row.Says = o.Next != nil && o.Next.Actor == role, nextSays(o, role)
	return row
}

// isVoid says that an order has come to nothing: whatever was paid has gone back.
func isVoid(o order.Order) bool {
	return o.Status == order.StatusCancelled || o.Status == order.StatusExpired
}

// orderPage is the workspace of one order, as one side sees it.
type orderPage struct {
	Missing    missing
	Order      order.Order
	Role       string // buyer, seller
	Other      user.Profile
	Status     status
	Steps      []step
	Turn       bool   // the next step is theirs who looks
	Says       string // what happens next
	May        map[order.Action]bool
	Forms      map[order.Action]form
	Notice     string // why what was tried is not possible
	Questions  []question
	Reviews    review.OrderReviews
	Timeline   []timelineEntry
	Confirming bool // paid, and the provider's word is on its way
	PayPath    string
	Left       string // revisions
	Void       bool   // it costs and earns nothing in the end
	Change     *order.Change
	TipPath    string      // where a tip is paid that waits for it
	RaisePath  string      // where a higher price is paid that both have agreed on
	Kinds      []option    // of changes
	Reasons    []option    // of disputes
	Talk       messageList // the last messages about it
	Offer      *offerView  // that it is a milestone of
}

// question is one of the seller's questions as an input.
type question struct {
	order.Requirement
	Input   string // the name of the input
	Files   string // the name of the file input
	Options []option
}

// ShowOrder shows the workspace of an order to its two sides.
func (s *Site) ShowOrder(c echo.Context) error {
	o, err := s.Orders.Get(c.Request().Context(), order.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	if o.Status == order.StatusPendingPayment && c.QueryParam("payment") == "succeeded" {
		c.Response().Header().Set("Refresh", "2") // the provider's word comes any moment
		return s.showOrder(c, http.StatusOK, orderPage{Order: o, Confirming: true})
	}
	return s.showOrder(c, http.StatusOK, orderPage{Order: o})
}

func (s *Site) showOrder(c echo.Context, code int, page orderPage) error {
	if err := s.fillOrder(c.Request().Context(), &page); err != nil {
		return err
	}
	return s.show(c, code, "order/show", view{Title: "Order " + page.Order.Number, Missing: page.Missing, Data: page})
}

func (s *Site) fillOrder(ctx context.Context, page *orderPage) (err error) {
	o := page.Order
	page.Role, page.Status = "moderator", statusFor(o.Status)
	other, name := o.BuyerID, o.BuyerUsername
	switch identity.From(ctx).UserID {
	case o.BuyerID:
		page.Role, other, name = "buyer", o.SellerID, o.SellerUsername
	case o.SellerID:
		page.Role = "seller"
	}
	page.Change, page.Kinds, page.Reasons = openChange(o), changeKinds(o), disputeReasons()
	page.Other = user.Profile{ID: other, Username: name, DisplayName: name}
	page.Turn, page.Says = o.Next != nil && o.Next.Actor == page.Role, nextSays(o, page.Role)
	page.May = map[order.Action]bool{}
	for _, action := range o.Allowed {
		page.May[action] = true
	}
	page.Steps, page.Timeline = stepsOf(o), timelineOf(o, page.Role)
	page.Questions, page.Left = questionsOf(o, page.Forms[order.ActionSubmitRequirements]), revisionsLeft(o)
	page.PayPath, page.Void = s.payPath(o), isVoid(o)
	if o.Tip != nil {
		page.TipPath = s.billPath(o.Tip.Payment)
	}
	if page.Change != nil {
		page.RaisePath = s.billPath(page.Change.Payment)
	}
	g := s.gather(ctx)
	g.want(partProfile, func(ctx context.Context) error {
		list, err := s.Users.List(ctx, user.ListRequest{IDs: []string{other}})
		if len(list.Items) > 0 {
			page.Other = list.Items[0]
		}
		return err
	})
	g.want(partReviews, func(ctx context.Context) (err error) {
		if o.Status == order.StatusCompleted && page.Role != "moderator" {
			page.Reviews, err = s.Reviews.OfOrder(ctx, review.OfOrderRequest{OrderID: o.ID})
		}
		return err
	})
	g.want(partTalk, func(ctx context.Context) error {
		if page.Role == "moderator" {
			return nil
		}
		list, err := s.Chats.ListMessages(ctx, chat.ListMessagesRequest{OrderID: o.ID, Limit: talkShown})
		page.Talk = messageList{Items: showMessages(ctx, list.Items, time.Time{})}
		if len(list.Items) > 0 {
			page.Talk.Conversation = list.Items[0].ConversationID
		}
		return err
	})
	g.want(partOffers, func(ctx context.Context) (err error) {
		page.Offer, err = s.offerOf(ctx, o)
		return err
	})
	page.Missing, err = g.wait()
	return err
}

// offerOf is the offer that an order is a milestone of, with that milestone marked; nil for other orders.
func (s *Site) offerOf(ctx context.Context, o order.Order) (*offerView, error) {
	if o.OfferID == "" {
		return nil, nil
	}
	found, err := s.Orders.GetOffer(ctx, order.GetOfferRequest{ID: o.OfferID})
	if err != nil {
		return nil, err
	}
	v := viewOffer(ctx, found, "")
	for i := range v.Parts {
		v.Parts[i].Here = v.Parts[i].OrderID == o.ID
	}
	return &v, nil
}

// talkShown is how many messages the page of an order shows.
const talkShown = 5

// showRefused answers a command that was refused with the order as it is now: the message beside the form that was
// sent, or above everything when the order has moved on meanwhile.
func (s *Site) showRefused(c echo.Context, action order.Action, values url.Values, err error, rename func(string) string, silent ...string) error {
	f, invalid := rejected(values, err, rename, silent...)
	if !invalid && !fault.Is(err, fault.Conflict) {
		return err
	}
	o, failed := s.Orders.Get(c.Request().Context(), order.GetRequest{ID: c.Param("id")})
	if failed != nil {
		return failed
	}
	if !invalid {
		return s.showOrder(c, http.StatusConflict, orderPage{Order: o, Notice: fault.Of(err).Message})
	}
	return s.showOrder(c, http.StatusUnprocessableEntity, orderPage{Order: o, Forms: map[order.Action]form{action: f}})
}
