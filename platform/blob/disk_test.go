package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
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

func read(t *testing.T, s Store, key string) string {
	t.Helper()
	r, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(content)
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

func TestAFileIsReadBackReplacedAndDeleted(t *testing.T) {
	store, dir := open(t)
	for _, content := range []string{"first", "second, which is longer", ""} {
		if err := store.Put(t.Context(), "covers/ab/cd-1.jpg", strings.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, store, "covers/ab/cd-1.jpg"); got != content {
			t.Errorf("got %q, want %q", got, content)
		}
	}
	if got := files(t, dir); len(got) != 1 {
		t.Errorf("files left behind: %v", got)
	}
	for range 2 {
		if err := store.Delete(t.Context(), "covers/ab/cd-1.jpg"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := store.Get(t.Context(), "covers/ab/cd-1.jpg"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted file: %v", err)
	}
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

func TestAFailedWriteLeavesWhatWasThere(t *testing.T) {
	store, dir := open(t)
	if err := store.Put(t.Context(), "k", strings.NewReader("old")); err != nil {
		t.Fatal(err)
	}
	broken := io.MultiReader(strings.NewReader("new"), iotest.ErrReader(errors.New("the line is dead")))
	if err := store.Put(t.Context(), "k", broken); err == nil {
		t.Error("half a file was accepted")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Put(ended, "k", strings.NewReader("new")); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled write: %v", err)
	}
	if got := read(t, store, "k"); got != "old" || len(files(t, dir)) != 1 {
		t.Errorf("got %q and %v", got, files(t, dir))
	}
}

func TestReadersSeeOneWholeFileWhileItIsReplaced(t *testing.T) {
	store, _ := open(t)
	versions := [][]byte{bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 100_000)}
	if err := store.Put(t.Context(), "k", bytes.NewReader(versions[0])); err != nil {
		t.Fatal(err)
	}
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() {
			for range 10 {
				if err := store.Put(t.Context(), "k", bytes.NewReader(versions[i%2])); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 50 {
		got := read(t, store, "k")
		if got != string(versions[0]) && got != string(versions[1]) {
			t.Fatal("a mixture of two versions was read")
		}
	}
	writers.Wait()
}

// hostileNames are 200 and more names that must never reach a file (ASVS 5.3.2).
func hostileNames() []string {
	names := []string{
		"", ".", "..", "/", "//", "/etc/passwd", "//etc/passwd", "\\", "\\\\server\\share", "C:\\Windows", "c:/windows",
		"a//b", "a/", "/a", "a/./b", "a/../b", "a/..", "./a", "../a", ".a", "a/.b", ".tmp/x", "..a", "...", ".../a",
		"a\x00", "\x00", "a\x00.jpg", "a\n", "a\r\nb", "a\tb", " a", "a ", "a b", "~", "~/a", "$HOME", "`id`", "$(id)", "a;b",
		"a|b", "a&b", "a*", "a?", "a<b", "a>b", "a\"b", "a'b", "a:b", "a%2fb", "%2e%2e/a", "%2e%2e%2fa", "%00", "..%2f", "..%5c",
		"ä", "a/ü", "é", "文", "a\u200b", "\u202e", "\u2024\u2024/a", "\uff0e\uff0e/a", "a\u2215b", "a\u2044b", "\uff0fetc", "\xff", "a\xc0\xaf",
		"..\xc0\xafa", "a\u0301", "😀", "con:", "a\\b", "a\\..\\b", "..\\a", "..\\..\\a", "a\x7f", "a\x1b[0m", "-\x00", "@", "#", "a=b", "a+b", "a,b",
		strings.Repeat("a", 201), strings.Repeat("a/", 101), strings.Repeat("../", 60) + "etc/passwd",
	}
	for depth := 1; depth <= 15; depth++ {
		up := strings.Repeat("../", depth)
		names = append(names, up+"etc/passwd", "a/"+up+"etc/passwd", "a/b/"+up+"x", up, "/"+up+"etc/passwd",
			strings.ReplaceAll(up, "/", "\\")+"x", strings.ReplaceAll(up, "../", "....//")+"x", up+"x\x00.jpg")
	}
	return names
}

func TestNamesCannotLeaveTheFolder(t *testing.T) {
	store, dir := open(t)
	names := hostileNames()
	if len(names) < 200 {
		t.Fatalf("only %d names", len(names))
	}
	secret := filepath.Join(filepath.Dir(dir), "x")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if err := store.Put(t.Context(), name, strings.NewReader("hostile")); err == nil {
			t.Errorf("Put(%q) was accepted", name)
		}
		if _, err := store.Get(t.Context(), name); !fault.Is(err, fault.NotFound) {
			t.Errorf("Get(%q): %v", name, err)
		}
		if err := store.Delete(t.Context(), name); err == nil {
			t.Errorf("Delete(%q) was accepted", name)
		}
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
