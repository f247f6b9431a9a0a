package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
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
	askInTrouble(t, server, m.url, 400)
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
	expectStoredOnce(t, server, c)
}

// askInTrouble sends requests to a process, while Elasticsearch does everything wrong that it can: refuses all or some of the
// lines, takes small requests only, is slow, and stores what it does not acknowledge, which then comes a second time.
func askInTrouble(t *testing.T, server *elastictest.Server, url string, times int) {
	t.Helper()
	troubles := []elastictest.Trouble{{Every: 3}, {MaxBytes: 20_000}, {Status: http.StatusTooManyRequests}, {Forget: true}, {Delay: 50 * time.Millisecond}, {},
		{Every: 2, MaxBytes: 30_000, Delay: 10 * time.Millisecond}, {Forget: true, Every: 2}}
	for _, trouble := range troubles {
		before := server.Asked()
		server.Misbehave(trouble)
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range times / len(troubles) / 4 {
					r, err := http.Get(url + "/api/v1/gigs?limit=1")
					if err != nil {
						t.Error(err)
						return
					}
					_ = r.Body.Close()
				}
			})
		}
		wait.Wait()
		atLast(t, "Elasticsearch is asked again", func() bool { return server.Asked() > before })
	}
	server.Misbehave(elastictest.Trouble{})
	last, err := http.Get(url + "/api/v1/gigs?limit=1")
	if err != nil {
		t.Fatal(err)
	}
	_ = last.Body.Close()
	atLast(t, "the last line is stored", func() bool { // lines leave in their order: with the last one all are there
		return slices.ContainsFunc(server.Documents("logs-marketplace.access"), func(d elastictest.Document) bool {
			return d["http.request.id"] == last.Header.Get("X-Request-Id")
		})
	})
}

// atLast waits longer than apptest.Eventually: the shipper's pauses grow to half a minute.
func atLast(t *testing.T, what string, check func() bool) {
	t.Helper()
	for late := time.After(2 * time.Minute); !check(); {
		select {
		case <-late:
			t.Fatalf("for two minutes it is not so: %s", what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// expectStoredOnce compares what a process that has ended has written with what is stored.
func expectStoredOnce(t *testing.T, server *elastictest.Server, c *child) {
	t.Helper()
	written := map[string]int{}
	for line := range strings.Lines(c.log.String()) {
		if strings.HasPrefix(line, "{") { // complaints of the shipper are not part of the log
			var said map[string]any
			if err := json.Unmarshal([]byte(line), &said); err != nil {
				t.Fatal(err)
			}
			written[fmt.Sprint(said)]++
		}
	}
	lines := 0
	for _, n := range written {
		lines += n
	}
	all := server.Documents("logs-")
	for _, d := range all {
		written[fmt.Sprint(map[string]any(d))]--
	}
	for line, n := range written {
		if n != 0 {
			t.Errorf("%d more were written than stored of: %s", n, line)
		}
	}
	t.Logf("%d lines were written, %d are stored", lines, len(all))
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
