package web

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"sync"
	"time"

	"marketplace/modules/auth"
	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

const (
	keysLife  = time.Minute     // how long the keys are used before they are read again; a new one is published for longer before it signs
	keysPause = time.Second     // between two readings because of tokens with unknown keys, which anybody can invent
	keysApart = 5 * time.Second // how far our clock may be from auth's
)

// accessKeys proves access tokens with the keys that auth publishes.
type accessKeys struct {
	auth  auth.Service
	clock *clock.Clock

	mu       sync.Mutex
	verifier *identity.Verifier
	readAt   time.Time
}

// prove returns what a token says if auth has signed it and it has not expired, else Unauthenticated; Unavailable when the
// keys are not known yet and auth does not answer.
func (k *accessKeys) prove(ctx context.Context, token string) (identity.AccessToken, error) {
	verifier, err := k.read(ctx, keysLife)
	if err != nil {
		return identity.AccessToken{}, err
	}
	proven, err := verifier.Verify(token)
	if errors.Is(err, identity.ErrUnknownKey) { // there may be a new one
		if verifier, err = k.read(ctx, keysPause); err != nil {
			return identity.AccessToken{}, err
		}
		proven, err = verifier.Verify(token)
	}
	if err != nil {
		return identity.AccessToken{}, fault.Unauthenticatedf("Please log in again.")
	}
	return proven, nil
}

// read returns the keys as they were at most so long ago. When auth does not answer, the ones that are known go on: only
// auth can say that one is revoked, and it is asked about the session all the same.
func (k *accessKeys) read(ctx context.Context, old time.Duration) (*identity.Verifier, error) {
	now := k.clock.Now()
	k.mu.Lock()
	known := k.verifier
	if known != nil && now.Sub(k.readAt) < old {
		k.mu.Unlock()
		return known, nil
	}
	k.readAt = now // whoever comes meanwhile takes the known ones
	k.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, askingTakes)
	defer cancel()
	set, err := k.auth.ListKeys(ctx, auth.ListKeysRequest{})
	if err != nil && known != nil {
		return known, nil
	}
	if err != nil {
		return nil, errors.Join(fault.Unavailablef(2, "We cannot look up who you are right now. Please try again in a moment."), err)
	}
	verifier := identity.NewVerifier(set.Issuer, publicKeys(set), k.clock.Now, keysApart)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.verifier = verifier
	return verifier, nil
}

func publicKeys(set auth.KeySet) map[string]ed25519.PublicKey {
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err == nil && k.Type == "OKP" && k.Curve == "Ed25519" && len(x) == ed25519.PublicKeySize {
			keys[k.ID] = x
		}
	}
	return keys
}
