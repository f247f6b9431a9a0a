//go:build !torture

package bus_test

import "time"

// What the tests of everyday do; torture_test.go has the long versions.
const (
	brokerKills  = 2 // and once more, to stay away
	brokerAway   = 0 * time.Second
	crowdPause   = 100 * time.Millisecond
	patience     = 90 * time.Second // far longer than what a test waits for takes
	databaseAway = 2 * time.Second

	// Machines that test are busy with other things.
	leastDrain = 0 // events a second
	backWithin = time.Minute

	aggregatesMany, aggregatesFew, eventsEach = 30, 20, 30
)
