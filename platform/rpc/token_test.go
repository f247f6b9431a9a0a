package rpc

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"marketplace/platform/clock"
	"marketplace/platform/identity"
)

const callPath = "/rpc/echo/Say"

// forge makes a token for a call of Say with this body, after the change.
func forge(t *testing.T, alg jwt.SigningMethod, key any, body string, change func(header, claims map[string]any)) string {
	t.Helper()
	now := clock.New().Now()
	c := jwt.MapClaims{
		"jti": rand.Text(), "iss": issuer, "aud": []string{"echo"}, "iat": now.Unix(), "exp": now.Add(lifetime).Unix(),
		"mth": "POST", "pth": callPath, "sha": digest([]byte(body)), "act": map[string]any{"user_id": "u1"},
	}
	token := jwt.NewWithClaims(alg, c)
	token.Header["typ"] = kind
	if change != nil {
		change(token.Header, c)
	}
	signed, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// post calls Say with a token of our own making.
func post(t *testing.T, url, token, method, body string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url+callPath, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}

// ASVS V9.1.1–9.1.3, V9.2.1–9.2.3: every default of golang-jwt that is unsafe for us fails here if it comes back.
func TestAForgedTokenIsRefused(t *testing.T) {
	l, s := serve(t, nil)
	for what, token := range forgeries(t) {
		if got := post(t, s.URL, token, http.MethodPost, `{}`); got != http.StatusUnauthorized {
			t.Errorf("%s: %d", what, got)
		}
	}
	get := forge(t, jwt.SigningMethodHS256, secrets[0], `{}`, func(_, c map[string]any) { c["mth"] = "GET" })
	if got := post(t, s.URL, get, http.MethodGet, `{}`); got != http.StatusUnauthorized {
		t.Errorf("GET: %d", got)
	}
	if l.calls.Load() != 0 {
		t.Errorf("%d forged calls reached the module", l.calls.Load())
	}
	good := forge(t, jwt.SigningMethodHS256, secrets[0], `{}`, nil)
	if got := post(t, s.URL, good, http.MethodPost, `{}`); got != http.StatusOK {
		t.Errorf("the good one: %d", got)
	}
}

// forgeries are tokens for a call of Say that are wrong in one thing each.
func forgeries(t *testing.T) map[string]string {
	t.Helper()
	now := clock.New().Now()
	set := func(name string, value any) func(header, claims map[string]any) {
		return func(_, c map[string]any) { c[name] = value }
	}
	drop := func(name string) func(header, claims map[string]any) {
		return func(_, c map[string]any) { delete(c, name) }
	}
	hs256 := func(change func(header, claims map[string]any)) string {
		return forge(t, jwt.SigningMethodHS256, secrets[0], `{}`, change)
	}
	good := hs256(nil)
	parts := strings.Split(good, ".")
	return map[string]string{
		"no token":        "",
		"not a token":     "abc",
		"alg none":        forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, `{}`, nil),
		"alg NONE":        base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"NONE","typ":"rpc+jwt"}`)) + "." + parts[1] + ".",
		"another alg":     forge(t, jwt.SigningMethodHS512, secrets[0], `{}`, nil),
		"another secret":  forge(t, jwt.SigningMethodHS256, []byte("another secret of 32 characters!"), `{}`, nil),
		"an empty secret": forge(t, jwt.SigningMethodHS256, []byte{}, `{}`, nil),
		"no signature":    parts[0] + "." + parts[1] + ".",
		"a cut signature": good[:len(good)-4],
		"another actor":   parts[0] + "." + strings.Split(hs256(set("act", map[string]any{"system": true})), ".")[1] + "." + parts[2],
		"no exp":          hs256(drop("exp")),
		"expired": hs256(func(_, c map[string]any) {
			c["iat"], c["exp"] = now.Add(-30*time.Second).Unix(), now.Add(-20*time.Second).Unix()
		}),
		"not yet issued": hs256(func(_, c map[string]any) {
			c["iat"], c["exp"] = now.Add(time.Minute).Unix(), now.Add(70*time.Second).Unix()
		}),
		"no iat":              hs256(drop("iat")),
		"living for a day":    hs256(set("exp", now.Add(24*time.Hour).Unix())),
		"no audience":         hs256(drop("aud")),
		"another module":      hs256(set("aud", []string{"order"})),
		"no issuer":           hs256(drop("iss")),
		"another issuer":      hs256(set("iss", "elsewhere")),
		"another type":        hs256(func(h, _ map[string]any) { h["typ"] = "JWT" }),
		"no type":             hs256(func(h, _ map[string]any) { delete(h, "typ") }),
		"another method's":    hs256(set("pth", "/rpc/echo/Fail")),
		"another HTTP method": hs256(set("mth", "GET")),
		"another body":        forge(t, jwt.SigningMethodHS256, secrets[0], `{"text":"other"}`, nil),
		"no body hash":        hs256(drop("sha")),
		"no id":               hs256(drop("jti")),
		"a short id":          hs256(set("jti", "1")),
		"a long id":           hs256(set("jti", strings.Repeat("x", 65))),
		"a key in its header": forge(t, jwt.SigningMethodHS256, []byte("attacker"), `{}`, func(h, _ map[string]any) {
			h["jwk"], h["kid"] = map[string]any{"kty": "oct", "k": "YXR0YWNrZXI"}, "../../dev/null"
		}),
	}
}

func TestEverySecretIsAcceptedAndTheFirstSigns(t *testing.T) {
	_, s := serve(t, nil)
	for i, secret := range secrets {
		if got := post(t, s.URL, forge(t, jwt.SigningMethodHS256, secret, `{}`, nil), http.MethodPost, `{}`); got != http.StatusOK {
			t.Errorf("secret %d: %d", i, got)
		}
	}
	token, err := sign(t.Context(), secrets[0], clock.New().Now(), "echo", callPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newVerifier("echo", secrets[:1], clock.New()).verify(token, "POST", callPath); err != nil {
		t.Errorf("with the first secret: %v", err)
	}
	if _, err := newVerifier("echo", secrets[1:], clock.New()).verify(token, "POST", callPath); err == nil {
		t.Error("the token was signed with another secret than the first")
	}
}

func TestATokenEndsWithItsCall(t *testing.T) {
	c := clock.New()
	token, err := sign(identity.System(t.Context()), secrets[0], c.Now(), "echo", callPath, nil)
	if err != nil {
		t.Fatal(err)
	}
	v := newVerifier("echo", secrets, c)
	if got, err := v.verify(token, "POST", callPath); err != nil || !got.Actor.System {
		t.Errorf("at once: %v, %v", got.Actor, err)
	}
	c.Advance(lifetime + leeway + 2*time.Second)
	if _, err := v.verify(token, "POST", callPath); err == nil {
		t.Error("the token still works later")
	}
}
