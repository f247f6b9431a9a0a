// Package once answers a repeated command with its first answer, so that a client may send it again after a lost answer
// without a second effect (draft-ietf-httpapi-idempotency-key-header-07; rows P15, Z7).
//
// A module that uses it has the table requests in its database (migrations/order/00001_orders.sql). The answer is written in
// the transaction of the effect: either both are there or none. A refused command leaves nothing, so its key may be
// used again.
package once

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"marketplace/platform/db"
	"marketplace/platform/fault"
)

const (
	keep     = 30 * 24 * time.Hour // a key is known for so long; then it would be a new command
	patience = 20 * time.Second    // a repetition waits so long for the first to end
)

// ErrAnswered says inside a transaction that the command has been answered by now: by somebody who was faster. Do
// catches it.
var ErrAnswered = errors.New("once: the request has been answered")

// Request is a command with its key, scoped to the user and the command. Without a key nothing is kept.
type Request struct {
	user, command, key string
	hash               string // of the whole request
}

// NewRequest checks the key: at most 255 visible characters. body is the request without its key; it tells whether a
// repetition is the same request.
func NewRequest(user, command, key string, body any) (Request, error) {
	r := Request{user: user, command: command, key: key}
	if key == "" {
		return r, nil
	}
	if !utf8.ValidString(key) || utf8.RuneCountInString(key) > 255 || !printable(key) {
		return r, fault.Wrong("Idempotency-Key", "Use 1 to 255 visible characters, new ones for each request.")
	}
	h := sha256.New()
	if err := json.NewEncoder(h).Encode(body); err != nil {
		return r, fmt.Errorf("hash the request: %w", err)
	}
	r.hash = hex.EncodeToString(h.Sum(nil))
	return r, nil
}

func printable(s string) bool {
	for _, c := range s {
		if !unicode.IsPrint(c) {
			return false
		}
	}
	return true
}

// Keeper knows the commands of one module that are being carried out, and through its database those that were.
type Keeper struct {
	db       *db.DB
	patience time.Duration

	mu   sync.Mutex
	busy map[Request]chan struct{} // without hash; closed when the command has ended
}

// New returns the keeper of a module.
func New(d *db.DB) *Keeper {
	return &Keeper{db: d, patience: patience, busy: map[Request]chan struct{}{}}
}

// Do answers a command that was answered before with that answer (replayed is true), and does the work otherwise. work
// writes its answer with Keep in the transaction of its effect. The same key with another request is Invalid; a
// repetition while the first is under way waits for it, and after twenty seconds is a Conflict with RetryAfter.
func Do[A any](ctx context.Context, k *Keeper, r Request, work func() (A, error)) (answer A, replayed bool, err error) {
	if r.key == "" {
		answer, err = work()
		return answer, false, err
	}
	for {
		if replayed, err = r.answer(k.read(ctx), &answer); err != nil || replayed {
			return answer, replayed, err
		}
		first, leave := k.enter(r)
		if first == nil {
			defer leave()
			break
		}
		if err := k.wait(ctx, first); err != nil {
			return answer, false, err
		}
	}
	answer, err = work()
	if errors.Is(err, ErrAnswered) { // in another process
		var theirs A
		replayed, err = r.answer(k.read(ctx), &theirs)
		if err == nil && !replayed {
			err = errors.New("the first answer to the request is gone")
		}
		return theirs, replayed, err
	}
	return answer, false, err
}

// enter makes the caller the one who works, or returns what closes when that one has ended.
func (k *Keeper) enter(r Request) (first chan struct{}, leave func()) {
	r.hash = ""
	k.mu.Lock()
	defer k.mu.Unlock()
	if first, ok := k.busy[r]; ok {
		return first, nil
	}
	done := make(chan struct{})
	k.busy[r] = done
	return nil, func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		delete(k.busy, r)
		close(done)
	}
}

func (k *Keeper) wait(ctx context.Context, first chan struct{}) error {
	timer := time.NewTimer(k.patience)
	defer timer.Stop()
	select {
	case <-first:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		busy := fault.Conflictf("The first request with this key is still being worked on. Send it again in a moment.")
		busy.RetryAfter = 1
		return busy
	}
}

// query reads rows, in a transaction or outside of one.
type query func(into any, sql string, args ...any) error

func (k *Keeper) read(ctx context.Context) query {
	return func(into any, sql string, args ...any) error {
		return k.db.Read(ctx).Raw(sql, args...).Scan(into).Error
	}
}

// answer reads the first answer, if there is one. The same key with another request is a fault.
func (r Request) answer(q query, into any) (bool, error) {
	var rows []struct{ Hash, Answer string }
	err := q(&rows, "SELECT hash, answer FROM requests WHERE user_id = ? AND command = ? AND key = ?", r.user, r.command, r.key)
	if err != nil {
		return false, fmt.Errorf("look for the first answer: %w", err)
	}
	if len(rows) == 0 {
		return false, nil
	}
	if rows[0].Hash != r.hash {
		return false, fault.Wrong("Idempotency-Key", "This key was used for another request. Use a new one.")
	}
	if err := json.Unmarshal([]byte(rows[0].Answer), into); err != nil {
		return false, fmt.Errorf("read the first answer: %w", err)
	}
	return true, nil
}

// IsNew says ErrAnswered if the command was answered while the caller waited for a lock.
func (r Request) IsNew(tx *db.Tx) error {
	if r.key == "" {
		return nil
	}
	var first json.RawMessage
	inside := func(into any, sql string, args ...any) error { return tx.Raw(sql, args...).Scan(into).Error }
	found, err := r.answer(inside, &first)
	if err == nil && found {
		err = ErrAnswered
	}
	return err
}

// Keep writes the answer in the transaction of the effect. A repetition in another process waits here until that has
// ended, and is ErrAnswered then.
func (r Request) Keep(tx *db.Tx, answer any) error {
	if r.key == "" {
		return nil
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	done := tx.Exec(`INSERT INTO requests (user_id, command, key, hash, answer, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		r.user, r.command, r.key, r.hash, string(text), tx.Now())
	if done.Error != nil {
		return fmt.Errorf("keep the answer: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return ErrAnswered
	}
	return nil
}

// Forget removes the keys that are too old; a task for every hour.
func (k *Keeper) Forget(ctx context.Context) error {
	old := k.db.Now().Add(-keep)
	var there []time.Time
	if err := k.db.Read(ctx).Raw("SELECT created_at FROM requests WHERE created_at < ? LIMIT 1", old).Scan(&there).Error; err != nil || len(there) == 0 {
		return err
	}
	return k.db.Tx(ctx, func(tx *db.Tx) error { return tx.Exec("DELETE FROM requests WHERE created_at < ?", old).Error })
}
