package bus

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// DeadLetter is an event that a module could not handle in all its attempts. It waits for a person: mend the cause,
// then Retry.
type DeadLetter struct {
	ID         string          `json:"id"` // <whose outbox it is in>/<number>, for Retry
	EventID    string          `json:"event_id"`
	Publisher  string          `json:"publisher"`
	Subscriber string          `json:"subscriber"`
	Topic      string          `json:"topic"`
	Aggregate  string          `json:"aggregate"`
	Payload    json.RawMessage `json:"payload"`
	Attempts   int             `json:"attempts"`
	LastError  string          `json:"last_error"`
	EmittedAt  time.Time       `json:"emitted_at"`
	DeadAt     time.Time       `json:"dead_at"`
}

// DeadLetters lists the dead letters in the hosted modules' outboxes, by module and then oldest first: the publisher's
// outbox, or with a broker the subscriber's. after is the
// id of the last one of the page before, empty for the first page; limit is 100 at most. A page that is not full is
// the last.
func (b *Bus) DeadLetters(ctx context.Context, after string, limit int) ([]DeadLetter, error) {
	if limit <= 0 || limit > 100 {
		limit = 100
	}
	publisher, seq := "", int64(0)
	if after != "" {
		var err error
		if publisher, seq, err = parseID(after); err != nil {
			return nil, err
		}
	}
	letters := []DeadLetter{}
	for _, o := range b.outboxes() {
		if o.module < publisher || len(letters) == limit {
			continue
		}
		if o.module > publisher {
			seq = 0
		}
		found, err := o.deadLetters(ctx, seq, limit-len(letters))
		if err != nil {
			return nil, err
		}
		letters = append(letters, found...)
	}
	return letters, nil
}

const selectLetters = `SELECT d.seq, d.event_id, d.subscriber, d.topic, d.aggregate, d.attempts, d.last_error,
		d.dead_at, e.payload, e.created_at
	FROM outbox_deliveries d JOIN outbox_events e ON e.id = d.event_id WHERE d.dead_at IS NOT NULL`

type letterRow struct {
	Seq                                                       int64
	EventID, Subscriber, Topic, Aggregate, Payload, LastError string
	Attempts                                                  int
	CreatedAt, DeadAt                                         time.Time
}

func (r letterRow) letter(module string) DeadLetter {
	publisher, _, _ := strings.Cut(r.Topic, ".") // with a broker the subscriber keeps it
	return DeadLetter{ID: module + "/" + strconv.FormatInt(r.Seq, 10), EventID: r.EventID, Publisher: publisher,
		Subscriber: r.Subscriber, Topic: r.Topic, Aggregate: r.Aggregate, Payload: json.RawMessage(r.Payload),
		Attempts: r.Attempts, LastError: r.LastError, EmittedAt: r.CreatedAt.UTC(), DeadAt: r.DeadAt.UTC()}
}

func (o outbox) deadLetters(ctx context.Context, after int64, limit int) ([]DeadLetter, error) {
	var rows []letterRow
	if err := o.db.Read(ctx).Raw(selectLetters+" AND d.seq > ? ORDER BY d.seq LIMIT ?", after, limit).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("list the dead letters of %s: %w", o.module, err)
	}
	letters := make([]DeadLetter, len(rows))
	for i, r := range rows {
		letters[i] = r.letter(o.module)
	}
	return letters, nil
}

// Retry delivers a dead letter again, with all its attempts; later events of its aggregate wait for it once more. It
// works beside a running process, which takes the event within a second. A fault if there is no such dead letter.
func (b *Bus) Retry(ctx context.Context, id string) error {
	publisher, seq, err := parseID(id)
	if err != nil {
		return err
	}
	for _, o := range b.outboxes() {
		if o.module != publisher {
			continue
		}
		revived, err := o.revive(ctx, "seq = ?", seq)
		if err == nil && revived == 0 {
			return noSuchLetter()
		}
		b.wakeAll(publisher)
		return err
	}
	return noSuchLetter()
}

// RetryAll delivers every dead letter of the hosted modules' events again, and says how many.
func (b *Bus) RetryAll(ctx context.Context) (int, error) {
	total := 0
	for _, o := range b.outboxes() {
		revived, err := o.revive(ctx, "1 = 1")
		total += revived
		if err != nil {
			return total, err
		}
		b.wakeAll(o.module)
	}
	return total, nil
}

func (o outbox) revive(ctx context.Context, which string, args ...any) (revived int, err error) {
	err = o.db.Tx(ctx, func(tx *db.Tx) error {
		updated := tx.Exec("UPDATE outbox_deliveries SET dead_at = NULL, attempts = 0, due_at = ? WHERE dead_at IS NOT NULL AND "+which,
			append([]any{tx.Now()}, args...)...)
		revived = int(updated.RowsAffected)
		return updated.Error
	})
	if err != nil {
		return 0, fmt.Errorf("retry dead letters of %s: %w", o.module, err)
	}
	return revived, nil
}

func (b *Bus) wakeAll(publisher string) {
	t := b.carrier()
	if t == nil {
		return
	}
	for _, w := range t.workers() {
		if w.outbox.module == publisher {
			w.wakeUp()
		}
	}
}

func parseID(id string) (publisher string, seq int64, err error) {
	publisher, number, _ := strings.Cut(id, "/")
	if seq, err = strconv.ParseInt(number, 10, 64); err != nil {
		return "", 0, fault.Invalidf("The id of a dead letter looks like order/17.")
	}
	return publisher, seq, nil
}
