package main

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"

	"marketplace/platform/apptest"
)

// page is a configuration file of docs/splitting.md: the name of its process and its text.
type page struct{ name, text string }

// pages reads the files of the walk, in order.
func pages(t *testing.T) (all []page) {
	t.Helper()
	text, err := os.ReadFile("../../docs/splitting.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile("(?s)```yaml\n# (\\w+)\\.yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		all = append(all, page{found[1], found[2]})
	}
	return all
}

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
	all := pages(t)
	if len(all) != 7 {
		t.Fatalf("the page has %d files, and this test knows 7", len(all))
	}
	w := newWalker(t)
	w.take(all[0])
	w.enter(w.running["market"].config(t))
	w.open(t)
	stop := w.load()
	for _, p := range all[1:] {
		w.take(p)
		w.yes.more(t, 25)
	}
	// And back, as the page says.
	w.take(all[3])
	w.take(all[2])
	w.running["order"].stop()
	w.yes.more(t, 25)
	w.take(all[1])
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
	}
	w.whole = fmt.Sprintf("database: %q\nevents: %q\ndata: %q\nsecrets: {auth: %q, simulator: %q}\n", database, broker, data, secrets, secrets)
	return w
}

// take starts the process of the page, or starts it again with its new file.
func (w *walker) take(p page) {
	w.t.Helper()
	// Each process has one machine on the page, and ports of its own here.
	own := strings.NewReplacer(`":9000"`, fmt.Sprintf("%q", w.here.Replace(p.name+".internal:9000")))
	c := w.running[p.name]
	internal := ""
	if c == nil {
		internal = freeAddress(w.t)
	} else {
		internal = c.internal
		c.stop()
	}
	file := strings.ReplaceAll(w.here.Replace(own.Replace(p.text)), "127.0.0.1:9090", internal)
	if c == nil {
		c = newChild(w.t, file, w.environ...)
		w.running[p.name] = c
	}
	c.configure(w.t, file)
	c.start(w.t)
	c.awaitReady(w.t)
}
