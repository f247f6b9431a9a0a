package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"marketplace/platform/app"
	"marketplace/platform/config"
	"marketplace/platform/private"
)

func TestAGeneratedSecretIsKeptAndEveryProcessAgrees(t *testing.T) {
	data := t.TempDir()
	var wait sync.WaitGroup
	got := make([]string, 50)
	for i := range got {
		wait.Go(func() {
			h := &app.Host{Config: config.Config{Environment: config.Development, Data: data}}
			s, err := h.Secret("sessions")
			if err != nil {
				t.Error(err)
			}
			got[i] = string(s)
		})
	}
	wait.Wait()
	for _, s := range got {
		if s != got[0] || len(s) != 32 {
			t.Fatalf("%d characters, and not the same for all", len(s))
		}
	}
	path := filepath.Join(data, "secrets", "sessions")
	for file, mode := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("files that are left over: %v, %v", left, err)
	}
	other, err := (&app.Host{Config: config.Config{Data: data}}).Secret("tokens")
	if err != nil || string(other) == got[0] {
		t.Errorf("two secrets are the same, %v", err)
	}
}

func TestAConfiguredSecretWins(t *testing.T) {
	h := &app.Host{Config: config.Config{Environment: config.Production, Data: t.TempDir(), Secrets: map[string]private.Secret{"sessions": secret, "weak": "abc"}}}
	if s, err := h.Secret("sessions"); err != nil || string(s) != secret {
		t.Errorf("%v", err)
	}
	if _, err := h.Secret("weak"); err == nil || !strings.Contains(err.Error(), "secrets.weak is too short") {
		t.Errorf("%v", err)
	}
	if _, err := h.Secret("tokens"); err == nil || !strings.Contains(err.Error(), "secrets.tokens is not set") {
		t.Errorf("production generates secrets: %v", err)
	}
	if left, _ := os.ReadDir(h.Config.Data); len(left) != 0 {
		t.Errorf("production has written %v", left)
	}
}

func TestASecretStaysInItsFolderAndADamagedOneIsNotUsed(t *testing.T) {
	h := &app.Host{Config: config.Config{Data: t.TempDir()}}
	for _, name := range []string{"", ".", "..", "../serve", "a/b", "a b", "A", ".hidden", "-x"} {
		if _, err := h.Secret(name); err == nil {
			t.Errorf("the name %q is accepted", name)
		}
	}
	path := filepath.Join(h.Config.Data, "secrets", "sessions")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Secret("sessions"); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("%v", err)
	}
}
