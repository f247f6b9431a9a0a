package bus

import "net"

// PauseAfter is tested from outside of the package, like everything here.
var PauseAfter = pauseAfter

// Consumers are a process's subscriptions, as far as their connection goes.
type Consumers struct{ consumers }

// Dial connects, as it is done for the first time and whenever the connection is lost.
func (c *Consumers) Dial(address string) (net.Conn, error) { return c.dial("tcp", address) }

// Attached says whether a connection stands.
func (c *Consumers) Attached() bool { return c.attached() }
