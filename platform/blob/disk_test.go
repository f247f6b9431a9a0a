package blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"marketplace/platform/fault"
)

func open(t *testing.T) (Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "files")
	store, err := Disk(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.(io.Closer).Close() })
	return store, dir
}

// files lists every file under the folder, by its name there.
func files(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestOnlyTheOwnerMayReadTheFiles(t *testing.T) {
	store, dir := open(t)
	if err := store.Put(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]fs.FileMode{"": 0o700, "a": 0o700, "a/b": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q: %v %v, want %v", name, info.Mode(), err, want)
		}
	}
}

func TestAFailedWriteLeavesNothingInTheFolder(t *testing.T) {
	store, dir := open(t)
	broken := io.MultiReader(strings.NewReader("new"), iotest.ErrReader(errors.New("the line is dead")))
	if err := store.Put(t.Context(), "k", broken); err == nil || len(files(t, dir)) != 0 {
		t.Errorf("%v, and %v", err, files(t, dir))
	}
}

func TestNamesCannotLeaveTheFolder(t *testing.T) {
	store, dir := open(t)
	secret := filepath.Join(filepath.Dir(dir), "x")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range hostileNames() {
		_ = store.Put(t.Context(), name, strings.NewReader("hostile"))
		_ = store.Delete(t.Context(), name)
	}
	if content, err := os.ReadFile(secret); err != nil || string(content) != "secret" {
		t.Errorf("a file outside was touched: %q %v", content, err)
	}
	if got := files(t, filepath.Dir(dir)); len(got) != 1 {
		t.Errorf("files were made: %v", got)
	}
}

func TestSymbolicLinksAreNotFollowed(t *testing.T) {
	store, dir := open(t)
	outside := t.TempDir()
	for _, f := range []string{filepath.Join(outside, "secret"), filepath.Join(dir, "inside")} {
		if err := os.WriteFile(f, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{"file": outside + "/secret", "folder": outside, "near": "inside", "self": "."} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"file", "folder/secret", "near", "self/inside"} {
		if _, err := store.Get(t.Context(), key); !fault.Is(err, fault.NotFound) {
			t.Errorf("Get(%q) followed the link: %v", key, err)
		}
		if err := store.Put(t.Context(), key, strings.NewReader("hostile")); err == nil {
			t.Errorf("Put(%q) followed the link", key)
		}
		_ = store.Delete(t.Context(), key)
	}
	for _, f := range []string{filepath.Join(outside, "secret"), filepath.Join(dir, "inside")} {
		if content, err := os.ReadFile(f); err != nil || string(content) != "secret" {
			t.Errorf("%s was touched: %q %v", f, content, err)
		}
	}
}

func TestAFolderIsNoFile(t *testing.T) {
	store, dir := open(t)
	if err := store.Put(t.Context(), "a/b", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a", "a/b/c"} {
		if _, err := store.Get(t.Context(), key); !fault.Is(err, fault.NotFound) {
			t.Errorf("Get(%q): %v", key, err)
		}
		if err := store.Delete(t.Context(), key); err != nil {
			t.Errorf("Delete(%q): %v", key, err)
		}
		if err := store.Put(t.Context(), key, strings.NewReader("x")); err == nil {
			t.Errorf("Put(%q) was accepted", key)
		}
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestWhatACrashLeftIsSweptAtTheNextStart(t *testing.T) {
	_, dir := open(t)
	for name, age := range map[string]time.Duration{"old": 48 * time.Hour, "young": 0} {
		file := filepath.Join(dir, tempDir, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		then := info.ModTime().Add(-age)
		if err := os.Chtimes(file, then, then); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Disk(dir); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(files(t, dir)); got != "[.tmp/young]" {
		t.Errorf("got %s", got)
	}
}
