package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime/debug"
	"strings"
	"testing"

	"go.uber.org/zap"

	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/platform/money"
	"marketplace/platform/telemetry/telemetrytest"
)

// lineOf reads the only line that was written.
func lineOf(t *testing.T, out *bytes.Buffer) map[string]any {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, out)
	}
	return line
}

// Row W8: who did what to whom, when, from where.
func TestAnActIsALineOfTheAuditRecord(t *testing.T) {
	log, out := logTo(t, "json", "error") // whatever the level is
	ctx := identity.WithAddress(identity.WithRequest(t.Context(), "request-1"), "192.0.2.7")
	ctx = identity.With(ctx, identity.Actor{UserID: "u1", Username: "ada", Roles: []string{"operator"}, SessionID: "s1"})
	Audit(ctx, log.Named("order"), Act{Action: "refund", Amount: money.Amount{Minor: 4200, Currency: "USD"}, Whom: "u2",
		What: map[string]string{"order_id": "o1", "payout_id": ""}})
	line := lineOf(t, out)
	for key, want := range map[string]any{
		"event.dataset": "marketplace.audit", "event.module": "order", "event.kind": "event", "event.action": "refund", "event.outcome": "success",
		"user.id": "u1", "user.target.id": "u2", "source.ip": "192.0.2.7", "http.request.id": "request-1", "labels.order_id": "o1",
		"labels.session_id": "s1", "market.amount_minor": 4200.0, "market.currency": "USD", "message": "refund", "log.level": "info",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	if _, empty := line["labels.payout_id"]; empty || fmt.Sprint(line["user.roles"]) != "[operator]" {
		t.Errorf("%v", line)
	}
}

func TestARefusedActSaysSoAndTheMarketplaceItselfIsNamed(t *testing.T) {
	log, out := logTo(t, "json", "info")
	Audit(t.Context(), log, Act{Action: "log-in", Kind: Authentication, Failed: true, Reason: "unauthenticated", Whom: "u1"})
	if line := lineOf(t, out); line["event.outcome"] != "failure" || line["event.reason"] != "unauthenticated" || line["user.id"] != nil ||
		fmt.Sprint(line["event.category"]) != "[authentication]" {
		t.Errorf("%v", line)
	}
	out.Reset()
	Audit(identity.System(t.Context()), log, Act{Action: "keys-rotate", Kind: Configuration})
	if line := lineOf(t, out); line["user.id"] != "system" {
		t.Errorf("%v", line)
	}
}

func TestRequestsAreARecordOfTheirOwn(t *testing.T) {
	log, out := logTo(t, "json", "error")
	ForAccess(log.Named("web")).Info("request")
	if line := lineOf(t, out); line["event.dataset"] != "marketplace.access" || line["log.origin"] != nil {
		t.Errorf("%v", line)
	}
}

func TestThePanicsStackIsNotItsMessage(t *testing.T) {
	log, out := logTo(t, "json", "info")
	log.Error("failed", zap.Error(fmt.Errorf("call: %w", fmt.Errorf("panic: %v\n%s", "oops", debug.Stack()))))
	fault, _ := lineOf(t, out)["error"].(map[string]any)
	if fault["message"] != "call: panic: oops" || !strings.HasPrefix(fmt.Sprint(fault["stack_trace"]), "goroutine ") {
		t.Errorf("%v", fault)
	}
}

// The level of a module is changed while it runs, and that of others stays.
func TestLevelsAreChangedWhileTheProcessRuns(t *testing.T) {
	var out bytes.Buffer
	levels := levelsOf(t, config.Log{Level: "warn", Modules: map[string]string{"chat": "error"}})
	log, err := NewLogger(levels, "json", service(), &out)
	if err != nil {
		t.Fatal(err)
	}
	said := func() string {
		out.Reset()
		for _, module := range []string{"order", "chat", "web"} {
			log.Named(module).Debug(module + " debug")
			log.Named(module).Named("part").Warn(module + " warn")
			log.Named(module).Error(module + " error")
		}
		var all []string
		for text := range strings.Lines(out.String()) {
			var line map[string]any
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(line["message"]))
		}
		return strings.Join(all, ", ")
	}
	put := func(from, host, query string) int {
		r := httptest.NewRequest(http.MethodPut, "/log/levels?"+query, http.NoBody)
		r.RemoteAddr, r.Host = from, host
		w := httptest.NewRecorder()
		levels.ServeHTTP(w, r)
		return w.Code
	}
	const here, home = "127.0.0.1:4000", "127.0.0.1:9090"
	for _, step := range []struct {
		query, want string
		status      int
	}{
		{"module=none&level=", "order warn, order error, chat error, web warn, web error", 200},
		{"module=order&level=debug", "order debug, order warn, order error, chat error, web warn, web error", 200},
		{"level=error", "order debug, order warn, order error, chat error, web error", 200},
		{"module=order&level=", "order error, chat error, web error", 200},
		{"module=chat&level=warn", "order error, chat warn, chat error, web error", 200},
		{"module=chat&level=loud", "order error, chat warn, chat error, web error", 422},
		{"module=Ch%20at&level=info", "order error, chat warn, chat error, web error", 422},
		{"level=", "order error, chat warn, chat error, web error", 422},
	} {
		if status := put(here, home, step.query); status != step.status {
			t.Errorf("%s answers %d", step.query, status)
		}
		if got := said(); got != step.want {
			t.Errorf("after %s it says %s", step.query, got)
		}
	}
	w := httptest.NewRecorder()
	levels.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/log/levels", http.NoBody))
	if text := strings.TrimSpace(w.Body.String()); text != `{"level":"error","modules":{"chat":"warn"}}` {
		t.Errorf("the levels are %s", text)
	}
	for _, other := range [][2]string{{"192.0.2.1:4000", home}, {here, "evil.example:9090"}, {"", home}} {
		if status := put(other[0], other[1], "level=debug"); status != http.StatusForbidden {
			t.Errorf("%v may change the level: %d", other, status)
		}
	}
}

// Every key that a line has by itself is ECS.
func TestWhatALineSaysOfItselfIsECS(t *testing.T) {
	log, out := logTo(t, "json", "info")
	ctx := identity.With(identity.WithAddress(identity.WithRequest(t.Context(), "r"), "192.0.2.7"), identity.Actor{UserID: "u", Roles: []string{"moderator"}, SessionID: "s"})
	Audit(ctx, log.Named("auth"), Act{Action: "log-in", Kind: Authentication, Failed: true, Reason: "x", Whom: "u2", Amount: money.Amount{Minor: 1, Currency: "USD"}})
	For(ctx, log.Named("auth")).Error("failed", zap.Error(errors.New("panic: x\ngoroutine 1")))
	for text := range strings.Lines(out.String()) {
		if foreign, err := telemetrytest.Foreign([]byte(text)); err != nil || len(foreign) > 0 {
			t.Errorf("%v %v", foreign, err)
		}
	}
	if foreign, err := telemetrytest.Foreign([]byte(`{"message":"","user":{"id":1,"shoe":2},"labels":{"a":1},"market.b":1,"request_id":1}`)); err != nil || fmt.Sprint(foreign) != "[request_id user.shoe]" {
		t.Errorf("%v %v", foreign, err)
	}
}
