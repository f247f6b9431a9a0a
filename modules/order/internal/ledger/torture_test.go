//go:build torture

package ledger

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
)

// Issue 5: every price from 0.01 to 20,000.00 at every fee from 0 to 30 % in steps of 0.05 %: 1.2 billion pairs of price and
// fee. Each is led through partial refunds at random places; about an hour on two cores.
func TestPartsAreTheWholeAtAllPricesAndFees(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	workers := runtime.GOMAXPROCS(0)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(w)))
			for price := int64(w + 1); price <= mostPrice; price += int64(workers) {
				for bips := int64(0); bips <= mostFee; bips += feeStep {
					whole(t, price, bips, mostFee-bips, cuts(random, price))
				}
			}
		})
	}
	wait.Wait()
}
