package site

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

// takeHomePage is the calculator as a page, for browsers without scripts.
type takeHomePage struct {
	Form  form
	Order *order.Order // of which something is taken off; nil: a price of a gig
	Sum   *order.TakeHome
}

// ShowTakeHome tells what a price brings (row Z26); with part=yes only the sentence, which scripts put beside the input.
func (s *Site) ShowTakeHome(c echo.Context) error {
	page := takeHomePage{Form: filled("price", c.QueryParam("price"), "category", c.QueryParam("category"))}
	return s.showTakeHome(c, page, order.TakeHomeRequest{Category: c.QueryParam("category")})
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
			page.Form = filled("price", text)
		}
	}
	return s.showTakeHome(c, page, q)
}

func (s *Site) showTakeHome(c echo.Context, page takeHomePage, q order.TakeHomeRequest) error {
	status := http.StatusOK
	if text := page.Form.Value("price"); text != "" {
		minor, err := s.amountIn(text, "price")
		if err == nil {
			q.Minors = []int64{minor}
			var found order.TakeHomes
			if found, err = s.Orders.TakeHome(c.Request().Context(), q); err == nil {
				page.Sum = &found.Items[0]
			}
		}
		if f, ok := rejected(page.Form.Values, err, nil); ok {
			page.Form, status = f, http.StatusUnprocessableEntity
		} else if err != nil {
			return err
		}
	}
	if c.QueryParam("part") != "" {
		return s.showPart(c, "seller/takehome", "take-home-sum", page.Sum)
	}
	return s.show(c, status, "seller/takehome", view{Title: "What you get", Data: page})
}

// takeHomes computes what was typed into inputs, by their names. What is no price has none, and a marketplace whose orders are
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
	return sums, nil
}
