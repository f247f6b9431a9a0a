package db

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"marketplace/platform/identity"
	"marketplace/platform/trace"
)

// Event is something that has happened in a module. Contracts declare their events as plain structs with
// these two methods; they carry ids and the facts of the moment, never a secret.
type Event interface {
	Topic() string     // <module>.<past participle>.v<N>, the same for every value of the type
	Aggregate() string // the id of what it happened to; its events reach a module in order
}

// Emitted is an event as it is stored and sent.
type Emitted struct {
	ID        string
	Module    string // whose outbox it is in
	Topic     string
	Aggregate string
	Payload   []byte // the event as JSON
	Headers   map[string]string
	CreatedAt time.Time
}

// Headers that travel with an event beside its payload.
const (
	HeaderRequest = "request_id" // the request that caused it (row W8)
	HeaderActor   = "actor"      // the id of the user who caused it; "system"
	HeaderTrace   = trace.Header // the step of the trace in which it was emitted
)

// Routes knows which modules hear a topic, wherever they run. It is filled while the marketplace is put
// together, from Module.Hears, and read when events are emitted.
type Routes struct {
	mu    sync.RWMutex
	hears map[string][]string
	relay string // who carries every event instead of its subscribers
}

// Via makes Emit write one row for the relay, heard or not, instead of one for each subscriber: the relay brings the
// event to a broker, which knows them.
func (r *Routes) Via(relay string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.relay = relay
}

// Add notes that the subscriber hears these events.
func (r *Routes) Add(subscriber string, events ...Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hears == nil {
		r.hears = map[string][]string{}
	}
	for _, e := range events {
		if !slices.Contains(r.hears[e.Topic()], subscriber) {
			r.hears[e.Topic()] = append(r.hears[e.Topic()], subscriber)
		}
	}
}

// Subscribers returns who hears the topic.
func (r *Routes) Subscribers(topic string) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.hears[topic]
}

// recipients returns for whom Emit writes a row.
func (r *Routes) recipients(topic string) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.relay != "" {
		return []string{r.relay}
	}
	return r.hears[topic]
}

// Heard returns every topic that somebody hears, sorted.
func (r *Routes) Heard() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.hears))
}

// Hearers returns everybody who hears something, sorted.
func (r *Routes) Hearers() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var all []string
	for _, subscribers := range r.hears {
		all = append(all, subscribers...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Topics returns every topic that the subscriber hears, sorted.
func (r *Routes) Topics(subscriber string) []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var topics []string
	for topic, subscribers := range r.hears {
		if slices.Contains(subscribers, subscriber) {
			topics = append(topics, topic)
		}
	}
	slices.Sort(topics)
	return topics
}

// Cause is who and what caused an event, as its headers tell.
type Cause map[string]string

// CauseOf is what happens now: the request, the step of its trace and who is acting.
func CauseOf(ctx context.Context) Cause {
	c := Cause{}
	if id := identity.Request(ctx); id != "" {
		c[HeaderRequest] = id
	}
	if parent := trace.Parent(ctx); parent != "" {
		c[HeaderTrace] = parent
	}
	switch actor := identity.From(ctx); {
	case actor.System:
		c[HeaderActor] = "system"
	case actor.SignedIn():
		c[HeaderActor] = actor.UserID
	}
	return c
}

// Caused is an event with its cause, for a transaction that does what several have asked for (Batch).
type Caused struct {
	Event
	Cause Cause
}

// Emit announces events: committed with the change, or not at all. It writes one row for the event and
// one for each module that hears it (or one for the relay, Routes.Via); they are delivered after the commit, at least
// once, in the order of the aggregate. Update the aggregate's own row first: its lock is what makes that order true.
func (tx *Tx) Emit(events ...Event) error {
	cause, caused := CauseOf(tx.ctx), make([]Caused, len(events))
	for i, e := range events {
		caused[i] = Caused{e, cause}
	}
	return tx.EmitCaused(caused...)
}

// EmitCaused is Emit for events of several causes: two statements for all of them.
func (tx *Tx) EmitCaused(events ...Caused) error {
	var rows, deliveries values
	var emitted []Emitted
	for _, e := range events {
		m, err := tx.emittedOf(e)
		if err != nil {
			return fmt.Errorf("emit %s: %w", e.Topic(), err)
		}
		headers, err := json.Marshal(m.Headers)
		if err != nil {
			return fmt.Errorf("emit %s: %w", e.Topic(), err)
		}
		rows.add(m.ID, m.Topic, m.Aggregate, string(m.Payload), string(headers), m.CreatedAt)
		for _, subscriber := range tx.db.routes.recipients(m.Topic) {
			deliveries.add(m.ID, subscriber, m.Topic, m.Aggregate, m.CreatedAt)
		}
		emitted = append(emitted, m)
	}
	if err := rows.insert(tx, "outbox_events (id, topic, aggregate, payload, headers, created_at)"); err != nil {
		return fmt.Errorf("keep events: %w", err)
	}
	if err := deliveries.insert(tx, "outbox_deliveries (event_id, subscriber, topic, aggregate, due_at)"); err != nil {
		return fmt.Errorf("have events delivered: %w", err)
	}
	tx.emitted = append(tx.emitted, emitted...)
	return nil
}

func (tx *Tx) emittedOf(e Caused) (Emitted, error) {
	payload, err := json.Marshal(e.Event)
	if err != nil {
		return Emitted{}, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Emitted{}, err
	}
	return Emitted{ID: id.String(), Module: tx.db.module, Topic: e.Topic(), Aggregate: e.Aggregate(), Payload: payload,
		Headers: maps.Clone(e.Cause), CreatedAt: tx.Now()}, nil
}

// values are rows that are written with one statement.
type values struct {
	rows int
	args []any
}

func (v *values) add(row ...any) { v.rows, v.args = v.rows+1, append(v.args, row...) }

func (v *values) insert(tx *Tx, into string) error {
	if v.rows == 0 {
		return nil
	}
	return tx.Exec("INSERT INTO "+into+" VALUES "+Tuples(v.rows, len(v.args)/v.rows), v.args...).Error
}
