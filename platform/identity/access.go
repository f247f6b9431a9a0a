package identity

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What an access token is, and whom it is for (RFC 9068): anything else that we or others sign is none.
const (
	accessType     = "at+jwt"
	accessAudience = "marketplace"
	longestAccess  = 2048 // bytes; ours have about 350
)

// ErrUnknownKey says that a token names a key that is not among the known ones. There may be a newer one by now.
var ErrUnknownKey = errors.New("the key of the token is not known")

// AccessToken is what the token of an API client says: whose session it opens, and until when. Whether the session is
// still open, and what its owner may do, is not in it and so cannot be outdated: auth knows.
type AccessToken struct {
	ID        string // of the token
	Issuer    string
	UserID    string
	SessionID string
	IssuedAt  time.Time // whole seconds
	ExpiresAt time.Time // whole seconds
}

type accessClaims struct {
	jwt.RegisteredClaims
	SessionID string `json:"sid"`
}

// Sign makes the text of the token (EdDSA, RFC 8037), which names its key.
func (a AccessToken) Sign(keyID string, key ed25519.PrivateKey) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, accessClaims{SessionID: a.SessionID, RegisteredClaims: jwt.RegisteredClaims{
		ID:        a.ID,
		Issuer:    a.Issuer,
		Audience:  jwt.ClaimStrings{accessAudience},
		Subject:   a.UserID,
		IssuedAt:  jwt.NewNumericDate(a.IssuedAt),
		ExpiresAt: jwt.NewNumericDate(a.ExpiresAt),
	}})
	token.Header["typ"], token.Header["kid"] = accessType, keyID
	signed, err := token.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign an access token: %w", err)
	}
	return signed, nil
}

// Verifier proves access tokens with auth's public keys. It is safe for concurrent use.
type Verifier struct {
	keys   map[string]ed25519.PublicKey
	parser *jwt.Parser
}

// NewVerifier takes the keys by their ids, which nobody may change afterwards. leeway is how far the clocks of two machines
// may differ.
func NewVerifier(issuer string, keys map[string]ed25519.PublicKey, now func() time.Time, leeway time.Duration) *Verifier {
	return &Verifier{keys: keys, parser: jwt.NewParser( // golang-jwt makes each of these optional
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(accessAudience),
		jwt.WithStrictDecoding(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
	)}
}

// Verify returns what the token says if one of the keys has signed it as an access token for here and it is its time (RFC
// 8725). A key of ours verifies, and none of the header's choice: jku, jwk and x5u are not looked at. The error is
// ErrUnknownKey, or says for the log what is wrong.
func (v *Verifier) Verify(token string) (AccessToken, error) {
	if len(token) > longestAccess {
		return AccessToken{}, errors.New("the token is too long")
	}
	var c accessClaims
	_, err := v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		if t.Header["typ"] != accessType {
			return nil, fmt.Errorf("a token of the type %v", t.Header["typ"])
		}
		id, _ := t.Header["kid"].(string)
		key, ok := v.keys[id]
		if !ok {
			return nil, ErrUnknownKey
		}
		return key, nil
	})
	if err != nil {
		return AccessToken{}, err
	}
	a := AccessToken{ID: c.ID, Issuer: c.Issuer, UserID: c.Subject, SessionID: c.SessionID, ExpiresAt: c.ExpiresAt.Time}
	if c.IssuedAt != nil {
		a.IssuedAt = c.IssuedAt.Time
	}
	return a, nil
}
