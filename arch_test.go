package marketplace_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The rules of docs/architecture.md. Each is a function from the packages to the sentences that say where it is broken,
// and each is shown one violation that it must refuse, so that a rule cannot fall asleep.

// pkg is what `go list` says of a package, and its parsed files.
type pkg struct {
	ImportPath  string
	Dir         string
	Doc         string
	Name        string
	Imports     []string
	GoFiles     []string
	TestImports []string
	files       map[string]*ast.File
}

const module = "marketplace"

var modules = []string{"auth", "user", "gig", "order", "review", "chat", "notification"}

// packages lists the program's packages once for all rules.
var packages = sync.OnceValues(func() ([]pkg, error) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Doc,Name,Imports,GoFiles,TestImports", "./...").Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			return nil, err
		}
		p.files = map[string]*ast.File{}
		for _, name := range p.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			p.files[name] = f
		}
		all = append(all, p)
	}
	return all, nil
})

var fset = token.NewFileSet()

// rule is one rule with a package that breaks it.
type rule struct {
	name  string
	check func(p pkg) []string
	wrong pkg
}

func at(path string, imports ...string) pkg {
	return pkg{ImportPath: module + "/" + path, Imports: imports, Doc: "Package x does x.", Name: filepath.Base(path)}
}

func source(path, body string) pkg {
	p := at(path)
	f, err := parser.ParseFile(fset, "wrong.go", "package "+p.Name+"\n"+body, parser.ParseComments)
	if err != nil {
		panic(err)
	}
	p.files = map[string]*ast.File{"wrong.go": f}
	return p
}

var rules = []rule{
	{"a contract imports the standard library, fault, money and private only", contractImports, at("modules/order", "marketplace/platform/db")},
	{"only cmd/marketplace imports an implementation", implImports, at("modules/chat/chatimpl", "marketplace/modules/order/orderimpl")},
	{"an implementation exports Module and Deps only", implExports, source("modules/order/orderimpl", "type Service struct{}")},
	{"platform imports neither modules nor web", platformImports, at("platform/app", "marketplace/modules/order")},
	{"web imports contracts and platform only", webImports, at("web/site", "gorm.io/gorm")},
	{"libraries stay in their place", containment, at("modules/gig/gigimpl", "github.com/ThreeDotsLabs/watermill")},
	{"the time, the context and the environment come from where they are made", calls, source("modules/gig/gigimpl", "import \"time\"\nvar _ = func() time.Time { return time.Now() }")},
	{"no package has state of its own, or an init", packageState, source("modules/gig/gigimpl", "var cache = map[string]int{}")},
	{"every package says what it is for", docs, pkg{ImportPath: "marketplace/platform/x", Name: "x"}},
	{"no package has a name that means nothing", names, at("platform/util")},
	{"a transaction uses its own handle only", nestedHandles, source("modules/gig/gigimpl", "func f() { s.db.Tx(ctx, func(tx *db.Tx) error { return s.db.Read(ctx).Error }) }")},
	{"a module emits only its own topics", ownTopics, source("modules/gig/gigimpl", "func f() { tx.Emit(order.Placed{}) }")},
	{"files have at most 400 lines, functions at most 60", sizes, source("modules/gig/gigimpl", "func f() {"+strings.Repeat("\n", 70)+"}")},
}

// Row D4, Z22.
func TestTheArchitectureHolds(t *testing.T) {
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			for _, p := range all {
				for _, broken := range r.check(p) {
					t.Errorf("%s: %s", strings.TrimPrefix(p.ImportPath, module+"/"), broken)
				}
			}
			if len(r.check(r.wrong)) == 0 {
				t.Errorf("the rule did not refuse its violation")
			}
		})
	}
}

func (p pkg) path() string { return strings.TrimPrefix(p.ImportPath, module+"/") }

func (p pkg) in(prefixes ...string) bool {
	for _, prefix := range prefixes {
		if p.path() == prefix || strings.HasPrefix(p.path(), prefix+"/") {
			return true
		}
	}
	return false
}

func (p pkg) isContract() bool {
	m, ok := strings.CutPrefix(p.path(), "modules/")
	return ok && slices.Contains(modules, m)
}

func (p pkg) isImpl() bool { return p.in("modules") && strings.HasSuffix(p.path(), "impl") }

func isImpl(path string) bool {
	return strings.HasPrefix(path, module+"/modules/") && strings.HasSuffix(path, "impl")
}

func isStandard(path string) bool {
	return !strings.Contains(strings.Split(path, "/")[0], ".") && !strings.HasPrefix(path, module+"/")
}

func contractImports(p pkg) (broken []string) {
	if !p.isContract() {
		return nil
	}
	for _, i := range p.Imports {
		if !isStandard(i) && i != module+"/platform/fault" && i != module+"/platform/money" && i != module+"/platform/private" {
			broken = append(broken, "a contract imports "+i)
		}
	}
	return broken
}

func implImports(p pkg) (broken []string) {
	if p.in("cmd/marketplace") {
		return nil
	}
	for _, i := range append(slices.Clone(p.Imports), p.TestImports...) {
		if isImpl(i) && i != p.ImportPath && !strings.HasPrefix(p.ImportPath, i+"/") {
			broken = append(broken, "imports the implementation "+i)
		}
	}
	return broken
}

func implExports(p pkg) (broken []string) {
	if !p.isImpl() {
		return nil
	}
	for _, f := range p.files {
		for name := range f.Scope.Objects { //nolint:staticcheck // the file's own scope is all that is asked
			if ast.IsExported(name) && name != "Module" && name != "Deps" {
				broken = append(broken, "exports "+name)
			}
		}
	}
	return broken
}

func platformImports(p pkg) (broken []string) {
	if !p.in("platform") {
		return nil
	}
	for _, i := range p.Imports {
		if strings.HasPrefix(i, module+"/modules/") || strings.HasPrefix(i, module+"/web") {
			broken = append(broken, "platform imports "+i)
		}
	}
	return broken
}

func webImports(p pkg) (broken []string) {
	if !p.in("web") {
		return nil
	}
	for _, i := range p.Imports {
		if isImpl(i) || strings.HasPrefix(i, "gorm.io/") || strings.Contains(i, "watermill") || i == module+"/platform/db" || i == module+"/migrations" {
			broken = append(broken, "web imports "+i)
		}
	}
	return broken
}

// places says where a library may be imported. cmd/marketplace's tests are not asked.
var places = map[string][]string{
	"github.com/ThreeDotsLabs/":      {"platform/bus"},
	"github.com/rabbitmq/amqp091-go": {"platform/bus"},
	"gorm.io/":                       {"platform/db", "modules"},
	"github.com/labstack/":           {"web"},
	"github.com/danielgtaylor/huma":  {"web/api"},
	"github.com/olahol/melody":       {"platform/socketio"},
	"github.com/gorilla/websocket":   {"platform/socketio"},
	"github.com/golang-jwt/jwt":      {"platform/rpc", "platform/identity", "modules/auth/authimpl"},
	"github.com/spf13/cobra":         {"cmd/marketplace"},
	"github.com/knadh/koanf":         {"platform/config"},
	"github.com/wneessen/go-mail":    {"platform/mail"},
	"github.com/minio/":              {"platform/blob"},
	"go.opentelemetry.io/":           {"platform/trace"},
	"math/rand":                      {"cmd/marketplace", "platform/telemetry", "platform/picture", "platform/bus", "platform/app"},
}

func containment(p pkg) (broken []string) {
	for _, i := range p.Imports {
		for library, allowed := range places {
			if strings.HasPrefix(i, library) && !p.in(allowed...) {
				broken = append(broken, fmt.Sprintf("imports %s, which belongs in %s", i, strings.Join(allowed, ", ")))
			}
			if strings.HasPrefix(i, "gorm.io/") && p.isContract() {
				broken = append(broken, "a contract imports "+i)
			}
		}
	}
	return broken
}

func calls(p pkg) (broken []string) {
	forbidden := map[string][]string{
		"time.Now":           {"platform/clock"},
		"context.Background": {"cmd/marketplace", "platform/apptest"},
		"context.TODO":       {},
		"os.Getenv":          {"platform/config", "platform/apptest"},
		"os.Environ":         {"platform/config", "platform/apptest"},
		"os.LookupEnv":       {"platform/config", "platform/apptest"},
	}
	p.each(func(n ast.Node) {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return
		}
		x, ok := s.X.(*ast.Ident)
		if !ok {
			return
		}
		if allowed, ok := forbidden[x.Name+"."+s.Sel.Name]; ok && !p.in(allowed...) && !p.in("platform/rpc/rpctest") {
			broken = append(broken, fmt.Sprintf("%s: calls %s.%s", fset.Position(n.Pos()), x.Name, s.Sel.Name))
		}
	})
	return broken
}

func (p pkg) each(visit func(ast.Node)) {
	for _, f := range p.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if n != nil {
				visit(n)
			}
			return true
		})
	}
}

// constant is what a package-level variable may be: a table, an error, a pattern, an embedded file, the module itself; and
// once-only initialisers.
var constant = regexp.MustCompile(`^(Module|_|Err\w*|err\w*)$`)

func packageState(p pkg) (broken []string) {
	if p.in("cmd/marketplace", "platform/apptest") || !p.in("modules", "platform", "web", "migrations") {
		return nil
	}
	for _, f := range p.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				broken = append(broken, fset.Position(d.Pos()).String()+": has an init")
			}
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR || isEmbed(g) {
				continue
			}
			for _, s := range g.Specs {
				broken = append(broken, stateOf(s.(*ast.ValueSpec))...)
			}
		}
	}
	return broken
}

func isEmbed(g *ast.GenDecl) bool {
	return g.Doc != nil && strings.Contains(g.Doc.List[len(g.Doc.List)-1].Text, "go:embed")
}

// stateOf says whether a variable could change: no value, a made or empty map. Filled tables and compiled patterns are
// read only by convention, which review keeps.
func stateOf(v *ast.ValueSpec) (broken []string) {
	for i, name := range v.Names {
		if constant.MatchString(name.Name) {
			continue
		}
		if len(v.Values) <= i {
			broken = append(broken, fset.Position(v.Pos()).String()+": the variable "+name.Name+" is state")
			continue
		}
		if lit, ok := v.Values[i].(*ast.CompositeLit); ok && len(lit.Elts) == 0 {
			broken = append(broken, fset.Position(v.Pos()).String()+": the variable "+name.Name+" is state")
		}
		if call, ok := v.Values[i].(*ast.CallExpr); ok {
			if fn, ok := call.Fun.(*ast.Ident); ok && (fn.Name == "make" || fn.Name == "new") {
				broken = append(broken, fset.Position(v.Pos()).String()+": the variable "+name.Name+" is state")
			}
		}
	}
	return broken
}

func docs(p pkg) []string {
	if p.Doc == "" && p.Name != "main" && p.path() != module {
		return []string{"has no doc comment"}
	}
	return nil
}

func names(p pkg) []string {
	if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "base", "types", "models", "misc", "shared"}, filepath.Base(p.path())) {
		return []string{"is called " + filepath.Base(p.path())}
	}
	return nil
}

// nestedHandles looks into every function literal that is given to Tx for a second handle.
func nestedHandles(p pkg) (broken []string) {
	p.each(func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || selected(call) != "Tx" {
			return
		}
		for _, arg := range call.Args {
			lit, ok := arg.(*ast.FuncLit)
			if !ok {
				continue
			}
			ast.Inspect(lit, func(n ast.Node) bool {
				if inner, ok := n.(*ast.CallExpr); ok && (selected(inner) == "Tx" || selected(inner) == "Read") && ofHandle(inner) {
					broken = append(broken, fset.Position(inner.Pos()).String()+": uses another handle inside a transaction")
				}
				return true
			})
		}
	})
	return broken
}

func selected(call *ast.CallExpr) string {
	if s, ok := call.Fun.(*ast.SelectorExpr); ok {
		return s.Sel.Name
	}
	return ""
}

// ofHandle says whether the method is called on something named db or DB.
func ofHandle(call *ast.CallExpr) bool {
	switch x := call.Fun.(*ast.SelectorExpr).X.(type) {
	case *ast.Ident:
		return strings.EqualFold(x.Name, "db")
	case *ast.SelectorExpr:
		return strings.EqualFold(x.Sel.Name, "db")
	}
	return false
}

func ownTopics(p pkg) (broken []string) {
	if !p.isImpl() {
		return nil
	}
	own := strings.Split(p.path(), "/")[1]
	p.each(func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || selected(call) != "Emit" {
			return
		}
		for _, arg := range call.Args {
			if lit, ok := arg.(*ast.CompositeLit); ok {
				if s, ok := lit.Type.(*ast.SelectorExpr); ok && s.X.(*ast.Ident).Name != own {
					broken = append(broken, fset.Position(n.Pos()).String()+": emits "+s.X.(*ast.Ident).Name+"."+s.Sel.Name)
				}
			}
		}
	})
	return broken
}

func sizes(p pkg) (broken []string) {
	for name, f := range p.files {
		if lines := fset.Position(f.FileEnd).Line; lines > 400 {
			broken = append(broken, fmt.Sprintf("%s has %d lines", name, lines))
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || isTable(fn) {
				continue
			}
			if lines := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1; lines > 60 {
				broken = append(broken, fmt.Sprintf("%s: %s has %d lines", name, fn.Name.Name, lines))
			}
		}
	}
	return broken
}

// isTable says whether a function only returns a literal: one line a row, as long as it needs to be.
func isTable(fn *ast.FuncDecl) bool {
	if fn.Body == nil || len(fn.Body.List) != 1 {
		return false
	}
	r, ok := fn.Body.List[0].(*ast.ReturnStmt)
	if !ok || len(r.Results) != 1 {
		return false
	}
	_, ok = r.Results[0].(*ast.CompositeLit)
	return ok
}

// No migration names a table that another module makes (rule 11).
func TestNoMigrationNamesAnotherModulesTable(t *testing.T) {
	owner := map[string]string{}
	text := map[string]string{}
	created := regexp.MustCompile(`(?i)CREATE\s+(?:VIRTUAL\s+)?TABLE\s+(?:IF NOT EXISTS\s+)?(\w+)`)
	err := filepath.WalkDir("migrations", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") {
			return err
		}
		data, err := os.ReadFile(path)
		module := strings.Split(path, string(filepath.Separator))[1]
		text[module] += string(data)
		for _, m := range created.FindAllStringSubmatch(string(data), -1) {
			owner[m[1]+"@"+module] = module
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(owner) < len(modules) {
		t.Fatalf("found only %d tables", len(owner))
	}
	for key, module := range owner {
		table, _, _ := strings.Cut(key, "@")
		for other, sql := range text {
			_, own := owner[table+"@"+other]
			if other != module && !own && regexp.MustCompile(`(?i)\b(REFERENCES|JOIN|FROM|INTO|UPDATE|TABLE)\s+`+table+`\b`).MatchString(sql) {
				t.Errorf("the migrations of %s name %s, a table of %s", other, table, module)
			}
		}
	}
}

// Every event of every contract has a golden file of its wire form (rule 8).
func TestEveryEventHasAGoldenFile(t *testing.T) {
	topic := regexp.MustCompile(`return "([a-z]+\.[a-z_]+\.v\d+)"`)
	for _, m := range modules {
		data, err := os.ReadFile(filepath.Join("modules", m, "events.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := topic.FindAllStringSubmatch(string(data), -1)
		if len(found) == 0 {
			t.Errorf("%s announces nothing", m)
		}
		for _, f := range found {
			if _, err := os.Stat(filepath.Join("modules", m, "testdata", f[1]+".json")); err != nil {
				t.Errorf("no golden file for %s: %v", f[1], err)
			}
			if !strings.HasPrefix(f[1], m+".") {
				t.Errorf("%s announces %s, which is not its own", m, f[1])
			}
		}
	}
}
