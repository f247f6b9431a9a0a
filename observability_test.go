package marketplace_test

import (
	"go/ast"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"marketplace/platform/telemetry/telemetrytest"
)

// metricNames are the series that the package's sources name: in options (Name: "…"), or as the first argument of the small
// functions that make several series alike.
func metricNames(p pkg) (names []string) {
	constants := map[string]ast.Expr{}
	p.each(func(n ast.Node) {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == len(v.Names) {
			for i, name := range v.Names {
				constants[name.Name] = v.Values[i]
			}
		}
	})
	text := func(e ast.Expr) string {
		if name, ok := e.(*ast.Ident); ok {
			e = constants[name.Name]
		}
		lit, ok := e.(*ast.BasicLit)
		if !ok {
			return ""
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil {
			return ""
		}
		return s
	}
	add := func(name string) {
		if name != "" {
			names = append(names, "marketplace_"+strings.TrimPrefix(name, "marketplace_"))
		}
	}
	p.each(func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CompositeLit:
			if s, ok := n.Type.(*ast.SelectorExpr); !ok || !strings.HasSuffix(s.Sel.Name, "Opts") {
				return
			}
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Name" {
					add(text(kv.Value))
				}
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && slices.Contains([]string{"counter", "gauge", "gauges"}, f.Name) && len(n.Args) > 1 {
				add(text(n.Args[0]))
			}
		}
	})
	return names
}

// Row X3: docs/metrics.md is what dashboards and alerts are made from.
func TestEverySeriesIsInTheTable(t *testing.T) {
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	var made []string
	for _, p := range all {
		if p.in("platform", "modules", "web", "cmd") {
			made = append(made, metricNames(p)...)
		}
	}
	content, err := os.ReadFile("docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, found := range regexp.MustCompile("(?m)^\\| `(marketplace_[a-z_]+)`").FindAllStringSubmatch(string(content), -1) {
		told = append(told, found[1])
	}
	if len(made) < 30 {
		t.Fatalf("only %d series were found in the sources", len(made))
	}
	for _, name := range made {
		if !slices.Contains(told, name) {
			t.Errorf("docs/metrics.md does not tell of %s", name)
		}
	}
	for _, name := range told {
		if !slices.Contains(made, name) {
			t.Errorf("docs/metrics.md tells of %s, which nobody makes", name)
		}
	}
}

// logKeys are the names of the fields that the package logs, as far as they are written in its sources.
func logKeys(p pkg) (foreign []string) {
	p.each(func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return
		}
		s, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		if x, ok := s.X.(*ast.Ident); !ok || x.Name != "zap" {
			return
		}
		if s.Sel.Name == "NamedError" || s.Sel.Name == "Namespace" || s.Sel.Name == "Inline" {
			foreign = append(foreign, "zap."+s.Sel.Name+": use zap.Error, which has the name that ECS gives it")
			return
		}
		lit, ok := call.Args[0].(*ast.BasicLit)
		if !ok {
			return
		}
		if key, err := strconv.Unquote(lit.Value); err == nil && !telemetrytest.IsKnown(key) {
			foreign = append(foreign, key+" is neither a field of ECS nor below market. or labels.")
		}
	})
	return foreign
}

// Row X1: two names for one thing make a log that cannot be searched.
func TestEveryFieldThatIsLoggedIsECS(t *testing.T) {
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if p.in("platform/telemetry") { // makes fields of what it is given
			continue
		}
		for _, wrong := range logKeys(p) {
			t.Errorf("%s: %s", p.path(), wrong)
		}
	}
	if len(logKeys(source("web", "var _ = []any{zap.String(\"request_id\", \"\"), zap.NamedError(\"cause\", nil), zap.String(\"labels.x\", \"\"), zap.Int(\"http.response.status_code\", 1)}"))) != 2 {
		t.Error("the rule did not refuse its violations")
	}
}
