package authimpl

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/modules/auth"
	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/db"
	"marketplace/platform/identity"
)

const (
	keyOverlap = 2 * time.Minute  // a new key is published and known everywhere before it signs
	keyReading = 10 * time.Second // how often every replica looks which keys there are
	keyPause   = time.Second      // between two looks because somebody asks, or comes with an unknown key
	keyReserve = time.Hour        // an old key is kept so much longer than its last token lives
)

// keyring has the keys that sign access tokens. They live in the database, the private parts sealed with the server's
// secret, so replicas share them and restarts keep them. Each generation signs for settings.KeyLife.
type keyring struct {
	db     *db.DB
	clock  *clock.Clock
	seal   cipher.AEAD
	issuer string
	life   time.Duration // of a token
	change time.Duration // of a key

	mu       sync.RWMutex // guards what is below, which Refresh reads from the database
	set      []auth.Key
	verifier *identity.Verifier
	kid      string // of the key that signs
	sign     ed25519.PrivateKey
	readAt   time.Time
}

type signingKeyRow struct {
	Generation int
	KID        string `gorm:"column:kid"`
	Public     []byte
	Sealed     []byte
	CreatedAt  time.Time
}

func (signingKeyRow) TableName() string { return "signing_keys" }

func (r signingKeyRow) key() auth.Key {
	return auth.Key{Type: "OKP", Curve: "Ed25519", Use: "sig", Algorithm: "EdDSA", ID: r.KID, X: base64.RawURLEncoding.EncodeToString(r.Public)}
}

func newKeyring(h *app.Host, secret []byte, set settings) (*keyring, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "signing keys", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key that seals signing keys: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	k := &keyring{db: h.DB, clock: h.Clock, issuer: h.Config.PublicURL, life: set.AccessLife, change: set.KeyLife}
	k.seal, err = cipher.NewGCMWithRandomNonce(block)
	return k, err
}

// ready reads the keys before the first use.
func (k *keyring) ready(ctx context.Context) error {
	k.mu.RLock()
	known := k.sign != nil
	k.mu.RUnlock()
	if known {
		return nil
	}
	return k.Refresh(ctx)
}

// Refresh reads the keys; and first makes the next one when it is time, and forgets those whose tokens have all expired.
func (k *keyring) Refresh(ctx context.Context) error {
	now := k.clock.Now()
	rows, err := readKeys(k.db.Read(ctx))
	if err == nil && (k.needsNext(rows, now) || len(k.over(rows, now)) > 0) {
		rows, err = k.renew(ctx, now)
	}
	if err != nil {
		return fmt.Errorf("keep the signing keys: %w", err)
	}
	return k.use(rows, now)
}

func (k *keyring) renew(ctx context.Context, now time.Time) (rows []signingKeyRow, err error) {
	err = k.db.Tx(ctx, func(tx *db.Tx) error {
		if rows, err = readKeys(tx.DB); err != nil {
			return err
		}
		if k.needsNext(rows, now) {
			if err := k.add(tx, rows, now); err != nil {
				return err
			}
		}
		for _, old := range k.over(rows, now) {
			if err := tx.Exec("DELETE FROM signing_keys WHERE generation = ?", old.Generation).Error; err != nil {
				return err
			}
		}
		rows, err = readKeys(tx.DB)
		return err
	})
	return rows, err
}

func (k *keyring) needsNext(rows []signingKeyRow, now time.Time) bool {
	return len(rows) == 0 || now.Sub(rows[0].CreatedAt) >= k.change
}

// over are the keys that no token can need any more.
func (k *keyring) over(rows []signingKeyRow, now time.Time) (old []signingKeyRow) {
	for i := 1; i < len(rows); i++ {
		if now.Sub(rows[i-1].CreatedAt) > keyOverlap+k.life+keyReserve { // rows[i-1] is its successor
			old = append(old, rows[i])
		}
	}
	return old
}

// Rotate makes a key now. With revoke the others are gone, and it signs at once.
func (k *keyring) Rotate(ctx context.Context, revoke bool) error {
	now := k.clock.Now()
	err := k.db.Tx(ctx, func(tx *db.Tx) error {
		rows, err := readKeys(tx.DB)
		if err == nil {
			err = k.add(tx, rows, now)
		}
		if err != nil || !revoke {
			return err
		}
		return tx.Exec("DELETE FROM signing_keys WHERE generation < (SELECT MAX(generation) FROM signing_keys)").Error
	})
	if err != nil {
		return fmt.Errorf("rotate the signing keys: %w", err)
	}
	return k.Refresh(ctx)
}

// readKeys returns the newest first.
func readKeys(g *gorm.DB) (rows []signingKeyRow, err error) {
	err = g.Raw("SELECT generation, kid, public, sealed, created_at FROM signing_keys ORDER BY generation DESC LIMIT 100").Scan(&rows).Error
	return rows, err
}

// add makes the next generation. Replicas may try at once: the generation is the primary key, and one of them wins.
func (k *keyring) add(tx *db.Tx, rows []signingKeyRow, now time.Time) error {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return fmt.Errorf("make a signing key: %w", err)
	}
	kid, generation := uuid.NewString(), 1
	if len(rows) > 0 {
		generation = rows[0].Generation + 1
	}
	sealed := k.seal.Seal(nil, nil, private.Seed(), []byte(kid))
	return tx.Exec(`INSERT INTO signing_keys (generation, kid, public, sealed, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (generation) DO NOTHING`, generation, kid, []byte(public), sealed, now).Error
}

// use signs with the newest key that everybody has had time to read.
func (k *keyring) use(rows []signingKeyRow, now time.Time) error {
	if len(rows) == 0 {
		return errors.New("there is no signing key")
	}
	public, set := map[string]ed25519.PublicKey{}, make([]auth.Key, len(rows))
	signer := rows[0]
	for i, r := range rows {
		public[r.KID], set[i] = r.Public, r.key()
		if now.Sub(signer.CreatedAt) < keyOverlap {
			signer = r
		}
	}
	seed, err := k.seal.Open(nil, nil, signer.Sealed, []byte(signer.KID))
	if err != nil {
		return errors.New("secrets.auth is not the one that the signing keys in the database were sealed with: " +
			"restore it, or empty the table signing_keys of auth to make new ones")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.set, k.kid, k.sign, k.readAt = set, signer.KID, ed25519.NewKeyFromSeed(seed), now
	k.verifier = identity.NewVerifier(k.issuer, public, k.clock.Now, 0)
	return nil
}

// Set is what others prove tokens with, also with a key that another replica or a command has just made.
func (k *keyring) Set(ctx context.Context) (auth.KeySet, error) {
	if _, readAt := k.verifying(); k.clock.Now().Sub(readAt) >= keyPause {
		if err := k.Refresh(ctx); err != nil {
			return auth.KeySet{}, err
		}
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return auth.KeySet{Issuer: k.issuer, Keys: slices.Clone(k.set)}, nil
}

// Issue makes the access token of a session.
func (k *keyring) Issue(ctx context.Context, accountID, sessionID string) (string, error) {
	if err := k.ready(ctx); err != nil {
		return "", err
	}
	k.mu.RLock()
	kid, private := k.kid, k.sign
	k.mu.RUnlock()
	now := k.clock.Now()
	return identity.AccessToken{
		ID: uuid.NewString(), Issuer: k.issuer, UserID: accountID, SessionID: sessionID, IssuedAt: now, ExpiresAt: now.Add(k.life),
	}.Sign(kid, private)
}

// Verify returns what an access token says; ok is false unless we made it and it has not expired.
func (k *keyring) Verify(ctx context.Context, token string) (a identity.AccessToken, ok bool, err error) {
	if err := k.ready(ctx); err != nil {
		return a, false, err
	}
	verifier, readAt := k.verifying()
	a, refused := verifier.Verify(token)
	if errors.Is(refused, identity.ErrUnknownKey) && k.clock.Now().Sub(readAt) >= keyPause { // another replica has made it, perhaps
		if err := k.Refresh(ctx); err != nil {
			return a, false, err
		}
		verifier, _ = k.verifying()
		a, refused = verifier.Verify(token)
	}
	return a, refused == nil, nil
}

func (k *keyring) verifying() (*identity.Verifier, time.Time) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.verifier, k.readAt
}
