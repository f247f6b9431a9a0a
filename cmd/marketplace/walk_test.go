package main

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"marketplace/platform/apptest"
)

// walker is somebody who follows the page.
type walker struct {
	*fleet
	t       *testing.T
	here    *strings.Replacer // what the page calls things, and what they are in this test
	environ []string
	running map[string]*child
}

// Row X5: docs/splitting.md, step by step and back, while people buy: no request that is safe to repeat fails, no event is
// lost.
func TestTheWalkFromOneProcessToSeveralUnderLoad(t *testing.T) {
	steps := splittingWalk(t)
	w := newWalker(t)
	w.take(steps[0])
	w.enter(w.running["market"].config(t))
	w.open(t)
	stop := w.load()
	for _, s := range steps[1:] {
		w.take(s)
		w.yes.more(t, 25)
	}
	// And back, as the page says.
	w.take(steps[3])
	w.take(steps[2])
	w.running["order"].stop()
	w.yes.more(t, 25)
	w.take(steps[1])
	w.running["chat"].stop()
	w.yes.more(t, 25)
	stop()
	w.expectIntact(t)
	if w.yes.failed > 0 {
		t.Errorf("%d requests failed that were safe to repeat", w.yes.failed)
	}
}

func newWalker(t *testing.T) *walker {
	t.Helper()
	database, broker, data, public := apptest.Postgres(t), apptest.RabbitMQ(t), t.TempDir(), freeAddress(t)
	_, port, err := net.SplitHostPort(public)
	if err != nil {
		t.Fatal(err)
	}
	w := &walker{t: t, running: map[string]*child{}, fleet: &fleet{market: newMarket(), patient: true, talks: map[*person]string{}}}
	w.here = strings.NewReplacer(
		`":8080"`, fmt.Sprintf("%q", "127.0.0.1:"+port), "amqp://market:secret@mq.internal", broker, "/var/lib/marketplace", data,
		"market.internal:9000", freeAddress(t), "chat.internal:9000", freeAddress(t), "order.internal:9000", freeAddress(t))
	secrets := strings.Repeat("s", 32)
	w.environ = []string{
		"MARKETPLACE_DATABASE=" + database, "MARKETPLACE_RPC__SECRETS=" + secrets, "MARKETPLACE_SECRETS__AUTH=" + secrets,
		"MARKETPLACE_SECRETS__SIMULATOR=" + secrets, "MARKETPLACE_PUBLIC_URL=http://" + public, "MARKETPLACE_LOG__LEVEL=error",
		"MARKETPLACE_SETTINGS__CHAT__MESSAGES_PER_MINUTE=100000",
	}
	w.whole = fmt.Sprintf("database: %q\nevents: %q\ndata: %q\nsecrets: {auth: %q, simulator: %q}\n", database, broker, data, secrets, secrets)
	return w
}

// take starts the processes of a step, or starts them again with their new files.
func (w *walker) take(s walked) {
	w.t.Helper()
	for name, text := range s.files {
		c := w.running[name]
		if c == nil {
			c = &child{internal: freeAddress(w.t)}
		}
		// Each process has one machine on the page, and ports of its own here.
		port := fmt.Sprintf("%q", w.here.Replace(name+".internal:9000"))
		file := strings.NewReplacer("127.0.0.1:9090", c.internal).Replace(w.here.Replace(strings.ReplaceAll(text, `":9000"`, port)))
		if w.running[name] == nil {
			c = newChild(w.t, file, w.environ...)
			w.running[name] = c
		}
		c.stop()
		c.configure(w.t, file)
		c.start(w.t)
		c.awaitReady(w.t)
	}
}
