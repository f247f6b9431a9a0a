package bus

import (
	"context"
	"fmt"

	"marketplace/platform/db"
)

// A marketplace moves from events in memory to a broker, or back, with rows in its outboxes: nothing of them is lost.

// hurry makes what waits for a subscriber elsewhere due at once, so that the relay can begin behind it.
func (o outbox) hurry(ctx context.Context) error {
	err := o.db.Tx(ctx, func(tx *db.Tx) error {
		return tx.Exec("UPDATE outbox_deliveries SET due_at = ? WHERE dead_at IS NULL AND due_at > ? AND subscriber NOT IN (?, ?)",
			tx.Now(), tx.Now(), relay, o.module).Error
	})
	if err != nil {
		return fmt.Errorf("hurry what waits in the outbox of %s: %w", o.module, err)
	}
	return nil
}

// takeBack turns what waits for a relay that does not run any more into deliveries to those who hear it. Without
// routes nobody has emitted for a relay.
func (b *Bus) takeBack(ctx context.Context) error {
	if b.options.Routes == nil {
		return nil
	}
	for _, o := range b.outboxes() {
		if err := o.takeBack(ctx, b.options.Routes); err != nil {
			return fmt.Errorf("take back what waits for the relay in the outbox of %s: %w", o.module, err)
		}
	}
	return nil
}

func (o outbox) takeBack(ctx context.Context, routes *db.Routes) error {
	var waits []int
	err := o.db.Read(ctx).Raw("SELECT 1 FROM outbox_deliveries WHERE subscriber = ? LIMIT 1", relay).Scan(&waits).Error
	if err != nil || len(waits) == 0 {
		return err
	}
	return o.db.Tx(ctx, func(tx *db.Tx) error {
		var last int64
		if err := tx.Raw("SELECT MAX(seq) FROM outbox_deliveries WHERE subscriber = ?", relay).Scan(&last).Error; err != nil {
			return err
		}
		for _, subscriber := range routes.Hearers() {
			err := tx.Exec(`INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, due_at)
				SELECT event_id, ?, topic, aggregate, due_at FROM outbox_deliveries WHERE subscriber = ? AND seq <= ? AND topic IN ? ORDER BY seq`,
				subscriber, relay, last, routes.Topics(subscriber)).Error
			if err != nil {
				return err
			}
		}
		return tx.Exec("DELETE FROM outbox_deliveries WHERE subscriber = ? AND seq <= ?", relay, last).Error
	})
}
