package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"marketplace/platform/app"
	"marketplace/platform/clock"
	"marketplace/platform/config"
)

// described tells what a process with this configuration would be.
func described(t testing.TB, c config.Config) overview {
	t.Helper()
	o, err := look(t.Context(), process{config: c, log: zap.NewNop(), clock: clock.New(), out: &cobra.Command{}})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o overview) module(name string) app.Description {
	i := slices.IndexFunc(o.Modules, func(d app.Description) bool { return d.Module == name })
	return o.Modules[i]
}

func TestEveryModuleSaysAllThatItsContractAnnounces(t *testing.T) {
	files, err := filepath.Glob("../../modules/*/testdata/*.v*.json")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	want := map[string][]string{}
	for _, f := range files {
		topic := strings.TrimSuffix(filepath.Base(f), ".json")
		module, _, _ := strings.Cut(topic, ".")
		want[module] = append(want[module], topic)
	}
	for _, d := range described(t, config.Defaults()).Modules {
		slices.Sort(want[d.Module])
		if !slices.Equal(d.Announces, want[d.Module]) {
			t.Errorf("%s says that it announces %q; its contract has %q: correct Announces in its module.go", d.Module, d.Announces, want[d.Module])
		}
	}
}

func TestEveryModuleIsDescribedInEveryPartition(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	whole := described(t, config.Defaults())
	for range 5 {
		parts := 1 + random.IntN(8)
		at := map[string]int{}
		for _, m := range everyModule() {
			at[m] = random.IntN(parts)
		}
		hosts := map[string]int{}
		for i := range parts {
			o := describedPart(t, at, i)
			for _, d := range o.Modules {
				if d.Here {
					hosts[d.Module]++
				}
				if w := whole.module(d.Module); d.Here != (at[d.Module] == i) || d.Here == (len(d.At) > 0) && d.Module != "web" ||
					!slices.Equal(d.Hears, w.Hears) || !slices.Equal(d.Calls, w.Calls) || !slices.Equal(d.Announces, w.Announces) {
					t.Fatalf("%v: process %d says %+v; the whole %+v", at, i, d, w)
				}
			}
		}
		for _, m := range everyModule() {
			if hosts[m] != 1 {
				t.Errorf("%v: %s is hosted %d times", at, m, hosts[m])
			}
		}
	}
}

// describedPart asks process i of a partition, whose servers are nowhere.
func describedPart(t *testing.T, at map[string]int, i int) overview {
	t.Helper()
	var own []string
	remotes := "remotes:\n"
	for _, m := range slices.Sorted(maps.Keys(at)) {
		if at[m] == i {
			own = append(own, m)
		}
		if m != "web" {
			remotes += fmt.Sprintf("  %s: [\"http://nowhere-%d.invalid:9000\"]\n", m, at[m])
		}
	}
	if len(own) == 0 {
		return overview{}
	}
	return described(t, load(t, fmt.Sprintf("modules: [%s]\ndatabase: postgres://u:p@nowhere.invalid/x\nevents: amqp://u:p@nowhere.invalid\n"+
		"data: /dev/null/none\nrpc: {listen: \":9000\", secrets: [\"a secret that only this test knows\"]}\n%s", strings.Join(own, ", "), remotes), nil))
}

func TestModulesPrintsATableAndJSONAndLeavesNoTrace(t *testing.T) {
	data := filepath.Join(t.TempDir(), "none")
	out, err := carryOut(t, "modules", "--database", "postgres://u:hunter2@nowhere.invalid/x")
	for _, want := range []string{"order         here", "the schema order of postgres://u:redacted@nowhere.invalid/x", "VerifyLedger", "order.placed.v1", "calls       gig"} {
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%q is not in %v\n%s", want, err, out)
		}
	}
	if strings.Contains(out, "hunter2") {
		t.Error("the password is shown")
	}
	c := command()
	var text strings.Builder
	c.SetOut(&text)
	c.SetArgs([]string{"modules", "--json", "--data", data, "--config", filepath.Join("..", "..", "config.yaml")})
	var o overview
	if err := c.ExecuteContext(t.Context()); err != nil || json.Unmarshal([]byte(text.String()), &o) != nil || len(o.Modules) != len(everyModule()) {
		t.Errorf("%v: %s", err, text.String())
	}
	if got := o.module("chat"); !slices.Equal(got.Calls, []string{"gig", "order", "user"}) || !slices.Contains(got.Offers, "Send") || !got.Here {
		t.Errorf("chat: %+v", got)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("a data folder was made: %v", err)
	}
}

func TestFilesOnOneMachineAreWarnedOfWhenModulesRunApart(t *testing.T) {
	file := "modules: [%s]\nevents: amqp://u:p@nowhere.invalid\nrpc: {listen: \":9000\", secrets: [\"a secret that only this test knows\"]}\nremotes:\n"
	for _, m := range everyModule() {
		if m != "web" {
			file += fmt.Sprintf("  %s: [\"http://nowhere.invalid\"]\n", m)
		}
	}
	for module, more := range map[string]string{"order": "", "chat": "", "review": "", "gig": "files: s3://k:s@nowhere.invalid/bucket\n"} {
		got := described(t, load(t, fmt.Sprintf(file, module)+more, nil)).Warnings
		if warned := len(got) == 1 && strings.Contains(got[0], "files of "+module); warned != (module == "order" || module == "chat") {
			t.Errorf("%s: %q", module, got)
		}
	}
	if got := described(t, config.Defaults()).Warnings; len(got) > 0 {
		t.Errorf("one process: %q", got)
	}
}

// Everything that a command logs is on the standard error, so that its result can be read by a program.
func TestWhatACommandPrintsIsNothingButItsResult(t *testing.T) {
	for _, arguments := range []string{"events list", "modules --json", "ledger verify"} {
		var out, complaints strings.Builder
		c := command()
		c.SetOut(&out)
		c.SetErr(&complaints)
		c.SetArgs(append(strings.Fields(arguments), "--data", t.TempDir(), "--config", quiet(t, "log: {level: debug}\n")))
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "log.level") {
			t.Errorf("%s: a log line is in the result:\n%s", arguments, out.String())
		}
	}
}

func quiet(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "config.yaml")
	keep(t, name, text)
	return name
}

func keep(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Each process is asked for what its own modules need in production.
func TestOnlyWhoSendsMailNeedsAMailServer(t *testing.T) {
	file := "environment: production\npublic_url: https://market.example\nevents: amqp://u:p@nowhere.invalid\nrpc: {listen: \":9000\", secrets: [\"a secret that only this test knows\"]}\nremotes:\n"
	for _, m := range everyModule() {
		if m != "web" {
			file += fmt.Sprintf("  %s: [\"http://nowhere.invalid\"]\n", m)
		}
	}
	for module, refused := range map[string]bool{"chat": false, "notification": true} {
		c := load(t, file+"modules: ["+module+"]\n", nil)
		_, err := look(t.Context(), process{config: c, log: zap.NewNop(), clock: clock.New(), out: &cobra.Command{}})
		if got := err != nil && strings.Contains(err.Error(), "mail.smtp"); got != refused {
			t.Errorf("%s: %v", module, err)
		}
	}
}
