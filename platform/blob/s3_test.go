package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"

	"marketplace/platform/fault"
)

// bucket is an S3 store in memory, and what was asked of it.
type bucket struct {
	backend *s3mem.Backend
	server  *httptest.Server
	mu      sync.Mutex
	asked   []*http.Request
	answer  http.HandlerFunc // instead of the store's, if it is set
}

func newBucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{backend: s3mem.New()}
	if err := b.backend.CreateBucket("market"); err != nil {
		t.Fatal(err)
	}
	store := gofakes3.New(b.backend, gofakes3.WithLogger(gofakes3.DiscardLog())).Server()
	b.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		b.asked = append(b.asked, r.Clone(context.Background()))
		answer := b.answer
		b.mu.Unlock()
		if answer != nil {
			answer(w, r)
			return
		}
		store.ServeHTTP(w, r)
	}))
	t.Cleanup(b.server.Close)
	return b
}

func (b *bucket) address(path string) string {
	return "s3://somebody:a%2Fse%2Bcret@" + strings.TrimPrefix(b.server.URL, "https://") + path
}

// store is one module's part of the bucket; it does not wait long.
func (b *bucket) store(t *testing.T, module string) *s3 {
	t.Helper()
	return b.at(t, "/market/files", module)
}

func (b *bucket) at(t *testing.T, path, module string) *s3 {
	t.Helper()
	store, err := newS3(b.address(path), module, limits{connect: 10 * time.Second, answer: 20 * time.Second, whole: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	store.lines.TLSClientConfig = b.server.Client().Transport.(*http.Transport).TLSClientConfig
	return store
}

func (b *bucket) answers(h http.HandlerFunc) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = h
}

// objects lists what is in the bucket.
func (b *bucket) objects(t *testing.T) (names []string) {
	t.Helper()
	for o := range b.store(t, "any").client.Client.ListObjects(t.Context(), "market", minio.ListObjectsOptions{Recursive: true}) {
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		names = append(names, o.Key)
	}
	return names
}

func TestObjectsAreInTheFolderOfTheirModule(t *testing.T) {
	b := newBucket(t)
	gigs, orders := b.store(t, "gig"), b.store(t, "order")
	write(t, gigs, "a/b", "a picture")
	if _, err := orders.Get(t.Context(), "a/b"); !fault.Is(err, fault.NotFound) {
		t.Errorf("another module's file: %v", err)
	}
	if err := orders.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	if got := b.objects(t); !slices.Equal(got, []string{"files/gig/a/b"}) {
		t.Errorf("got %q", got)
	}
}

// An object is private: nobody is given rights to it, every request is signed, and a browser would not show it as a page.
func TestObjectsArePrivateAndNeverPages(t *testing.T) {
	b := newBucket(t)
	store := b.store(t, "order")
	for content, kind := range map[string]string{
		"\x89PNG\x0D\x0A\x1A\x0A picture":          "image/png",
		"<html><script>alert(1)</script></html>":   "application/octet-stream",
		"<svg xmlns='http://www.w3.org/2000/svg'>": "application/octet-stream",
		"": "application/octet-stream",
	} {
		write(t, store, "k", content)
		put := b.asked[len(b.asked)-1]
		if got := put.Header.Get("Content-Type"); got != kind || put.Header.Get("Content-Disposition") != "attachment" {
			t.Errorf("%q is stored as %s %s", content, got, put.Header.Get("Content-Disposition"))
		}
	}
	_ = read(t, store, "k")
	for _, r := range b.asked {
		if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ") || r.Header.Get("X-Amz-Acl") != "" {
			t.Errorf("%s %s: %v", r.Method, r.URL, r.Header)
		}
		if strings.Contains(fmt.Sprint(r.URL, r.Header), "cret") {
			t.Errorf("the secret travels: %s %v", r.URL, r.Header)
		}
	}
}

func TestAFileThatBreaksOffIsAnErrorAndNotAShorterFile(t *testing.T) {
	b := newBucket(t)
	store := b.store(t, "order")
	b.answers(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Header().Set("ETag", `"9b2cf535f27731c974343645a3985328"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
		_, _ = io.WriteString(w, "half of it")
	})
	file, err := store.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if content, err := io.ReadAll(file); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%q was taken for the file: %v", content, err)
	}
}

func TestAStoreThatIsAwayIsUnavailable(t *testing.T) {
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	away := map[string]func(*bucket){
		"broken": func(b *bucket) { b.answers(status(500)) },
		"busy":   func(b *bucket) { b.answers(status(503)) },
		"silent": func(b *bucket) {
			b.answers(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then the end of the connection is seen
				<-r.Context().Done()
			})
		},
		"cut off": func(b *bucket) { b.answers(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }) },
		"gone":    func(b *bucket) { b.server.Close() },
	}
	for what, leave := range away {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := newBucket(t)
			store := b.store(t, "order")
			store.limits = limits{whole: 500 * time.Millisecond, answer: 500 * time.Millisecond}
			store.lines.ResponseHeaderTimeout = 200 * time.Millisecond
			leave(b)
			_, err := store.Get(t.Context(), "k")
			for what, err := range map[string]error{
				"get": err, "put": store.Put(t.Context(), "k", strings.NewReader("x")), "delete": store.Delete(t.Context(), "k"),
				"put in parts": store.Put(t.Context(), "k", strings.NewReader(strings.Repeat("x", 9<<20))),
			} {
				if f := fault.Of(err); f == nil || f.Code != fault.Unavailable || f.RetryAfter == 0 {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// A store that hangs up instead of answering ends a connection as a file ends: it is away all the same.
func TestAStoreThatHangsUpIsUnavailable(t *testing.T) {
	store := newBucket(t).store(t, "order")
	for _, err := range []error{io.EOF, &url.Error{Op: "Put", URL: "http://store/k", Err: io.EOF}} {
		if f := fault.Of(store.told(t.Context(), err)); f == nil || f.Code != fault.Unavailable {
			t.Errorf("%#v is told as %v", err, f)
		}
	}
}

// What the operator has to correct is no reason to try again: it is logged as our mistake.
func TestAWrongBucketOrLoginIsOurMistake(t *testing.T) {
	b := newBucket(t)
	elsewhere := b.at(t, "/nothere", "gig")
	_, err := elsewhere.Get(t.Context(), "k")
	for what, err := range map[string]error{"get": err, "put": elsewhere.Put(t.Context(), "k", strings.NewReader("x"))} {
		if code := fault.Of(err).Code; code != fault.Internal {
			t.Errorf("%s without a bucket: %s: %v", what, code, err)
		}
	}
	b.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	if err := b.store(t, "gig").Put(t.Context(), "k", strings.NewReader("x")); err == nil || fault.Of(err).Code != fault.Internal {
		t.Errorf("a wrong login: %v", err)
	}
}

func TestAnUploadThatIsGivenUpLeavesNoParts(t *testing.T) {
	b := newBucket(t)
	store := b.store(t, "order")
	ctx, cancel := context.WithCancel(t.Context())
	late := io.MultiReader(strings.NewReader(strings.Repeat("n", 17<<20)), calls(func() { cancel() }), strings.NewReader("n"))
	if err := store.Put(ctx, "k", late); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for u := range store.client.ListIncompleteUploads(t.Context(), "market", "", true) {
		t.Errorf("left behind: %s %v", u.Key, u.Err)
	}
	if got := b.objects(t); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}

func TestAnAddressOfFilesThatCannotWorkIsRefused(t *testing.T) {
	for _, address := range []string{
		"", "disk", "http://k:s@host/bucket", "s3://host/bucket", "s3://k@host/bucket", "s3://k:s@host", "s3://k:s@host/", "s3://k:s@/bucket",
		"s3://k:s@host/bucket?acl=public", "s3://k:s@host/bucket/..", "s3://k:s@host/bucket/a b", "s3://k:s%zz@host/bucket",
	} {
		if _, err := S3(address, "gig"); err == nil {
			t.Errorf("%s was accepted", address)
		} else if strings.Contains(err.Error(), "k:s") {
			t.Errorf("%s: the secret is shown: %v", address, err)
		}
	}
	for _, address := range []string{"s3://k:s@host/bucket", "s3://k:s@host:9000/bucket/a/b/?region=eu-central-1&tls=off"} {
		if _, err := S3(address, "gig"); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}
