package orderimpl

import (
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/apptest"
	"marketplace/platform/fault"
)

// Row Z14: a new seller's reserve is held after clearing, and freed.
func TestANewSellersReserveIsHeldAndThenTheirs(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.change(map[string]int64{"reserve_basis_points": 1000, "reserve_period": 30 * 86400, "reserve_orders": 1})
		if p := must(b.orders.PayoutAccount(b.seller, order.PayoutAccountRequest{}))(t).Policy; p.ReserveBasisPoints != 1000 || p.ReserveDays != 30 || p.ReserveOrders != 1 {
			t.Errorf("the seller is told %+v", p)
		}
		b.completed()
		b.pass(15 * day)
		if got := b.balance(b.seller); got.Available.Minor != 7200 || got.Reserved.Minor != 800 || got.Held.Minor != 800 {
			t.Errorf("after clearing: %+v", got)
		}
		b.sound()
		told := apptest.Emitted[order.Cleared](t, b.Harness)[0]
		if told.Amount.Minor != 7200 || told.Reserved.Minor != 800 || told.Debt.Minor != 0 || told.ReservedUntil.IsZero() {
			t.Errorf("it was told %+v", told)
		}
		b.completed() // the second order: no longer new
		b.pass(15 * day)
		if got := b.balance(b.seller); got.Available.Minor != 15200 || got.Reserved.Minor != 800 {
			t.Errorf("after the second order: %+v", got)
		}
		b.pass(31 * day)
		if got := b.balance(b.seller); got.Available.Minor != 16000 || got.Reserved.Minor != 0 || got.Held.Minor != 0 {
			t.Errorf("after the time in reserve: %+v", got)
		}
		b.pass(31 * day)
		b.has(16000, 0)
	})
}

// Journals 15b, 16 and 17 with a reserve: it is frozen first, and comes back as money.
func TestAChargebackIsTakenFromTheReserveFirst(t *testing.T) {
	for _, end := range []string{"won", "lost"} {
		t.Run(end, func(t *testing.T) {
			both(t, func(t *testing.T, b *bed) {
				b.change(map[string]int64{"reserve_basis_points": 5000, "reserve_orders": 0})
				b.known(b.seller, "seller")
				o := b.rich2(4000)
				b.decided(b.withdraw(3000).ID, "approve")
				b.tasks()
				c := b.chargedBack(o)
				if got := b.balance(b.seller); got.Held.Minor != 8000 || got.Reserved.Minor != 0 || got.Available.Minor != 0 || got.Owed.Minor != 3000 || c.Frozen.Minor != 8000 {
					t.Errorf("the seller has %+v, the case is %+v", got, c)
				}
				b.sound()
				b.simulate(end, "dp_"+o.Payment.ID, "")
				want := int64(0)
				if end == "won" {
					want = 5000 // 4,000 of the reserve and 1,000 of the rest; the debt was never one
				}
				if got := b.balance(b.seller); got.Available.Minor != want || got.Held.Minor != 0 || got.Owed.Minor != 3000-min(want, 3000) {
					t.Errorf("%s: the seller has %+v", end, got)
				}
				b.sound()
				b.pass(200 * day)
				b.sound()
			})
		})
	}
}

// rich2 gives the seller so much to withdraw, and the same again in reserve.
func (b *bed) rich2(minor int64) order.Order {
	b.t.Helper()
	o := b.completed()
	b.pass(15 * day)
	if got := b.balance(b.seller); got.Available.Minor != minor || got.Reserved.Minor != minor {
		b.t.Fatalf("the seller has %+v", got)
	}
	return o
}

// Row Z14: how far back, and how negative.
func TestTheMarketplaceBearsWhatThePolicyDoesNotTakeFromTheSeller(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.change(map[string]int64{"debt_limit": 2000, "chargeback_liability": 60 * 86400})
		b.known(b.seller, "seller")
		o := b.rich()
		b.decided(b.withdraw(0).ID, "approve")
		b.tasks()
		if c := b.chargedBack(o); c.Frozen.Minor != 2000 {
			t.Errorf("the case is %+v", c)
		}
		if got := b.balance(b.seller); got.Owed.Minor != 2000 || got.Held.Minor != 2000 {
			t.Errorf("the seller has %+v", got)
		}
		b.sound()
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		if got := b.balance(b.seller); got.Owed.Minor != 2000 || got.Held.Minor != 0 {
			t.Errorf("the seller has %+v", got)
		}
		b.sound()

		late := b.completed()
		b.pass(61 * day)
		if got := b.balance(b.seller); got.Available.Minor != 6000 || got.Owed.Minor != 0 {
			t.Errorf("the next earning leaves %+v", got)
		}
		if c := b.chargedBack(late); c.Frozen.Minor != 0 {
			t.Errorf("the late case is %+v", c)
		}
		b.simulate("lost", "dp_"+late.Payment.ID, "")
		b.has(6000, 8000)
	})
}

// A debt that arises while a withdrawal is under way is paid when the money comes back.
func TestMoneyThatComesBackPaysTheDebtFirst(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.known(b.seller, "seller")
		o := b.rich()
		p := b.withdraw(0)
		b.chargedBack(o)
		b.simulate("lost", "dp_"+o.Payment.ID, "")
		if got := b.balance(b.seller); got.Owed.Minor != 8000 || got.Sending.Minor != 8000 {
			t.Errorf("the seller has %+v", got)
		}
		b.decided(p.ID, "reject")
		if got := b.balance(b.seller); got.Owed.Minor != 0 || got.Available.Minor != 0 {
			t.Errorf("the seller has %+v", got)
		}
		b.has(0, 0)
		b.sound()
	})
}

func TestASellerWithdrawsNoMoreADayThanTheLimit(t *testing.T) {
	both(t, func(t *testing.T, b *bed) {
		b.change(map[string]int64{"payout_day_limit": 5000})
		b.known(b.seller, "seller")
		b.rich()
		_, err := b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{Minor: 5001})
		if f := refused(t, err, fault.Invalid); !strings.Contains(f.Fields[0].Message, "50.00 USD in 24 hours") {
			t.Errorf("told is %+v", f)
		}
		p := b.withdraw(3000)
		b.decided(p.ID, "approve")
		b.tasks()
		_, err = b.orders.RequestPayout(b.seller, order.RequestPayoutRequest{Minor: 2001})
		refused(t, err, fault.Invalid)
		b.decided(b.withdraw(2000).ID, "reject") // what was rejected does not count
		b.decided(b.withdraw(2000).ID, "approve")
		b.pass(25 * time.Hour)
		b.withdraw(3000)
		b.has(0, 5000)
	})
}
