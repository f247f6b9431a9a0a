package authimpl

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/google/uuid"
)

// tokens makes and checks the tokens of sessions: the session's id, how often it was refreshed, and a code that only
// the server can compute, from its secret and the session's random seed. So nothing that opens a session is at rest,
// neither the database nor the secret alone is enough, and the successor of a refresh token can be answered again.
type tokens struct{ key []byte }

const tokenLength = 16 + 4 + sha256.Size // id, counter, code

func newTokens(secret []byte) (tokens, error) {
	key, err := hkdf.Key(sha256.New, secret, nil, "session tokens", sha256.Size)
	if err != nil {
		return tokens{}, fmt.Errorf("derive the key of session tokens: %w", err)
	}
	return tokens{key}, nil
}

// parsed is a token taken apart; nothing about it is proven.
type parsed struct {
	sessionID string
	counter   int64
	code      []byte
}

// Of makes the token of the session as it stands.
func (t tokens) Of(s sessionRow) (string, error) {
	id, err := uuid.Parse(s.ID)
	if err != nil {
		return "", fmt.Errorf("make a session token: %w", err)
	}
	b := binary.BigEndian.AppendUint32(id[:], uint32(s.Counter))
	return base64.RawURLEncoding.EncodeToString(append(b, t.code(s, b)...)), nil
}

// Parse takes a token apart.
func (t tokens) Parse(token string) (parsed, bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenLength) {
		return parsed{}, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return parsed{}, false
	}
	id, counter, code := b[:16], b[16:20], b[20:]
	return parsed{sessionID: uuid.UUID(id).String(), counter: int64(binary.BigEndian.Uint32(counter)), code: code}, true
}

// Made says whether the token was made for this session, at any time of its life.
func (t tokens) Made(s sessionRow, p parsed) bool {
	id, err := uuid.Parse(s.ID)
	if err != nil {
		return false
	}
	return hmac.Equal(p.code, t.code(s, binary.BigEndian.AppendUint32(id[:], uint32(p.counter))))
}

// code covers the kind of session, so the cookie of a browser refreshes nothing and a refresh token is no cookie.
func (t tokens) code(s sessionRow, idAndCounter []byte) []byte {
	mac := hmac.New(sha256.New, t.key)
	kind := byte('a')
	if s.Browser {
		kind = 'b'
	}
	mac.Write([]byte{kind})
	mac.Write(idAndCounter)
	mac.Write(s.Seed)
	return mac.Sum(nil)
}

// newLink makes what a link in a mail carries: 256 random bits, and the hash that is kept of them.
func newLink() (token, hash string) {
	token = base64.RawURLEncoding.EncodeToString(random(32))
	return token, linkHash(token)
}

func linkHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
