package orderimpl

import (
	"context"
	"strings"
	"testing"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// statement reads all pages, two lines each, and checks that opening and lines are the closing.
func (b *bed) statement(who context.Context, q order.StatementRequest) order.Statement {
	b.t.Helper()
	q.Limit = 2
	var all order.Statement
	for {
		page := must(b.orders.Statement(who, q))(b.t)
		page.Lines = append(all.Lines, page.Lines...)
		all = page
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	sum := all.Opening.Minor
	for i, line := range all.Lines {
		if sum += line.Amount.Minor; i > 0 && line.At.Before(all.Lines[i-1].At) {
			b.t.Errorf("line %d is older than the one before", i)
		}
		if q.Side == "seller" && line.Amount.Minor != line.Pending.Minor+line.Available.Minor+line.Held.Minor-line.Owed.Minor {
			b.t.Errorf("the parts of %+v are not its amount", line)
		}
	}
	if sum != all.Closing.Minor {
		b.t.Errorf("the lines lead to %d, the closing balance is %s", sum, all.Closing)
	}
	return all
}

func kinds(s order.Statement) string {
	var all []string
	for _, line := range s.Lines {
		all = append(all, line.Kind)
	}
	return strings.Join(all, " ")
}

// Row P16.
func TestStatementsTellEveryMovementOfAPeriod(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		o := b.rich()
		between := b.Clock.Now()
		b.pass(day)
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		b.refunding()
		b.tasks()
		if got := kinds(b.statement(b.seller, order.StatementRequest{Side: "seller"})); got != "released cleared payout_requested" {
			t.Errorf("the seller reads %s", got)
		}
		bought := b.statement(b.buyer, order.StatementRequest{Side: "buyer"})
		if kinds(bought) != "funded funded refund_settled" || bought.Lines[0].OrderNumber != o.Number || bought.Closing.Minor != 10550 || bought.Lines[0].Text != "Order paid" {
			t.Errorf("the buyer reads %+v", bought)
		}
		all := b.statement(clerk(), order.StatementRequest{Side: "operator"})
		if all.Closing.Minor != 0 || len(all.Lines) != b.count("postings") {
			t.Errorf("the operator reads %d of %d postings, and they sum to %s", len(all.Lines), b.count("postings"), all.Closing)
		}
		later := b.statement(b.seller, order.StatementRequest{Side: "seller", Since: &between})
		if kinds(later) != "payout_requested" || later.Opening.Minor != 8000 || later.Closing.Minor != 0 {
			t.Errorf("since then the seller reads %+v", later)
		}
		earlier := b.statement(b.seller, order.StatementRequest{Side: "seller", Until: &between})
		if kinds(earlier) != "released cleared" || earlier.Closing.Minor != 8000 {
			t.Errorf("until then the seller reads %+v", earlier)
		}
		if got := b.statement(b.another, order.StatementRequest{Side: "seller"}); len(got.Lines) != 0 {
			t.Errorf("somebody else reads %+v", got)
		}
		for side, code := range map[string]fault.Code{"operator": fault.Forbidden, "neighbour": fault.Invalid} {
			_, err := b.orders.Statement(b.seller, order.StatementRequest{Side: side})
			refused(t, err, code)
		}
		_, err := b.orders.Statement(apptest.Visitor(), order.StatementRequest{Side: "seller"})
		refused(t, err, fault.Unauthenticated)
	})
}

func TestEarningsAreSummedByMonth(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.completed()
		b.pass(40 * day)
		lost := b.completed()
		b.completed()
		b.chargedBack(lost)
		b.simulate("lost", "dp_"+lost.Payment.ID, "")
		months := must(b.orders.EarningsByMonth(b.seller, order.EarningsByMonthRequest{}))(t).Months
		var all int64
		for _, m := range months {
			all += m.Earned.Minor
		}
		now := b.Clock.Now().UTC()
		if len(months) != 12 || months[11].Month.Month() != now.Month() || months[11].Earned.Minor != 8000 || all != 16000 {
			t.Errorf("the months are %+v", months)
		}
	})
}

// Row P5: shown, charged, posted and invoiced are one figure.
func TestInvoiceAndReceiptHaveTheOrdersFigures(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.place("plain")
		_, err := b.orders.Invoice(b.buyer, order.InvoiceRequest{OrderID: o.ID})
		refused(t, err, fault.NotFound)
		b.pay(o)
		i := must(b.orders.Invoice(b.buyer, order.InvoiceRequest{OrderID: o.ID}))(t)
		var sum int64
		for _, line := range i.Lines {
			if sum += line.Amount.Minor; line.Price.Minor*int64(line.Quantity) != line.Amount.Minor {
				t.Errorf("the line %+v", line)
			}
		}
		if i.Kind != "invoice" || i.Total != o.Total || sum != o.Total.Minor || i.Total != o.Payment.Amount || i.Number != "INV-"+o.Number || i.Reference == "" || i.From != "Sam" {
			t.Errorf("the invoice is %+v", i)
		}
		_, err = b.orders.Invoice(b.seller, order.InvoiceRequest{OrderID: o.ID})
		refused(t, err, fault.NotFound)
		_, err = b.orders.Invoice(b.another, order.InvoiceRequest{OrderID: o.ID})
		refused(t, err, fault.NotFound)
		must(b.orders.Deliver(b.seller, order.DeliverRequest{OrderID: o.ID, Message: "x"}))(t)
		must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: o.ID}))(t)
		r := must(b.orders.Invoice(b.seller, order.InvoiceRequest{OrderID: o.ID}))(t)
		sum = 0
		for _, line := range r.Lines {
			sum += line.Amount.Minor
		}
		if r.Kind != "receipt" || r.Total != o.Earnings || sum != o.Earnings.Minor || r.Reference != "" || r.To != "Sam" {
			t.Errorf("the receipt is %+v", r)
		}
		back := must(b.orders.Invoice(b.buyer, order.InvoiceRequest{OrderID: b.refunding().ID}))(t)
		if back.Refunded != back.Total {
			t.Errorf("the invoice of a cancelled order is %+v", back)
		}
	})
}
