package site

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/web/language"
)

// The forms of an order's page on which both sides are needed, or the staff. Their inputs begin with a word of their own,
// because several are on one page.

// isStaff says whether the person looks after the orders of others.
func isStaff(ctx context.Context) bool {
	who := identity.From(ctx)
	return who.Is("operator") || who.Is("moderator")
}

// orderForm reads a form of the order's page and sends it: refused, the page comes back with the form as it was.
func (s *Site) orderForm(c echo.Context, action order.Action, prefix, done string, limit int64, send func(context.Context, url.Values) error, silent ...string) error {
	values, err := readForm(c, limit)
	if err != nil {
		return err
	}
	if err := send(c.Request().Context(), values); err != nil {
		rename := func(field string) string {
			if strings.HasPrefix(field, "files") {
				field = "files"
			}
			return prefix + field
		}
		return s.showRefused(c, action, values, err, rename, silent...)
	}
	return s.done(c, orderPath(c.Param("id")), done)
}

// typed reads an amount in the currency of the order.
func (s *Site) typed(ctx context.Context, orderID, field, text string) (int64, error) {
	o, err := s.Orders.Get(ctx, order.GetRequest{ID: orderID})
	if err != nil {
		return 0, err
	}
	amount, err := money.Parse(text, o.Total.Currency)
	if err != nil {
		return 0, fault.Wrong(field, "Write an amount in %s, such as 12.50.", o.Total.Currency)
	}
	return amount.Minor, nil
}

// AskForChange asks the other side to cancel, for more days, for a lower or for a higher price.
func (s *Site) AskForChange(c echo.Context) error {
	return s.orderForm(c, order.ActionAsk, "change_", "Asked. The other side has two days to answer.", formBytes, func(ctx context.Context, v url.Values) error {
		q := order.AskRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Kind: order.ChangeKind(v.Get("change_kind")), Reason: v.Get("change_reason")}
		var err error
		switch q.Kind {
		case order.ChangeExtension:
			if q.Days, err = strconv.Atoi(v.Get("change_days")); err != nil {
				return fault.Wrong("days", "Say how many more days, as a number.")
			}
		case order.ChangeRaise:
			q.Days, q.Revisions = wholeNumber(v.Get("change_days")), wholeNumber(v.Get("change_revisions"))
			if q.Amount, err = s.typed(ctx, q.OrderID, "amount", v.Get("change_amount")); err != nil {
				return err
			}
		case order.ChangePrice:
			if q.Amount, err = s.typed(ctx, q.OrderID, "amount", v.Get("change_amount")); err != nil {
				return err
			}
		}
		_, err = s.Orders.Ask(ctx, q)
		return err
	})
}

// AcceptChange agrees to what the other side asks for.
func (s *Site) AcceptChange(c echo.Context) error {
	return s.answerChange(c, order.ActionAgree, "Accepted.", s.Orders.Agree)
}

// DeclineChange refuses it.
func (s *Site) DeclineChange(c echo.Context) error {
	return s.answerChange(c, order.ActionDecline, "Declined.", s.Orders.Decline)
}

// WithdrawChange takes one's own request back.
func (s *Site) WithdrawChange(c echo.Context) error {
	return s.answerChange(c, order.ActionWithdraw, "Taken back.", s.Orders.Withdraw)
}

func (s *Site) answerChange(c echo.Context, action order.Action, done string, answer func(context.Context, order.AnswerRequest) (order.Order, error)) error {
	return s.orderForm(c, action, "answer_", done, formBytes, func(ctx context.Context, v url.Values) error {
		_, err := answer(ctx, order.AnswerRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Note: v.Get("answer_note")})
		return err
	})
}

// ExtendReview gives the buyer more time to look.
func (s *Site) ExtendReview(c echo.Context) error {
	return s.orderForm(c, order.ActionExtendReview, "", "You have more time to look at the delivery.", formBytes, func(ctx context.Context, v url.Values) error {
		_, err := s.Orders.ExtendReview(ctx, order.ExtendReviewRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id")})
		return err
	})
}

// RefundPart gives part of the price back while the work goes on.
func (s *Site) RefundPart(c echo.Context) error {
	return s.orderForm(c, order.ActionRefund, "refund_", "The money is on its way back to the buyer.", formBytes, func(ctx context.Context, v url.Values) error {
		amount, err := s.typed(ctx, c.Param("id"), "amount", v.Get("refund_amount"))
		if err == nil {
			_, err = s.Orders.RefundPart(ctx, order.RefundPartRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Amount: amount, Reason: v.Get("refund_reason")})
		}
		return err
	})
}

// OpenDispute asks the marketplace to decide.
func (s *Site) OpenDispute(c echo.Context) error {
	return s.orderForm(c, order.ActionDispute, "dispute_", "The dispute is open. The order stands still until it is decided.", filesBytes, func(ctx context.Context, v url.Values) error {
		files, err := uploads(c, "dispute_files")
		if err == nil {
			_, err = s.Orders.OpenDispute(ctx, order.OpenDisputeRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Reason: v.Get("dispute_reason"),
				Text: v.Get("dispute_text"), Files: files})
		}
		return err
	}, "dispute_files")
}

// StateInDispute says something in the dispute.
func (s *Site) StateInDispute(c echo.Context) error {
	return s.orderForm(c, order.ActionState, "state_", "Said. The other side and the marketplace can read it.", filesBytes, func(ctx context.Context, v url.Values) error {
		files, err := uploads(c, "state_files")
		if err == nil {
			_, err = s.Orders.State(ctx, order.StateRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Text: v.Get("state_text"), Files: files})
		}
		return err
	}, "state_files")
}

// WithdrawDispute ends one's own dispute.
func (s *Site) WithdrawDispute(c echo.Context) error {
	return s.orderForm(c, order.ActionWithdrawDispute, "", "The dispute is withdrawn. The order goes on with the time that was left.", formBytes, func(ctx context.Context, v url.Values) error {
		_, err := s.Orders.WithdrawDispute(ctx, order.WithdrawDisputeRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id")})
		return err
	})
}

// ResolveDispute decides a dispute, as staff.
func (s *Site) ResolveDispute(c echo.Context) error {
	return s.orderForm(c, order.ActionResolve, "resolve_", "Noted. Above the limit for one, a second moderator has to say the same.", formBytes, func(ctx context.Context, v url.Values) error {
		amount, err := s.typed(ctx, c.Param("id"), "refund", v.Get("resolve_refund"))
		if err == nil {
			_, err = s.Orders.Resolve(ctx, order.ResolveRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Refund: amount, Reason: v.Get("resolve_reason")})
		}
		return err
	})
}

// StaffCancel ends an order and returns its money, as staff.
func (s *Site) StaffCancel(c echo.Context) error {
	return s.orderForm(c, order.ActionStaffCancel, "staff_", "The order is cancelled, and both sides are told why.", formBytes, func(ctx context.Context, v url.Values) error {
		_, err := s.Orders.StaffCancel(ctx, order.StaffCancelRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Reason: v.Get("staff_reason")})
		return err
	})
}

// StaffRefund gives money of a completed order back, as staff.
func (s *Site) StaffRefund(c echo.Context) error {
	return s.orderForm(c, order.ActionStaffRefund, "staff_", "The money is on its way back to the buyer.", formBytes, func(ctx context.Context, v url.Values) error {
		amount, err := s.typed(ctx, c.Param("id"), "amount", v.Get("staff_amount"))
		if err == nil {
			_, err = s.Orders.StaffRefund(ctx, order.StaffRefundRequest{RequestID: v.Get("request_id"), OrderID: c.Param("id"), Amount: amount, Reason: v.Get("staff_reason")})
		}
		return err
	})
}

// TipSeller makes a tip and leads to its payment.
func (s *Site) TipSeller(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	ctx, q := c.Request().Context(), order.TipRequest{OrderID: c.Param("id"), RequestID: values.Get("request_id"), Message: values.Get("tip_message")}
	var o order.Order
	if q.Amount, err = s.typed(ctx, q.OrderID, "amount", values.Get("tip_amount")); err == nil {
		o, err = s.Orders.Tip(ctx, q)
	}
	if err != nil {
		return s.showRefused(c, order.ActionTip, values, err, func(field string) string { return "tip_" + field })
	}
	if o.Tip != nil && o.Tip.Payment != nil && o.Tip.Payment.CheckoutURL != "" {
		return c.Redirect(http.StatusSeeOther, s.ownPath(o.Tip.Payment.CheckoutURL))
	}
	return c.Redirect(http.StatusSeeOther, orderPath(q.OrderID))
}

// ListAllOrders lists everybody's orders for staff: first the disputes, which wait for them.
func (s *Site) ListAllOrders(c echo.Context) error {
	ctx := c.Request().Context()
	chosen := c.QueryParam("status")
	page := ordersPage{Role: "staff"}
	q := order.ListRequest{Role: "staff", Limit: ordersShown, Cursor: c.QueryParam("cursor")}
	for _, g := range append([]orderGroup{{"", "Disputed", []order.Status{order.StatusDisputed}}, {"all", "All", nil}}, groups()[1:]...) {
		if g.Key == chosen {
			q.Status = g.Statuses
		}
		page.Tabs = append(page.Tabs, tab{g.Label, listPath("/operator/orders", "status", g.Key), g.Key == chosen})
	}
	list, err := s.Orders.List(ctx, q)
	if err != nil {
		return err
	}
	for _, o := range list.Items {
		row := newOrderRow(o, "staff")
		row.Other = o.BuyerUsername + " from " + o.SellerUsername
		page.Orders = append(page.Orders, row)
	}
	page.First, page.Next = pageLinks("/operator/orders", url.Values{"status": {chosen}}, q.Cursor, list.NextCursor)
	return s.show(c, http.StatusOK, "order/list", view{Title: "All orders", Data: page})
}

// changeKinds are the choices of what to ask for. Of delivered work nobody needs more time.
func changeKinds(o order.Order) []option {
	kinds := []option{{Value: "", Label: "Choose one"}, {Value: string(order.ChangeCancel), Label: "Cancel the order, all money back"}}
	if o.Status != order.StatusDelivered {
		kinds = append(kinds, option{Value: string(order.ChangeExtension), Label: "More days for the delivery"})
	}
	return append(kinds, option{Value: string(order.ChangePrice), Label: "A lower price"}, option{Value: string(order.ChangeRaise), Label: "A higher price, for more work"})
}

// disputeWords say what a dispute is about.
func disputeWords() map[string]string {
	return map[string]string{"not_delivered": "Nothing was delivered", "not_as_described": "It is not what was ordered", "quality": "The quality is poor",
		"no_answer": "The other side does not answer", "rights": "The work belongs to somebody else", "other": "Something else"}
}

// disputeReasons are the choices of what a dispute is about.
func disputeReasons() []option {
	words := disputeWords()
	options := []option{{Value: "", Label: "Choose one"}}
	for _, reason := range order.DisputeReasons() {
		options = append(options, option{Value: reason, Label: words[reason]})
	}
	return options
}

// openChange is what one side asks for and the other has not answered.
func openChange(o order.Order) *order.Change {
	for i := range o.Changes {
		if o.Changes[i].Status == "open" {
			return &o.Changes[i]
		}
	}
	return nil
}

// wish says what a change is about, after "asks".
func wish(l *language.Language, c order.Change) string {
	switch c.Kind {
	case order.ChangeCancel:
		return l.Text("to cancel the order and return all the money")
	case order.ChangeExtension:
		return l.Fill("for {}", l.CountAs("more day", c.Days, "more day", "more days"))
	case order.ChangeRaise:
		return l.Fill("for {} on top of the price", l.Money(c.Amount))
	}
	return l.Fill("for {} off the price", l.Money(c.Amount))
}
