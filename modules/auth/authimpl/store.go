package authimpl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/auth"
	"marketplace/platform/db"
	"marketplace/platform/private"
)

type accountRow struct {
	ID           string
	Username     string
	UsernameKey  string
	Email        string
	EmailKey     string // the address once it is confirmed; the id until then
	ClaimKey     string // the address, whoever's it is
	PasswordHash string
	Roles        string // a JSON list
	Language     string // BCP 47, or empty
	VerifiedAt   *time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

func (accountRow) TableName() string { return "accounts" }

func (r accountRow) account() (auth.Account, error) {
	a := auth.Account{ID: r.ID, Username: r.Username, Email: private.Personal(r.Email), Verified: r.VerifiedAt != nil, Language: r.Language, CreatedAt: r.CreatedAt.UTC()}
	if err := json.Unmarshal([]byte(r.Roles), &a.Roles); err != nil {
		return a, fmt.Errorf("read the roles of an account: %w", err)
	}
	return a, nil
}

// isStaff says whether the account has any role.
func (r accountRow) isStaff() bool { return r.Roles != "" && r.Roles != "[]" }

type sessionRow struct {
	ID           string
	AccountID    string
	Browser      bool
	Seed         []byte
	Counter      int64 // grows with every refresh
	RotatedAt    time.Time
	Device       string
	Address      string
	CreatedAt    time.Time
	LastActiveAt time.Time
	EndedAt      *time.Time
}

func (sessionRow) TableName() string { return "sessions" }

func (r sessionRow) session(l life) auth.Session {
	return auth.Session{
		ID: r.ID, Browser: r.Browser, Device: r.Device, Address: r.Address,
		ExpiresAt: r.expiresAt(l).UTC(), EndsAt: r.CreatedAt.Add(l.absolute).UTC(), LastActiveAt: r.LastActiveAt.UTC(), CreatedAt: r.CreatedAt.UTC(),
	}
}

type linkRow struct {
	Hash      string
	AccountID string
	Purpose   purpose
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time
}

func (linkRow) TableName() string { return "links" }

// keyOf is what a user name or an e-mail address is compared by.
func keyOf(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// isAddress tells an e-mail address from a user name, which has no '@'.
func isAddress(login string) bool { return strings.Contains(login, "@") }

// findAccount returns whose login it is, an empty row if nobody's. An address is that of the account which has confirmed it,
// else of the newest that claims it.
func findAccount(g *gorm.DB, login string) (accountRow, error) {
	if !isAddress(login) {
		return one[accountRow](g.Where("username_key = ?", keyOf(login)))
	}
	owner, err := ownerOf(g, login)
	if err != nil || owner.ID != "" {
		return owner, err
	}
	return newestClaim(g, login)
}

// ownerOf returns the account that has confirmed the address.
func ownerOf(g *gorm.DB, address string) (accountRow, error) {
	return one[accountRow](g.Where("email_key = ?", keyOf(address)))
}

// newestClaim returns the newest account that has the address and has not confirmed it.
func newestClaim(g *gorm.DB, address string) (accountRow, error) {
	return one[accountRow](g.Where("claim_key = ? AND verified_at IS NULL", keyOf(address)).Order("id DESC"))
}

func accountByID(g *gorm.DB, id string) (accountRow, error) {
	return one[accountRow](g.Where("id = ?", id))
}

func sessionByID(g *gorm.DB, id string) (sessionRow, error) {
	return one[sessionRow](g.Where("id = ?", id))
}

func linkByToken(g *gorm.DB, p purpose, token string) (linkRow, error) {
	return one[linkRow](g.Where("hash = ? AND purpose = ?", linkHash(token), p))
}

// one returns the row, or an empty one when there is none.
func one[R any](g *gorm.DB) (r R, err error) {
	err = g.Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	return r, err
}

// openSession is a session with whose it is, read at once: it happens with every request.
type openSession struct {
	Session sessionRow `gorm:"embedded"`
	Owner   accountRow `gorm:"embedded;embeddedPrefix:owner_"`
}

func (o openSession) alive(set settings, now time.Time) bool {
	return o.Session.alive(set.lifeOf(o.Owner), now)
}

func readOpenSession(g *gorm.DB, id string) (r openSession, err error) {
	err = g.Raw(`SELECT s.id, s.account_id, s.browser, s.seed, s.counter, s.rotated_at, s.device, s.address, s.created_at,
			s.last_active_at, s.ended_at, a.id AS owner_id, a.username AS owner_username, a.username_key AS owner_username_key, a.email AS owner_email,
			a.roles AS owner_roles, a.language AS owner_language, a.verified_at AS owner_verified_at, a.created_at AS owner_created_at
		FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.id = ?`, id).Scan(&r).Error
	return r, err
}

// endSessions ends those of the account's sessions that match the condition, announces each, and says how many they were.
func endSessions(tx *db.Tx, accountID, condition string, args ...any) (int, error) {
	now := tx.Now()
	var ids []string
	err := tx.Raw("UPDATE sessions SET ended_at = ? WHERE account_id = ? AND ended_at IS NULL AND "+condition+" RETURNING id",
		append([]any{now, accountID}, args...)...).Scan(&ids).Error
	if err != nil {
		return 0, fmt.Errorf("end sessions: %w", err)
	}
	for _, id := range ids {
		if err := tx.Emit(auth.SessionEnded{SessionID: id, UserID: accountID, At: now}); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// newAddressLink makes the one link of its purpose that works for the account, and returns what it carries.
func newAddressLink(tx *db.Tx, accountID string, p purpose, life time.Duration) (string, error) {
	if err := tx.Exec("DELETE FROM links WHERE account_id = ? AND purpose = ?", accountID, p).Error; err != nil {
		return "", err
	}
	token, hash := newLink()
	return token, tx.Create(&linkRow{Hash: hash, AccountID: accountID, Purpose: p, CreatedAt: tx.Now(), ExpiresAt: tx.Now().Add(life)}).Error
}

// useLink uses the link up; false when somebody else just did.
func useLink(tx *db.Tx, hash string) (bool, error) {
	done := tx.Exec("UPDATE links SET used_at = ? WHERE hash = ? AND used_at IS NULL", tx.Now(), hash)
	return done.RowsAffected == 1, done.Error
}
