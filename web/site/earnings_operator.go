package site

import (
	"net/http"
	"net/url"

	"github.com/labstack/echo/v4"

	"marketplace/modules/order"
	"marketplace/platform/fault"
)

// payoutsPage is the queue of withdrawals.
type payoutsPage struct {
	Payouts []order.Payout
	Tabs    []tab
	Form    form   // of a decision that was refused
	About   string // the withdrawal that it was about
	First   string
	Next    string
}

const queueShown = 50

// ListPayouts shows the queue, the longest waiting first (row P10).
func (s *Site) ListPayouts(c echo.Context) error {
	return s.listPayouts(c, http.StatusOK, "", form{})
}

func (s *Site) listPayouts(c echo.Context, status int, about string, f form) error {
	state := c.QueryParam("status")
	q := order.ListPayoutsRequest{All: true, Limit: queueShown, Cursor: c.QueryParam("cursor")}
	if state == "" {
		q.Status = []string{"requested"}
	} else if state != "all" {
		q.Status = []string{state}
	}
	list, err := s.Orders.ListPayouts(c.Request().Context(), q)
	if err != nil {
		return err
	}
	page := payoutsPage{Payouts: list.Items, Form: f, About: about}
	for _, t := range []struct{ label, status string }{{"Waiting", ""}, {"Being sent", "sending"}, {"Paid", "paid"}, {"Failed", "failed"}, {"Rejected", "rejected"}, {"All", "all"}} {
		page.Tabs = append(page.Tabs, tab{t.label, listPath("/operator/payouts", "status", t.status), state == t.status})
	}
	page.First, page.Next = pageLinks("/operator/payouts", url.Values{"status": {state}}, c.QueryParam("cursor"), list.NextCursor)
	return s.show(c, status, "operator/payouts", view{Title: "Withdrawals", Data: page})
}

// DecidePayout approves, pays or rejects one.
func (s *Site) DecidePayout(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.DecidePayoutRequest{ID: c.Param("id"), Decision: values.Get("decision"), Reason: values.Get("reason"), Reference: values.Get("reference")}
	p, err := s.Orders.DecidePayout(c.Request().Context(), q)
	if f, ok := rejected(values, err, nil); ok {
		return s.listPayouts(c, http.StatusUnprocessableEntity, q.ID, f)
	}
	if fault.Is(err, fault.Conflict) {
		return s.listPayouts(c, http.StatusConflict, q.ID, form{Values: values, Message: fault.Of(err).Message})
	}
	if err != nil {
		return err
	}
	return s.done(c, "/operator/payouts", "The withdrawal of "+p.Username+" is "+p.Status+".")
}

// booksPage says whether the books are in order, and agree with the provider.
type booksPage struct {
	Report          order.LedgerReport
	Reconciliations []order.Reconciliation
	Cases           []order.Chargeback
	Strays          []order.Stray
	Adjustments     []order.Adjustment
	Kinds           []option
	Form            form // of an adjustment
}

// ShowBooks checks the books now, and shows the last comparisons with the provider and the chargebacks.
func (s *Site) ShowBooks(c echo.Context) error { return s.showBooks(c, http.StatusOK, form{}) }

func (s *Site) showBooks(c echo.Context, status int, f form) error {
	ctx := c.Request().Context()
	page := booksPage{Form: f, Kinds: []option{{Value: "goodwill", Label: "Credit for the buyer"}, {Value: "write_off", Label: "Give up the seller's debt"}}}
	var err error
	if page.Report, err = s.Orders.VerifyLedger(ctx, order.VerifyLedgerRequest{}); err != nil {
		return err
	}
	runs, err := s.Orders.ListReconciliations(ctx, order.ListReconciliationsRequest{})
	if err != nil {
		return err
	}
	cases, err := s.Orders.ListChargebacks(ctx, order.ListChargebacksRequest{All: true, Limit: queueShown})
	if err != nil {
		return err
	}
	strays, err := s.Orders.ListStrays(ctx, order.ListStraysRequest{})
	if err != nil {
		return err
	}
	adjustments, err := s.Orders.ListAdjustments(ctx, order.ListAdjustmentsRequest{})
	if err != nil {
		return err
	}
	page.Reconciliations, page.Cases, page.Strays, page.Adjustments = runs.Items, cases.Items, strays.Items, adjustments.Items
	return s.show(c, status, "operator/books", view{Title: "Books", Data: page})
}

// Reconcile compares with the provider now.
func (s *Site) Reconcile(c echo.Context) error {
	r, err := s.Orders.Reconcile(c.Request().Context(), order.ReconcileRequest{})
	if err != nil {
		return err
	}
	if len(r.Differences) > 0 {
		s.say(c, "warning", "There are differences. They are listed below.")
		return c.Redirect(http.StatusSeeOther, "/operator/books")
	}
	return s.done(c, "/operator/books", "The provider and the books agree.")
}

// Adjust gives credit, or gives up a debt (journals 19 and 20).
func (s *Site) Adjust(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	minor, err := s.amountIn(values.Get("amount"), "amount")
	var made order.Adjustment
	if err == nil {
		made, err = s.Orders.Adjust(c.Request().Context(), order.AdjustRequest{RequestID: values.Get("request_id"), Kind: values.Get("kind"), Order: values.Get("order"),
			Minor: minor, Reason: values.Get("reason")})
	}
	if done, err := s.refusedBooks(c, values, err); done {
		return err
	}
	if made.Status == "waiting" {
		return s.done(c, "/operator/books", "It is above what one person decides: another operator has to confirm it.")
	}
	return s.done(c, "/operator/books", "It is in the books.")
}

// refusedBooks shows the page again with what was wrong; false if nothing was.
func (s *Site) refusedBooks(c echo.Context, values url.Values, err error) (bool, error) {
	if f, ok := rejected(values, err, nil); ok {
		return true, s.showBooks(c, http.StatusUnprocessableEntity, f)
	}
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Forbidden) {
		return true, s.showBooks(c, fault.Of(err).Code.Status(), form{Values: values, Message: fault.Of(err).Message})
	}
	return err != nil, err
}

// DecideAdjustment confirms or rejects what another operator has asked for.
func (s *Site) DecideAdjustment(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	_, err = s.Orders.DecideAdjustment(c.Request().Context(), order.DecideAdjustmentRequest{ID: c.Param("id"), Confirm: values.Get("decision") == "confirm"})
	if done, err := s.refusedBooks(c, values, err); done {
		return err
	}
	return s.done(c, "/operator/books", "It is decided.")
}

// SettleStray says whose money it is that fits nothing (journal 21).
func (s *Site) SettleStray(c echo.Context) error {
	values, err := readForm(c, formBytes)
	if err != nil {
		return err
	}
	q := order.SettleStrayRequest{ID: values.Get("id"), Note: values.Get("note")}
	if values.Get("then") == "match" {
		if q.Order = values.Get("order"); q.Order == "" {
			err = fault.Wrong("order", "Write the number of the order.")
		}
	}
	if err == nil {
		_, err = s.Orders.SettleStray(c.Request().Context(), q)
	}
	if done, err := s.refusedBooks(c, values, err); done {
		return err
	}
	return s.done(c, "/operator/books", "It is in the books.")
}
