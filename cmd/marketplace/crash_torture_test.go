//go:build torture

package main

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"marketplace/platform/apptest"
)

// kills is how often a process is killed under load; KILLS in the environment says another number.
func kills() int { return often("KILLS", 500) }

func often(name string, usual int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return usual
}

// Issue 5: fifty times the database ends at once under an order load, as when its machine loses power, and is started again.
// Nothing acknowledged is lost, no journal is unbalanced, no effect is doubled, no event stays; the process is not restarted.
func TestCrashesOfTheDatabaseLoseNothingAndDoubleNothing(t *testing.T) {
	cluster := apptest.NewCluster(t)
	f := newFleet(t, shape{name: "one process on a PostgreSQL that crashes", database: cluster.URL})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	stop := f.load()
	for range often("CRASHES", 50) {
		f.yes.more(t, 3+random.IntN(8))
		cluster.Stop(t)
		cluster.Start(t)
		f.children[0].awaitReady(t)
	}
	stop()
	f.expectIntact(t)
}
