package app

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// shortest is how many characters a secret has at least: as many bytes as HS256 asks for (RFC 7518, 3.2).
const shortest = 32

var secretName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// Secret returns the secret of this name, at least 32 bytes: configured, or in development generated once (exactly 32
// bytes of text) and kept in the data folder. In production a missing one is an error, so the process does not start.
func (h *Host) Secret(name string) ([]byte, error) {
	if !secretName.MatchString(name) {
		return nil, fmt.Errorf("the secret name %q is not usable: write lower-case letters, digits, _ and -", name)
	}
	if value := h.Config.Secrets[name]; value != "" {
		if len(value) < shortest {
			return nil, fmt.Errorf("secrets.%s is too short: use at least %d random characters", name, shortest)
		}
		return []byte(value), nil
	}
	if h.Config.IsProduction() {
		return nil, fmt.Errorf("secrets.%s is not set: in production give it at least %d random characters", name, shortest)
	}
	secret, err := keptSecret(filepath.Join(h.Config.Data, "secrets"), name)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", name, err)
	}
	return secret, nil
}

// keptSecret reads the secret from its file, and makes the file first if there is none. The file appears complete or not
// at all, and the first of several processes wins: a link to a written file cannot replace another.
func keptSecret(dir, name string) ([]byte, error) {
	path := filepath.Join(dir, name)
	kept, err := os.ReadFile(path)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return checkKept(path, kept, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "."+name+"-*") // 0600
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	random := make([]byte, shortest*6/8) // base64 makes 4 characters of 3 bytes
	_, _ = rand.Read(random)             // never fails
	_, err = f.WriteString(base64.RawURLEncoding.EncodeToString(random))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	kept, err = os.ReadFile(path)
	return checkKept(path, kept, err)
}

func checkKept(path string, kept []byte, err error) ([]byte, error) {
	if err == nil && len(kept) < shortest {
		err = fmt.Errorf("%s is damaged: remove it, and a new one is made", path)
	}
	return kept, err
}
