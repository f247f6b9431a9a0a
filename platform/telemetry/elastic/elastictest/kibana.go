package elastictest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Kibana is a stand-in for Kibana: its import of saved objects, connectors and alert rules. Like the real one it wants
// kbn-xsrf, refuses objects whose references are not there, ids that are no UUIDs, rules with connectors that do not exist,
// what is created twice, and fields that must not be changed.
type Kibana struct {
	URL string

	mu         sync.Mutex
	objects    map[string]map[string]any // by type and id
	connectors map[string]map[string]any
	rules      map[string]map[string]any
	imports    int
}

// NewKibana starts one that lives as long as the test.
func NewKibana(t testing.TB) *Kibana {
	t.Helper()
	k := &Kibana{objects: map[string]map[string]any{}, connectors: map[string]map[string]any{}, rules: map[string]map[string]any{}}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	k.URL = server.URL
	return k
}

// Objects are the imported objects, sorted, as type/id.
func (k *Kibana) Objects() []string {
	return k.sorted(func() map[string]map[string]any { return k.objects })
}

// Rules are the alert rules by their names.
func (k *Kibana) Rules() map[string]map[string]any {
	k.mu.Lock()
	defer k.mu.Unlock()
	named := map[string]map[string]any{}
	for _, r := range k.rules {
		named[fmt.Sprint(r["name"])] = r
	}
	return named
}

// Connectors are the ids of the connectors, sorted.
func (k *Kibana) Connectors() []string {
	return k.sorted(func() map[string]map[string]any { return k.connectors })
}

func (k *Kibana) sorted(of func() map[string]map[string]any) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Sorted(maps.Keys(of()))
}

// Imports is how often objects were imported.
func (k *Kibana) Imports() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.imports
}

// ServeHTTP implements http.Handler.
func (k *Kibana) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/"), "/")
	switch {
	case r.Header.Get("Authorization") != "ApiKey "+Key:
		answer(w, http.StatusUnauthorized, map[string]any{"error": "Unauthorized"})
	case r.Header.Get("kbn-xsrf") == "":
		refuse(w, "Request must contain a kbn-xsrf header.")
	case r.Method == http.MethodPost && r.URL.Path == "/api/saved_objects/_import" && r.URL.Query().Get("overwrite") == "true":
		k.take(w, r)
	case kind == "actions" && strings.HasPrefix(id, "connector/"):
		k.keep(w, r, k.connectors, strings.TrimPrefix(id, "connector/"), "connector_type_id")
	case kind == "alerting" && strings.HasPrefix(id, "rule/"):
		k.keep(w, r, k.rules, strings.TrimPrefix(id, "rule/"), "rule_type_id", "consumer", "enabled")
	default:
		answer(w, http.StatusNotFound, map[string]any{"error": "Not Found"})
	}
}

func refuse(w http.ResponseWriter, why string) {
	answer(w, http.StatusBadRequest, map[string]any{"error": "Bad Request", "message": why})
}

// take imports all objects or none.
func (k *Kibana) take(w http.ResponseWriter, r *http.Request) {
	file, header, err := r.FormFile("file")
	if err != nil || !strings.HasSuffix(header.Filename, ".ndjson") {
		refuse(w, "Invalid file extension")
		return
	}
	text, _ := io.ReadAll(file)
	next := maps.Clone(k.objects)
	type ref struct{ Type, ID, Name string }
	needed := map[string][]ref{}
	for line := range bytes.Lines(text) {
		var o struct {
			Type, ID   string
			Attributes map[string]any
			References []ref
		}
		if json.Unmarshal(line, &o) != nil || !slices.Contains([]string{"index-pattern", "search", "lens", "dashboard"}, o.Type) || o.ID == "" || fmt.Sprint(o.Attributes["title"]) == "" || o.References == nil {
			refuse(w, "an object that is none: "+string(line))
			return
		}
		next[o.Type+"/"+o.ID], needed[o.Type+"/"+o.ID] = o.Attributes, o.References
	}
	var missing []any
	for from, all := range needed {
		for _, n := range all {
			if next[n.Type+"/"+n.ID] == nil {
				missing = append(missing, map[string]any{"id": from, "error": map[string]any{"type": "missing_references", "references": []string{n.Type + "/" + n.ID}}})
			}
		}
	}
	k.imports++
	if len(missing) > 0 {
		answer(w, http.StatusOK, map[string]any{"success": false, "successCount": 0, "errors": missing})
		return
	}
	k.objects = next
	answer(w, http.StatusOK, map[string]any{"success": true, "successCount": len(needed)})
}

var uuidForm = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[14][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// keep creates with POST and changes with PUT, where the fixed fields must be left out.
func (k *Kibana) keep(w http.ResponseWriter, r *http.Request, in map[string]map[string]any, id string, fixed ...string) {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil || !uuidForm.MatchString(id) || body["name"] == "" {
		refuse(w, "no UUID of version 1 or 4, no name, or no JSON")
		return
	}
	for _, name := range fixed {
		if _, there := body[name]; there != (r.Method == http.MethodPost) {
			refuse(w, fmt.Sprintf("[request body.%s]: is for creating", name))
			return
		}
	}
	actions, _ := body["actions"].([]any)
	for _, a := range actions {
		if connector := fmt.Sprint(a.(map[string]any)["id"]); k.connectors[connector] == nil {
			refuse(w, "there is no connector "+connector)
			return
		}
	}
	_, there := in[id]
	switch {
	case r.Method == http.MethodPost && there:
		answer(w, http.StatusConflict, map[string]any{"error": "Conflict"})
	case r.Method == http.MethodPut && !there:
		answer(w, http.StatusNotFound, map[string]any{"error": "Not Found"})
	default:
		if in[id] == nil {
			in[id] = map[string]any{}
		}
		maps.Copy(in[id], body)
		answer(w, http.StatusOK, in[id])
	}
}
