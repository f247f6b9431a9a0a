package marketplace_test

import (
	"go/ast"
	"os"
	"reflect"
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

// revealed are the places where a private text is laid open into a line of the log or an error.
func revealed(p pkg) (broken []string) {
	p.each(func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		s, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return
		}
		x, ok := s.X.(*ast.Ident)
		if !ok || !slices.Contains([]string{"zap", "telemetry", "trace", "fault", "errors", "fmt"}, x.Name) {
			return
		}
		for _, arg := range call.Args {
			ast.Inspect(arg, func(n ast.Node) bool {
				if inner, ok := n.(*ast.CallExpr); ok && selected(inner) == "Reveal" {
					broken = append(broken, fset.Position(inner.Pos()).String()+": reveals a private text to "+x.Name)
				}
				return true
			})
		}
	})
	return broken
}

// secretField is the name of a field that opens something for whoever has it, or tells where a person is written to.
var secretField = regexp.MustCompile(`^(password|current|new|token|access_token|refresh_token|session_token|email|to|api_key|authorization|secrets|code|secret)$`)

// openSecrets are fields of contracts and of the configuration that hold such a thing as a plain text, which is logged as it
// is. What is not listed here is private by its type.
func openSecrets(p pkg) (open []string) {
	if !p.isContract() && !p.in("platform/config") {
		return nil
	}
	known := []string{
		"notification.Mail.To", "notification.MailRecord.To", "notification.ListMailsRequest.To", "notification.MailLogRequest.To", // for /dev/mail, and for operators
		"order.Quote.Token", "order.PlaceRequest.QuoteToken", // says a price, opens nothing
		"order.FileLink.Token", "order.LinkedFileRequest.Token", "chat.FileLink.Token", "chat.LinkedFileRequest.Token", // part of an address that is handed on, for ten minutes
		"order.Entry.To", "order.Invoice.To", "auth.SignedUp.Email", // a status; an address on paper; an event that only notification hears
	}
	p.each(func(n ast.Node) {
		t, ok := n.(*ast.TypeSpec)
		if !ok {
			return
		}
		s, ok := t.Type.(*ast.StructType)
		if !ok {
			return
		}
		for _, f := range s.Fields.List {
			if f.Tag == nil || len(f.Names) == 0 {
				continue
			}
			tag := reflect.StructTag(strings.Trim(f.Tag.Value, "`"))
			name, _, _ := strings.Cut(tag.Get("json")+tag.Get("koanf"), ",")
			id, plain := f.Type.(*ast.Ident)
			if full := p.Name + "." + t.Name.Name + "." + f.Names[0].Name; plain && id.Name == "string" && secretField.MatchString(name) && !slices.Contains(known, full) {
				open = append(open, full+" is a plain text: make it a private.Secret or a private.Personal")
			}
		}
	})
	return open
}

// Row X4: by type, not by luck.
func TestWhatIsPrivateIsSoByItsTypeAndNobodyRevealsItToTheLog(t *testing.T) {
	all, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		for _, broken := range append(revealed(p), openSecrets(p)...) {
			t.Errorf("%s: %s", p.path(), broken)
		}
	}
	if len(revealed(source("web", "var _ = fmt.Errorf(\"no %s\", q.Token.Reveal())"))) != 1 {
		t.Error("a revealed secret is not found")
	}
	if len(openSecrets(source("modules/auth", "type LogInRequest struct { Password string `json:\"password\"`; Login string `json:\"login\"` }"))) != 1 {
		t.Error("a secret of a plain type is not found")
	}
}
