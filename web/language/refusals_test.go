package language

import (
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"marketplace/modules/order"
)

// code is a package of the marketplace, read to find what it says to people.
type code struct {
	name  string
	files map[string]*ast.File
	says  map[string]string // text, with {} for what varies, and where
	seen  map[string]bool   // functions whose answers are noted
}

// spoken is everything that the code says to people, by where: faults, what is wrong with fields, what follows a form, the
// titles of pages, what comes next with an order.
func spoken(t *testing.T) map[string]string {
	t.Helper()
	says, folders := map[string]string{}, map[string]*code{}
	files := token.NewFileSet()
	for _, root := range []string{"../../modules", "../../platform", "../../web"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			folder := filepath.Dir(path)
			if folders[folder] == nil {
				folders[folder] = &code{name: file.Name.Name, files: map[string]*ast.File{}, says: says, seen: map[string]bool{}}
			}
			folders[folder].files[path] = file
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, folder := range folders {
		folder.read()
	}
	return says
}

func (c *code) read() {
	for path, file := range c.files {
		whole := strings.Contains(path, "order/internal/payment/") || strings.HasSuffix(path, "orderimpl/process.go") ||
			strings.HasSuffix(path, "api/problem.go") // what is told as it is
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				c.call(path, n)
			case *ast.CompositeLit:
				c.literal(path, n)
			case *ast.BasicLit:
				if whole && n.Kind == token.STRING && sentenceLike.MatchString(n.Value) {
					c.note(path, n)
				}
			}
			return true
		})
	}
}

var sentenceLike = regexp.MustCompile(`^"[A-Z][^"]* [^"]*\."$`)

// call notes the text of a call that makes a fault, or shows a sentence after a form.
func (c *code) call(path string, call *ast.CallExpr) {
	name, from := "", ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name, from = f.Name, c.name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok {
			from = x.Name
		}
	}
	at := -1
	switch {
	case from == "fault" && slices.Contains([]string{"Invalidf", "Malformedf", "Unauthenticatedf", "Forbiddenf", "NotFoundf", "Conflictf", "TooLargef"}, name):
		at = 0
	case from == "fault" && slices.Contains([]string{"TooManyf", "Unavailablef", "Wrong"}, name):
		at = 1
	case name == "That" && len(call.Args) >= 3, name == "HTTPProblem", c.name == "site" && (name == "done" || name == "say") && len(call.Args) == 3:
		at = 2
	}
	if at < 0 || at >= len(call.Args) {
		return
	}
	c.note(path, call.Args[at])
	for _, argument := range call.Args[at+1:] {
		c.follow(path, argument)
	}
}

// literal notes the texts of a fault that is written out, and of a page.
func (c *code) literal(path string, l *ast.CompositeLit) {
	keys := map[string][]string{"Error": {"Message"}, "Field": {"Message"}, "view": {"Title", "Description"}}
	name := ""
	switch kind := l.Type.(type) {
	case *ast.Ident:
		if name = kind.Name; (name == "view") != (c.name == "site") || name != "view" && c.name != "fault" {
			return
		}
	case *ast.SelectorExpr:
		if x, ok := kind.X.(*ast.Ident); !ok || x.Name != "fault" {
			return
		}
		name = kind.Sel.Name
	}
	for _, element := range l.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok && slices.Contains(keys[name], key.Name) {
				c.note(path, pair.Value)
			}
		}
	}
}

var verb = regexp.MustCompile(`%[-+# 0]*\d*(\.\d+)?[a-zA-Z]`)

// note notes what an expression says.
func (c *code) note(path string, e ast.Expr) {
	text := c.text(e)
	if !regexp.MustCompile(`[A-Za-z]`).MatchString(strings.ReplaceAll(text, "{}", "")) {
		c.follow(path, e)
		return
	}
	if strings.HasPrefix(path, "../../web/site/dev") || !strings.Contains(text, "{}") && text == "" {
		return
	}
	c.says[text] = path
}

// text is an expression with {} for what varies.
func (c *code) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if said, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return strings.ReplaceAll(verb.ReplaceAllString(said, "{}"), "%%", "%")
		}
	case *ast.BinaryExpr:
		return strings.ReplaceAll(c.text(e.X)+c.text(e.Y), "{}{}", "{}")
	case *ast.ParenExpr:
		return c.text(e.X)
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return c.text(e.Args[0])
		}
	}
	return "{}"
}

// follow notes what a function of the same package answers.
func (c *code) follow(path string, e ast.Expr) {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return
	}
	name := ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		if name = f.Sel.Name; name == "Sprintf" {
			for _, argument := range call.Args[1:] {
				c.follow(path, argument)
			}
			return
		}
	}
	if c.seen[name] {
		return
	}
	c.seen[name] = true
	for where, file := range c.files {
		for _, declared := range file.Decls {
			if f, ok := declared.(*ast.FuncDecl); ok && f.Name.Name == name && f.Body != nil {
				c.answers(where, f)
			}
		}
	}
}

func (c *code) answers(path string, f *ast.FuncDecl) {
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if back, ok := n.(*ast.ReturnStmt); ok {
			for _, result := range back.Results {
				c.note(path, result)
				if call, ok := result.(*ast.CallExpr); ok {
					c.follow(path, call)
				}
			}
		}
		return true
	})
}

// said besides: the words of HTTP, those that stand in a sentence, and how a list ends.
func besides() []string {
	words := []string{" or ", " and ", "buyer", "seller", "moderator"}
	for _, s := range []order.Status{order.StatusDelivered, order.StatusDisputed, order.StatusCompleted, order.StatusCancelled, order.StatusExpired} {
		words = append(words, string(s))
	}
	for status := 400; status < 600; status++ {
		words = append(words, http.StatusText(status))
	}
	return append(words, checked()...)
}

// checked is what the JSON API says of values that are of the wrong kind, in the words of the library that finds it out,
// made into sentences.
func checked() (said []string) {
	library, err := build.Import("github.com/danielgtaylor/huma/v2/validation", ".", build.FindOnly)
	if err != nil {
		return nil
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(library.Dir, "messages.go"), nil, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			text := (&code{}).text(l)
			said = append(said, strings.ToUpper(text[:1])+text[1:]+".")
		}
		return true
	})
	return said
}

func TestWhatTheAPIChecksIsTranslated(t *testing.T) {
	all := checked()
	if len(all) < 40 {
		t.Fatalf("only %d messages were found", len(all))
	}
	for _, l := range loaded(t)[1:] {
		for _, text := range all {
			if !l.Has(text) {
				t.Errorf("refusals.%s.toml has nothing for %q", l.Tag, text)
			}
		}
	}
}

// Whatever the code says to people, whichever module they asked, is said in every language.
func TestEveryRefusalIsTranslated(t *testing.T) {
	says := spoken(t)
	if len(says) < 300 {
		t.Fatalf("only %d texts were found", len(says))
	}
	for _, l := range loaded(t)[1:] {
		for _, text := range slices.Sorted(maps.Keys(says)) {
			if !l.Has(text) {
				t.Errorf("refusals.%s.toml has nothing for a text of %s; add: %q = \"\"", l.Tag, says[text], text)
			}
		}
		for text := range l.refusals {
			if _, ok := says[text]; !ok && !slices.Contains(besides(), text) {
				t.Errorf("refusals.%s.toml has %q, which nobody says", l.Tag, text)
			}
		}
	}
}

func loaded(t *testing.T) []*Language {
	t.Helper()
	languages, err := Load(false)
	if err != nil {
		t.Fatal(err)
	}
	return languages.All()
}

// What refuses says amounts, dates and lists as programs write them.
func TestRefusalsAreSaidAsReadersWrite(t *testing.T) {
	de := all(t).Named("de")
	for english, want := range map[string]string{
		"You can withdraw at most 1234.50 USD.": "Sie können höchstens 1.234,50 $ auszahlen lassen.",
		"Use 10 to 2,000 characters.":           "Verwenden Sie 10 bis 2.000 Zeichen.",
		"This package includes no revisions. What you can do now: pay, cancel the order or write a review.":                                                             "Dieses Paket enthält keine Überarbeitungen. Was Sie jetzt tun können: bezahlen, den Auftrag stornieren oder eine Bewertung schreiben.",
		"You can accept the delivery only while the order is delivered; it is waiting for its payment.":                                                                 "Nicht möglich: „die Lieferung annehmen“ geht nur beim Stand „geliefert“; jetzt ist der Stand „wartet auf seine Zahlung“.",
		"A dispute about work in progress can be opened when the delivery is late, which is after 6 May 2026, 07:08 UTC, or when the other side has refused to cancel.": "Ein Streitfall über laufende Arbeit kann eröffnet werden, wenn die Lieferung verspätet ist, also nach 6. Mai 2026, 07:08 UTC, oder wenn die andere Seite die Stornierung abgelehnt hat.",
		"The file a. b.pdf is empty.": "Die Datei a. b.pdf ist leer.",
		"Is it? Nobody. Knows.":       "Is it? Nobody. Knows.",
	} {
		if got := plain(de.Text(english)); got != want {
			t.Errorf("%q is said\n%q, not\n%q", english, got, want)
		}
	}
}
