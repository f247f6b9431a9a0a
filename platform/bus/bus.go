// Package bus carries events from the outbox of the module that emitted them to the modules that hear
// them: delivered at least once, effective exactly once, in order for each aggregate. It is the one place that knows
// Watermill.
package bus

import (
	"context"

	"marketplace/platform/db"
)

// Handle makes the module react to an event, wherever it was emitted. fn runs in a transaction of the
// module's database together with the inbox row that makes its effect happen once; an error rolls both
// back, and the event comes again later (after several attempts it is a dead letter). fn must not call a
// peer that writes; it may read from peers before it writes.
func Handle[E db.Event](ev *Events, fn func(ctx context.Context, tx *db.Tx, e E) error) { panic("todo") }

// Watch tells this instance of every such event soon after it was committed: a best-effort signal for live
// pages, which may be lost, and never changes a database. fn must return quickly.
func Watch[E db.Event](ev *Events, fn func(ctx context.Context, e E)) { panic("todo") }

// Events is one module's end of the bus.
type Events struct{}
