//go:build torture

package bus_test

import "time"

// What `make torture` does.
const (
	brokerKills  = 30
	brokerAway   = 2 * time.Minute
	crowdPause   = 10 * time.Millisecond
	patience     = 5 * time.Minute // far longer than what a test waits for takes
	databaseAway = 30 * time.Second

	leastDrain = 1000
	backWithin = 5 * time.Second

	aggregatesMany, aggregatesFew, eventsEach = 60, 60, 50
)
