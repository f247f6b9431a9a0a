package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// carryOut runs one command as a shell would, on a folder of its own, and returns what it says on its standard output.
func carryOut(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	empty := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	c := command()
	c.SetOut(&out)
	c.SetErr(&complaints)
	c.SetArgs(append(arguments, "--config", empty, "--data", t.TempDir()))
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestACommandThatDoesNotExistFails(t *testing.T) {
	for _, arguments := range [][]string{{"bogus"}, {"ledger"}, {"ledger", "verfy"}, {"events"}, {"events", "lst"}, {"keys"}, {"keys", "rotate", "now"}, {"sessions", "end"}, {"sessions", "end", "nobody"}, {"ledger", "verify", "twice"}, {"ledger", "statement", "--since", "yesterday"}} {
		if out, err := carryOut(t, arguments...); err == nil {
			t.Errorf("%v passes: %s", arguments, out)
		}
	}
}

func TestResultsAreOnTheStandardOutput(t *testing.T) {
	if command().OutOrStderr() != os.Stdout { // where cobra prints
		t.Error("results go to the standard error")
	}
	for arguments, want := range map[string]string{"version": version, "migrate": "up to date", "ledger verify": "20 holds", "ledger reconcile": "agree", "ledger statement --since 2026-01-01": "time,journal", "events retry": "0 dead letters", "keys rotate": "EdDSA", "keys list": "EdDSA"} {
		out, err := carryOut(t, strings.Fields(arguments)...)
		if err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: %q %v", arguments, out, err)
		}
	}
}

func TestTheHealthcheckAsksWhereItIsTold(t *testing.T) {
	status := http.StatusOK
	process := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"status": "not ready", "problems": ["the database of chat does not answer", "events are not delivered"]}`)
	}))
	defer process.Close()
	at := strings.TrimPrefix(process.URL, "http://")
	if out, err := carryOut(t, "healthcheck", "--internal", at); err != nil || !strings.Contains(out, "ready") {
		t.Errorf("a ready process: %q %v", out, err)
	}
	status = http.StatusServiceUnavailable
	_, err := carryOut(t, "healthcheck", "--internal", at)
	if err == nil || !strings.Contains(err.Error(), "not ready: the database of chat does not answer, events are not delivered") {
		t.Errorf("a process that is not ready: %v", err)
	}
}
