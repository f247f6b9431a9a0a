package identity_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"marketplace/platform/identity"
)

const issuer = "https://market.example"

// signer has a key and the verifiers that know it.
type signer struct {
	t       *testing.T
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	now     time.Time
}

func newSigner(t *testing.T) *signer {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &signer{t: t, public: public, private: private, now: time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)}
}

func (s *signer) token() identity.AccessToken {
	return identity.AccessToken{ID: "t1", Issuer: issuer, UserID: "u1", SessionID: "s1", IssuedAt: s.now, ExpiresAt: s.now.Add(time.Minute)}
}

func (s *signer) verifier(leeway time.Duration) *identity.Verifier {
	return identity.NewVerifier(issuer, map[string]ed25519.PublicKey{"k1": s.public}, func() time.Time { return s.now }, leeway)
}

// raw signs what is written, as nobody but the holder of the key can.
func (s *signer) raw(header, claims string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	signed := b64([]byte(header)) + "." + b64([]byte(claims))
	return signed + "." + b64(ed25519.Sign(s.private, []byte(signed)))
}

// raws is a good token with the header and the claims changed; nil takes one out.
func (s *signer) raws(header, claims map[string]any) string {
	all := func(good, changes map[string]any) string {
		for k, v := range changes {
			if good[k] = v; v == nil {
				delete(good, k)
			}
		}
		text, err := json.Marshal(good)
		if err != nil {
			s.t.Fatal(err)
		}
		return string(text)
	}
	return s.raw(all(map[string]any{"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"}, header), all(map[string]any{
		"iss": issuer, "aud": []string{"marketplace"}, "sub": "u1", "sid": "s1", "iat": s.now.Unix(), "exp": s.now.Unix() + 60,
	}, claims))
}

func TestAnAccessTokenSaysWhatWasSigned(t *testing.T) {
	s := newSigner(t)
	text, err := s.token().Sign("k1", s.private)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.verifier(0).Verify(text)
	if got.ExpiresAt = got.ExpiresAt.UTC(); err != nil || got.IssuedAt.Unix() != s.now.Unix() {
		t.Fatalf("%+v, %v", got, err)
	}
	if got.IssuedAt = got.IssuedAt.UTC(); got != s.token() {
		t.Errorf("%+v instead of %+v", got, s.token())
	}
	if _, err := s.verifier(0).Verify(s.raws(nil, nil)); err != nil {
		t.Errorf("the test does not write tokens as the package does: %v", err)
	}
}

// ASVS 9.1.1 to 9.2.3, RFC 8725: even with our signature under it, a token that was made for something else is none.
func TestASVS_V9_2_1_WhatWeSignForSomethingElseIsNoAccessToken(t *testing.T) {
	s := newSigner(t)
	for name, token := range map[string]string{
		"typ JWT":             s.raws(map[string]any{"typ": "JWT"}, nil),
		"no typ":              s.raws(map[string]any{"typ": nil}, nil),
		"typ of a call":       s.raws(map[string]any{"typ": "rpc+jwt"}, nil),
		"alg none":            s.raws(map[string]any{"alg": "none"}, nil),
		"alg NONE":            s.raws(map[string]any{"alg": "NONE"}, nil),
		"alg HS256":           s.raws(map[string]any{"alg": "HS256"}, nil),
		"no alg":              s.raws(map[string]any{"alg": nil}, nil),
		"alg twice":           s.raw(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1","alg":"none"}`, `{}`),
		"another issuer":      s.raws(nil, map[string]any{"iss": "https://elsewhere.example"}),
		"no issuer":           s.raws(nil, map[string]any{"iss": nil}),
		"another audience":    s.raws(nil, map[string]any{"aud": "order"}),
		"no audience":         s.raws(nil, map[string]any{"aud": nil}),
		"no expiry":           s.raws(nil, map[string]any{"exp": nil}),
		"expired":             s.raws(nil, map[string]any{"exp": s.now.Unix() - 1}),
		"expired in words":    s.raws(nil, map[string]any{"exp": "tomorrow"}),
		"not yet":             s.raws(nil, map[string]any{"nbf": s.now.Unix() + 60}),
		"claims of no object": s.raw(`{"alg":"EdDSA","typ":"at+jwt","kid":"k1"}`, `"u1"`),
	} {
		if a, err := s.verifier(0).Verify(token); err == nil || a.UserID != "" {
			t.Errorf("%s was taken: %+v, %v", name, a, err)
		}
	}
}

// ASVS 9.1.1: what others sign is none, whatever its header says about keys.
func TestASVS_V9_1_1_OnlyOurKeysProveATokenAndNoneOfTheHeadersChoice(t *testing.T) {
	s, other := newSigner(t), newSigner(t)
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64.RawURLEncoding.EncodeToString(other.public)}
	good := s.raws(nil, nil)
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"another key":         other.raws(nil, nil),
		"kid of another":      other.raws(map[string]any{"kid": "k2"}, nil),
		"kid of a file":       other.raws(map[string]any{"kid": "../../dev/null"}, nil),
		"kid of SQL":          other.raws(map[string]any{"kid": "' UNION SELECT 1 --"}, nil),
		"kid of an address":   other.raws(map[string]any{"kid": "https://evil.example/key"}, nil),
		"kid of a number":     other.raws(map[string]any{"kid": 1}, nil),
		"no kid":              s.raws(map[string]any{"kid": nil}, nil),
		"a jku":               other.raws(map[string]any{"jku": "https://evil.example/keys"}, nil),
		"an x5u":              other.raws(map[string]any{"x5u": "https://evil.example/cert"}, nil),
		"a jwk":               other.raws(map[string]any{"jwk": jwk}, nil),
		"no signature":        parts[0] + "." + parts[1] + ".",
		"two parts":           parts[0] + "." + parts[1],
		"four parts":          good + ".x",
		"cut off":             good[:len(good)-4],
		"padded":              good + "==",
		"another's signature": parts[0] + "." + parts[1] + "." + strings.Split(other.raws(nil, nil), ".")[2],
		"too long":            s.raws(nil, map[string]any{"x": strings.Repeat("x", 4096)}),
		"nothing":             "",
	} {
		if a, err := s.verifier(time.Minute).Verify(token); err == nil || a.UserID != "" {
			t.Errorf("%s was taken: %+v, %v", name, a, err)
		}
	}
	for _, kid := range []any{"k2", nil} {
		if _, err := s.verifier(0).Verify(other.raws(map[string]any{"kid": kid}, nil)); !errors.Is(err, identity.ErrUnknownKey) {
			t.Errorf("an unknown key is told by %v", err)
		}
	}
}

func TestClocksOfTwoMachinesMayDifferALittle(t *testing.T) {
	s := newSigner(t)
	early, late := s.raws(nil, map[string]any{"nbf": s.now.Unix() + 4}), s.raws(nil, map[string]any{"exp": s.now.Unix() - 4})
	for _, token := range []string{early, late} {
		if _, err := s.verifier(5 * time.Second).Verify(token); err != nil {
			t.Errorf("refused with %v", err)
		}
		if _, err := s.verifier(3 * time.Second).Verify(token); err == nil {
			t.Error("a difference of four seconds is within three")
		}
	}
}
