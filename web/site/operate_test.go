package site_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/app"
	"marketplace/platform/bus"
	"marketplace/platform/fault"
	"marketplace/platform/operate"
	"marketplace/platform/telemetry"
)

// process is one with something of everything.
type process struct {
	operate.Service
	now time.Time
}

func (p process) Describe(context.Context, operate.DescribeRequest) (operate.Process, error) {
	return operate.Process{Name: "all@host:9090", Version: "1.2.3", Modules: []string{"order", "web"}, StartedAt: p.now, Problems: []string{"stopping"},
		Dependencies: []operate.Dependency{{Name: "mail", Finding: "the server is away", Milliseconds: 12}, {Name: "database of order", OK: true}},
		Tasks:        []app.Task{{Module: "order", Name: "count stars", Interval: 10 * time.Minute, LastRun: p.now, Took: 20 * time.Millisecond, Error: "it is cloudy"}},
		Waiting:      []bus.Lag{{Publisher: "order", Subscriber: "notification", Pending: 3}}, MemoryBytes: 50 << 20, Goroutines: 12,
		Conditions: []operate.Condition{{Rule: "outbox_lag", Value: "90 s", Limit: "above 60 s", Since: p.now}}}, nil
}

func (p process) Lines(_ context.Context, q operate.LinesRequest) (operate.Lines, error) {
	l := telemetry.Line{At: p.now, Level: "error", Message: "a call failed", Error: "no space left", Whole: `{"a":1}`}
	if q.Kind == "slow" {
		l.Route, l.Duration = "/slow/:id", 3*time.Second
	}
	return operate.Lines{Items: []telemetry.Line{l}}, nil
}

func (p process) letter() bus.DeadLetter {
	return bus.DeadLetter{ID: "order/7", EventID: "e1", Subscriber: "chat", Topic: "order.paid.v1", Payload: json.RawMessage(`{"order_id":"o1"}`), LastError: "<b>it</b> failed", DeadAt: p.now}
}

func (p process) Events(context.Context, bus.Wanted) (operate.Events, error) {
	return operate.Events{Items: []bus.Record{{ID: "e1", Topic: "order.paid.v1", Aggregate: "o1", Waiting: []string{"chat"}, EmittedAt: p.now}}}, nil
}

func (p process) DeadLetters(context.Context, bus.Wanted) (operate.DeadLetters, error) {
	return operate.DeadLetters{Items: []bus.DeadLetter{p.letter()}}, nil
}

func (p process) Discarded(context.Context, bus.Wanted) (operate.Discarded, error) {
	return operate.Discarded{Items: []bus.Discarded{{DeadLetter: p.letter(), Reason: "It is over.", At: p.now}}}, nil
}

func (p process) Discard(_ context.Context, q operate.DiscardRequest) (operate.Done, error) {
	if q.Reason == "" {
		return operate.Done{}, fault.Wrong("reason", "Say why.")
	}
	return operate.Done{}, nil
}

func (p process) Retry(context.Context, operate.RetryRequest) (operate.Done, error) {
	return operate.Done{}, nil
}

func (n notifications) ListAlerts(context.Context, notification.ListAlertsRequest) (notification.AlertList, error) {
	return notification.AlertList{Items: []notification.Alert{{ID: "a1", Rule: "disk", Title: "The disk of the data folder is almost full", Severity: "critical", Value: "95 %",
		Limit: "above 90 %", Processes: []string{"all@host"}, BeganAt: n.w.now, OverAt: &n.w.now}}}, nil
}

func (n notifications) MailLog(context.Context, notification.MailLogRequest) (notification.MailRecords, error) {
	return notification.MailRecords{Items: []notification.MailRecord{{ID: "m1", To: "bo@example.com", Subject: "Hello", Status: "dead", Attempts: 10, LastError: "550 unknown", OrderID: "o1", CreatedAt: n.w.now}}}, nil
}

func (n notifications) RetryMail(context.Context, notification.RetryMailRequest) (notification.MailRecord, error) {
	return notification.MailRecord{}, nil
}

func (o orders) ListTimers(context.Context, order.ListTimersRequest) (order.TimerList, error) {
	return order.TimerList{Items: []order.Timer{{OrderID: "o1", Number: "A1B2C3", Status: order.StatusAwaitingRequirements, Kind: "completion_end", DueAt: o.w.now, Late: true},
		{OfferID: "of1", Status: "sent", Kind: "offer_end", DueAt: o.w.now}}}, nil
}

// Rows S11, S12, Z18.
func TestOperatorsSeeHowTheMarketplaceRuns(t *testing.T) {
	w := newWorld()
	desk := open(t, w, clerk())
	for path, parts := range map[string][]string{
		"/operator":                       {"almost full", "95 %", "all@host:9090", "the server is away", "stopping", "outbox_lag"},
		"/operator/log":                   {"a call failed", "no space left"},
		"/operator/log?kind=slow":         {"/slow/:id", "3s"},
		"/operator/events":                {"order.paid.v1", "&lt;b&gt;it&lt;/b&gt; failed", `value="order/7"`},
		"/operator/events?view=all":       {"Waits for:", "chat"},
		"/operator/events?view=discarded": {"It is over."},
		"/operator/mails":                 {"bo@example.com", "550 unknown", "/operator/mails/m1/retry"},
		"/operator/timers":                {"A1B2C3", ">Waiting for details<", ">Sent<", "completion_end", "count stars", "it is cloudy", ">10m<"},
	} {
		answer := visit(desk, path)
		for _, part := range parts {
			if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), part) {
				t.Errorf("%s: %d, without %q", path, answer.Code, part)
			}
		}
		if answer := visit(w.member(t), path); answer.Code != http.StatusNotFound {
			t.Errorf("a member gets %d from %s", answer.Code, path)
		}
	}
	for path, form := range map[string]map[string]string{
		"/operator/events/retry": {"id": "order/7"}, "/operator/events/discard": {"id": "order/7", "reason": "It is over."}, "/operator/mails/m1/retry": nil,
	} {
		if answer := send(desk, path, form); answer.Code != http.StatusSeeOther {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
	if answer := send(desk, "/operator/events/discard", map[string]string{"id": "order/7"}); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(answer.Body.String(), "Say why.") {
		t.Errorf("without a reason: %d", answer.Code)
	}
}
