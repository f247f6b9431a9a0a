//go:build torture

package bus_test

import "time"

// What `make torture` does.
const (
	brokerKills  = 30
	brokerAway   = 2 * time.Minute
	leastDrain   = 1000
	databaseAway = 30 * time.Second
)
