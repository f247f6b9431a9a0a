package authimpl

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"

	"marketplace/platform/fault"
)

// What argon2id may be set to. The least in production is what OWASP asks for; the most keeps one login from taking the machine.
const (
	leastMemory, mostMemory = 19 << 10, 1 << 20 // KiB
	leastTime, mostTime     = 2, 16
	saltLength, hashLength  = 16, 32
	queue                   = 15 * time.Second // how long a password waits for its turn
)

// hasher hashes passwords with argon2id, as many at once as there are processors: each takes 19 MiB.
type hasher struct {
	memory, time int
	turns        chan struct{}
	figures      hashFigures
	derive       func(password, salt []byte, time, memory uint32, threads uint8, length uint32) []byte // argon2.IDKey
}

func newHasher(memory, time int) *hasher {
	return &hasher{memory: memory, time: time, turns: make(chan struct{}, runtime.NumCPU()), derive: argon2.IDKey, figures: newHashFigures()}
}

// hashed is a password hash taken apart.
type hashed struct {
	memory, time, threads int
	salt, hash            []byte
}

// String is the PHC format: $argon2id$v=19$m=19456,t=2,p=1$salt$hash.
func (h hashed) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.time, h.threads, b64(h.salt), b64(h.hash))
}

func parseHash(text string) (h hashed, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, errors.New("a password hash that is not of argon2id")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return h, fmt.Errorf("read the parameters of a password hash: %w", err)
	}
	h.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	if err == nil {
		h.hash, err = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	}
	if err == nil && (h.memory < 8 || h.memory > mostMemory || h.time < 1 || h.time > mostTime || h.threads < 1 || h.threads > 16 || len(h.hash) < 16) {
		err = errors.New("a password hash with parameters out of bounds")
	}
	return h, err
}

// Hash returns what to keep of a password.
func (h *hasher) Hash(ctx context.Context, password string) (string, error) {
	made := hashed{memory: h.memory, time: h.time, threads: 1, salt: random(saltLength), hash: make([]byte, hashLength)}
	key, err := h.compute(ctx, made, password)
	if err != nil {
		return "", err
	}
	made.hash = key
	return made.String(), nil
}

// Check says whether the password is the kept one, and whether it should be hashed again, because the parameters have
// changed since. With an empty kept text it takes as long, and the answer is no: nobody learns whether an account exists.
func (h *hasher) Check(ctx context.Context, kept, password string) (right, stale bool, err error) {
	k := hashed{memory: h.memory, time: h.time, threads: 1, salt: random(saltLength), hash: random(hashLength)}
	if kept != "" {
		if k, err = parseHash(kept); err != nil {
			return false, false, err
		}
	}
	key, err := h.compute(ctx, k, password)
	if err != nil {
		return false, false, err
	}
	right = subtle.ConstantTimeCompare(key, k.hash) == 1 && kept != ""
	return right, k.memory != h.memory || k.time != h.time || k.threads != 1, nil
}

func (h *hasher) compute(ctx context.Context, k hashed, password string) ([]byte, error) {
	wait, cancel := context.WithTimeout(ctx, queue)
	defer cancel()
	leave := h.figures.enter()
	select {
	case h.turns <- struct{}{}:
		leave()
		defer func() { <-h.turns }()
	case <-wait.Done():
		leave()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, fault.Unavailablef(5, "Many people are logging in right now. Please try again in a moment.")
	}
	return h.derive([]byte(password), k.salt, uint32(k.time), uint32(k.memory), uint8(k.threads), uint32(len(k.hash))), nil
}

// random returns bytes that nobody can guess.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
