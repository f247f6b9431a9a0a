package site

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/web/paper"
)

// statementPage is what moved in a period, on one side.
type statementPage struct {
	Side      string
	Sides     []tab
	Statement order.Statement
	Form      form
	CSV       string
	First     string
	Next      string
}

// period reads the days of a statement: from the first moment of one to the last of the other.
func period(c echo.Context) (since, until *time.Time, err error) {
	var check fault.Check
	for _, p := range []struct {
		name string
		into **time.Time
		more int
	}{{"since", &since, 0}, {"until", &until, 1}} {
		text := c.QueryParam(p.name)
		if text == "" {
			continue
		}
		at, err := time.Parse(time.DateOnly, text)
		check.That(err == nil, p.name, "Write a day such as 2026-03-31.")
		at = at.AddDate(0, 0, p.more)
		*p.into = &at
	}
	return since, until, check.Err()
}

func sideOf(c echo.Context) string {
	if side := c.QueryParam("side"); side != "" {
		return side
	}
	return "seller"
}

// ShowStatement shows every movement of a period (row P16).
func (s *Site) ShowStatement(c echo.Context) error {
	ctx := c.Request().Context()
	page := statementPage{Side: sideOf(c), Form: filled("since", c.QueryParam("since"), "until", c.QueryParam("until"))}
	since, until, err := period(c)
	if err != nil {
		return err
	}
	page.Statement, err = s.Orders.Statement(ctx, order.StatementRequest{Side: page.Side, Since: since, Until: until, Cursor: c.QueryParam("cursor")})
	if err != nil {
		return err
	}
	filters := url.Values{"side": {page.Side}, "since": {c.QueryParam("since")}, "until": {c.QueryParam("until")}}
	page.CSV = listPath("/statement.csv", "side", page.Side, "since", c.QueryParam("since"), "until", c.QueryParam("until"))
	for _, side := range []tab{{Label: "Sales", Path: "seller"}, {Label: "Purchases", Path: "buyer"}, {Label: "All books", Path: "operator"}} {
		if side.Path != "operator" || identity.From(ctx).Is("operator") {
			page.Sides = append(page.Sides, tab{side.Label, listPath("/statement", "side", side.Path), page.Side == side.Path})
		}
	}
	page.First, page.Next = pageLinks("/statement", filters, c.QueryParam("cursor"), page.Statement.NextCursor)
	return s.show(c, http.StatusOK, "seller/statement", view{Title: "Statement", Data: page})
}

// WriteStatement is the statement as a table for programs (RFC 4180), all of the period.
func (s *Site) WriteStatement(c echo.Context) error {
	since, until, err := period(c)
	if err != nil {
		return err
	}
	q := order.StatementRequest{Side: sideOf(c), Since: since, Until: until, Limit: 100}
	first, err := s.Orders.Statement(c.Request().Context(), q)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, "text/csv; charset=utf-8")
	h.Set(echo.HeaderContentDisposition, `attachment; filename="statement.csv"`)
	h.Set("Cache-Control", "no-store")
	c.Response().WriteHeader(http.StatusOK)
	w := csv.NewWriter(c.Response())
	_ = w.Write([]string{"time", "journal", "kind", "text", "order", "account", "currency", "amount", "pending", "available", "held", "owed", "credit"})
	for page := first; ; {
		for _, line := range page.Lines {
			_ = w.Write(row(line))
		}
		w.Flush()
		if err := w.Error(); err != nil || page.NextCursor == "" {
			return err
		}
		q.Cursor = page.NextCursor
		if page, err = s.Orders.Statement(c.Request().Context(), q); err != nil {
			return err
		}
	}
}

// row is a line of the file. Nothing in it comes from people, so nothing can be a formula.
func row(line order.StatementLine) []string {
	cells := []string{line.At.Format(time.RFC3339Nano), line.JournalID, line.Kind, line.Text, line.OrderNumber, line.Account, line.Amount.Currency}
	for _, a := range []money.Amount{line.Amount, line.Pending, line.Available, line.Held, line.Owed, line.Credit} {
		cells = append(cells, a.Decimal())
	}
	return cells
}

// ShowInvoice is the invoice of an order for its buyer, the receipt for its seller.
func (s *Site) ShowInvoice(c echo.Context) error {
	i, err := s.Orders.Invoice(c.Request().Context(), order.InvoiceRequest{OrderID: c.Param("id")})
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, "order/invoice", view{Title: i.Number, Data: map[string]any{"Invoice": i, "Order": c.Param("id")}})
}

// WriteInvoice is the same as a PDF, with the same figures.
func (s *Site) WriteInvoice(c echo.Context) error {
	i, err := s.Orders.Invoice(c.Request().Context(), order.InvoiceRequest{OrderID: c.Param("id")})
	if err != nil {
		return err
	}
	pdf, err := paper.Invoice(i)
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set(echo.HeaderContentDisposition, `inline; filename="`+i.Number+`.pdf"`)
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}
