package orderimpl

import (
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Row Z26: for every policy of fees, what the calculator says is what the books bring.
func TestTheCalculatorSaysWhatTheBooksBring(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		g := b.gigs.gigs["plain"]
		g.Category = "logos"
		b.gigs.gigs["plain"] = g
		var pending int64
		for i, values := range []map[string]int64{{}, {"seller_fee_basis_points": 1234}, {"seller_fee_flat": 77, "buyer_fee_flat": 30, "buyer_fee_flat_below": 20000}, {"seller_fee_minimum": 3001, "buyer_fee_minimum": 999}, {"seller_fee_basis_points": 0, "seller_fee_minimum": 0, "seller_fee_flat": 0}} {
			if len(values) > 0 {
				b.change(values)
			}
			if i == 1 {
				list := []order.SpecialFee{{Category: "logos", Sells: &order.Fee{BasisPoints: 999, Flat: 1}}}
				must(b.orders.ChangeSettings(clerk(), order.ChangeSettingsRequest{Version: 1, Special: &list, Reason: "x"}))(t)
			}
			said := must(b.orders.TakeHome(b.seller, order.TakeHomeRequest{Minors: []int64{10000}, Category: "logos"}))(t).Items[0]
			o := b.completed()
			pending += said.Earns.Minor
			if o.Total != said.Pays || o.Earnings != said.Earns || said.Price.Minor-said.Fee.Minor != said.Earns.Minor || b.balance(b.seller).Pending.Minor != pending {
				t.Errorf("%v: said was %+v, the order is %s and %s", values, said, o.Total, o.Earnings)
			}
			if late := b.Clock.Now().Add(14 * day).Sub(said.Available); late < 0 || late > time.Minute {
				t.Errorf("it is available on %s", said.Available)
			}
		}
		b.sound()
	})
}

// Of several prices, as of an offer's milestones, the sum is that of the orders: a flat fee is taken of each.
func TestTheCalculatorAddsWhatSeveralOrdersBring(t *testing.T) {
	b := onSQLite(t)
	b.change(map[string]int64{"seller_fee_flat": 77, "buyer_fee_flat": 30})
	o := b.offer(three())
	said := must(b.orders.TakeHome(b.seller, order.TakeHomeRequest{Minors: []int64{10000, 20000, 5000}}))(t).Sum
	if said.Price != o.Price || said.Pays != o.Pays || said.Earns != o.Earns || said.Fee.Minor != 7000+3*77 || said.Pays.Minor != 36925+3*30 {
		t.Errorf("said was %+v, the offer costs %s and brings %s", said, o.Pays, o.Earns)
	}
	var pays, earns int64
	for n := range 3 {
		done := b.pay(b.milestone(o, n+1))
		pays, earns = pays+done.Total.Minor, earns+done.Earnings.Minor
	}
	if said.Pays.Minor != pays || said.Earns.Minor != earns {
		t.Errorf("the orders cost %d and bring %d", pays, earns)
	}
	_, err := b.orders.TakeHome(b.seller, order.TakeHomeRequest{Minors: []int64{1, -1}})
	refused(t, err, fault.Invalid)
	b.sound()
}

func TestTheCalculatorKnowsTheTermsOfAnOrder(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		o := b.working()
		b.change(map[string]int64{"seller_fee_basis_points": 0})
		less := must(b.orders.TakeHome(b.seller, order.TakeHomeRequest{Minors: []int64{0, 3333}, OrderID: o.ID, Less: true}))(t).Items
		if less[0].Earns.Minor != 8000 || less[0].Pays != o.Total {
			t.Errorf("as it is: %+v", less[0])
		}
		must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: o.ID, Amount: 3333, Reason: "x"}))(t)
		if got := b.get(o); got.Earnings != less[1].Earns {
			t.Errorf("said was %+v, it is %s", less[1], got.Earnings)
		}
		more := must(b.orders.TakeHome(b.seller, order.TakeHomeRequest{Minors: []int64{1000}, OrderID: o.ID}))(t).Items[0]
		if more.Earns.Minor != 800 || more.Pays.Minor != 1055 {
			t.Errorf("more of the same order: %+v", more)
		}
		_, err := b.orders.TakeHome(b.seller, order.TakeHomeRequest{Minors: []int64{6668}, OrderID: o.ID, Less: true})
		refused(t, err, fault.Invalid)
		_, err = b.orders.TakeHome(b.another, order.TakeHomeRequest{Minors: []int64{1}, OrderID: o.ID})
		refused(t, err, fault.NotFound)
		_, err = b.orders.TakeHome(apptest.Visitor(), order.TakeHomeRequest{Minors: []int64{1}})
		refused(t, err, fault.Unauthenticated)
		for _, q := range []order.TakeHomeRequest{{}, {Minors: []int64{-1}}, {Minors: []int64{1}, Less: true}, {Minors: make([]int64, 51)}} {
			_, err := b.orders.TakeHome(b.seller, q)
			refused(t, err, fault.Invalid)
		}
	})
}
