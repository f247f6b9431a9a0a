package site

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// earningsPage is what the books say, and the orders behind it.
type earningsPage struct {
	Balance  order.Balance
	Account  order.PayoutAccount
	Payouts  []order.Payout
	Cases    []order.Chargeback
	Bars     []bar
	Earned   bool // in one of the months
	Orders   []order.Order
	Form     form // of a withdrawal
	Schedule form
	Every    []option
	CanAsk   bool // no withdrawal is under way
	First    string
	Next     string
}

// bar is one month of the chart, in the units of its drawing.
type bar struct {
	Y, Height int
	Month     time.Time
	Earned    money.Amount
}

// chartHeight is that of the drawing of each bar.
const chartHeight = 120

// payoutsShown and casesShown are how many the page lists; the statement has all.
const (
	payoutsShown = 10
	casesShown   = 10
)

// ShowEarnings shows the person's sums, what became of them month by month, withdrawals, cases and completed sales.
func (s *Site) ShowEarnings(c echo.Context) error {
	return s.showEarnings(c, http.StatusOK, form{}, form{})
}

func (s *Site) showEarnings(c echo.Context, status int, withdrawal, schedule form) error {
	ctx := c.Request().Context()
	page := earningsPage{Form: withdrawal, Schedule: schedule, CanAsk: true}
	var err error
	if page.Balance, err = s.Orders.Balance(ctx, order.BalanceRequest{}); err != nil {
		return err
	}
	if page.Account, err = s.Orders.PayoutAccount(ctx, order.PayoutAccountRequest{}); err != nil {
		return err
	}
	months, err := s.Orders.EarningsByMonth(ctx, order.EarningsByMonthRequest{})
	if err != nil {
		return err
	}
	page.Bars = bars(months.Months)
	page.Earned = slices.ContainsFunc(page.Bars, func(b bar) bool { return b.Height > 0 })
	payouts, err := s.Orders.ListPayouts(ctx, order.ListPayoutsRequest{Limit: payoutsShown})
	if err != nil {
		return err
	}
	cases, err := s.Orders.ListChargebacks(ctx, order.ListChargebacksRequest{Limit: casesShown})
	if err != nil {
		return err
	}
	list, err := s.Orders.List(ctx, order.ListRequest{
		Role: "seller", Status: []order.Status{order.StatusCompleted}, Limit: ordersShown, Cursor: c.QueryParam("cursor"),
	})
	if err != nil {
		return err
	}
	page.Payouts, page.Cases, page.Orders = payouts.Items, cases.Items, list.Items
	for _, p := range page.Payouts {
		page.CanAsk = page.CanAsk && p.EndedAt != nil
	}
	page.fill()
	page.First, page.Next = pageLinks("/earnings", nil, c.QueryParam("cursor"), list.NextCursor)
	return s.show(c, status, "seller/earnings", view{Title: "Earnings", Data: page})
}

// fill shows in the forms what is known, unless somebody has typed something else.
func (p *earningsPage) fill() {
	if p.Form.Values == nil {
		p.Form = filled("amount", p.Balance.Available.Decimal())
	}
	if p.Schedule.Values == nil {
		p.Schedule = filled("every", p.Account.Every, "minimum", p.Account.Minimum.Decimal())
	}
	for _, o := range []option{{Value: "", Label: "Only when I ask"}, {Value: "week", Label: "Every Monday"}, {Value: "month", Label: "On the first of the month"}} {
		o.Selected = o.Value == p.Schedule.Value("every")
		p.Every = append(p.Every, o)
	}
}

// bars draws the months: the best one is as high as the chart, a month in which more went back than came in is empty.
func bars(months []order.MonthEarned) []bar {
	var most int64 = 1
	for _, m := range months {
		most = max(most, m.Earned.Minor)
	}
	drawn := make([]bar, len(months))
	for i, m := range months {
		height := int(max(m.Earned.Minor, 0) * chartHeight / most)
		if m.Earned.Minor > 0 {
			height = max(height, 2)
		}
		drawn[i] = bar{Y: chartHeight - height, Height: height, Month: m.Month, Earned: m.Earned}
	}
	return drawn
}

// RequestPayout asks for a withdrawal.
func (s *Site) RequestPayout(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	amount, err := s.amountIn(values.Get("amount"), "amount")
	if err == nil {
		_, err = s.Orders.RequestPayout(c.Request().Context(), order.RequestPayoutRequest{RequestID: values.Get("request_id"), Minor: amount})
	}
	if f, ok := rejected(values, err, nil); ok {
		return s.showEarnings(c, http.StatusUnprocessableEntity, f, form{})
	}
	if fault.Is(err, fault.Conflict) {
		return s.showEarnings(c, http.StatusConflict, form{Values: values, Message: fault.Of(err).Message}, form{})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/earnings", "Your withdrawal is on its way to us. We tell you when it is sent.")
}

// amountIn reads an amount of the marketplace's currency that was typed.
func (s *Site) amountIn(text, field string) (int64, error) {
	amount, err := money.Parse(text, s.currency())
	if err != nil {
		return 0, fault.Wrong(field, "Write an amount such as 25.00.")
	}
	if amount.Minor == 0 {
		return 0, fault.Wrong(field, "Write more than nothing.")
	}
	return amount.Minor, nil
}

// StartOnboarding goes to the page where the payment provider asks the seller who they are.
func (s *Site) StartOnboarding(c echo.Context) error {
	account, err := s.Orders.Onboard(c.Request().Context(), order.OnboardRequest{})
	if err != nil {
		return err
	}
	return s.leave(c, account.URL, "Continue to the payment provider")
}

// leavePage leads away from the site: a form may not redirect there, a person may go.
type leavePage struct {
	URL  string
	Text string
}

func (s *Site) leave(c echo.Context, address, text string) error {
	if path := s.ownPath(address); strings.HasPrefix(path, "/") {
		return c.Redirect(http.StatusSeeOther, path)
	}
	return s.showBare(c, http.StatusOK, "order/leave", view{Title: text, Data: leavePage{URL: address, Text: text}})
}

// ShowCheckoutPage leads to where an order is paid.
func (s *Site) ShowCheckoutPage(c echo.Context) error {
	page, err := s.Orders.Checkout(c.Request().Context(), order.CheckoutRequest{PaymentID: c.Param("id")})
	if err != nil {
		return err
	}
	return s.leave(c, page.URL, "Continue to pay")
}

// SchedulePayouts keeps when withdrawals are made by themselves.
func (s *Site) SchedulePayouts(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	least, err := money.Parse(values.Get("minimum"), s.currency())
	if err != nil {
		err = fault.Wrong("minimum", "Write an amount such as 25.00.")
	} else {
		_, err = s.Orders.SchedulePayouts(c.Request().Context(), order.SchedulePayoutsRequest{Every: values.Get("every"), Minor: least.Minor})
	}
	if f, ok := rejected(values, err, nil); ok {
		return s.showEarnings(c, http.StatusUnprocessableEntity, form{}, f)
	}
	if err != nil {
		return err
	}
	return s.done(c, "/earnings", "Your schedule is saved.")
}

// AnswerChargeback sends what the seller says to the bank.
func (s *Site) AnswerChargeback(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	_, err = s.Orders.AnswerChargeback(c.Request().Context(), order.AnswerChargebackRequest{ID: c.Param("id"), Evidence: values.Get("evidence")})
	if f, ok := rejected(values, err, nil); ok {
		return s.showEarnings(c, http.StatusUnprocessableEntity, form{}, form{Values: f.Values, Message: f.Message + " " + strings.Join(append(f.Rest, f.Errors["evidence"]), " ")})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/earnings", "The bank has your answer.")
}
