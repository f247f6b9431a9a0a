package main

import (
	"math/rand/v2"
	"testing"
	"time"
)

// Rows X7, Z3, S13: fifty times kill -9 under an order load, five hundred times in make torture. Nothing acknowledged is lost, no journal is unbalanced, no
// effect is doubled, no event stays.
func TestKillsLoseNothingAndDoubleNothing(t *testing.T) {
	for _, s := range shapes()[:2] {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t, s)
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			stop := f.load()
			for range kills() {
				f.yes.more(t, 3+random.IntN(8))
				f.children[0].kill()
				f.children[0].start(t)
				f.children[0].awaitReady(t)
			}
			stop()
			f.expectIntact(t)
		})
	}
}

// Rows X5, X7: with two replicas of every module, each process is killed in turn under load. What was acknowledged stays,
// and after a moment every request is answered again, also while the killed one is away.
func TestEveryProcessIsKilledInTurn(t *testing.T) {
	f := newFleet(t, twoReplicas())
	stop := f.load()
	f.yes.more(t, 20)
	for _, c := range f.children {
		killed := time.Now()
		c.kill()
		f.yes.more(t, 15)
		f.yes.mu.Lock()
		recovered := max(0, f.yes.lastFailure.Sub(killed))
		t.Logf("%v: the last request failed %v after the kill", c.config(t).Modules, recovered.Round(time.Millisecond))
		f.yes.mu.Unlock()
		c.start(t)
		c.awaitReady(t)
	}
	stop()
	f.expectIntact(t)
}
