package site_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/money"
)

func (o orders) TakeHome(_ context.Context, q order.TakeHomeRequest) (order.TakeHomes, error) {
	o.w.read("orders.TakeHome")
	var list order.TakeHomes
	for _, minor := range q.Minors {
		if minor > 900_000 {
			return list, fault.Wrong("price", "Use an amount up to 9,000.00 USD.")
		}
		if q.Less {
			minor = 10_000 - minor
		}
		list.Items = append(list.Items, order.TakeHome{Price: cents(minor), Pays: cents(minor + 500), Fee: cents(minor / 5), Earns: cents(minor - minor/5), Available: o.w.now})
	}
	for _, x := range list.Items {
		list.Sum.Price.Minor, list.Sum.Pays.Minor = list.Sum.Price.Minor+x.Price.Minor, list.Sum.Pays.Minor+x.Pays.Minor
		list.Sum.Fee.Minor, list.Sum.Earns.Minor = list.Sum.Fee.Minor+x.Fee.Minor, list.Sum.Earns.Minor+x.Earns.Minor
	}
	for _, part := range []*money.Amount{&list.Sum.Price, &list.Sum.Pays, &list.Sum.Fee, &list.Sum.Earns} {
		part.Currency = "USD"
	}
	list.Sum.Available = o.w.now
	return list, nil
}

func (o orders) ListStrays(context.Context, order.ListStraysRequest) (order.StrayList, error) {
	return order.StrayList{Items: []order.Stray{{ID: "ch_1", Provider: "simulator", Amount: cents(2500), Status: "open", FoundAt: o.w.now}, {ID: "ch_2", Amount: cents(1), Status: "matched", OrderNumber: "MX-1", FoundAt: o.w.now}}}, nil
}

func (o orders) SettleStray(_ context.Context, q order.SettleStrayRequest) (order.Stray, error) {
	return order.Stray{}, o.w.call("SettleStray " + q.ID + " " + q.Order + " " + q.Note)
}

func (o orders) ListAdjustments(context.Context, order.ListAdjustmentsRequest) (order.AdjustmentList, error) {
	var list order.AdjustmentList
	for _, status := range []string{"waiting", "done", "rejected"} {
		list.Items = append(list.Items, order.Adjustment{ID: "a-" + status, Kind: "goodwill", Status: status, OrderID: "o1", OrderNumber: "MX-4K7Q", Username: "ana", Amount: cents(4200), Reason: "Sorry.", AskedBy: "olga", CreatedAt: o.w.now})
	}
	return list, nil
}

func (o orders) Adjust(_ context.Context, q order.AdjustRequest) (order.Adjustment, error) {
	return order.Adjustment{Status: "waiting"}, o.w.call(fmt.Sprintf("Adjust %s %s %d %s %s", q.Kind, q.Order, q.Minor, q.Reason, q.RequestID))
}

func (o orders) DecideAdjustment(_ context.Context, q order.DecideAdjustmentRequest) (order.Adjustment, error) {
	return order.Adjustment{}, o.w.call(fmt.Sprintf("DecideAdjustment %s %v", q.ID, q.Confirm))
}

// Row Z26: a page without scripts, a sentence for scripts, both by the server.
func TestTheCalculatorAnswersPagesAndScripts(t *testing.T) {
	w := newWorld()
	who := w.member(t)
	for path, text := range map[string]string{
		"/take-home?price=45&category=logo-design":       "<b>You get $36.00</b>: the buyer pays $50.00, our fee is $9.00.",
		"/take-home?price=45&part=yes":                   "<b>You get $36.00</b>",
		"/take-home?price=45&price=&price=55":            "<b>You get $80.00</b>: the buyer pays $110.00, our fee is $20.00.",
		"/take-home?price=45&price=55&part=yes&as=buyer": "<b>The buyer pays $110.00</b>",
		"/orders/o1/take-home?change_amount=50.00":       "<b>You get $40.00</b>",
		"/orders/o1/take-home?refund_amount=50&part=yes": "<b>You get $40.00</b>",
	} {
		answer := visit(who, path)
		if body := answer.Body.String(); answer.Code != http.StatusOK || !strings.Contains(body, text) || strings.Contains(path, "part=") == strings.Contains(body, "<html") {
			t.Errorf("%s: %d %s", path, answer.Code, body)
		}
	}
	for _, path := range []string{"/take-home?price=much", "/take-home?price=9999.00"} {
		if answer := visit(who, path); answer.Code != http.StatusUnprocessableEntity || strings.Contains(answer.Body.String(), "You get $") {
			t.Errorf("%s: %d", path, answer.Code)
		}
		if answer := visit(who, path+"&part=yes"); answer.Code != http.StatusOK || strings.TrimSpace(answer.Body.String()) != "" {
			t.Errorf("%s for scripts: %d %q", path, answer.Code, answer.Body.String())
		}
	}
	if answer := visit(who, "/orders/o2/take-home"); answer.Code != http.StatusNotFound {
		t.Errorf("of somebody else: %d", answer.Code)
	}
}

// Journals 19 to 21.
func TestOperatorsPutThingsRightByHand(t *testing.T) {
	w := newWorld()
	desk := open(t, w, clerk())
	page := visit(desk, "/operator/books").Body.String()
	for _, text := range []string{`action="/operator/books/adjustments/a-waiting"`, "Waiting for a second person", `name="id" value="ch_1"`, "Credited"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page does not show %q", text)
		}
	}
	for _, c := range []struct {
		path string
		form map[string]string
		call string
	}{
		{"/operator/books/adjustments", map[string]string{"kind": "goodwill", "order": "MX-1", "amount": "12.50", "reason": "Sorry.", "request_id": "k"}, "Adjust goodwill MX-1 1250 Sorry. k"},
		{"/operator/books/adjustments/a1", map[string]string{"decision": "confirm"}, "DecideAdjustment a1 true"},
		{"/operator/books/adjustments/a1", map[string]string{"decision": "reject"}, "DecideAdjustment a1 false"},
		{"/operator/books/strays", map[string]string{"id": "ch_1", "order": "MX-1", "note": "A call.", "then": "match"}, "SettleStray ch_1 MX-1 A call."},
		{"/operator/books/strays", map[string]string{"id": "ch_1", "order": "MX-1", "note": "A call.", "then": "return"}, "SettleStray ch_1  A call."},
	} {
		w.fail = nil
		if answer := send(desk, c.path, c.form); answer.Code != http.StatusSeeOther || !slices.Contains(w.calls, c.call) {
			t.Errorf("%s: %d, %q", c.path, answer.Code, w.calls)
		}
		w.fail = fault.Conflictf("Somebody was faster.")
		if answer := send(desk, c.path, c.form); answer.Code != http.StatusConflict || !strings.Contains(answer.Body.String(), "Somebody was faster.") {
			t.Errorf("%s refused: %d", c.path, answer.Code)
		}
	}
	w.fail = nil
	if answer := send(desk, "/operator/books/strays", map[string]string{"id": "ch_1", "note": "x", "then": "match"}); answer.Code != http.StatusUnprocessableEntity {
		t.Errorf("whose it is was not said: %d", answer.Code)
	}
	if answer := send(desk, "/operator/books/adjustments", map[string]string{"amount": "much"}); answer.Code != http.StatusUnprocessableEntity {
		t.Errorf("much is no amount: %d", answer.Code)
	}
}
