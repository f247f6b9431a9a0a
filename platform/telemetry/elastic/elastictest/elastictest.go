// Package elastictest is a stand-in for Elasticsearch in tests. It keeps documents and is as strict as the real one in
// what a shipper can get wrong: an API key, NDJSON that ends with a newline, only create on data streams, @timestamp,
// one type a field for ever, an id stored once.
package elastictest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Key is the only API key that the server knows.
const Key = "dGVzdDprZXk="

// Server stores what is sent to it. Its misbehaviour can be changed while it runs.
type Server struct {
	URL string

	mu      sync.Mutex
	streams map[string]map[string]Document // by data stream and id
	types   map[string]map[string]string   // by data stream and field
	put     map[string]json.RawMessage     // what was set up, by path
	trouble Trouble
	asked   int
}

// Document is a line as the server has it.
type Document map[string]any

// Trouble is how the server misbehaves.
type Trouble struct {
	Status   int           // every bulk request is answered so; 0: served
	Every    int           // every n-th item of a request is answered 429; 0: none
	MaxBytes int           // larger requests are answered 413; 0: any size
	Delay    time.Duration // before every answer
	Forget   bool          // stores, and breaks the connection instead of answering
}

// New starts a server that lives as long as the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{streams: map[string]map[string]Document{}, types: map[string]map[string]string{}, put: map[string]json.RawMessage{}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Misbehave changes how the server answers from now on.
func (s *Server) Misbehave(t Trouble) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = t
}

// Documents are all documents of the data streams whose name begins so.
func (s *Server) Documents(prefix string) (all []Document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(s.streams)) {
		if strings.HasPrefix(name, prefix) {
			all = slices.AppendSeq(all, maps.Values(s.streams[name]))
		}
	}
	return all
}

// Asked is how many requests came.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// SetUp is what was put at the path, or nil.
func (s *Server) SetUp(path string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.put[path]
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked++
	trouble := s.trouble
	s.mu.Unlock()
	body, err := read(r) // first: only then is it noticed that the client has gone
	select {
	case <-time.After(trouble.Delay):
	case <-r.Context().Done():
		return
	}
	switch {
	case r.Header.Get("Authorization") != "ApiKey "+Key:
		answer(w, http.StatusUnauthorized, map[string]any{"error": map[string]any{"type": "security_exception"}})
	case err != nil:
		answer(w, http.StatusBadRequest, map[string]any{"error": err.Error()})
	case r.URL.Path == "/_bulk" && r.Method == http.MethodPost:
		s.bulk(w, body, trouble)
	case r.Method == http.MethodPut:
		s.mu.Lock()
		s.put[r.URL.Path] = body
		s.mu.Unlock()
		answer(w, http.StatusOK, map[string]any{"acknowledged": true})
	case r.URL.Path == "/" && r.Method == http.MethodGet:
		answer(w, http.StatusOK, map[string]any{"version": map[string]any{"number": "9.2.0"}})
	default:
		answer(w, http.StatusNotFound, map[string]any{"error": "no such path"})
	}
}

func read(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	zip, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(zip)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (s *Server) bulk(w http.ResponseWriter, body []byte, trouble Trouble) {
	switch {
	case trouble.Status != 0:
		answer(w, trouble.Status, map[string]any{"error": "trouble"})
		return
	case trouble.MaxBytes > 0 && len(body) > trouble.MaxBytes:
		answer(w, http.StatusRequestEntityTooLarge, map[string]any{"error": "too large"})
		return
	case !bytes.HasSuffix(body, []byte("\n")):
		answer(w, http.StatusBadRequest, map[string]any{"error": "The bulk request must be terminated by a newline"})
		return
	}
	rows := bytes.Split(bytes.TrimSuffix(body, []byte("\n")), []byte("\n"))
	var items []any
	failed := false
	for i := 0; i+1 < len(rows); i += 2 {
		status, kind := http.StatusTooManyRequests, "es_rejected_execution_exception"
		if trouble.Every == 0 || (i/2)%trouble.Every != 0 {
			status, kind = s.create(rows[i], rows[i+1])
		}
		item := map[string]any{"status": status}
		if status >= 300 {
			failed = true
			item["error"] = map[string]any{"type": kind, "reason": "it is so"}
		}
		items = append(items, map[string]any{"create": item})
	}
	if trouble.Forget {
		panic(http.ErrAbortHandler)
	}
	answer(w, http.StatusOK, map[string]any{"errors": failed, "items": items})
}

// create stores one document, if nothing speaks against it.
func (s *Server) create(action, source []byte) (status int, kind string) {
	var a struct {
		Create *struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		} `json:"create"`
	}
	if json.Unmarshal(action, &a) != nil || a.Create == nil {
		return http.StatusBadRequest, "illegal_argument_exception" // only create on a data stream
	}
	var d Document
	if json.Unmarshal(source, &d) != nil {
		return http.StatusBadRequest, "document_parsing_exception"
	}
	if _, err := time.Parse(time.RFC3339, fmt.Sprint(d["@timestamp"])); err != nil {
		return http.StatusBadRequest, "document_parsing_exception"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.streams[a.Create.Index] == nil {
		s.streams[a.Create.Index], s.types[a.Create.Index] = map[string]Document{}, map[string]string{}
	}
	if _, there := s.streams[a.Create.Index][a.Create.ID]; there {
		return http.StatusConflict, "version_conflict_engine_exception"
	}
	if !s.fits(a.Create.Index, "", d) {
		return http.StatusBadRequest, "document_parsing_exception"
	}
	s.streams[a.Create.Index][a.Create.ID] = d
	return http.StatusCreated, ""
}

// fits says whether every field has the type that its first document gave it.
func (s *Server) fits(stream, path string, object map[string]any) bool {
	for key, value := range object {
		name := strings.TrimPrefix(path+"."+key, ".")
		if inner, ok := value.(map[string]any); ok {
			if !s.fits(stream, name, inner) {
				return false
			}
			continue
		}
		kind := fmt.Sprintf("%T", value)
		if first := s.types[stream][name]; first != "" && value != nil && first != kind {
			return false
		}
		s.types[stream][name] = kind
	}
	return true
}
