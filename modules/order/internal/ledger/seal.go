package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"marketplace/platform/db"
)

// most is how many journals one seal covers.
const most = 1000

// Seal chains the journals that have been committed since the last seal, of all books, and returns how many that were.
// A book's own chain cannot show that its last journals are missing, or the whole book: a seal can. It is a task of
// its own, because one chain over everything would make every order wait for every other.
func Seal(tx *db.Tx) (int, error) {
	if tx.Postgres() { // one replica at a time
		if err := tx.Exec("SELECT pg_advisory_xact_lock(hashtext('order.ledger.seal'))").Error; err != nil {
			return 0, fmt.Errorf("lock the seals: %w", err)
		}
	}
	var waiting []sealed
	err := tx.Raw(`SELECT u.journal_id, j.hash FROM unsealed u JOIN journals j ON j.id = u.journal_id
		ORDER BY u.journal_id LIMIT ?`, most).Scan(&waiting).Error
	if err != nil || len(waiting) == 0 {
		return 0, err
	}
	var last []seal
	if err := tx.Raw("SELECT number, hash FROM seals ORDER BY number DESC LIMIT 1").Scan(&last).Error; err != nil {
		return 0, fmt.Errorf("read the last seal: %w", err)
	}
	next := seal{Number: 1, Journals: len(waiting)}
	if len(last) > 0 {
		next.Number, next.Prev = last[0].Number+1, last[0].Hash
	}
	next.Hash = sealHash(next.Prev, waiting)
	return len(waiting), writeSeal(tx, next, waiting)
}

type seal struct {
	Number   int
	Journals int
	Prev     string
	Hash     string
}

type sealed struct {
	JournalID string
	Hash      string
}

func writeSeal(tx *db.Tx, s seal, journals []sealed) error {
	err := tx.Exec("INSERT INTO seals (number, journals, prev, hash, created_at) VALUES (?, ?, ?, ?, ?)",
		s.Number, s.Journals, s.Prev, s.Hash, tx.Now()).Error
	if err != nil {
		return fmt.Errorf("write the seal: %w", err)
	}
	for i, j := range journals {
		err := tx.Exec("INSERT INTO sealed (seal, position, journal_id) VALUES (?, ?, ?)", s.Number, i+1, j.JournalID).Error
		if err == nil {
			err = tx.Exec("DELETE FROM unsealed WHERE journal_id = ?", j.JournalID).Error
		}
		if err != nil {
			return fmt.Errorf("seal a journal: %w", err)
		}
	}
	return nil
}

func sealHash(prev string, journals []sealed) string {
	h := sha256.New()
	h.Write([]byte(prev))
	for _, j := range journals {
		h.Write([]byte("\n" + j.JournalID + " " + j.Hash))
	}
	return hex.EncodeToString(h.Sum(nil))
}
