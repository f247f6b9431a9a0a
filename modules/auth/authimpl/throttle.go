package authimpl

import (
	"time"

	"gorm.io/gorm"

	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// bucket is one thing that is counted.
type bucket struct {
	name string
	limit
}

type throttleRow struct {
	Bucket string
	Count  int
	LastAt time.Time
}

func (throttleRow) TableName() string { return "throttles" }

// The buckets of guesses (docs/security/signing-in.md has them in a table). Those of a login are for an account, or for a
// name that nobody has: the answers are the same.

const inARow = 30 * 24 * time.Hour // failures are forgotten by then, or with the right password

// guesses are the wrong passwords for an account from one address: five, then pauses from 10 s to 160 s, at most ten
// until there were none for 10 minutes (row A9).
func guesses(account, address string) bucket {
	return bucket{"guess " + account + " " + neighbourhood(address), limit{free: 5, most: 10, quiet: 10 * time.Minute}}
}

// crowd are the wrong passwords for an account from all addresses that it has never been used from, together: however many
// addresses somebody has, and not slowed down at those where the owner is at home.
func crowd(account string) bucket {
	return bucket{"crowd " + account, limit{free: 10, most: 10, quiet: 10 * time.Minute}}
}

// strangers are the same in a row, however slowly they come.
func (s *service) strangers(account string) bucket {
	return bucket{"strangers " + account, limit{free: s.settings.FailuresAccount, most: s.settings.FailuresAccount, quiet: inARow}}
}

// housemates are the wrong passwords in a row for an account from the addresses that it has been used from.
func (s *service) housemates(account string) bucket {
	return bucket{"housemates " + account, limit{free: s.settings.FailuresAccount, most: s.settings.FailuresAccount, quiet: inARow}}
}

// sprays are the wrong passwords from one address for all accounts that it is not known to.
func (s *service) sprays(address string) bucket {
	return bucket{"spray " + neighbourhood(address), limit{free: s.settings.FailuresAddress, most: s.settings.FailuresAddress, quiet: 10 * time.Minute}}
}

func hourly(what, whom string, most int) bucket {
	return bucket{what + " " + whom, limit{free: most, most: most, quiet: time.Hour}}
}

// waiting says how long the bucket has to wait now.
func (b bucket) waiting(g *gorm.DB, now time.Time) (time.Duration, error) {
	r, err := one[throttleRow](g.Where("bucket = ?", b.name))
	if err != nil || r.Bucket == "" {
		return 0, err
	}
	return b.wait(r.Count, now.Sub(r.LastAt)), nil
}

// locked does the same, and keeps others from counting until the transaction ends.
func (b bucket) locked(tx *db.Tx) (time.Duration, error) {
	err := tx.Exec(`INSERT INTO throttles (bucket, count, last_at) VALUES (?, 0, ?)
		ON CONFLICT (bucket) DO UPDATE SET count = throttles.count`, b.name, tx.Now()).Error
	if err != nil {
		return 0, err
	}
	return b.waiting(tx.DB, tx.Now())
}

// count notes one more.
func (b bucket) count(tx *db.Tx) error {
	return tx.Exec("UPDATE throttles SET count = CASE WHEN last_at <= ? THEN 1 ELSE count + 1 END, last_at = ? WHERE bucket = ?",
		tx.Now().Add(-b.quiet), tx.Now(), b.name).Error
}

// take counts one, unless the bucket has to wait.
func (b bucket) take(tx *db.Tx) (wait time.Duration, err error) {
	wait, err = b.locked(tx)
	if err == nil && wait == 0 {
		err = b.count(tx)
	}
	return wait, err
}

func (b bucket) empty(tx *db.Tx) error {
	return tx.Exec("DELETE FROM throttles WHERE bucket = ?", b.name).Error
}

// slowDown is what people are told who have to wait.
func slowDown(wait time.Duration) error {
	seconds := wholeSeconds(wait)
	if seconds > 90 {
		return fault.TooManyf(seconds, "Too many attempts. Please try again in %d minutes.", (seconds+59)/60)
	}
	return fault.TooManyf(seconds, "Too many attempts. Please try again in %d seconds.", seconds)
}
