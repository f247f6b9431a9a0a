package orderimpl

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"marketplace/modules/order"
)

var rewrite = flag.Bool("update", false, "write the generated parts of docs/orders.md")

const document = "../../../docs/orders.md"

// The table and the diagram in docs/orders.md are made from the rules: -update writes them.
func TestTheDocumentShowsTheRules(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	for name, content := range map[string]string{"table": rulesTable(), "diagram": diagram()} {
		from, to := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
		before, rest, ok := strings.Cut(want, from)
		_, after, closed := strings.Cut(rest, to)
		if !ok || !closed {
			t.Fatalf("%s has no place for the %s", document, name)
		}
		want = before + from + content + to + after
	}
	if want == string(text) {
		return
	}
	if !*rewrite {
		t.Fatalf("%s is not what the rules say: run go test ./modules/order/orderimpl -run Document -update", document)
	}
	if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func rulesTable() string {
	var text strings.Builder
	text.WriteString("| Row | Event | Actor | From → To | If | Money | Timers set | Tells |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range process() {
		from, to := string(r.From), string(r.To)
		if from == "" {
			from = "–"
		}
		if to == "" {
			to = "stays"
		}
		condition := string(r.Guard)
		if r.When != "" {
			condition = strings.TrimPrefix(condition+", at "+string(r.When), ", ")
		}
		event := "`" + string(r.Event) + "`"
		if r.Else {
			event += " (elsewhere)"
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s → %s | %s | %s | %s | %s |\n", r.Row, event, r.Actor, from, to, condition, list(r.Money), list(r.Sets), list(r.Emits))
	}
	return text.String()
}

func list[S ~string](all []S) string {
	texts := make([]string, len(all))
	for i, s := range all {
		texts[i] = string(s)
	}
	return strings.Join(texts, ", ")
}

func diagram() string {
	var text strings.Builder
	text.WriteString("```mermaid\nstateDiagram-v2\n")
	for _, r := range process() {
		if r.To == "" {
			continue
		}
		from := string(r.From)
		if from == "" {
			from = "[*]"
		}
		label := string(r.Actor) + " " + string(r.Event)
		if r.Guard != "" {
			label += " [" + string(r.Guard) + "]"
		}
		if len(r.Money) > 0 {
			label += " / " + list(r.Money)
		}
		fmt.Fprintf(&text, "    %s --> %s: %s\n", from, r.To, label)
	}
	for _, s := range []order.Status{order.StatusCompleted, order.StatusCancelled, order.StatusExpired} {
		fmt.Fprintf(&text, "    %s --> [*]\n", s)
	}
	return text.String() + "```\n"
}
