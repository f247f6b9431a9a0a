package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"marketplace/modules/auth"
	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/clock"
	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry/elastic/elastictest"
	"marketplace/web/edge"
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
	for _, what := range []string{"configuration", "databases", "data folder", "mail", "events", "elasticsearch", "traces", "outbox", "keys", "index", "timers", "clock", "ledger", "files of gig"} {
		if !strings.Contains(said, "ok     "+what) {
			t.Errorf("it does not look at %s:\n%s", what, said)
		}
	}
}

// Rows X10, Z25: each fault is a line, and the others are told too.
func TestTheDoctorTellsEveryFault(t *testing.T) {
	nobody := freeAddress(t)
	file := fmt.Sprintf("data: %q\nlog: {level: error}\nmail: {smtp: \"smtp://%s\"}\nevents: \"amqp://guest:guest@%s\"\nelasticsearch: {url: \"http://%s\", api_key: x}\ntraces: {url: \"http://%s\"}\n"+
		"modules: [auth, user, gig, review, chat, notification, web]\nremotes: {order: [\"http://%s\"]}\nrpc: {secrets: [%q]}\n",
		filepath.Join(t.TempDir(), "data"), nobody, nobody, nobody, nobody, nobody, strings.Repeat("s", 32))
	said, healthy := examine(t, file)
	if healthy {
		t.Fatalf("it finds nothing:\n%s", said)
	}
	for _, what := range []string{"mail", "events", "elasticsearch", "traces", "module order", "timers", "ledger"} {
		if !strings.Contains(said, "FAULT  "+what) {
			t.Errorf("it does not tell of %s:\n%s", what, said)
		}
	}
	if !strings.Contains(said, "7 faults") || !strings.Contains(said, "ok     outbox") {
		t.Errorf("it says\n%s", said)
	}
	if said, healthy := examine(t, "environment: production\n"); healthy || !strings.Contains(said, "secrets must be set") {
		t.Errorf("production with default secrets:\n%s", said)
	}
}

// Rows X10, Z25: what goes wrong inside is found too, each by its own line.
func TestTheDoctorLooksInside(t *testing.T) {
	data := t.TempDir()
	file := fmt.Sprintf("data: %q\nlog: {level: error}\n", data)
	c := load(t, file, nil)
	p := process{config: c, log: zap.NewNop(), clock: clock.New(), out: &cobra.Command{}}
	a, services, err := p.open(t.Context(), app.Opening)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := services.Auth.ListKeys(identity.System(t.Context()), auth.ListKeysRequest{}); err != nil { // a key is made
		t.Fatal(err)
	}
	spoil := func(module string, statements ...string) {
		t.Helper()
		for _, h := range a.Hosted() {
			if h.Name != module {
				continue
			}
			err := h.DB.Tx(t.Context(), func(tx *db.Tx) error {
				var errs []error
				for _, statement := range statements {
					errs = append(errs, tx.Exec(statement, tx.Now().Add(-time.Hour)).Error)
				}
				return errors.Join(errs...)
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	spoil("chat", "INSERT INTO outbox_events (id, topic, aggregate, payload, headers, created_at) VALUES ('e', 'chat.read.v1', 'a', '{}', '{}', ?)",
		"INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, attempts, due_at, last_error) VALUES ('e', 'notification', 'chat.read.v1', 'a', 1, ?, 'x')")
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "secrets", "auth"), []byte(strings.Repeat("x", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	said, healthy := examine(t, file)
	for _, what := range []string{"outbox", "keys"} {
		if healthy || !strings.Contains(said, "FAULT  "+what) {
			t.Errorf("it does not tell of %s:\n%s", what, said)
		}
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(data, "files", "gig")), os.WriteFile(filepath.Join(data, "files", "gig"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if said, healthy := examine(t, file); healthy || !strings.Contains(said, "open the files of gig") {
		t.Errorf("it does not tell that files cannot be kept:\n%s", said)
	}
}

// sick is a marketplace in which everything is wrong that a doctor can see.
type sick struct {
	order.Service
	now time.Time
}

func (s sick) ListTimers(context.Context, order.ListTimersRequest) (order.TimerList, error) {
	return order.TimerList{Items: []order.Timer{{Number: "A-1", Kind: "payment_end", DueAt: s.now.Add(-time.Hour)}}}, nil
}

func (sick) VerifyLedger(context.Context, order.VerifyLedgerRequest) (order.LedgerReport, error) {
	return order.LedgerReport{Problems: []string{"one", "two"}}, nil
}

type unfindable struct{ gig.Service }

func (unfindable) Search(_ context.Context, q gig.SearchRequest) (gig.Results, error) {
	if q.Text != "" {
		return gig.Results{}, nil
	}
	return gig.Results{Items: []gig.Gig{{ID: "g", Title: "A logo"}}}, nil
}

type keyless struct{ auth.Service }

func (keyless) ListKeys(context.Context, auth.ListKeysRequest) (auth.KeySet, error) {
	return auth.KeySet{}, nil
}

func TestTheDoctorKnowsEverySickness(t *testing.T) {
	p := process{config: load(t, fmt.Sprintf("data: %q\ndatabase: %q\n", t.TempDir(), apptest.Postgres(t)), nil), log: zap.NewNop(), clock: clock.New(), out: &cobra.Command{}}
	a, _, err := p.open(t.Context(), app.Opening)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	p.clock.Advance(time.Minute)
	said := map[string]string{}
	for _, e := range p.insides(a, edge.Services{Auth: keyless{}, Gigs: unfindable{}, Orders: sick{now: p.clock.Now()}}) {
		if _, err := e.look(t.Context()); err != nil {
			said[e.what] = err.Error()
		}
	}
	for what, words := range map[string]string{"keys": "nobody can log in", "index": "not found by its title", "timers": "A-1", "clock": "differ by", "ledger": "2 problems"} {
		if !strings.Contains(said[what], words) {
			t.Errorf("of %s it says %q", what, said[what])
		}
	}
}
