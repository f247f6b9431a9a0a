package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"marketplace/platform/telemetry/elastic/elastictest"
)

// examine runs the doctor on such a configuration.
func examine(t *testing.T, file string) (said string, healthy bool) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	configuration := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(configuration, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "doctor", "--config", configuration).CombinedOutput()
	return string(out), err == nil
}

// Rows X10, Z25: all is well.
func TestTheDoctorFindsNothingInAFreshMarketplace(t *testing.T) {
	server := elastictest.New(t)
	said, healthy := examine(t, fmt.Sprintf("data: %q\nlog: {level: error}\nelasticsearch: {url: %q, api_key: %q}\n", t.TempDir(), server.URL, elastictest.Key))
	if !healthy || strings.Contains(said, "FAULT") {
		t.Fatalf("it complains:\n%s", said)
	}
	for _, what := range []string{"configuration", "databases", "data folder", "mail", "events", "elasticsearch", "outbox", "clock", "ledger", "files of gig"} {
		if !strings.Contains(said, "ok     "+what) {
			t.Errorf("it does not look at %s:\n%s", what, said)
		}
	}
}

// Rows X10, Z25: each fault is a line, and the others are told too.
func TestTheDoctorTellsEveryFault(t *testing.T) {
	nobody := freeAddress(t)
	file := fmt.Sprintf("data: %q\nlog: {level: error}\nmail: {smtp: \"smtp://%s\"}\nevents: \"amqp://guest:guest@%s\"\nelasticsearch: {url: \"http://%s\", api_key: x}\n"+
		"modules: [auth, user, gig, review, chat, notification, web]\nremotes: {order: [\"http://%s\"]}\nrpc: {secrets: [%q]}\n",
		filepath.Join(t.TempDir(), "data"), nobody, nobody, nobody, nobody, strings.Repeat("s", 32))
	said, healthy := examine(t, file)
	if healthy {
		t.Fatalf("it finds nothing:\n%s", said)
	}
	for _, what := range []string{"mail", "events", "elasticsearch", "module order", "ledger"} {
		if !strings.Contains(said, "FAULT  "+what) {
			t.Errorf("it does not tell of %s:\n%s", what, said)
		}
	}
	if !strings.Contains(said, "5 faults") || !strings.Contains(said, "ok     outbox") {
		t.Errorf("it says\n%s", said)
	}
	if said, healthy := examine(t, "environment: production\n"); healthy || !strings.Contains(said, "secrets must be set") {
		t.Errorf("production with default secrets:\n%s", said)
	}
}
