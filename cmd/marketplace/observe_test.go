package main

import (
	"fmt"
	"strings"
	"testing"

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
