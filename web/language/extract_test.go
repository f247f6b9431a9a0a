package language

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"marketplace/platform/alert"
	"marketplace/web/templates"
)

// said are the literal texts of all templates but those for developers, and the nouns that are counted.
func said(t *testing.T) (texts map[string]string, nouns map[string]string) {
	t.Helper()
	texts, nouns = map[string]string{}, map[string]string{}
	names, err := fs.Glob(templates.Files(), "*/*.html")
	if err != nil {
		t.Fatal(err)
	}
	functions := template.FuncMap{}
	for range 200 { // functions are the site's; here it is enough that they have a name
		if err := walkAll(names, functions, texts, nouns); err == nil {
			return texts, nouns
		} else if missing := regexp.MustCompile(`function "(\w+)" not defined`).FindStringSubmatch(err.Error()); missing != nil {
			functions[missing[1]] = func(...any) string { return "" }
		} else {
			t.Fatal(err)
		}
	}
	t.Fatal("too many functions")
	return nil, nil
}

func walkAll(names []string, functions template.FuncMap, texts, nouns map[string]string) error {
	count := regexp.MustCompile(`plural [^"}]*"([^"]+)" "([^"]+)"`)
	for _, name := range names {
		if strings.HasPrefix(name, "dev/") || name == "text/problems.html" { // for programmers
			continue
		}
		page, err := template.New("page").Funcs(functions).ParseFS(templates.Files(), name)
		if err != nil {
			return err
		}
		for _, part := range page.Templates() {
			err := Walk(part, func(text string) string {
				texts[text] = name
				return text
			})
			if err != nil {
				return err
			}
		}
		source, err := fs.ReadFile(templates.Files(), name)
		if err != nil {
			return err
		}
		for _, m := range count.FindAllStringSubmatch(string(source), -1) {
			nouns[m[1]] = m[2]
		}
	}
	return nil
}

// Every text of a template has its message in every language.
func TestEveryTextOfATemplateIsTranslated(t *testing.T) {
	languages, err := Load(false)
	if err != nil {
		t.Fatal(err)
	}
	texts, nouns := said(t)
	for _, l := range languages.All() {
		for _, text := range slices.Sorted(maps.Keys(texts)) {
			if !l.Has(text) {
				t.Errorf("%s.toml has no message for a text of %s; add: %q = \"\"", l.Tag, texts[text], text)
			}
		}
		for one := range nouns {
			if !l.Counts(one) {
				t.Errorf("%s.toml has no message for the noun %q", l.Tag, one)
			}
		}
	}
}

// inCode are the titles, choices and confirmations that the pages say and no template does, with their file.
func inCode(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../site/*.go")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "dev.go") || strings.HasSuffix(file, "_simulator.go") {
			continue // what is for developers is English
		}
		source, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		add := func(e ast.Expr) {
			if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil && strings.ContainsFunc(text, unicode.IsLetter) {
					texts[text] = file
				}
			}
		}
		ast.Inspect(source, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "Label" || key.Name == "Title") {
					add(n.Value)
				}
			case *ast.CallExpr:
				if call, ok := n.Fun.(*ast.SelectorExpr); ok && call.Sel.Name == "done" && len(n.Args) == 3 {
					add(n.Args[2])
				}
			}
			return true
		})
	}
	if len(texts) < 50 {
		t.Fatalf("only %d texts were found", len(texts))
	}
	return texts
}

func TestEveryTextOfTheCodeIsTranslated(t *testing.T) {
	texts := inCode(t)
	for _, l := range loaded(t) {
		for _, text := range slices.Sorted(maps.Keys(texts)) {
			if !l.English() && !l.Has(text) && l.Text(text) == text {
				t.Errorf("%s.toml has no message for a text of %s; add: %q = \"\"", l.Tag, texts[text], text)
			}
		}
	}
}

func TestEveryLanguageHasTheSameMessages(t *testing.T) {
	languages, err := Load(false)
	if err != nil {
		t.Fatal(err)
	}
	first := languages.All()[0]
	for _, l := range languages.All()[1:] {
		for text := range l.refusals { // English has them in the code
			if !first.Has(text) {
				delete(l.texts, text)
			}
		}
		for text := range first.texts {
			if l.texts[text] == "" {
				t.Errorf("%s.toml has nothing for %q", l.Tag, text)
			}
		}
		for text := range l.texts {
			if !first.Has(text) {
				t.Errorf("%s.toml has %q, which English has not", l.Tag, text)
			}
		}
	}
}

// Row S12: what an alert means, and what to do about it.
func TestTheAlertsAreTranslated(t *testing.T) {
	for _, l := range loaded(t) {
		for _, r := range alert.Rules() {
			for _, text := range []string{r.Title, r.Meaning, r.Action} {
				if !l.Has(text) {
					t.Errorf("%s.toml has no message for the alert text %q", l.Tag, text)
				}
			}
		}
		for _, text := range []string{"above {}", "below {}", "{} for {}", "days", "hours"} { // of limits
			if !l.Has(text) {
				t.Errorf("%s.toml has no message for %q", l.Tag, text)
			}
		}
	}
}

// The shelves that the catalogue begins with; those that operators add are called as they call them.
func TestTheCategoriesAreTranslated(t *testing.T) {
	source, err := os.ReadFile("../../migrations/gig/00002_categories.sql")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`\('[^']+', '([^']+)', '[^']*', '([^']+)',`).FindAllStringSubmatch(string(source), -1)
	if len(rows) < 50 {
		t.Fatalf("only %d categories were found", len(rows))
	}
	for _, l := range loaded(t) {
		for _, row := range rows {
			for _, text := range row[1:] {
				if !l.Has(text) {
					t.Errorf("%s.toml has no message for the category text %q", l.Tag, text)
				}
			}
		}
	}
}
