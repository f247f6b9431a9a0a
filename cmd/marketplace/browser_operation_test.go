package main

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"

	"marketplace/modules/notification"
	"marketplace/platform/alert"
	"marketplace/platform/app"
	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/operate"
	"marketplace/platform/rpc"
	"marketplace/platform/telemetry"
)

// operation makes a bad morning for who runs the marketplace: alerts, errors, slow requests, events that could not be delivered,
// mails that wait, money that fits nothing. A process that does not answer is there from the beginning (withMissing).
func (g *gallery) operation() {
	g.t.Helper()
	g.alarms()
	g.lines()
	who, other := identity.From(g.as(fresh)).UserID, identity.From(g.as(operating)).UserID
	g.giveUp(g.t, "auth.signed_up.v1", who)
	g.giveUp(g.t, "auth.email_verified.v1", who)
	g.giveUp(g.t, "auth.signed_up.v1", other)
	letters, err := g.apps[0].Bus().DeadLetters(context.Background(), "", 100)
	if err != nil {
		g.t.Fatal(err)
	}
	for _, l := range letters {
		if l.Aggregate != other {
			continue
		}
		if err := g.apps[0].Bus().Discard(context.Background(), l.ID, other, "The account was announced again by hand."); err != nil {
			g.t.Fatal(err)
		}
	}
	err = g.host(g.t, "notification").DB.Tx(context.Background(), func(tx *db.Tx) error {
		return tx.Exec(`UPDATE mails SET status = CASE WHEN attempts % 2 = 0 THEN 'queued' ELSE 'dead' END, attempts = 10, due_at = ?, last_error = ?
			WHERE id IN (SELECT id FROM mails WHERE status = 'sent' ORDER BY id DESC LIMIT 3)`,
			tx.Now().Add(20*time.Minute), "421 4.7.0 mail.example.com: try again later, too many connections from 203.0.113.9").Error
	})
	if err != nil {
		g.t.Fatal(err)
	}
	err = g.host(g.t, "order").DB.Tx(context.Background(), func(tx *db.Tx) error {
		const stray = `INSERT INTO strays (provider, id, kind, subject, amount, currency, status, order_id, note, decided_by, found_at) VALUES ('simulator', ?, ?, ?, ?, 'USD', ?, '', ?, '', ?)`
		return errors.Join(tx.Exec(stray, "re_hand_01a2073c", "refund", "hand_01a2073c", 5275, "open", "", tx.Now()).Error,
			tx.Exec(stray, "ch_stray_01a20738", "charge", "stray_01a20738", 2500, "open", "", tx.Now()).Error,
			tx.Exec(stray, "ch_stray_01a20711", "charge", "stray_01a20711", 1900, "returned", "The bank has taken it back.", tx.Now().Add(-48*time.Hour)).Error)
	})
	if err != nil {
		g.t.Fatal(err)
	}
	add := func(route string, s scene) { g.route[route] = append(g.route[route], s) }
	add("/operator/log", scene{who: operating, path: "/operator/log?kind=slow", name: "log-slow"})
	add("/operator/events", scene{who: operating, path: "/operator/events?view=all", name: "events-all"})
	add("/operator/events", scene{who: operating, path: "/operator/events?view=discarded", name: "events-discarded"})
	add("/operator/events", scene{who: operating, path: "/operator/events", name: "events-dead", form: "form[action$='/discard']"})
	add("/operator/mails", scene{who: operating, path: "/operator/mails?status=queued", name: "mails-waiting"})
}

// withMissing is the fleet of this process and one that does not answer.
func (p process) withMissing(t testing.TB, a *app.App, w *alert.Watcher, address string) *operate.Fleet {
	t.Helper()
	peers, err := rpc.NewClient(operate.Name, []string{"http://" + address}, rpc.Options{Secrets: [][]byte{bytes.Repeat([]byte("s"), 32)}})
	if err != nil {
		t.Fatal(err)
	}
	return operate.NewFleet(operate.Here(operate.Options{App: a, Version: version, Clock: p.clock, Log: p.log, Recent: p.recent, Watcher: w, Checks: p.checks(a)}), peers)
}

// alarms lets two processes see what an operator does not want to see, and one of it be over.
func (g *gallery) alarms() {
	g.t.Helper()
	values := map[string]float64{"error_rate": 0.083, "mail_waits": 1260, "outbox_lag": 96}
	var firing []notification.Sighting
	for _, r := range alert.Rules() {
		if value, ok := values[r.Name]; ok {
			firing = append(firing, notification.Sighting{Rule: r.Name, Title: r.Title, Meaning: r.Meaning, Action: r.Action, Severity: r.Severity,
				Value: r.Say(value), Limit: r.SayLimit(), Since: g.clock.Now()})
		}
	}
	report := func(process string, firing []notification.Sighting, fine ...string) {
		must[notification.Done](g.t)(g.services.Notifications.ReportAlerts(identity.System(context.Background()),
			notification.ReportAlertsRequest{Process: process, Firing: firing, Fine: fine}))
	}
	report("web@front-1:9000", firing)
	report("notification@back-2:9000", firing[1:])
	report("web@front-1:9000", nil, "outbox_lag")
	report("notification@back-2:9000", nil, "outbox_lag")
}

// lines are errors and slow requests in the log of the process.
func (g *gallery) lines() {
	log := g.processes[0].log
	fault := log.Named("order").With(zap.String("http.request.id", "01a2073c-5b2e-7c2f-9d51-5a0f6f2b9e11"), zap.String("trace.id", "8f4b1c0d5e6a47b29c3d2e1f0a9b8c7d"))
	fault.Error("the payment provider does not answer", zap.Error(errors.New("ask for the state of a payment: Get \"https://api.payments.example/v1/charges\": context deadline exceeded")))
	log.Named("notification").Error("a mail cannot be sent", zap.String("labels.mail_id", unique()), zap.Int("market.attempts", 10),
		zap.Error(errors.New("421 4.7.0 try again later")))
	log.Named("events").Error("an event became a dead letter", zap.String("labels.topic", "auth.signed_up.v1"), zap.Error(errors.New("no such table: recipients")))
	for route, spent := range map[string]time.Duration{"/gigs": 2300 * time.Millisecond, "/api/v1/orders/:id/accept": 1470 * time.Millisecond, "/orders/:id/invoice.pdf": 4100 * time.Millisecond} {
		telemetry.ForAccess(log.Named("web")).Info("request", zap.String("http.request.method", "GET"), zap.String("url.path", route),
			zap.Int("http.response.status_code", 200), zap.Duration("event.duration", spent), zap.String("http.request.id", unique()))
	}
}
