package site

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"marketplace/platform/fault"
)

// assets are the static files. Each is served under a name with the hash of its content, so browsers may keep it for
// ever; under its plain name it is served too, to be asked for again each time.
type assets struct {
	urls  map[string]string // by name: app.css is /static/app.0123456789ab.css
	files map[string]*asset // by either name
}

type asset struct {
	kind    string
	tag     string
	content []byte
	gzipped func() ([]byte, error) // made when it is first asked for
}

// styleSheet is the name under which all of css/*.css is served, in the order of their names.
const styleSheet = "app.css"

// newAssets reads the files. dress may change them before they get their names.
func newAssets(files fs.FS, dress func(map[string][]byte) error) (*assets, error) {
	contents := map[string][]byte{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !served(name) {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if strings.HasPrefix(name, "css/") {
			contents[styleSheet] = append(contents[styleSheet], dense(content)...)
			return nil
		}
		contents[name] = content
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the static files: %w", err)
	}
	if err := dress(contents); err != nil {
		return nil, err
	}
	a := &assets{urls: map[string]string{}, files: map[string]*asset{}}
	for name, content := range contents {
		a.add(name, content)
	}
	return a, nil
}

// dense is a style sheet without what nobody but its authors reads: comments and the spaces at the ends of its lines.
func dense(content []byte) []byte {
	var out []byte
	for line := range bytes.Lines(comments().ReplaceAll(content, nil)) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out = append(append(out, line...), '\n')
		}
	}
	return out
}

func comments() *regexp.Regexp { return regexp.MustCompile(`(?s)/\*.*?\*/`) }

func served(name string) bool {
	switch path.Ext(name) {
	case ".css", ".js", ".svg", ".png", ".ico", ".webmanifest":
		return !strings.HasPrefix(path.Base(name), ".")
	}
	return false
}

func (a *assets) add(name string, content []byte) {
	sum := sha256.Sum256(content)
	hash := hex.EncodeToString(sum[:6])
	extension := path.Ext(name)
	hashed := strings.TrimSuffix(name, extension) + "." + hash + extension
	file := &asset{kind: mime.TypeByExtension(extension), tag: `"` + hash + `"`, content: content}
	if extension == ".js" {
		file.kind = "text/javascript; charset=utf-8"
	}
	file.gzipped = sync.OnceValues(func() ([]byte, error) { return compress(content) })
	a.files[name], a.files[hashed] = file, file
	a.urls[name] = "/static/" + hashed
}

// url is the address of a file, for templates. A name that does not exist is a mistake in the template.
func (a *assets) url(name string) (string, error) {
	if url, ok := a.urls[name]; ok {
		return url, nil
	}
	return "", fmt.Errorf("there is no static file %s", name)
}

func compress(content []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress a static file: %w", err)
	}
	_, err = w.Write(content)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("compress a static file: %w", err)
	}
	return out.Bytes(), nil
}

// ShowStatic serves a static file, compressed once in the life of the process.
func (s *Site) ShowStatic(c echo.Context) error {
	name := c.Param("*")
	file, ok := s.assets.files[name]
	if !ok {
		return fault.NotFoundf("There is no such file.")
	}
	header := c.Response().Header()
	header.Set("ETag", file.tag)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "public, no-cache")
	if strings.Contains(name, "."+strings.Trim(file.tag, `"`)+".") {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if c.Request().Header.Get("If-None-Match") == file.tag {
		return c.NoContent(http.StatusNotModified)
	}
	if !strings.Contains(c.Request().Header.Get("Accept-Encoding"), "gzip") {
		return c.Blob(http.StatusOK, file.kind, file.content)
	}
	content, err := file.gzipped()
	if err != nil {
		return err
	}
	header.Set("Content-Encoding", "gzip")
	return c.Blob(http.StatusOK, file.kind, content)
}
