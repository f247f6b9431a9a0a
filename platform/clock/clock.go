// Package clock is the one place that reads the time. Everything that asks what time it is asks a
// *Clock, so that tests and the demo can move it.
package clock

import (
	"sync/atomic"
	"time"
)

// Clock tells the time in UTC, truncated to microseconds: what both databases keep. The zero value is
// the system's clock; Advance moves it for everybody who holds it.
type Clock struct{ offset atomic.Int64 }

// New returns the system's clock.
func New() *Clock { return &Clock{} }

// Now is the present time.
func (c *Clock) Now() time.Time {
	return time.Now().Add(time.Duration(c.offset.Load())).UTC().Truncate(time.Microsecond)
}

// Advance moves the clock forward (or back, with a negative duration) from where it stands.
func (c *Clock) Advance(d time.Duration) { c.offset.Add(int64(d)) }
