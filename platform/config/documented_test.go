package config

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// keys lists the dotted keys of a struct with koanf tags. A map is one key.
func keys(t reflect.Type, prefix string) []string {
	var found []string
	for i := range t.NumField() {
		key := prefix + t.Field(i).Tag.Get("koanf")
		if t.Field(i).Type.Kind() == reflect.Struct {
			found = append(found, keys(t.Field(i).Type, key+".")...)
		} else {
			found = append(found, key)
		}
	}
	return found
}

// The config.yaml of the repository is the documentation of every key and its default.
func TestTheDocumentedFileNamesEveryKeyWithItsDefault(t *testing.T) {
	file := filepath.Join("..", "..", DefaultFile)
	c, err := Load(Options{File: file, Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	want, err := Load(Options{Environ: []string{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.CheckModules([]string{"auth", "user", "gig", "order", "review", "chat", "notification", "web"}); err != nil {
		t.Error(err)
	}
	c.Settings = nil // the modules' own
	if diff := cmp.Diff(want.String(), c.String()); diff != "" {
		t.Errorf("config.yaml does not say the defaults (-default +file):\n%s", diff)
	}
}

func TestTheDocumentedFileHasNoKeyLessOrMore(t *testing.T) {
	content, err := os.ReadFile(filepath.Join("..", "..", DefaultFile))
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for key, value := range document {
		inner, ok := value.(map[string]any)
		if !ok || len(inner) == 0 || key == "settings" {
			got[key] = true
			continue
		}
		for below := range inner {
			got[key+"."+below] = true
		}
	}
	want := keys(reflect.TypeFor[Config](), "")
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("-struct +config.yaml:\n%s", diff)
	}
}
