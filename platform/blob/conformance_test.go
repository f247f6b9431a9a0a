package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"marketplace/platform/fault"
)

// stores runs one test on every kind of store.
func stores(t *testing.T, test func(t *testing.T, store Store)) {
	t.Run("disk", func(t *testing.T) {
		store, _ := open(t)
		test(t, store)
	})
	t.Run("S3", func(t *testing.T) { test(t, newBucket(t).store(t, "gig")) })
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

func write(t *testing.T, s Store, key, content string) {
	t.Helper()
	if err := s.Put(t.Context(), key, strings.NewReader(content)); err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsReadBackReplacedAndDeleted(t *testing.T) {
	stores(t, func(t *testing.T, store Store) {
		for _, content := range []string{"first", "second, which is longer", ""} {
			write(t, store, "covers/ab/cd-1.jpg", content)
			if got := read(t, store, "covers/ab/cd-1.jpg"); got != content {
				t.Errorf("got %q, want %q", got, content)
			}
		}
		for range 2 {
			if err := store.Delete(t.Context(), "covers/ab/cd-1.jpg"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := store.Get(t.Context(), "covers/ab/cd-1.jpg"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a deleted file: %v", err)
		}
	})
}

// A part of 8 MiB is where the ways of large and small files part.
func TestFilesOfEverySizeComeBackByteForByte(t *testing.T) {
	stores(t, func(t *testing.T, store Store) {
		for _, size := range []int64{1, 8 << 20, 17 << 20} {
			random := func() io.Reader { return io.LimitReader(rand.NewChaCha8([32]byte{byte(size)}), size) }
			if err := store.Put(t.Context(), "large", struct{ io.Reader }{random()}); err != nil {
				t.Fatal(err)
			}
			file, err := store.Get(t.Context(), "large")
			if err != nil {
				t.Fatal(err)
			}
			want, got := sha256.New(), sha256.New()
			_, _ = io.Copy(want, random())
			if n, err := io.Copy(got, file); err != nil || n != size || !bytes.Equal(want.Sum(nil), got.Sum(nil)) {
				t.Errorf("%d bytes came back as %d: %v", size, n, err)
			}
			_ = file.Close()
		}
	})
}

func TestAFailedWriteLeavesWhatWasThere(t *testing.T) {
	dead := errors.New("the line is dead")
	stores(t, func(t *testing.T, store Store) {
		write(t, store, "k", "old")
		for _, before := range []int{3, 9 << 20} { // in the first part, in the second
			broken := io.MultiReader(strings.NewReader(strings.Repeat("n", before)), iotest.ErrReader(dead))
			if err := store.Put(t.Context(), "k", broken); !errors.Is(err, dead) || fault.Is(err, fault.Unavailable) {
				t.Errorf("half a file of %d bytes: %v", before, err)
			}
			ended, cancel := context.WithCancel(t.Context())
			late := io.MultiReader(strings.NewReader(strings.Repeat("n", before)), calls(func() { cancel() }), strings.NewReader("n"))
			if err := store.Put(ended, "k", late); !errors.Is(err, context.Canceled) {
				t.Errorf("a write of %d bytes that was cancelled: %v", before, err)
			}
		}
		if got := read(t, store, "k"); got != "old" {
			t.Errorf("got %q", got)
		}
		if err := store.Put(t.Context(), "new", iotest.ErrReader(dead)); err == nil {
			t.Error("a file that cannot be read was accepted")
		}
		if _, err := store.Get(t.Context(), "new"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a file that was never whole: %v", err)
		}
	})
}

// calls is an empty reader that does something when it is reached.
type calls func()

func (c calls) Read([]byte) (int, error) { c(); return 0, io.EOF }

func TestNothingIsDoneForACallerWhoHasGone(t *testing.T) {
	stores(t, func(t *testing.T, store Store) {
		write(t, store, "k", "old")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := store.Get(ended, "k")
		for what, err := range map[string]error{"put": store.Put(ended, "k", strings.NewReader("new")), "get": err, "delete": store.Delete(ended, "k")} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := read(t, store, "k"); got != "old" {
			t.Errorf("got %q", got)
		}
	})
}

func TestReadersSeeOneWholeFileWhileItIsReplaced(t *testing.T) {
	stores(t, func(t *testing.T, store Store) {
		versions := []string{strings.Repeat("a", 100_000), strings.Repeat("b", 100_000)}
		write(t, store, "k", versions[0])
		var writers sync.WaitGroup
		for i := range 4 {
			writers.Go(func() {
				for range 10 {
					if err := store.Put(t.Context(), "k", strings.NewReader(versions[i%2])); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 50 {
			if got := read(t, store, "k"); got != versions[0] && got != versions[1] {
				t.Fatal("a mixture of two versions was read")
			}
		}
		writers.Wait()
	})
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

func TestHostileNamesAreRefused(t *testing.T) {
	names := hostileNames()
	if len(names) < 200 {
		t.Fatalf("only %d names", len(names))
	}
	stores(t, func(t *testing.T, store Store) {
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
	})
}
