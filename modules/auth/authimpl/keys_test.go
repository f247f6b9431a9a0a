package authimpl

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"

	"marketplace/modules/auth"
	"marketplace/platform/apptest"
	"marketplace/platform/private"
)

// forger makes tokens as an attacker would who knows everything but the private key.
type forger struct {
	t      *testing.T
	good   string
	kid    string
	public ed25519.PublicKey
	claims jwt.MapClaims
}

func newForger(t *testing.T, w *world, good string) *forger {
	f := &forger{t: t, good: good, claims: jwt.MapClaims{}}
	token, _, err := jwt.NewParser().ParseUnverified(good, f.claims)
	w.must(err)
	f.kid = token.Header["kid"].(string)
	var row signingKeyRow
	w.must(w.h.DB.Read(t.Context()).Where("kid = ?", f.kid).Take(&row).Error)
	f.public = row.Public
	return f
}

// sign makes a token with the good one's claims and header, changed.
func (f *forger) sign(method jwt.SigningMethod, key any, change func(header map[string]any, claims jwt.MapClaims)) string {
	f.t.Helper()
	claims := jwt.MapClaims{}
	for k, v := range f.claims {
		claims[k] = v
	}
	token := jwt.NewWithClaims(method, claims)
	token.Header["typ"], token.Header["kid"] = "at+jwt", f.kid
	if change != nil {
		change(token.Header, claims)
	}
	signed, err := token.SignedString(key)
	if err != nil {
		f.t.Fatal(err)
	}
	return signed
}

// Row V9, RFC 8725.
func TestForgedAccessTokensAreRefused(t *testing.T) {
	w := newWorld(t)
	w.ana()
	good := w.logIn("ana").AccessToken.Reveal()
	if !w.authenticated(auth.AuthenticateRequest{AccessToken: private.Secret(good)}) {
		t.Fatal("the good token is refused")
	}
	f := newForger(t, w, good)
	_, own, err := ed25519.GenerateKey(nil)
	w.must(err)
	header := func(name string, value any) func(map[string]any, jwt.MapClaims) {
		return func(h map[string]any, _ jwt.MapClaims) { h[name] = value }
	}
	parts := strings.Split(good, ".")
	b64 := base64.RawURLEncoding.EncodeToString
	for name, token := range map[string]string{
		"alg none":           f.sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil),
		"alg NONE":           b64([]byte(`{"alg":"NONE","typ":"at+jwt","kid":"`+f.kid+`"}`)) + "." + parts[1] + ".",
		"the public as HMAC": f.sign(jwt.SigningMethodHS256, []byte(f.public), nil),
		"a key of my own":    f.sign(jwt.SigningMethodEdDSA, own, nil),
		"another kid":        f.sign(jwt.SigningMethodEdDSA, own, header("kid", "mine")),
		"kid of a file":      f.sign(jwt.SigningMethodEdDSA, own, header("kid", "../../dev/null")),
		"kid of SQL":         f.sign(jwt.SigningMethodEdDSA, own, header("kid", "' UNION SELECT 1 --")),
		"kid not a text":     f.sign(jwt.SigningMethodEdDSA, own, header("kid", 1)),
		"no kid":             f.sign(jwt.SigningMethodEdDSA, own, func(h map[string]any, _ jwt.MapClaims) { delete(h, "kid") }),
		"a jku":              f.sign(jwt.SigningMethodEdDSA, own, header("jku", "https://evil.test/keys")),
		"a jwk":              f.sign(jwt.SigningMethodEdDSA, own, header("jwk", map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(own.Public().(ed25519.PublicKey))})),
		"alg twice":          b64([]byte(`{"alg":"EdDSA","typ":"at+jwt","kid":"`+f.kid+`","alg":"none"}`)) + "." + parts[1] + ".",
		"claims twice":       parts[0] + "." + b64([]byte(`{"sub":"a","sub":"b","sid":"x","exp":99999999999}`)) + "." + parts[2],
		"an x5u":             f.sign(jwt.SigningMethodEdDSA, own, header("x5u", "https://evil.test/cert")),
		"an empty signature": parts[0] + "." + parts[1] + ".",
		"no signature":       parts[0] + "." + parts[1],
		"cut off":            good[:len(good)-4],
		"other claims":       parts[0] + "." + b64([]byte(`{"sub":"x","exp":99999999999}`)) + "." + parts[2],
		"padding":            good + "=",
		"too long":           good + strings.Repeat("A", 4096),
		"not a token":        "Bearer",
	} {
		if w.authenticated(auth.AuthenticateRequest{AccessToken: private.Secret(token)}) {
			t.Errorf("%s was taken", name)
		}
	}
}

// Row V9: what we sign ourselves for something else is no access token.
func TestOurOwnSignatureUnderSomethingElseIsRefused(t *testing.T) {
	w := newWorld(t)
	w.ana()
	good := w.logIn("ana").AccessToken.Reveal()
	f := newForger(t, w, good)
	k, err := newKeyring(w.h.Host, w.secret(), defaults())
	w.must(err)
	w.must(k.Refresh(t.Context()))
	set := func(claim string, value any) func(map[string]any, jwt.MapClaims) {
		return func(_ map[string]any, c jwt.MapClaims) {
			if c[claim] = value; value == nil {
				delete(c, claim)
			}
		}
	}
	if !w.authenticated(auth.AuthenticateRequest{AccessToken: private.Secret(f.sign(jwt.SigningMethodEdDSA, k.sign, nil))}) {
		t.Fatal("the test does not sign as the module does")
	}
	for name, change := range map[string]func(map[string]any, jwt.MapClaims){
		"typ JWT":         func(h map[string]any, _ jwt.MapClaims) { h["typ"] = "JWT" },
		"no typ":          func(h map[string]any, _ jwt.MapClaims) { delete(h, "typ") },
		"issuer":          set("iss", "https://elsewhere.test"),
		"no issuer":       set("iss", nil),
		"audience":        set("aud", "order"),
		"no audience":     set("aud", nil),
		"no expiry":       set("exp", nil),
		"expired":         set("exp", w.h.Clock.Now().Unix()-1),
		"not yet":         set("nbf", w.h.Clock.Now().Unix()+60),
		"another account": set("sub", "somebody"),
		"no session":      set("sid", nil),
		"another session": set("sid", "x' OR 1=1 --"),
	} {
		if w.authenticated(auth.AuthenticateRequest{AccessToken: private.Secret(f.sign(jwt.SigningMethodEdDSA, k.sign, change))}) {
			t.Errorf("%s was taken", name)
		}
	}
}

func (w *world) secret() []byte {
	w.t.Helper()
	secret, err := w.h.Secret("auth")
	w.must(err)
	return secret
}

func TestKeysTakeTurnsWithoutLoggingAnybodyOut(t *testing.T) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) {
		w := startOn(t, open("auth"))
		w.ana()
		kid := func(token string) string { return newForger(t, w, token).kid }
		first := w.logIn("ana").AccessToken
		w.h.Clock.Advance(30 * 24 * time.Hour)
		before := w.logIn("ana").AccessToken
		w.must(w.h.RunTasks(apptest.System())) // makes the next key
		early := w.logIn("ana").AccessToken
		if kid(early.Reveal()) != kid(first.Reveal()) {
			t.Error("a key signs that other replicas may not know yet")
		}
		w.h.Clock.Advance(3 * time.Minute)
		w.must(w.h.RunTasks(apptest.System()))
		after := w.logIn("ana").AccessToken
		if kid(after.Reveal()) == kid(first.Reveal()) {
			t.Error("the old key still signs")
		}
		for name, token := range map[string]string{"of the old key": before.Reveal(), "of the overlap": early.Reveal(), "of the new key": after.Reveal()} {
			if !w.authenticated(auth.AuthenticateRequest{AccessToken: private.Secret(token)}) {
				t.Errorf("a token %s is refused", name)
			}
		}
		w.h.Clock.Advance(2 * time.Hour)
		w.must(w.h.RunTasks(apptest.System()))
		var keys int
		w.must(w.h.DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM signing_keys").Scan(&keys).Error)
		if keys != 1 {
			t.Errorf("%d keys are kept", keys)
		}
	})
}

func TestReplicasThatStartAtOnceShareTheirKeys(t *testing.T) {
	w := newWorld(t)
	w.ana()
	other := startAgain(t, w)
	token := w.logIn("ana").AccessToken
	if _, err := other.Authenticate(apptest.Visitor(), auth.AuthenticateRequest{AccessToken: token}); err != nil {
		t.Errorf("the other replica refuses the token: %v", err)
	}
}

func startAgain(t *testing.T, w *world) auth.Service {
	t.Helper()
	h := *w.h.Host
	h.Metrics = prometheus.NewRegistry() // as in a process of its own
	other, err := newService(&h, Deps{Notifications: w.letters})
	w.must(err)
	return other
}

func TestThePrivateKeyIsSealedWithTheSecret(t *testing.T) {
	w := newWorld(t)
	w.ana()
	w.logIn("ana")
	k, err := newKeyring(w.h.Host, w.secret(), defaults())
	w.must(err)
	w.must(k.Refresh(t.Context()))
	rows, err := readKeys(w.h.DB.Read(t.Context()))
	w.must(err)
	if len(rows) != 1 || bytes.Contains(rows[0].Sealed, k.sign.Seed()) {
		t.Error("the private key can be read in the database")
	}
	wrong, err := newKeyring(w.h.Host, []byte("another secret of thirty-two bytes"), defaults())
	w.must(err)
	if err := wrong.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "secrets.auth") {
		t.Errorf("another secret opens it: %v", err)
	}
}

func TestUnsafeSettingsAreRefused(t *testing.T) {
	for key, value := range map[string]any{
		"password_min": 7, "password_hash_memory": 32, "password_hash_time": 0, "access_token_life": "2h",
		"session_idle": "100d", "refresh_grace": "5m", "reset_life": "31m", "verification_life": "1s", "signing_key_life": "1s", "failures_per_address": 0,
	} {
		h := apptest.Host(t, "auth", apptest.Settings(map[string]any{key: value}))
		if _, err := newService(h.Host, Deps{}); err == nil {
			t.Errorf("%s: %v is taken", key, value)
		}
	}
	for _, cheap := range []func(*settings){func(s *settings) { s.HashMemory = 12 << 10 }, func(s *settings) { s.HashTime = 1 }} {
		set := defaults()
		if cheap(&set); set.check(false) != nil || set.check(true) == nil {
			t.Errorf("in development %v, in production %v", set.check(false), set.check(true))
		}
	}
}
