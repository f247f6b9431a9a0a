package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"marketplace/platform/db"
)

// With a broker, what a module cannot handle now is parked: it becomes a delivery of the module's own outbox, to
// itself, and the worker of that outbox brings it again, makes a dead letter of it, and keeps the order. The queue goes on
// at once, so one event that fails holds back only its aggregate, and nothing is given back to the broker, which would
// send it again without a pause.

// waits says whether something of the aggregate is parked, so that what comes now must get in line.
func (o outbox) waits(ctx context.Context, aggregate string) (bool, error) {
	var found []int
	err := o.db.Read(ctx).Raw("SELECT 1 FROM outbox_deliveries WHERE subscriber = ? AND aggregate = ? AND dead_at IS NULL LIMIT 1",
		o.module, aggregate).Scan(&found).Error
	if err != nil {
		return false, fmt.Errorf("look for parked events: %w", err)
	}
	return len(found) > 0, nil
}

// park writes the event down, with what has become of it so far, unless it is there or was handled meanwhile: the
// broker may have given it to another replica too.
func (o outbox) park(ctx context.Context, handler string, e db.Emitted, f failure) error {
	headers, err := json.Marshal(e.Headers)
	if err != nil {
		return err
	}
	return o.db.Tx(ctx, func(tx *db.Tx) error {
		var known []int
		err := tx.Raw(`SELECT 1 FROM outbox_deliveries WHERE subscriber = ? AND event_id = ?
			UNION ALL SELECT 1 FROM inbox WHERE handler = ? AND event_id = ?`, o.module, e.ID, handler, e.ID).Scan(&known).Error
		if err != nil || len(known) > 0 {
			return err
		}
		emitted := e.CreatedAt
		if emitted.IsZero() {
			emitted = tx.Now()
		}
		err = tx.Exec(`INSERT INTO outbox_events (id, topic, aggregate, payload, headers, created_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, e.ID, e.Topic, e.Aggregate, storablePayload(e.Payload), string(headers), emitted).Error
		if err != nil {
			return err
		}
		var dead *time.Time
		if f.dead {
			now := tx.Now()
			dead = &now
		}
		return tx.Exec(`INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, attempts, due_at, last_error, dead_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, e.ID, o.module, e.Topic, e.Aggregate, f.Attempts, f.due, storable(f.err), dead).Error
	})
}

// storablePayload is the event's JSON. What somebody else has put into the queue may be anything: then it is a JSON text.
func storablePayload(payload []byte) string {
	if json.Valid(payload) {
		return string(payload)
	}
	text, _ := json.Marshal(storableText(string(payload))) // a text always has a JSON
	return string(text)
}

// settledOf returns which of the events the module has handled or parked.
func (o outbox) settledOf(ctx context.Context, handler string, events []string) ([]string, error) {
	var found []string
	err := o.db.Read(ctx).Raw(`SELECT event_id FROM inbox WHERE handler = ? AND event_id IN ?
		UNION SELECT event_id FROM outbox_deliveries WHERE subscriber = ? AND event_id IN ?`,
		handler, events, o.module, events).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("look for what %s has handled: %w", o.module, err)
	}
	return found, nil
}
