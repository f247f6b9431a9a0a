package site

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// takeHomePage is the calculator as a page, for browsers without scripts.
type takeHomePage struct {
	Form   form
	Prices []string     // that were typed
	Order  *order.Order // of which something is taken off; nil: a price of a gig
	Sum    *order.TakeHome
}

// takeHomePart is the sentence of the calculator for those who pay; the other one is for those who are paid.
const takeHomePart, paysPart = "take-home-sum", "take-home-pays"

// ShowTakeHome tells what a price brings (row Z26), or several together, of a category or of a gig's; with part=yes only the
// sentence, which scripts put beside the input, and with as=buyer what is paid.
func (s *Site) ShowTakeHome(c echo.Context) error {
	category := c.QueryParam("category")
	if id := c.QueryParam("gig"); id != "" {
		found, err := s.Gigs.List(c.Request().Context(), gig.ListRequest{IDs: []string{id}})
		if err != nil {
			return err
		}
		for _, g := range found.Items {
			category = g.Category
		}
	}
	page := takeHomePage{Form: filled("price", c.QueryParam("price"), "category", category)}
	for _, text := range c.QueryParams()["price"] {
		if text != "" {
			page.Prices = append(page.Prices, text)
		}
	}
	return s.showTakeHome(c, page, order.TakeHomeRequest{Category: category})
}

// ShowOrderTakeHome tells what an order brings with so much off its price, or a further price under its terms.
func (s *Site) ShowOrderTakeHome(c echo.Context) error {
	o, err := s.Orders.Get(c.Request().Context(), order.GetRequest{ID: c.Param("id")})
	if err != nil {
		return err
	}
	page := takeHomePage{Order: &o, Form: form{}}
	q := order.TakeHomeRequest{OrderID: o.ID, Less: c.QueryParam("more") == ""}
	for _, name := range []string{"price", "change_amount", "refund_amount"} { // as the forms of the order call it
		if text := c.QueryParam(name); text != "" {
			page.Form, page.Prices = filled("price", text), []string{text}
		}
	}
	return s.showTakeHome(c, page, q)
}

func (s *Site) showTakeHome(c echo.Context, page takeHomePage, q order.TakeHomeRequest) error {
	status := http.StatusOK
	if len(page.Prices) > 0 {
		var found order.TakeHomes
		var err error
		if q.Minors, err = s.amountsIn(page.Prices, "price"); err == nil {
			found, err = s.Orders.TakeHome(c.Request().Context(), q)
		}
		if err == nil {
			page.Sum = &found.Sum
		}
		if len(found.Items) == 1 {
			page.Sum = &found.Items[0]
		}
		if f, ok := rejected(page.Form.Values, err, nil); ok {
			page.Form, status = f, http.StatusUnprocessableEntity
		} else if err != nil {
			return err
		}
	}
	if c.QueryParam("part") != "" {
		part := takeHomePart
		if c.QueryParam("as") == "buyer" {
			part = paysPart
		}
		return s.showPart(c, "seller/takehome", part, page.Sum)
	}
	return s.show(c, status, "seller/takehome", view{Title: "What you get", Data: page})
}

// amountsIn reads several amounts that were typed.
func (s *Site) amountsIn(texts []string, field string) ([]int64, error) {
	var minors []int64
	for _, text := range texts {
		minor, err := s.amountIn(text, field)
		if err != nil {
			return nil, err
		}
		minors = append(minors, minor)
	}
	return minors, nil
}

// takeHomes computes what was typed into inputs, by their names, and all of it together by the empty one. What is no price has none, and a marketplace whose orders are
// away shows a form without sums.
func (s *Site) takeHomes(ctx context.Context, category string, typed map[string]string) (map[string]*order.TakeHome, error) {
	q := order.TakeHomeRequest{Category: category}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(typed)) {
		if amount, err := money.Parse(typed[name], s.currency()); err == nil && amount.Minor > 0 {
			names, q.Minors = append(names, name), append(q.Minors, amount.Minor)
		}
	}
	sums := map[string]*order.TakeHome{}
	if len(names) == 0 {
		return sums, nil
	}
	found, err := s.Orders.TakeHome(ctx, q)
	if fault.Of(err) != nil { // a price that is too large, orders that are away
		return sums, nil
	}
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		sums[name] = &found.Items[i]
	}
	sums[""] = &found.Sum
	return sums, nil
}
