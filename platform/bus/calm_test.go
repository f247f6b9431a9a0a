//go:build !torture

package bus_test

import "time"

// What the tests of everyday do; torture_test.go has the long versions.
const (
	brokerKills  = 6
	brokerAway   = 0 * time.Second
	leastDrain   = 0 // machines that test are busy with other things
	databaseAway = 2 * time.Second
)
