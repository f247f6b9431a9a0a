//go:build !torture

package bus_test

import "time"

// What the tests of everyday do; torture_test.go has the long versions.
const (
	brokerKills  = 5 // and once more, to stay away
	brokerAway   = 0 * time.Second
	crowdPause   = 40 * time.Millisecond
	databaseAway = 2 * time.Second
	leastDrain   = 0 // events a second; machines that test are busy with other things

	aggregatesMany, aggregatesFew, eventsEach = 30, 20, 30
)
