package rpc

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"marketplace/platform/clock"
	"marketplace/platform/identity"
)

// Every rule about a token is written down here, because golang-jwt makes all of them optional.
const (
	issuer   = "marketplace"
	kind     = "rpc+jwt"        // the header typ: a token made for something else is no call (RFC 8725, 3.11)
	lifetime = 10 * time.Second // it is made for one call
	leeway   = 5 * time.Second  // between the clocks of two machines

	shortestID, longestID = 20, 64 // characters of a token's id
)

// claims say what is asked, and on whose behalf.
type claims struct {
	jwt.RegisteredClaims
	Method  string         `json:"mth"` // POST
	Path    string         `json:"pth"`
	Body    string         `json:"sha"` // SHA-256 of the body, hex
	Actor   identity.Actor `json:"act"`
	Request string         `json:"rid,omitempty"`
	Address string         `json:"adr,omitempty"` // of the client, outside
}

func sign(ctx context.Context, secret []byte, now time.Time, module, path string, body []byte) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        rand.Text(), // it is accepted once
			Issuer:    issuer,
			Audience:  jwt.ClaimStrings{module},
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
		Method:  http.MethodPost,
		Path:    path,
		Body:    digest(body),
		Actor:   identity.From(ctx),
		Request: identity.Request(ctx),
		Address: identity.Address(ctx),
	})
	token.Header["typ"] = kind
	return token.SignedString(secret)
}

// verifier checks the tokens of calls to one module.
type verifier struct {
	parser *jwt.Parser
	keys   jwt.VerificationKeySet
	clock  *clock.Clock
	used   seen
}

func newVerifier(module string, secrets [][]byte, c *clock.Clock) *verifier {
	v := &verifier{clock: c, used: seen{most: mostKnown}, parser: jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(module),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(c.Now),
	)}
	for _, s := range secrets {
		v.keys.Keys = append(v.keys.Keys, s)
	}
	return v
}

// verify returns what the token says if it was made for a call like this. It does not know the body yet: see accept.
func (v *verifier) verify(token, method, path string) (claims, error) {
	var c claims
	parsed, err := v.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return v.keys, nil })
	switch {
	case err != nil:
		return claims{}, err
	case parsed.Header["typ"] != kind:
		return claims{}, fmt.Errorf("a token of the type %v", parsed.Header["typ"])
	case c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > lifetime:
		return claims{}, errors.New("a token that lives too long")
	case len(c.ID) < shortestID || len(c.ID) > longestID:
		return claims{}, errors.New("a token without an id of its own")
	case c.Method != method || c.Path != path || method != http.MethodPost:
		return claims{}, fmt.Errorf("a token for %s %s", c.Method, c.Path)
	}
	return c, nil
}

// accept uses the token up for the call with this body.
func (v *verifier) accept(c claims, body []byte) error {
	if c.Body != digest(body) {
		return errors.New("a token for another body")
	}
	return v.used.first(c.ID, v.clock.Now())
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
