package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"marketplace/modules/notification"
	"marketplace/modules/order"
	"marketplace/platform/app"
	"marketplace/platform/db"
	"marketplace/platform/identity"
	"marketplace/platform/trace/tracetest"
)

// alarm is a marketplace whose alert rules are looked at by hand.
type alarm struct {
	*market
	t   *testing.T
	ctx context.Context
}

func (a alarm) host(module string) *app.Host {
	hosts := a.apps[0].Hosted()
	return hosts[slices.IndexFunc(hosts, func(h *app.Host) bool { return h.Name == module })]
}

// change does in a module's database what no part of the program does.
func (a alarm) change(module string, statements ...string) {
	a.t.Helper()
	err := a.host(module).DB.Tx(a.ctx, func(tx *db.Tx) error {
		for _, s := range statements {
			if err := tx.Exec(s).Error; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		a.t.Fatal(err)
	}
}

// look lets time pass and evaluates the rules every 15 seconds of it.
func (a alarm) look(d time.Duration) {
	a.t.Helper()
	for ; d > 0; d -= 15 * time.Second {
		a.clock.Advance(15 * time.Second)
		a.change("auth", "UPDATE outbox_deliveries SET attempts = 0 WHERE dead_at IS NULL") // on a slow machine each step is a further attempt
		if err := a.apps[0].Bus().Measure(a.ctx); err != nil {
			a.t.Fatal(err)
		}
		if err := a.watchers[0].Look(a.ctx); err != nil {
			a.t.Fatal(err)
		}
	}
}

func (a alarm) fires(rule string) bool {
	a.t.Helper()
	list, err := a.services.Notifications.ListAlerts(a.ctx, notification.ListAlertsRequest{Limit: 100})
	if err != nil {
		a.t.Fatal(err)
	}
	return slices.ContainsFunc(list.Items, func(x notification.Alert) bool { return x.Rule == rule })
}

// mails is how many the operator has got about the rule's beginning and end.
func (a alarm) mails(title string) (begun, over int) {
	a.t.Helper()
	list, err := a.services.Notifications.MailLog(a.ctx, notification.MailLogRequest{To: "ops@example.com", Limit: 100})
	if err != nil {
		a.t.Fatal(err)
	}
	for _, m := range list.Items {
		switch {
		case !strings.HasSuffix(m.Subject, "] "+title):
		case strings.HasPrefix(m.Subject, "[over]"):
			over++
		default:
			begun++
		}
	}
	return begun, over
}

// together sends n requests at once.
func together(n int, send func()) {
	var wait sync.WaitGroup
	for range n {
		wait.Go(send)
	}
	wait.Wait()
}

// Row S12: every rule that a running marketplace can break fires for its cause, is told once, clears, and that is told once.
// Those of the disk, the certificate and other processes are in platform/alert.
func TestTheMarketplaceTellsItsOperatorByItself(t *testing.T) {
	m := startWithTelling(t, map[string]any{"data": t.TempDir(), "alerts.mail": "ops@example.com", "alerts.limits": map[string]any{
		"slow_requests": "7", "failed_logins": "5", "queue_depth": "1", "disk": "off"}}, &told{collector: tracetest.New(t)})
	a := alarm{m, t, identity.System(context.Background())}
	seller, buyer := m.join(t, "sonja"), m.join(t, "bert")
	gig := seller.sell()
	placed := buyer.order(gig, "basic")
	talk := buyer.post("/conversations", map[string]any{"gig_id": gig}).ok(201).text("id")
	buyer.post("/conversations/"+talk+"/messages", map[string]any{"text": "Can you do it by Friday?"}).ok(201)
	m.visitor(t).get("/conversations/" + talk).ok(401)
	opened, err := m.client.Get(m.url + "/socket.io/?EIO=4&transport=polling")
	if err != nil {
		t.Fatal(err)
	}
	_ = opened.Body.Close()
	m.drain(t)
	tasks := func(module string) { _ = a.host(module).RunTasks(a.ctx) } // one that fails is why somebody is told
	tasks("order")
	a.look(6 * time.Minute)
	for _, c := range []struct {
		rule, title string
		begin, end  func()
	}{
		{"error_rate", "Requests fail", func() {
			a.change("review", "ALTER TABLE reviews RENAME TO away")
			together(30, func() { m.visitor(t).get("/gigs/" + gig + "/reviews").ok(500) })
		}, func() { a.change("review", "ALTER TABLE away RENAME TO reviews") }},
		{"slow_requests", "Pages are slow", func() {
			for range 50 { // until the clock has moved while a request was underway
				done := make(chan struct{})
				go func() {
					defer close(done)
					together(20, func() { m.visitor(t).get("/gigs").ok(200) })
				}()
				for waiting := true; waiting; {
					select {
					case <-done:
						waiting = false
					default:
						m.clock.Advance(9 * time.Second)
						time.Sleep(time.Millisecond)
					}
				}
				if a.look(15 * time.Second); m.watchers[0].Figures()["slow_requests"] > 7 {
					return
				}
			}
		}, func() {}},
		{"failed_logins", "Many log-ins fail", func() {
			for range 8 {
				m.visitor(t).post("/auth/login", map[string]any{"login": "nobody", "password": "wrong horse battery"})
			}
		}, func() {}},
		{"queue_depth", "Many events wait", func() { a.stop("notification", 3) }, func() { a.resume(); m.drain(t) }},
		{"outbox_lag", "Events wait too long", func() { a.stop("notification", 1) }, func() { a.resume(); m.drain(t) }},
		{"dead_letters", "An event could not be delivered", func() {
			a.stop("notification", 1)
			a.change("auth", "UPDATE outbox_deliveries SET dead_at = due_at, attempts = attempts + 100 WHERE subscriber = 'notification'")
		}, func() {
			a.resume()
			if n, err := m.apps[0].Bus().RetryAll(a.ctx); err != nil || n == 0 {
				t.Fatalf("%d letters are delivered again: %v", n, err)
			}
			m.drain(t)
		}},
		{"ledger_difference", "The books are not in order", func() {
			a.change("order", "DROP TRIGGER IF EXISTS postings_no_update", "UPDATE postings SET amount = amount + 1 WHERE line = 1")
			_, _ = m.services.Orders.VerifyLedger(a.ctx, order.VerifyLedgerRequest{})
		}, func() {
			a.change("order", "UPDATE postings SET amount = amount - 1 WHERE line = 1")
			_, _ = m.services.Orders.VerifyLedger(a.ctx, order.VerifyLedgerRequest{})
		}},
		{"mail_waits", "Mail does not leave", func() {
			a.change("notification", "UPDATE mails SET status = 'queued', due_at = '2099-01-01 00:00:00+00:00', created_at = '2020-01-01 00:00:00+00:00' WHERE recipient LIKE 'bert%'")
			tasks("notification")
		}, func() {
			a.change("notification", "UPDATE mails SET status = 'sent' WHERE recipient LIKE 'bert%'")
			tasks("notification")
		}},
		{"no_orders", "Nobody has ordered for long", func() { m.clock.Advance(50 * time.Hour); tasks("order") }, func() {
			buyer.logIn(buyer.username, password)
			buyer.order(gig, "basic")
			tasks("order")
		}},
	} {
		if a.fires(c.rule) {
			t.Errorf("%s fires before its cause", c.rule)
		}
		wasBegun, wasOver := a.mails(c.title) // events that wait are the cause of two
		c.begin()
		for range 3 { // and goes on firing
			a.look(time.Minute)
		}
		m.processes[0].logFigures(a.ctx, m.watchers[0])
		if begun, over := a.mails(c.title); !a.fires(c.rule) || begun != wasBegun+1 || over != wasOver {
			t.Errorf("%s fires: %v; %d mails that it began, %d that it is over", c.rule, a.fires(c.rule), begun, over)
		}
		c.end()
		a.look(6 * time.Minute)
		if begun, over := a.mails(c.title); a.fires(c.rule) || begun != wasBegun+1 || over != wasOver+1 {
			t.Errorf("%s still fires: %v; %d mails that it began, %d that it is over", c.rule, a.fires(c.rule), begun, over)
		}
	}
	a.differs(placed)
	expectDashboardsToShow(t, m.told, "rule replicas_away", "rule certificate", "rule disk") // which are in platform/alert
	m.drain(t)
	_ = a.host("notification").RunTasks(a.ctx)
	for _, mail := range m.visitor(t).get("/dev/mail?to=ops@example.com").ok(200).items() {
		if text := fmt.Sprint(mail); !strings.Contains(text, "/operator") {
			t.Errorf("a mail leads nowhere: %s", text)
		}
	}
}

// stop lets a module fail at what users announce, while n of them do.
func (a alarm) stop(module string, n int) {
	a.t.Helper()
	a.change("notification", "ALTER TABLE recipients RENAME TO away")
	for i := range n {
		name := fmt.Sprintf("late%d%d", i, a.clock.Now().UnixNano()%1e9)
		a.visitor(a.t).post("/auth/signup", map[string]any{"username": name, "email": name + "@example.com", "password": password}).ok(201)
	}
}

func (a alarm) resume() { a.change("notification", "ALTER TABLE away RENAME TO recipients") }

// differs sends money back in the provider's dashboard: the report and the books differ until an operator has said what it was.
func (a alarm) differs(placed string) {
	a.t.Helper()
	const rule = "reconciliation_difference"
	reconcile := func() {
		a.clock.Advance(2 * time.Hour) // what is younger than one may be on its way
		if _, err := a.services.Orders.Reconcile(a.ctx, order.ReconcileRequest{}); err != nil {
			a.t.Fatal(err)
		}
		a.look(time.Minute)
	}
	var payments []string
	if err := a.host("order").DB.Read(a.ctx).Raw("SELECT id FROM payments WHERE order_id = ?", placed).Scan(&payments).Error; err != nil || len(payments) != 1 {
		a.t.Fatalf("%v %v", payments, err)
	}
	if _, err := a.services.Orders.Simulate(a.ctx, order.SimulateRequest{Action: "refund", ID: payments[0]}); err != nil {
		a.t.Fatal(err)
	}
	if reconcile(); !a.fires(rule) {
		a.t.Errorf("%s does not fire", rule)
	}
	if begun, over := a.mails("The payment provider's report differs from the books"); begun != 1 || over != 0 {
		a.t.Errorf("%d mails that they differ, %d that they do not any more", begun, over)
	}
	clerk := identity.With(a.ctx, identity.Actor{UserID: unique(), Username: "olga", Verified: true, Roles: []string{"operator"}})
	strays, err := a.services.Orders.ListStrays(clerk, order.ListStraysRequest{})
	if err != nil || len(strays.Items) != 1 || strays.Items[0].Kind != "refund" {
		a.t.Fatalf("%+v %v", strays, err)
	}
	if _, err := a.services.Orders.SettleStray(clerk, order.SettleStrayRequest{ID: strays.Items[0].ID, Order: placed, Note: "By mistake."}); err != nil {
		a.t.Fatal(err)
	}
	if reconcile(); a.fires(rule) {
		a.t.Errorf("%s still fires", rule)
	}
	if begun, over := a.mails("The payment provider's report differs from the books"); begun != 1 || over != 1 {
		a.t.Errorf("%d mails that they differ, %d that they do not any more", begun, over)
	}
}
