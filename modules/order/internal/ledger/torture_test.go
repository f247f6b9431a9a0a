//go:build torture

package ledger

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// Issue 5: every price from 0.01 to 20,000.00 at every fee from 0 to 30 % in steps of 0.05 %: 1.2 billion pairs, each against
// plain integers of its own. Of each fee, what belongs to two parts of the price that go back one after the other, and to the
// rest, is the whole of it. Journals are made for a pair in a thousand, at random places. Minutes on two cores.
func TestPartsAreTheWholeAtAllPricesAndFees(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	workers := runtime.GOMAXPROCS(0)
	var pairs atomic.Int64
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(w)))
			for price := int64(w + 1); price <= mostPrice && !t.Failed(); price += int64(workers) {
				first := random.Int64N(price + 1)
				second := first + random.Int64N(price-first+1)
				for bips := int64(0); bips <= mostFee; bips += feeStep {
					parts(t, price, bips, first, second)
				}
				pairs.Add(mostFee/feeStep + 1)
				if price%2 == 0 { // one pair of the six hundred
					whole(t, price, feeStep*random.Int64N(mostFee/feeStep+1), feeStep*random.Int64N(mostFee/feeStep+1), cuts(random, price))
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d pairs of a price and a fee", pairs.Load())
	if want := int64(mostPrice * (mostFee/feeStep + 1)); pairs.Load() != want && !t.Failed() {
		t.Errorf("that are not all %d", want)
	}
}

// parts checks one fee of one price, of which first and then more, up to second, goes back.
func parts(t *testing.T, price, bips, first, second int64) {
	fee, err := usd(price).Share(bips)
	want := (price*bips + 5000) / 10000
	if err != nil || fee.Minor != want || want < 0 || want > price {
		t.Errorf("the fee of %d at %d is %v, want %d: %v", price, bips, fee, want, err)
		return
	}
	one, err1 := fee.Portion(first, price)
	two, err2 := fee.Portion(second, price)
	all, err3 := fee.Portion(price, price)
	if err1 != nil || err2 != nil || err3 != nil {
		t.Errorf("%d at %d: %v %v %v", price, bips, err1, err2, err3)
		return
	}
	switch {
	case one.Minor != (2*want*first+price)/(2*price) || two.Minor != (2*want*second+price)/(2*price):
		t.Errorf("of the fee %d of %d, %s belong to %d and %s to %d", want, price, one, first, two, second)
	case one.Minor < 0 || two.Minor < one.Minor || two.Minor > want:
		t.Errorf("of the fee %d of %d, a part is less than nothing: %s, %s", want, price, one, two)
	case all.Minor != want || one.Minor+(two.Minor-one.Minor)+(all.Minor-two.Minor) != want:
		t.Errorf("of the fee %d of %d, the parts are not the whole", want, price)
	}
}
