package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"marketplace/platform/telemetry/elastic/elastictest"
)

// Row X1: with two settings the log is in Elasticsearch, to its last line.
func TestTheLogReachesElasticsearch(t *testing.T) {
	server := elastictest.New(t)
	address := freeAddress(t)
	c := newChild(t, fmt.Sprintf("listen: %q\ninternal: %q\ndata: %q\nelasticsearch: {url: %q, api_key: %q}\n",
		address, freeAddress(t), t.TempDir(), server.URL, elastictest.Key))
	c.start(t)
	c.awaitReady(t)
	m := newMarket()
	m.url = "http://" + address
	m.join(t, "bert")
	for _, step := range []struct{ arguments, want string }{ // its levels are changed from this machine
		{"log level order debug", "order          debug"}, {"log level", "order          debug"}, {"log level order default", "all            info\n"},
	} {
		if out, err := carryOut(t, append(strings.Fields(step.arguments), "--internal", c.internal)...); err != nil || !strings.Contains(out, step.want) {
			t.Errorf("%s: %q %v", step.arguments, out, err)
		}
	}
	if out, err := carryOut(t, "log", "level", "loud", "--internal", c.internal); err == nil {
		t.Errorf("a level that does not exist: %s", out)
	}
	c.stop()
	said := map[string]bool{}
	for _, d := range server.Documents("logs-marketplace.app-default") {
		said[fmt.Sprint(d["message"])] = true
		if d["service.name"] != "marketplace" || d["ecs.version"] == nil {
			t.Errorf("a line is not ECS: %v", d)
		}
	}
	for _, message := range []string{"listening", "stopping", "stopped"} {
		if !said[message] {
			t.Errorf("%q is not stored; there are %v", message, said)
		}
	}
	lines := strings.Count(c.log.String(), "\n")
	if found := len(server.Documents("logs-")); found != lines {
		t.Errorf("%d lines were written and %d are stored", lines, found)
	}
}

// What `make run` does on a fresh machine.
func TestADemonstrationIsServed(t *testing.T) {
	address := freeAddress(t)
	c := newChild(t, fmt.Sprintf("listen: %q\ninternal: %q\ndata: %q\ndemo: true\n", address, freeAddress(t), t.TempDir()))
	c.start(t)
	m := newMarket()
	m.url = "http://" + address
	for late := time.After(3 * time.Minute); ready(c.internal) != nil; {
		select {
		case <-late:
			t.Fatal("the demonstration takes more than three minutes")
		case <-time.After(100 * time.Millisecond):
			if !c.runs() {
				t.Fatal("the process has ended")
			}
		}
	}
	if gigs := m.visitor(t).get("/gigs?limit=50").ok(200); len(gigs.items()) < 20 {
		t.Errorf("only %d gigs", len(gigs.items()))
	}
	states := map[any]bool{}
	for _, login := range []string{"bella", "tomek", "mara"} {
		p := m.visitor(t)
		p.logIn(login, "open-sesame-2026")
		p.all("/orders", func(o map[string]any) { states[o["status"]] = true })
	}
	if len(states) != 9 {
		t.Errorf("there are only orders in the states %v", states)
	}
}
