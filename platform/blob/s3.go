package blob

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"marketplace/platform/fault"
)

const (
	partSize   = 8 << 20 // bytes; what is larger travels in parts of this size
	tries      = 3       // of a request that got no answer, or the answer that the store is busy
	retryAfter = 5       // seconds, when the store is away
	region     = "us-east-1"
)

// limits are how long to wait for the store.
type limits struct {
	connect time.Duration // for a connection
	answer  time.Duration // for the first byte of an answer
	whole   time.Duration // for one whole file, on its way in or out
}

// s3 keeps files as private objects of a bucket that belongs to the marketplace.
type s3 struct {
	client *minio.Core
	lines  *http.Transport
	bucket string
	folder string
	limits limits
}

// S3 keeps files in a bucket of a store that speaks Amazon's S3, below the folder (a module's name):
//
//	s3://key:secret@host[:port]/bucket[/folder][?region=eu-central-1][&tls=off]
//
// Key and secret are written as in every URL: / is %2F, + is %2B. The bucket must be there; objects in it are private, and
// are named by the keys alone. Nothing is asked of the store here: it may come later. While it is away, everything fails
// with fault.Unavailable.
func S3(address, folder string) (Store, error) {
	return newS3(address, folder, limits{connect: 3 * time.Second, answer: 15 * time.Second, whole: 2 * time.Minute})
}

func newS3(address, folder string, l limits) (*s3, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("the address of the files cannot be read: write s3://key:secret@host/bucket") // err would show the secret
	}
	secret, _ := u.User.Password()
	bucket, below, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if u.Scheme != "s3" || u.Host == "" || bucket == "" || u.User.Username() == "" || secret == "" {
		return nil, errors.New("the address of the files is not complete: write s3://key:secret@host/bucket")
	}
	if folder = strings.Trim(below+"/"+folder, "/"); !valid(folder) {
		return nil, fmt.Errorf("the folder %q is not usable: write letters, digits, '-', '_' and '.'", folder)
	}
	for name := range u.Query() {
		if !slices.Contains([]string{"region", "tls"}, name) {
			return nil, fmt.Errorf("the address of the files has the parameter %q, which is none: there are region and tls", name)
		}
	}
	lines := transport(l)
	client, err := minio.NewCore(u.Host, &minio.Options{
		Creds:      credentials.NewStaticV4(u.User.Username(), secret, ""),
		Secure:     u.Query().Get("tls") != "off",
		Region:     cmp.Or(u.Query().Get("region"), region), // without one it would be asked for
		Transport:  lines,
		MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("the address of the files: %w", err)
	}
	return &s3{client: client, lines: lines, bucket: bucket, folder: folder, limits: l}, nil
}

// transport is our own: no proxy of the environment, and limits on every wait.
func transport(l limits) *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: l.connect, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   l.connect,
		ResponseHeaderTimeout: l.answer,
		MaxIdleConnsPerHost:   32,
		IdleConnTimeout:       90 * time.Second,
		DisableCompression:    true, // a file is stored as it is
	}
}

// Put sends a file of up to 8 MiB whole, a larger one in parts, with one part in memory at a time. An object appears when
// all of it is there.
func (s *s3) Put(ctx context.Context, key string, content io.Reader) error {
	if !valid(key) {
		return fmt.Errorf("put a file: %q is not a key", key)
	}
	source := &source{r: cancellable{ctx, content}}
	var head bytes.Buffer
	n, err := io.CopyN(&head, source, partSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("write the file %q: %w", key, err)
	}
	options := minio.PutObjectOptions{ContentType: kindOf(head.Bytes()), ContentDisposition: "attachment", PartSize: partSize}
	limited, cancel := context.WithTimeout(ctx, s.limits.whole)
	defer cancel()
	if n < partSize {
		_, err = s.client.Client.PutObject(limited, s.bucket, s.name(key), bytes.NewReader(head.Bytes()), n, options)
	} else {
		_, err = s.client.Client.PutObject(limited, s.bucket, s.name(key), io.MultiReader(&head, source), -1, options)
		if err != nil {
			s.forget(ctx, key)
		}
	}
	if source.err != nil {
		err = source.err
	} else {
		err = s.told(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("write the file %q: %w", key, err)
	}
	return nil
}

// forget removes the parts of a file that did not come to its end, also when nobody waits for it any more.
func (s *s3) forget(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.answer)
	defer cancel()
	_ = s.client.RemoveIncompleteUpload(ctx, s.bucket, s.name(key)) // what stays is the work of a rule of the bucket
}

func (s *s3) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !valid(key) {
		return nil, missing()
	}
	limited, cancel := context.WithTimeout(ctx, s.limits.whole)
	body, _, _, err := s.client.GetObject(limited, s.bucket, s.name(key), minio.GetObjectOptions{})
	if err != nil {
		cancel()
		if err = s.told(ctx, err); fault.Is(err, fault.NotFound) {
			return nil, err
		}
		return nil, fmt.Errorf("open the file %q: %w", key, err)
	}
	return &download{body: body, cancel: cancel, told: func(err error) error { return s.told(ctx, err) }}, nil
}

func (s *s3) Delete(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !valid(key) {
		return fmt.Errorf("delete a file: %q is not a key", key)
	}
	limited, cancel := context.WithTimeout(ctx, s.limits.whole)
	defer cancel()
	err := s.told(ctx, s.client.RemoveObject(limited, s.bucket, s.name(key), minio.RemoveObjectOptions{}))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return fmt.Errorf("delete the file %q: %w", key, err)
	}
	return nil
}

func (s *s3) name(key string) string { return s.folder + "/" + key }

// told is an error of the store as the caller is told of it: nothing is there, the store is away, the caller has gone; or
// our mistake, such as a bucket that does not exist.
func (s *s3) told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == "NoSuchKey":
		return missing()
	case answer.StatusCode == 0, answer.StatusCode >= 500, answer.StatusCode == http.StatusTooManyRequests,
		answer.Code == "NoSuchUpload": // its end was asked for twice, because the first answer did not come: it may be there or not
		return errors.Join(fault.Unavailablef(retryAfter, "Files cannot be reached at the moment. Please try again in a moment."), err)
	}
	return err
}

// kindOf is the content type that an object is stored with. Only pictures have one, so that a bucket that was made public
// by mistake never shows a page of somebody's making.
func kindOf(head []byte) string {
	if kind := http.DetectContentType(head); strings.HasPrefix(kind, "image/") {
		return kind
	}
	return "application/octet-stream"
}

// source remembers why the caller's content could not be read: that is not the store's fault.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// download is a file on its way out.
type download struct {
	body   io.ReadCloser
	cancel context.CancelFunc
	told   func(error) error
}

func (d *download) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	if errors.Is(err, io.EOF) { // of the file; a connection that is cut off in its middle is another error
		return n, io.EOF
	}
	return n, d.told(err)
}

// Close lets go of the connection, whether everything was read or not.
func (d *download) Close() error {
	defer d.cancel()
	return d.body.Close()
}
