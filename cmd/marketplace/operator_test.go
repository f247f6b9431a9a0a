package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/db"
)

// host is a module in one of the processes that host it.
func (m *market) host(t testing.TB, module string) *app.Host {
	t.Helper()
	for _, a := range m.apps {
		for _, h := range a.Hosted() {
			if h.Name == module {
				return h
			}
		}
	}
	t.Fatalf("nobody hosts %s", module)
	return nil
}

// giveUp makes a dead letter of what notification was told by auth about somebody, as if it could never handle it: the letter
// lies where such a one would, in auth's outbox, or with a broker in that of notification.
func (m *market) giveUp(t testing.TB, topic, aggregate string) {
	t.Helper()
	var event struct {
		ID, Topic, Aggregate, Payload, Headers string

		CreatedAt time.Time
	}
	from := m.host(t, "auth").DB
	err := from.Read(t.Context()).Raw("SELECT id, topic, aggregate, payload, headers, created_at FROM outbox_events WHERE topic = ? AND aggregate = ?", topic, aggregate).
		Scan(&event).Error
	if err != nil || event.ID == "" {
		t.Fatalf("%s of %s: %+v %v", topic, aggregate, event, err)
	}
	into := from
	if m.config.Events != "memory" {
		into = m.host(t, "notification").DB
	}
	err = into.Tx(context.Background(), func(tx *db.Tx) error {
		err := tx.Exec(`INSERT INTO outbox_events (id, topic, aggregate, payload, headers, created_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			event.ID, event.Topic, event.Aggregate, event.Payload, event.Headers, event.CreatedAt).Error
		if err != nil {
			return err
		}
		return tx.Exec(`INSERT INTO outbox_deliveries (event_id, subscriber, topic, aggregate, attempts, due_at, last_error, dead_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			event.ID, "notification", event.Topic, event.Aggregate, 12, event.CreatedAt, "no such table: recipients", tx.Now()).Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

// theOperatorLooksAfterIt sees, wherever it is, what was given up, sent, is due, and how every process is. Rows S11, S12, Z18, Z23.
func theOperatorLooksAfterIt(t testing.TB, m *market) {
	op, sue, seller := m.join(t, "op"), m.join(t, "sue"), m.join(t, "sal")
	op.operates()
	placed := sue.order(seller.sell(), "basic")
	m.drain(t)
	id := sue.get("/me").ok(200).text("id")
	m.giveUp(t, "auth.signed_up.v1", id)
	m.giveUp(t, "auth.email_verified.v1", id)

	for _, path := range []string{"alerts", "processes", "log", "events", "dead-letters", "discarded-letters", "mails", "timers"} {
		sue.get("/operator/" + path).ok(404)
	}
	letters := func() map[string]string { // ids by topic
		found := map[string]string{}
		op.all("/operator/dead-letters", func(l map[string]any) {
			if l["aggregate"] == id {
				if found[fmt.Sprint(l["topic"])] = fmt.Sprint(l["id"]); l["subscriber"] != "notification" || l["last_error"] != "no such table: recipients" {
					t.Errorf("a dead letter says %v", l)
				}
			}
		})
		return found
	}
	dead := letters()
	if len(dead) != 2 {
		t.Fatalf("the dead letters are %v", dead)
	}
	again, over := "/operator/dead-letters/"+dead["auth.signed_up.v1"], "/operator/dead-letters/"+dead["auth.email_verified.v1"]
	op.post(again+"/retry", nil).ok(204)
	op.post(over+"/discard", map[string]any{"reason": ""}).ok(422)
	op.post(over+"/discard", map[string]any{"reason": "Handled by hand."}).ok(204)
	op.post(over+"/retry", nil).ok(404)
	apptest.Eventually(t, func() error {
		for _, e := range op.get("/operator/events?aggregate=" + id).ok(200).items() {
			if e := e.(map[string]any); len(e["waiting"].([]any))+len(e["dead"].([]any)) > 0 {
				return fmt.Errorf("it waits still: %v", e)
			}
		}
		return nil
	})
	if left := letters(); len(left) != 0 {
		t.Errorf("dead letters are left: %v", left)
	}
	given := 0
	op.all("/operator/discarded-letters", func(l map[string]any) {
		if l["aggregate"] == id && l["reason"] == "Handled by hand." && l["by"] == op.get("/me").ok(200).text("id") {
			given++
		}
	})
	if given != 1 {
		t.Errorf("%d letters are noted as discarded", given)
	}
	op.seesThatItRuns(sue.email(), placed)
}

// seesThatItRuns looks at mails, timers and processes.
func (p *person) seesThatItRuns(address, order string) {
	p.t.Helper()
	apptest.Eventually(p.t, func() error {
		mails := p.get("/operator/mails?status=sent&to=" + address).ok(200)
		if len(mails.items()) == 0 || strings.Contains(string(mails.raw), "token=") {
			return fmt.Errorf("the mails to %s are %s", address, mails.raw)
		}
		return nil
	})
	due := ""
	p.all("/operator/timers", func(timer map[string]any) {
		if timer["order_id"] == order {
			due = fmt.Sprint(timer["due_at"])
		}
	})
	if due == "" {
		p.t.Error("the order will take no step by itself")
	}
	apptest.Eventually(p.t, func() error { // a process that is busy may be late once
		state := p.get("/operator/processes").ok(200)
		modules := map[string]bool{}
		for _, item := range state.items() {
			process := item.(map[string]any)
			for _, m := range process["modules"].([]any) {
				modules[m.(string)] = true
			}
			for _, d := range process["dependencies"].([]any) {
				if d := d.(map[string]any); strings.HasPrefix(fmt.Sprint(d["name"]), "database") && d["ok"] != true {
					return fmt.Errorf("%v: %v", process["name"], d)
				}
			}
		}
		if hosted := slices.Sorted(maps.Keys(modules)); len(state.at("away").([]any)) > 0 || !slices.Equal(hosted, slices.Sorted(slices.Values(everyModule()))) {
			return fmt.Errorf("%v are hosted: %s", hosted, state.raw)
		}
		return nil
	})
	if log := p.get("/operator/log").ok(200); len(log.at("missing").([]any)) > 0 {
		p.t.Errorf("the log lacks %s", log.raw)
	}
}
