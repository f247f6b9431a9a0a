package app_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/private"
)

func ask(t *testing.T, method, url string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// Other processes and the platform ask the private port, operators the internal one: both tell the same, only the internal
// one tells why.
func TestBothPortsOfTheInsideTellHowTheProcessIs(t *testing.T) {
	a := begin(t, app.Options{Config: settings(t, func(c *config.Config) {
		c.RPC = config.RPC{Listen: "127.0.0.1:0", Secrets: []private.Secret{secret}}
	})})
	assemble(a)
	run(t, a)
	private, internal := "http://"+a.Address(app.Private).String(), "http://"+a.Address(app.Internal).String()
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, answer := ask(t, "GET", private+path); status != 200 || answer != "" {
			t.Errorf("private %s: %d %s", path, status, answer)
		}
		if status, answer := ask(t, "GET", internal+path); status != 200 || !strings.Contains(answer, "status") {
			t.Errorf("internal %s: %d %s", path, status, answer)
		}
	}
	if err := a.Hosted()[0].DB.Close(); err != nil {
		t.Fatal(err)
	}
	if status, answer := ask(t, "GET", private+"/readyz"); status != 503 || answer != "" {
		t.Errorf("private, without a database: %d %s", status, answer)
	}
	if status, answer := ask(t, "GET", internal+"/readyz"); status != 503 || !strings.Contains(answer, "the database of stock does not answer") {
		t.Errorf("internal, without a database: %d %s", status, answer)
	}
	for _, url := range []string{private, internal} {
		if status, _ := ask(t, "GET", url+"/healthz"); status != 200 {
			t.Errorf("without a database the process is dead: %d", status)
		}
	}
}

// The watch over the peers runs with the process: what it finds is in the metrics.
func TestAProcessKeepsAnEyeOnItsPeers(t *testing.T) {
	a := begin(t, apart(t, "shop", "stock", "http://127.0.0.1:1"))
	assemble(a)
	run(t, a)
	internal := "http://" + a.Address(app.Internal).String()
	apptest.Eventually(t, func() bool {
		_, metrics := ask(t, "GET", internal+"/metrics")
		return strings.Contains(metrics, `marketplace_rpc_replicas{module="stock",state="open"} 1`)
	})
}
