package site

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
)

// mostExported is how many orders one file has: the newest of the period.
const mostExported = 10_000

// orderFilters are what a list of orders is filtered by, as the address says it.
func orderFilters(c echo.Context) (role string, q order.ListRequest, err error) {
	role = "buyer"
	if c.QueryParam("role") == "seller" {
		role = "seller"
	}
	q = order.ListRequest{Role: role}
	for _, g := range groups() {
		if g.Key == c.QueryParam("status") {
			q.Status = g.Statuses
		}
	}
	q.Since, q.Until, err = period(c)
	return role, q, err
}

// ExportOrders is the list of orders as a table for programs (RFC 4180): of one side, filtered like the page (row O24).
func (s *Site) ExportOrders(c echo.Context) error {
	role, q, err := orderFilters(c)
	if err != nil {
		return err
	}
	q.Limit = 100
	list, err := s.Orders.List(c.Request().Context(), q)
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "text/csv; charset=utf-8; header=present")
	header.Set(echo.HeaderContentDisposition, attachment("orders-"+role+".csv"))
	c.Response().WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.Response())
	w.UseCRLF = true
	if err := w.Write([]string{"number", "status", "placed", "paid", "due", "ended", "with", "service", "package", "quantity", "price", "buyer_fee", "total",
		"refunded", "earnings", "currency"}); err != nil {
		return err
	}
	for n := 0; ; {
		for _, o := range list.Items {
			if err := w.Write(exported(o, role)); err != nil {
				return err
			}
		}
		n += len(list.Items)
		if q.Cursor = list.NextCursor; q.Cursor == "" || len(list.Items) == 0 || n >= mostExported {
			break
		}
		if list, err = s.Orders.List(c.Request().Context(), q); err != nil {
			return err // the answer has begun: it breaks off, and nobody takes it for whole
		}
	}
	w.Flush()
	return w.Error()
}

// exported is one order as a line. The buyer is not told the seller's earnings.
func exported(o order.Order, role string) []string {
	other, fee, total, earnings := o.SellerUsername, o.Fee.Decimal(), o.Total.Decimal(), ""
	if role == "seller" {
		other, fee, total, earnings = o.BuyerUsername, "", "", o.Earnings.Decimal()
	}
	return []string{o.Number, string(o.Status), day3339(&o.PlacedAt), day3339(o.PaidAt), day3339(o.DueAt), day3339(o.EndedAt), tame(other), tame(o.GigTitle), o.Package,
		strconv.Itoa(o.Quantity), o.Subtotal.Decimal(), fee, total, o.Refunded.Decimal(), earnings, o.Total.Currency}
}

func day3339(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// tame keeps a spreadsheet from taking somebody's text for a formula.
func tame(text string) string {
	if strings.IndexAny(text, "=+-@\t\r") == 0 {
		return "'" + text
	}
	return text
}
