package bus

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// What operators see of the events: those of the last days, the dead letters, and what was discarded; newest first.

// Record is an event of the last days. Events stay for 7 days after they were delivered everywhere.
type Record struct {
	ID        string          `json:"id"`
	Publisher string          `json:"publisher"`
	Topic     string          `json:"topic"`
	Aggregate string          `json:"aggregate"`
	Payload   json.RawMessage `json:"payload"`
	EmittedAt time.Time       `json:"emitted_at"`
	Waiting   []string        `json:"waiting"` // who has not handled it yet
	Dead      []string        `json:"dead"`    // who could not
}

// Wanted says which events, and after which one: the place of the last of the page before.
type Wanted struct {
	Topic     string `json:"topic,omitempty"`     // a whole topic, or the module before the dot
	Aggregate string `json:"aggregate,omitempty"` // such as the id of an order
	After     string `json:"after,omitempty"`     // Place of the last one shown
	Limit     int    `json:"limit,omitempty"`     // 1 to 100
}

func (w Wanted) limit() int {
	if w.Limit <= 0 || w.Limit > 100 {
		return 100
	}
	return w.Limit
}

// Place is where a list goes on behind this event.
func (r Record) Place() string { return r.ID }

// Place is where a list goes on behind this dead letter.
func (d DeadLetter) Place() string { return d.EventID + " " + d.Subscriber }

// Discarded is a dead letter that an operator has given up.
type Discarded struct {
	DeadLetter

	Reason string    `json:"reason"`
	By     string    `json:"by"` // the operator's user id
	At     time.Time `json:"at"`
}

// Records lists the events in the hosted modules' outboxes, newest first.
func (b *Bus) Records(ctx context.Context, w Wanted) ([]Record, error) {
	var all []Record
	for _, o := range b.outboxes() {
		found, err := o.records(ctx, w)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return Newest(all, w.limit(), func(into *Record, from Record) {
		into.Waiting, into.Dead = append(into.Waiting, from.Waiting...), append(into.Dead, from.Dead...) // never nil: they are lists in JSON
	}), nil
}

// Newest merges lists of several processes: the newest first, what is there twice once, at most limit.
func Newest[T interface{ Place() string }](all []T, limit int, merge func(into *T, from T)) []T {
	slices.SortStableFunc(all, func(x, y T) int { return cmp.Compare(y.Place(), x.Place()) })
	merged := []T{}
	for _, x := range all {
		if n := len(merged); n > 0 && merged[n-1].Place() == x.Place() {
			if merge != nil {
				merge(&merged[n-1], x)
			}
			continue
		}
		if len(merged) == limit {
			break
		}
		merged = append(merged, x)
	}
	return merged
}

func (o outbox) records(ctx context.Context, w Wanted) ([]Record, error) {
	r := o.db.Read(ctx).Table("outbox_events").Select("id, topic, aggregate, payload, created_at")
	if module, _, whole := strings.Cut(w.Topic, "."); whole {
		r = r.Where("topic = ?", w.Topic)
	} else if module != "" {
		r = r.Where("topic >= ? AND topic < ?", module+".", module+"/") // the character after the dot
	}
	if w.Aggregate != "" {
		r = r.Where("aggregate = ?", w.Aggregate)
	}
	if w.After != "" {
		r = r.Where("id < ?", w.After)
	}
	var rows []struct {
		ID, Topic, Aggregate, Payload string

		CreatedAt time.Time
	}
	if err := r.Order("id DESC").Limit(w.limit()).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list the events of %s: %w", o.module, err)
	}
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var open []struct {
		EventID, Subscriber string

		Dead bool
	}
	err := o.db.Read(ctx).Raw("SELECT event_id, subscriber, dead_at IS NOT NULL AS dead FROM outbox_deliveries WHERE event_id IN ? ORDER BY seq", ids).Scan(&open).Error
	if err != nil {
		return nil, fmt.Errorf("list what waits in %s: %w", o.module, err)
	}
	found := make([]Record, len(rows))
	for i, row := range rows {
		publisher, _, _ := strings.Cut(row.Topic, ".")
		found[i] = Record{ID: row.ID, Publisher: publisher, Topic: row.Topic, Aggregate: row.Aggregate, Payload: json.RawMessage(row.Payload),
			EmittedAt: row.CreatedAt.UTC(), Waiting: []string{}, Dead: []string{}}
		for _, d := range open {
			switch {
			case d.EventID != row.ID:
			case d.Dead:
				found[i].Dead = append(found[i].Dead, d.Subscriber)
			default:
				found[i].Waiting = append(found[i].Waiting, d.Subscriber)
			}
		}
	}
	return found, nil
}

// LatestDeadLetters is DeadLetters with the newest event first.
func (b *Bus) LatestDeadLetters(ctx context.Context, w Wanted) ([]DeadLetter, error) {
	var all []DeadLetter
	for _, o := range b.outboxes() {
		var rows []letterRow
		err := o.db.Read(ctx).Raw(selectLetters+" AND (d.event_id, d.subscriber) < (?, ?) ORDER BY d.event_id DESC, d.subscriber DESC LIMIT ?",
			append(behind(w.After), w.limit())...).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("list the dead letters of %s: %w", o.module, err)
		}
		for _, r := range rows {
			all = append(all, r.letter(o.module))
		}
	}
	return Newest(all, w.limit(), nil), nil
}

// behind takes a place apart; before the first page it is behind everything.
func behind(place string) []any {
	event, subscriber, _ := strings.Cut(place, " ")
	if event == "" {
		event = "~" // after every id
	}
	return []any{event, subscriber}
}

// Discarded lists what was discarded in the hosted modules' outboxes, the newest event first.
func (b *Bus) Discarded(ctx context.Context, w Wanted) ([]Discarded, error) {
	var all []Discarded
	for _, o := range b.outboxes() {
		var rows []struct {
			Letter letterRow `gorm:"embedded"`

			Reason, DiscardedBy string
			DiscardedAt         time.Time
		}
		err := o.db.Read(ctx).Raw(`SELECT seq, event_id, subscriber, topic, aggregate, attempts, last_error, dead_at, payload, emitted_at AS created_at,
				reason, discarded_by, discarded_at
			FROM outbox_discarded WHERE (event_id, subscriber) < (?, ?) ORDER BY event_id DESC, subscriber DESC LIMIT ?`,
			append(behind(w.After), w.limit())...).Scan(&rows).Error
		if err != nil {
			return nil, fmt.Errorf("list what was discarded in %s: %w", o.module, err)
		}
		for _, r := range rows {
			all = append(all, Discarded{DeadLetter: r.Letter.letter(o.module), Reason: r.Reason, By: r.DiscardedBy, At: r.DiscardedAt.UTC()})
		}
	}
	return Newest(all, w.limit(), nil), nil
}

// Discard gives a dead letter up: its subscriber will never hear of the event. Who did it and why is kept with it for a
// year. A fault if there is no such dead letter.
func (b *Bus) Discard(ctx context.Context, id, by, reason string) error {
	module, seq, err := parseID(id)
	if err != nil {
		return err
	}
	for _, o := range b.outboxes() {
		if o.module == module {
			return o.discard(ctx, seq, by, reason)
		}
	}
	return noSuchLetter()
}

func (o outbox) discard(ctx context.Context, seq int64, by, reason string) error {
	err := o.db.Tx(ctx, func(tx *db.Tx) error {
		kept := tx.Exec(`INSERT INTO outbox_discarded (seq, event_id, subscriber, topic, aggregate, payload, emitted_at, attempts, last_error, dead_at, reason, discarded_by, discarded_at)
			SELECT d.seq, d.event_id, d.subscriber, d.topic, d.aggregate, e.payload, e.created_at, d.attempts, d.last_error, d.dead_at, ?, ?, ?
			FROM outbox_deliveries d JOIN outbox_events e ON e.id = d.event_id WHERE d.seq = ? AND d.dead_at IS NOT NULL`,
			storableText(reason), by, tx.Now(), seq)
		if kept.Error != nil {
			return kept.Error
		}
		if kept.RowsAffected == 0 {
			return noSuchLetter()
		}
		return tx.Exec("DELETE FROM outbox_deliveries WHERE seq = ? AND dead_at IS NOT NULL", seq).Error
	})
	if err != nil {
		return fmt.Errorf("discard a dead letter of %s: %w", o.module, err)
	}
	return nil
}

func noSuchLetter() error {
	return fault.NotFoundf("There is no such dead letter. List them to see their ids.")
}
