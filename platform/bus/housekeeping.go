package bus

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"marketplace/platform/db"
)

// How long rows stay after they have done their work. The inbox must remember an event for longer than its delivery can
// be outstanding.
const (
	keepEvents = 7 * 24 * time.Hour
	keepInbox  = 30 * 24 * time.Hour
	keepGiven  = 365 * 24 * time.Hour // what was discarded
	sweepRows  = 500                  // in one transaction, so that nobody waits long for it
)

// keepHouse measures the outboxes every 15 s and sweeps old rows after a minute and then every hour, until ctx ends.
func (b *Bus) keepHouse(ctx context.Context) error {
	measure, sweep := time.NewTicker(15*time.Second), time.NewTimer(time.Minute)
	defer measure.Stop()
	defer sweep.Stop()
	for {
		_ = b.Measure(ctx) // a database that is away is the workers' to report
		select {
		case <-ctx.Done():
			return nil
		case <-measure.C:
		case <-sweep.C:
			sweep.Reset(time.Hour)
			if err := b.Sweep(ctx); err != nil && ctx.Err() == nil {
				b.log.Warn("old events were not swept", zap.Error(err))
			}
		}
	}
}

// Measure counts what waits in the outboxes, for the metrics. Run does it every 15 s.
func (b *Bus) Measure(ctx context.Context) error {
	b.metrics.measuring.Lock() // what was read last is what is shown
	defer b.metrics.measuring.Unlock()
	lags, err := b.Lag(ctx)
	if err == nil {
		b.metrics.measure(lags)
	}
	return err
}

// Sweep deletes the events that were delivered everywhere and are older than 7 days, and inbox rows older than 30 days,
// in small transactions. Run does it every hour.
func (b *Bus) Sweep(ctx context.Context) error {
	for _, o := range b.outboxes() {
		err := o.sweep(ctx, `DELETE FROM outbox_events WHERE id IN (SELECT e.id FROM outbox_events e WHERE e.created_at < ?
			AND NOT EXISTS (SELECT 1 FROM outbox_deliveries d WHERE d.event_id = e.id) ORDER BY e.created_at LIMIT ?)`, keepEvents)
		if err != nil {
			return fmt.Errorf("sweep the events of %s: %w", o.module, err)
		}
		err = o.sweep(ctx, `DELETE FROM inbox WHERE (handler, event_id) IN
			(SELECT i.handler, i.event_id FROM inbox i WHERE i.handled_at < ? ORDER BY i.handled_at LIMIT ?)`, keepInbox)
		if err != nil {
			return fmt.Errorf("sweep the inbox of %s: %w", o.module, err)
		}
		err = o.sweep(ctx, `DELETE FROM outbox_discarded WHERE seq IN
			(SELECT g.seq FROM outbox_discarded g WHERE g.discarded_at < ? ORDER BY g.discarded_at LIMIT ?)`, keepGiven)
		if err != nil {
			return fmt.Errorf("sweep what was discarded in %s: %w", o.module, err)
		}
	}
	return nil
}

func (o outbox) sweep(ctx context.Context, statement string, keep time.Duration) error {
	for {
		var swept int64
		err := o.db.Tx(ctx, func(tx *db.Tx) error {
			deleted := tx.Exec(statement, tx.Now().Add(-keep), sweepRows)
			swept = deleted.RowsAffected
			return deleted.Error
		})
		if err != nil || swept < sweepRows {
			return err
		}
	}
}
