package alert

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// The files in deploy/ say what the table says. To renew them: marketplace alerts prometheus, marketplace alerts grafana.
func TestTheFilesForPrometheusAndGrafanaAreCurrent(t *testing.T) {
	grafana, err := GrafanaDashboard(Rules())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"prometheus-rules.yaml": PrometheusRules(Rules()), "grafana-dashboard.json": grafana} {
		got, err := os.ReadFile("../../deploy/observability/" + name)
		if err != nil || string(got) != want {
			t.Errorf("deploy/observability/%s is not current: %v", name, err)
		}
	}
}

func TestTheRulesForPrometheusCanBeRead(t *testing.T) {
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(PrometheusRules(Rules())), &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Groups) != 1 || len(file.Groups[0].Rules) != len(Rules()) {
		t.Fatalf("%+v", file)
	}
	for i, r := range file.Groups[0].Rules {
		if r.Alert != Rules()[i].Name || strings.Count(r.Expr, "(") != strings.Count(r.Expr, ")") || r.Labels["severity"] == "" || r.Annotations["description"] == "" ||
			!regexp.MustCompile(` [<>] [0-9.]+$`).MatchString(r.Expr) {
			t.Errorf("%+v", r)
		}
	}
}

func TestTheDashboardForGrafanaHasEveryRule(t *testing.T) {
	text, err := GrafanaDashboard(Rules())
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			ID      int
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	shown, places := map[string]bool{}, map[[2]int]bool{}
	for _, p := range d.Panels {
		at := [2]int{p.GridPos.X, p.GridPos.Y}
		if places[at] || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("the panel %d is on another one", p.ID)
		}
		places[at], shown[p.Targets[0].Expr] = true, true
	}
	for _, r := range Rules() {
		if !shown[r.Query.PromQL()] {
			t.Errorf("%s is not shown", r.Name)
		}
	}
}

// The runbook has a paragraph for each rule, with the limit that it has.
func TestTheRunbookHasEveryRule(t *testing.T) {
	text, err := os.ReadFile("../../docs/observability.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range Rules() {
		if !strings.Contains(string(text), "\n### "+r.Name+"\n") || !strings.Contains(string(text), r.SayLimit()) {
			t.Errorf("docs/observability.md does not say what to do about %s, which fires %s", r.Name, r.SayLimit())
		}
	}
}
