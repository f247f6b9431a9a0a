package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"marketplace/platform/db"
)

// outbox is what one module has emitted and is not yet done with.
type outbox struct {
	module string
	db     *db.DB
}

// row is a delivery with its event.
type row struct {
	Seq       int64
	EventID   string
	Topic     string
	Aggregate string
	Attempts  int
	Payload   string
	Headers   string
	CreatedAt time.Time
}

func (r row) event(module string) db.Emitted {
	headers := map[string]string{}
	_ = json.Unmarshal([]byte(r.Headers), &headers) // written by Emit; without them the event is still the event
	return db.Emitted{ID: r.EventID, Module: module, Topic: r.Topic, Aggregate: r.Aggregate, Payload: []byte(r.Payload),
		Headers: headers, CreatedAt: r.CreatedAt}
}

// rowOf is an event from the broker as it would be read from an outbox.
func rowOf(e db.Emitted) row {
	headers, _ := json.Marshal(e.Headers) // texts always have a JSON form
	return row{EventID: e.ID, Topic: e.Topic, Aggregate: e.Aggregate, Payload: string(e.Payload), Headers: string(headers), CreatedAt: e.CreatedAt}
}

// duePart selects a subscriber's deliveries whose time has come, without those behind an earlier one of the same
// aggregate that waits for its retry. A dead letter holds nobody back. It is no NOT EXISTS: PostgreSQL makes a join of
// that, and for a table that it believes to be small a join that compares everything with everything.
const duePart = ` FROM outbox_deliveries d JOIN outbox_events e ON e.id = d.event_id
	WHERE d.subscriber = ? AND d.dead_at IS NULL AND d.due_at <= ? AND d.topic IN ?
	AND (SELECT 1 FROM outbox_deliveries p WHERE p.subscriber = d.subscriber AND p.aggregate = d.aggregate
		AND p.seq < d.seq AND p.dead_at IS NULL AND p.due_at > ? AND p.topic IN ? LIMIT 1) IS NULL`

// dueOf is duePart for some topics; without any, all of them are meant. They stand in the statement itself: names of the program,
// dozens of them, which would have to be brought to the database each time.
func dueOf(topics []string) string {
	if topics == nil {
		return strings.NewReplacer(" AND d.topic IN ?", "", " AND p.topic IN ?", "").Replace(duePart)
	}
	quoted := make([]string, len(topics))
	for i, topic := range topics {
		quoted[i] = "'" + strings.ReplaceAll(topic, "'", "''") + "'"
	}
	return strings.ReplaceAll(duePart, " IN ?", " IN ("+strings.Join(quoted, ", ")+")")
}

// due returns a subscriber's next deliveries in the order in which they were emitted; part is that of its topics (dueOf). The
// limit is no value: SQLite would plan the statement anew for each.
func (o outbox) due(ctx context.Context, part, subscriber string, limit int) ([]row, error) {
	var rows []row
	now := o.db.Now()
	err := o.db.Read(ctx).Raw("SELECT d.seq, d.event_id, d.topic, d.aggregate, d.attempts, e.payload, e.headers, e.created_at"+
		part+" ORDER BY d.seq LIMIT "+strconv.Itoa(limit), subscriber, now, now).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read what is due: %w", err)
	}
	return rows, nil
}

// anyDue says whether due would return something.
func (o outbox) anyDue(ctx context.Context, part, subscriber string) (bool, error) {
	var found []int
	now := o.db.Now()
	if err := o.db.Read(ctx).Raw("SELECT 1"+part+" LIMIT 1", subscriber, now, now).Scan(&found).Error; err != nil {
		return false, fmt.Errorf("look for what is due: %w", err)
	}
	return len(found) > 0, nil
}

// busy says whether anything is to be delivered, now or later.
func (o outbox) busy(ctx context.Context) (bool, error) {
	var found []int
	err := o.db.Read(ctx).Raw("SELECT 1 FROM outbox_deliveries WHERE dead_at IS NULL LIMIT 1").Scan(&found).Error
	if err != nil {
		return false, fmt.Errorf("look into the outbox of %s: %w", o.module, err)
	}
	return len(found) > 0, nil
}

// settle writes down what has become of a batch, in one short transaction.
func (o outbox) settle(ctx context.Context, done []int64, failed []failure) error {
	return o.db.Tx(ctx, func(tx *db.Tx) error {
		if len(done) > 0 {
			if err := tx.Exec("DELETE FROM outbox_deliveries WHERE seq IN ?", db.Rounded(done)).Error; err != nil {
				return err
			}
		}
		for _, f := range failed {
			var dead *time.Time
			if f.dead {
				now := tx.Now()
				dead = &now
			}
			// Guarded: another replica may have tried it in the meantime.
			err := tx.Exec("UPDATE outbox_deliveries SET attempts = ?, due_at = ?, last_error = ?, dead_at = ? WHERE seq = ? AND attempts = ?",
				f.Attempts, f.due, storable(f.err), dead, f.Seq, f.Attempts-1).Error
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// storable is the error as both databases can keep it: 2,000 bytes at most, valid text.
func storable(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	return storableText(text[:min(len(text), 2000)])
}

func storableText(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}

// Lag is what waits between a publisher and a subscriber.
type Lag struct {
	Publisher  string        `json:"publisher"`
	Subscriber string        `json:"subscriber"`
	Pending    int           `json:"pending"` // deliveries not yet done, without the dead letters
	Dead       int           `json:"dead"`    // dead letters
	Oldest     time.Duration `json:"oldest"`  // how long the first of the pending has waited; nanoseconds in JSON
}

// Lag tells, for each hosted publisher and each subscriber with deliveries, what waits. It counts rows: ask it now and
// then, not often.
func (b *Bus) Lag(ctx context.Context) ([]Lag, error) {
	var all []Lag
	for _, o := range b.outboxes() {
		found, err := o.lag(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (o outbox) lag(ctx context.Context) ([]Lag, error) {
	var found []struct {
		Subscriber    string
		Pending, Dead int
		CreatedAt     *time.Time
	}
	err := o.db.Read(ctx).Raw(`SELECT c.subscriber, c.pending, c.dead, e.created_at FROM (
			SELECT subscriber, SUM(CASE WHEN dead_at IS NULL THEN 1 ELSE 0 END) AS pending,
				SUM(CASE WHEN dead_at IS NULL THEN 0 ELSE 1 END) AS dead,
				MIN(CASE WHEN dead_at IS NULL THEN seq END) AS oldest
			FROM outbox_deliveries GROUP BY subscriber) c
		LEFT JOIN outbox_deliveries d ON d.seq = c.oldest LEFT JOIN outbox_events e ON e.id = d.event_id
		ORDER BY c.subscriber`).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("count the outbox of %s: %w", o.module, err)
	}
	lags := make([]Lag, len(found))
	for i, f := range found {
		lags[i] = Lag{Publisher: o.module, Subscriber: f.Subscriber, Pending: f.Pending, Dead: f.Dead}
		if f.CreatedAt != nil {
			lags[i].Oldest = max(0, o.db.Now().Sub(*f.CreatedAt))
		}
	}
	return lags, nil
}
