package rpctest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"marketplace/platform/identity"
)

// Token is what a caller has to show for one call. It is written down here once more, by hand, so that a test notices when
// the wire form changes.
type Token struct {
	Secret string
	Module string
	Path   string // /rpc/order/Place
	Body   string
	Actor  identity.Actor
}

// Sign makes the token that a caller would send now, after the change; nil changes nothing.
func (k Token) Sign(t testing.TB, change func(header, claims map[string]any)) string {
	t.Helper()
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	sum, now := sha256.Sum256([]byte(k.Body)), time.Now()
	claims := jwt.MapClaims{
		"jti": hex.EncodeToString(id), "iss": "marketplace", "aud": []string{k.Module}, "iat": now.Unix(), "exp": now.Add(10 * time.Second).Unix(),
		"mth": "POST", "pth": k.Path, "sha": hex.EncodeToString(sum[:]), "act": k.Actor,
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	token.Header["typ"] = "rpc+jwt"
	if change != nil {
		change(token.Header, claims)
	}
	signed, err := token.SignedString([]byte(k.Secret))
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
