package authimpl

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/db"
)

// What an access token is and is for (RFC 9068): anything else that we or others may sign is none.
const (
	accessType = "at+jwt"
	audience   = "marketplace"
	longestJWT = 2048            // bytes; ours have about 350
	keyOverlap = 2 * time.Minute // a new key is known to every replica before it signs
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
	parser *jwt.Parser

	mu   sync.RWMutex // guards what is below, which Refresh reads from the database
	keys map[string]ed25519.PublicKey
	kid  string // of the key that signs
	sign ed25519.PrivateKey
}

type signingKeyRow struct {
	Generation int
	KID        string `gorm:"column:kid"`
	Public     []byte
	Sealed     []byte
	CreatedAt  time.Time
}

func (signingKeyRow) TableName() string { return "signing_keys" }

// accessClaims are what an access token says; all else is read when it is used, so nothing in it can be outdated.
type accessClaims struct {
	jwt.RegisteredClaims
	SessionID string `json:"sid"`
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
	if k.seal, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, err
	}
	// golang-jwt makes each of these optional. A key of ours, and of no header's choice, verifies.
	k.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer(k.issuer),
		jwt.WithAudience(audience),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(h.Clock.Now),
	)
	return k, nil
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

// Refresh reads the keys, makes the next one when it is time, and forgets those whose tokens have all expired.
func (k *keyring) Refresh(ctx context.Context) error {
	now := k.clock.Now()
	err := k.db.Tx(ctx, func(tx *db.Tx) error {
		rows, err := readKeys(tx.DB)
		if err != nil {
			return err
		}
		if len(rows) == 0 || now.Sub(rows[0].CreatedAt) >= k.change {
			return k.add(tx, rows, now)
		}
		return k.forget(tx, rows, now)
	})
	if err != nil {
		return fmt.Errorf("keep the signing keys: %w", err)
	}
	rows, err := readKeys(k.db.Read(ctx))
	if err != nil {
		return err
	}
	return k.use(rows, now)
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

func (k *keyring) forget(tx *db.Tx, rows []signingKeyRow, now time.Time) error {
	for i, r := range rows[1:] {
		if now.Sub(rows[i].CreatedAt) > keyOverlap+k.life+time.Hour { // rows[i] follows r
			if err := tx.Exec("DELETE FROM signing_keys WHERE generation = ?", r.Generation).Error; err != nil {
				return err
			}
		}
	}
	return nil
}

// use signs with the newest key that every replica has had time to read.
func (k *keyring) use(rows []signingKeyRow, now time.Time) error {
	keys := map[string]ed25519.PublicKey{}
	for _, r := range rows {
		keys[r.KID] = r.Public
	}
	signer := rows[0]
	if len(rows) > 1 && now.Sub(signer.CreatedAt) < keyOverlap {
		signer = rows[1]
	}
	seed, err := k.seal.Open(nil, nil, signer.Sealed, []byte(signer.KID))
	if err != nil {
		return errors.New("secrets.auth is not the one that the signing keys in the database were sealed with: " +
			"restore it, or empty the table signing_keys of auth to make new ones")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys, k.kid, k.sign = keys, signer.KID, ed25519.NewKeyFromSeed(seed)
	return nil
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
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, accessClaims{SessionID: sessionID, RegisteredClaims: jwt.RegisteredClaims{
		Issuer:    k.issuer,
		Audience:  jwt.ClaimStrings{audience},
		Subject:   accountID,
		IssuedAt:  jwt.NewNumericDate(now),
		ExpiresAt: jwt.NewNumericDate(now.Add(k.life)),
		ID:        uuid.NewString(),
	}})
	token.Header["typ"], token.Header["kid"] = accessType, kid
	signed, err := token.SignedString(private)
	if err != nil {
		return "", fmt.Errorf("sign an access token: %w", err)
	}
	return signed, nil
}

// Verify returns what an access token says; ok is false unless we made it and it has not expired.
func (k *keyring) Verify(ctx context.Context, token string) (c accessClaims, ok bool, err error) {
	if len(token) > longestJWT {
		return c, false, nil
	}
	if err := k.ready(ctx); err != nil {
		return c, false, err
	}
	_, refused := k.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		k.mu.RLock()
		defer k.mu.RUnlock()
		if key, ok := k.keys[kid]; ok && t.Header["typ"] == accessType {
			return key, nil
		}
		return nil, errors.New("not an access token of ours")
	})
	return c, refused == nil, nil
}
