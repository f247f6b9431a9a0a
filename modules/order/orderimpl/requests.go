package orderimpl

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// keepRequests is how long a key is known; then it would be a new request.
const keepRequests = 30 * day

// errAnswered says that the request has been answered by now: by somebody who was faster.
var errAnswered = errors.New("the request has been answered")

// request is a command with its idempotency key (row P15), scoped to user and command. Without a key it is not kept.
type request struct {
	userID  string
	command string
	key     string
	hash    string // of the whole request
}

// newRequest checks the key. body is the request without its key.
func newRequest(userID, command, key string, body any) (request, error) {
	r := request{userID: userID, command: command, key: key}
	if key == "" {
		return r, nil
	}
	if n := utf8.RuneCountInString(key); n > 255 || !utf8.ValidString(key) || !printable(key) {
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

// once answers a request that was answered before with that answer, and does the work otherwise. work writes its answer
// with keep in the transaction of its effect; if somebody else was faster, their answer is returned.
func once[A any](ctx context.Context, s *service, r request, work func() (A, error)) (answer A, replayed bool, err error) {
	if r.key != "" {
		if replayed, err = r.answer(s.db.Read(ctx), &answer); err != nil || replayed {
			return answer, replayed, err
		}
	}
	answer, err = work()
	if errors.Is(err, errAnswered) {
		var first A
		replayed, err = r.answer(s.db.Read(ctx), &first)
		if err == nil && !replayed {
			err = errors.New("the first answer to the request is gone")
		}
		return first, replayed, err
	}
	return answer, false, err
}

// answer reads the first answer, if there is one. The same key with another request is a fault.
func (r request) answer(q *gorm.DB, into any) (bool, error) {
	var rows []struct{ Hash, Answer string }
	err := q.Raw("SELECT hash, answer FROM requests WHERE user_id = ? AND command = ? AND key = ?", r.userID, r.command, r.key).Scan(&rows).Error
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

// isNew says errAnswered if the request was answered while we waited for the order's lock.
func (r request) isNew(tx *db.Tx) error {
	if r.key == "" {
		return nil
	}
	var first json.RawMessage
	found, err := r.answer(tx.DB, &first)
	if err == nil && found {
		err = errAnswered
	}
	return err
}

// keep writes the answer in the transaction of the effect. A concurrent request with the key waits here until that has
// ended, and is errAnswered then.
func (r request) keep(tx *db.Tx, answer any) error {
	if r.key == "" {
		return nil
	}
	text, err := jsonOf(answer)
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	done := tx.Exec(`INSERT INTO requests (user_id, command, key, hash, answer, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		r.userID, r.command, r.key, r.hash, text, tx.Now())
	if done.Error != nil {
		return fmt.Errorf("keep the answer: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return errAnswered
	}
	return nil
}

// forgetRequests removes the keys that are too old.
func (s *service) forgetRequests(ctx context.Context) error {
	old := s.db.Now().Add(-keepRequests)
	var there []time.Time
	if err := s.db.Read(ctx).Raw("SELECT created_at FROM requests WHERE created_at < ? LIMIT 1", old).Scan(&there).Error; err != nil || len(there) == 0 {
		return err
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error { return tx.Exec("DELETE FROM requests WHERE created_at < ?", old).Error })
}
