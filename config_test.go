package marketplace_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// moduleSettings reads the keys of the struct settings of each module from its source.
func moduleSettings(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("modules/*/*impl/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	found := map[string][]string{}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			named, ok := n.(*ast.TypeSpec)
			if !ok || named.Name.Name != "settings" || strings.HasSuffix(name, "_test.go") {
				return true
			}
			for _, field := range named.Type.(*ast.StructType).Fields.List {
				tag := reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("koanf")
				if module := strings.Split(name, "/")[1]; tag != "-" { // what the process has decided
					found[module] = append(found[module], tag)
				}
			}
			return true
		})
	}
	return found
}

// The settings in config.yaml are the documentation of what modules can be told.
func TestTheDocumentedFileNamesEverySettingOfEveryModule(t *testing.T) {
	content, err := os.ReadFile("config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Settings map[string]map[string]any `yaml:"settings"`
	}
	if err := yaml.Unmarshal(content, &document); err != nil {
		t.Fatal(err)
	}
	want := moduleSettings(t)
	if len(want) == 0 {
		t.Fatal("no module has settings")
	}
	for module, keys := range want {
		for _, key := range keys {
			if _, there := document.Settings[module][key]; !there {
				t.Errorf("config.yaml does not name settings.%s.%s", module, key)
			}
		}
	}
	for module, section := range document.Settings {
		for key := range section {
			if !slices.Contains(want[module], key) {
				t.Errorf("config.yaml names settings.%s.%s, which is none", module, key)
			}
		}
	}
}
