package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"marketplace/platform/config"
)

// walked is one step of docs/splitting.md: the files that it changes, by the name of the process.
type walked struct {
	title string
	files map[string]string
}

// splittingWalk reads the steps from the document; the first is where the walk begins.
func splittingWalk(t testing.TB) []walked {
	t.Helper()
	content, err := os.ReadFile("../../docs/splitting.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```yaml\n# (\\w+)\\.yaml\n(.*?)```")
	var steps []walked
	for _, section := range strings.Split(string(content), "\n## ") {
		step := walked{title: strings.SplitN(section, "\n", 2)[0], files: map[string]string{}}
		for _, b := range block.FindAllStringSubmatch(section, -1) {
			step.files[b[1]] = b[2]
		}
		if len(step.files) > 0 {
			steps = append(steps, step)
		}
	}
	return steps
}

func TestEveryStepOfTheWalkIsAMarketplace(t *testing.T) {
	steps := splittingWalk(t)
	if len(steps) != 7 {
		t.Fatalf("%d steps", len(steps))
	}
	running := map[string]overview{}
	for i, step := range steps {
		for name, file := range step.files {
			c := load(t, file, map[string]any{"database": "postgres://market:secret@db.internal/market", "rpc.secrets": strings.Repeat("s", 32)})
			if c.Events == config.Memory != (i == 0) {
				t.Errorf("%s: events of %s: %s", step.title, name, c.Events)
			}
			running[name] = described(t, c)
			hosts := map[string][]string{}
			for process, o := range running {
				for _, m := range o.Modules {
					if m.Here {
						hosts[m.Module] = append(hosts[m.Module], "http://"+process+".internal:9000")
					}
				}
			}
			for process, o := range running {
				for _, m := range o.Modules {
					at := strings.Join(m.At, "")
					if !m.Here && m.Module != "web" && !slices.Contains(hosts[m.Module], at) {
						t.Errorf("%s: %s looks for %s at %s, which runs something else: %v", step.title, process, m.Module, at, hosts)
					}
				}
			}
		}
	}
	if got := fmt.Sprint(len(running), running["chat"].module("chat").Here, running["order"].module("order").Here, running["market"].module("order").Here); got != "3 true true false" {
		t.Errorf("in the end: %s", got)
	}
}
