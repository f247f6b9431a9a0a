package orderimpl

import (
	"errors"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/modules/order/internal/payment"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

// Row Z14: where a seller's share is found, and who bears the rest; of a payment of 105.50 (the seller's 80.00), with 40.00 to
// withdraw and 40.00 in reserve.
func TestASharesPlacesAreSearchedInTheirOrder(t *testing.T) {
	b := onSQLite(t)
	b.change(map[string]int64{"reserve_basis_points": 5000, "reserve_orders": 0})
	o := b.rich2(4000)
	now := b.Clock.Now()
	long := now.Add(-time.Hour)
	whole := func(times int64) stake {
		part := ledger.Part{Price: usd(10000 * times), BuyerFee: usd(550 * times), SellerFee: usd(2000 * times), Tax: usd(0)}
		return stake{paid: 10550 * times, part: part, total: 10550 * times, of: o.ID, earned: true, left: 8000 * times, clearedAt: &now}
	}
	type places struct{ pending, available, receivable, reserved, contested, borne int64 }
	cases := map[string]struct {
		stake  stake
		amount int64
		change func(*stake, *orderRow)
		want   places
	}{
		"in the clearing period":          {whole(1), 10550, func(k *stake, _ *orderRow) { k.clearedAt = nil }, places{pending: 8000}},
		"in a dispute":                    {whole(1), 10550, func(k *stake, _ *orderRow) { k.contested = true }, places{contested: 8000}},
		"in reserve, then withdrawable":   {whole(1), 10550, nil, places{reserved: 4000, available: 4000}},
		"a part, of the reserve alone":    {whole(1), 2110, nil, places{reserved: 1600}},
		"a part, the reserve and more":    {whole(1), 6330, nil, places{reserved: 4000, available: 800}},
		"a case before has taken some":    {whole(1), 10550, func(k *stake, _ *orderRow) { k.left = 5000 }, places{reserved: 4000, available: 1000, borne: 3000}},
		"the buyer had some back":         {whole(1), 12000, nil, places{reserved: 4000, available: 4000, borne: 1450}},
		"both":                            {whole(1), 12000, func(k *stake, _ *orderRow) { k.left = 5000 }, places{reserved: 4000, available: 1000, borne: 4450}},
		"the rest is a debt":              {whole(2), 21100, nil, places{reserved: 4000, available: 4000, receivable: 8000}},
		"a debt up to a limit":            {whole(2), 21100, func(_ *stake, r *orderRow) { r.Terms.DebtLimit = 5000 }, places{reserved: 4000, available: 4000, receivable: 5000, borne: 3000}},
		"a limit that is not reached":     {whole(2), 21100, func(_ *stake, r *orderRow) { r.Terms.DebtLimit = 9000 }, places{reserved: 4000, available: 4000, receivable: 8000}},
		"a limit, and a case before":      {whole(2), 21100, func(k *stake, r *orderRow) { k.left, r.Terms.DebtLimit = 15000, 5000 }, places{reserved: 4000, available: 4000, receivable: 5000, borne: 3000}},
		"after the time of liability":     {whole(1), 12000, func(k *stake, r *orderRow) { k.left, r.EndedAt, r.Terms.Liability = 5000, &long, time.Minute }, places{borne: 9450}},
		"within the time of liability":    {whole(1), 10550, func(_ *stake, r *orderRow) { r.EndedAt, r.Terms.Liability = &long, 2*time.Hour }, places{reserved: 4000, available: 4000}},
		"at the end of that time exactly": {whole(1), 10550, func(_ *stake, r *orderRow) { r.EndedAt, r.Terms.Liability = &long, time.Hour }, places{reserved: 4000, available: 4000}},
	}
	undone := errors.New("undone")
	for name, c := range cases {
		err := b.orders.(*service).db.Tx(t.Context(), func(tx *db.Tx) error {
			row, err := lock(tx, o.ID)
			if err != nil {
				return err
			}
			if c.change != nil {
				c.change(&c.stake, &row)
			}
			r := chargebackRow{PaymentID: o.Payment.ID, Amount: c.amount, Currency: "USD", OpenedAt: now}
			if err := r.find(tx, row, c.stake); err != nil {
				return err
			}
			got := places{r.Pending, r.Available, r.Receivable, r.Reserved, r.Contested, r.Borne}
			if got != c.want || r.frozen() != got.pending+got.available+got.receivable+got.reserved+got.contested {
				t.Errorf("%s: it is found %+v, want %+v; %d are frozen", name, got, c.want, r.frozen())
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The marketplace's parts are what is left of the case, whatever the rounding.
func TestTheFeesOfACaseAreWhatIsLeftOfIt(t *testing.T) {
	k := stake{part: ledger.Part{Price: usd(10000), BuyerFee: usd(550), SellerFee: usd(2000), Tax: usd(0)}, total: 10550}
	for _, c := range [][4]int64{ // the case, what is taken elsewhere, the commission, the service fee
		{10550, 8000, 2000, 550}, {5275, 4000, 1000, 275}, {12000, 9450, 2000, 550}, {10, 8, 1, 1}, {10, 9, 0, 1}, {10, 10, 0, 0}} {
		what, err := k.fees(c[0], c[1])
		if err != nil || what.SellerFee != usd(c[2]) || what.BuyerFee != usd(c[3]) {
			t.Errorf("%v: %+v, %v", c, what, err)
		}
	}
}

// What the seller owes already counts against the limit of debt, and several reserves are used one after the other.
func TestASharesPlacesWithTwoReservesAndADebt(t *testing.T) {
	b := onSQLite(t)
	b.change(map[string]int64{"reserve_basis_points": 5000, "reserve_orders": 0})
	b.known(b.seller, "seller")
	o := b.rich2(4000)
	b.completed()
	b.pass(15 * day)
	b.decided(b.withdraw(0).ID, "approve")
	b.tasks()
	b.holds(0, 0, 8000, 0) // two reserves of 40.00
	undone := errors.New("undone")
	err := b.orders.(*service).db.Tx(t.Context(), func(tx *db.Tx) error {
		used, err := useReserve(tx, "seller", "USD", 6000)
		var left []int64
		if err := tx.Raw("SELECT reserved FROM earnings ORDER BY reserve_ends_at").Scan(&left).Error; err != nil {
			return err
		}
		if err != nil || used != 6000 || len(left) != 2 || left[0] != 0 || left[1] != 2000 {
			t.Errorf("%d are used, %v are left: %v", used, left, err)
		}
		if used, err := useReserve(tx, "seller", "USD", 6000); err != nil || used != 2000 {
			t.Errorf("then %d are used: %v", used, err)
		}
		j := ledger.Frozen(o.ID, "test", ledger.Taken{SellerID: "seller", Receivable: usd(1500)}) // a debt of 15.00
		j.Actor, j.Cause, j.At = "test", "test", tx.Now()
		if _, err := ledger.Post(tx, j); err != nil {
			return err
		}
		row, err := lock(tx, o.ID)
		if err != nil {
			return err
		}
		now := tx.Now()
		for limit, want := range map[int64][2]int64{5000: {3500, 4500}, 1500: {0, 8000}, 1000: {0, 8000}, 9500: {8000, 0}, 9499: {7999, 1}} {
			row.Terms.DebtLimit = limit
			r := chargebackRow{PaymentID: o.Payment.ID, Amount: 10550, Currency: "USD", OpenedAt: now}
			part := ledger.Part{Price: usd(10000), BuyerFee: usd(550), SellerFee: usd(2000), Tax: usd(0)}
			err := r.find(tx, row, stake{paid: 10550, part: part, total: 10550, of: o.ID, earned: true, left: 8000, clearedAt: &now})
			if err != nil || r.Receivable != want[0] || r.Borne != want[1] {
				t.Errorf("up to %d: a debt of %d, %d are borne: %v", limit, r.Receivable, r.Borne, err)
			}
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Error(err)
	}
}

// News that cannot be true, or are not about us, change nothing.
func TestACaseThatDoesNotFitItsPaymentIsNotBooked(t *testing.T) {
	b := onSQLite(t)
	o := b.completed()
	before := b.everything()
	for name, c := range map[string]payment.Chargeback{
		"in another currency": {PaymentID: o.Payment.ID, Stage: payment.NeedsResponse, Amount: money.Of(10550, "EUR"), Fee: usd(0)},
		"of more than all":    {PaymentID: o.Payment.ID, Stage: payment.NeedsResponse, Amount: usd(10551), Fee: usd(0)},
		"of nothing":          {PaymentID: o.Payment.ID, Stage: payment.NeedsResponse, Amount: usd(0), Fee: usd(0)},
		"below nothing":       {PaymentID: o.Payment.ID, Stage: payment.NeedsResponse, Amount: usd(-1), Fee: usd(0)},
		"of somebody else":    {PaymentID: "pay-of-others", Stage: payment.NeedsResponse, Amount: usd(10550), Fee: usd(0)},
		"an inquiry":          {PaymentID: o.Payment.ID, Amount: usd(10550), Fee: usd(0)},
	} {
		c.Reference = "dp_" + name
		err := b.orders.(*service).db.Tx(t.Context(), func(tx *db.Tx) error { return b.orders.(*service).settleChargeback(tx, c) })
		ours := name != "of somebody else" && name != "an inquiry"
		if (err != nil) != ours || err != nil && !strings.Contains(err.Error(), "somebody has to look at it") {
			t.Errorf("%s: %v", name, err)
		}
		if b.everything() != before {
			t.Fatalf("%s: something has changed", name)
		}
	}
	all := payment.Chargeback{Reference: "dp_all", PaymentID: o.Payment.ID, Stage: payment.NeedsResponse, Amount: usd(10550), Fee: usd(0)}
	if err := b.orders.(*service).db.Tx(t.Context(), func(tx *db.Tx) error { return b.orders.(*service).settleChargeback(tx, all) }); err != nil {
		t.Errorf("all of it: %v", err)
	}
	b.holds(0, 0, 8000, 0)
}

// Journal 17: of a debt that was worked off in part before the case was won, that part is money again.
func TestAWonChargebackReturnsThePartThatWasWorkedOff(t *testing.T) {
	b := onSQLite(t)
	b.known(b.seller, "seller")
	o := b.rich()
	b.decided(b.withdraw(0).ID, "approve")
	b.tasks()
	b.chargedBack(o)
	b.holds(0, 0, 8000, 8000)
	small := b.delivered()
	must(b.orders.RefundPart(b.seller, order.RefundPartRequest{OrderID: small.ID, Amount: 6000, Reason: "x"}))(t)
	must(b.orders.Accept(b.buyer, order.AcceptRequest{OrderID: small.ID}))(t)
	b.pass(15 * day)
	b.holds(0, 0, 8000, 4800) // 32.00 of it are paid
	b.decideCase(o.Payment, "won")
	b.holds(0, 3200, 0, 0)
}
