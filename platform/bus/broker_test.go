package bus_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/db"
)

// What happens when the broker goes and comes back. watermill-amqp reconnects with a data race of its own, so these tests
// run in a process that is told to overlook that one; races of ours still fail them.

// inChild says whether this is that process; otherwise it runs the test there.
func inChild(t *testing.T) bool {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: it starts a broker several times")
	}
	if os.Getenv("BUS_CHILD") != "" {
		return true
	}
	overlook := filepath.Join(t.TempDir(), "overlook")
	if err := os.WriteFile(overlook, []byte("race_top:ThreeDotsLabs/watermill-amqp\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	child.Env = append(os.Environ(), "BUS_CHILD=1", "GORACE=suppressions="+overlook)
	out, err := child.CombinedOutput()
	switch {
	case err != nil:
		t.Fatalf("%v\n%s", err, out)
	case strings.Contains(string(out), "--- SKIP"):
		t.Skipf("%s", out)
	}
	t.Logf("%s", out)
	return false
}

// patiently waits longer than apptest.Eventually: for a broker that starts on a busy machine.
func patiently(t testing.TB, what string, check func() bool) {
	t.Helper()
	tick, late := time.NewTicker(10*time.Millisecond), time.After(patience)
	defer tick.Stop()
	for !check() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

func withBroker(t *testing.T, newHarness func(testing.TB) *harness) (*harness, *apptest.Broker) {
	t.Helper()
	h, broker := newHarness(t), apptest.NewBroker(t)
	h.amqp = broker.URL(t)
	return h, broker
}

// Must show: the broker is killed again and again while events are emitted, fail and are handled, then stays away. People
// are served all the time, no event is lost, none has its effect twice, and the outbox drains when the broker is back.
func TestABrokerThatIsKilledUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	if !inChild(t) {
		return
	}
	h, broker := withBroker(t, onPostgres)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := sometimes(seed)
	p := h.process(t, bus.Options{Attempts: 1000})
	hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
		return errors.Join(record(ctx, tx, e), dice())
	})
	hear(p, "review", record)
	var shown atomic.Int64
	bus.Watch(p.Module("web", nil), func(context.Context, placed) { shown.Add(1) })
	stop := p.start()
	c := newCrowd(p, 4, crowdPause)
	handled := func() int { return p.count("chat", "SELECT COUNT(*) FROM effects") }
	patiently(t, "every queue is there", func() bool {
		return handled() > 0 && p.count("review", "SELECT COUNT(*) FROM effects") > 0 && shown.Load() > 0
	})
	// RabbitMQ 3.10 keeps the names of new queues in memory for 3 s: killed before that, it comes back with queues that
	// never answer. They are made once in the life of a marketplace.
	<-time.After(4 * time.Second)
	for range brokerKills {
		before, shownBefore := handled(), shown.Load()
		patiently(t, "events are handled again", func() bool { return handled() > before+50 })
		patiently(t, "live pages are told again", func() bool { return shown.Load() > shownBefore })
		broker.Kill(t)
		patiently(t, "the bus notices", func() bool { return p.Ready(t.Context()) != nil })
		broker.Start(t)
	}
	broker.Kill(t)
	stop()    // which does not wait for the broker
	p.start() // without it
	const aggregates, each = 100, 60
	placeInBulk(t, p, aggregates, each)
	<-time.After(brokerAway)
	if err := p.Ready(t.Context()); err == nil {
		t.Error("ready without a broker")
	}
	if idle, err := p.Idle(t.Context()); idle || err != nil {
		t.Errorf("idle: %v, %v", idle, err)
	}
	c.leave()
	if n := c.refused.Load(); n > 0 {
		t.Errorf("%d orders were refused", n)
	}
	broker.Start(t)
	drains(t, p)
	total := aggregates*each + p.count("order", "SELECT SUM(n) FROM orders")
	for _, module := range []string{"chat", "review"} {
		p.catchUp(module, total)
		p.wantOrders(module)
		found := p.effects(module)
		for a := range aggregates {
			if err := counts(found[fmt.Sprint("o", a)], each); err != nil {
				t.Errorf("%s: %v", module, err)
			}
		}
	}
	t.Logf("%d events, %d kills: none lost, none twice, all in order", total, brokerKills+1)
	aBrokerWithoutRoom(t, p, broker)
}

// catchUp waits for that many effects as long as there are more and more of them.
func (p *process) catchUp(module string, total int) {
	p.t.Helper()
	for found, before := 0, -1; found < total; before = found {
		late := time.After(60 * time.Second)
		for found = p.count(module, "SELECT COUNT(*) FROM effects"); found <= before; found = p.count(module, "SELECT COUNT(*) FROM effects") {
			select {
			case <-late:
				lags, err := p.Lag(p.t.Context())
				p.t.Fatalf("%s: %d of %d events have had their effect, for a minute no more; outboxes: %+v, %v", module, found, total, lags, err)
			case <-time.After(50 * time.Millisecond):
			}
		}
	}
}

// drains waits until the broker has what the outbox holds.
func drains(t *testing.T, p *process) {
	t.Helper()
	waiting := func() int {
		return p.count("order", "SELECT COUNT(*) FROM outbox_deliveries WHERE subscriber = 'relay'")
	}
	patiently(t, "the broker is found", func() bool { return p.Ready(t.Context()) == nil })
	backlog, began := waiting(), time.Now()
	patiently(t, "the outbox drains", func() bool { return waiting() == 0 })
	rate := float64(backlog) / time.Since(began).Seconds()
	t.Logf("an outbox of %d events drained at %.0f a second", backlog, rate)
	if rate < leastDrain {
		t.Errorf("that is less than %d", leastDrain)
	}
}

// aBrokerWithoutRoom asks those who publish for a pause.
func aBrokerWithoutRoom(t *testing.T, p *process, broker *apptest.Broker) {
	t.Helper()
	broker.Control(t, "set_vm_memory_high_watermark", "0")
	patiently(t, "the broker asks for a pause", func() bool { // when somebody publishes
		p.place("more")
		return p.Ready(t.Context()) != nil
	})
	for range 50 {
		p.place("more")
	}
	broker.Control(t, "set_vm_memory_high_watermark", "0.4")
	n := p.count("order", "SELECT n FROM orders WHERE id = 'more'")
	patiently(t, "the events follow", func() bool { return len(p.effects("chat")["more"]) >= n })
	if err := counts(p.effects("chat")["more"], n); err != nil {
		t.Error(err)
	}
}

// placeInBulk announces that many events for each aggregate, in few transactions.
func placeInBulk(t testing.TB, p *process, aggregates, each int) {
	t.Helper()
	for n := range each {
		err := p.dbs["order"].Tx(t.Context(), func(tx *db.Tx) error {
			for a := range aggregates {
				if err := tx.Emit(placed{OrderID: fmt.Sprint("o", a), N: n + 1}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A database that is away is no reason to give an event back: the broker would send it again without a pause, and give
// it up soon.
func TestAModuleWhoseDatabaseIsAwayGoesOnWhenItIsBack(t *testing.T) {
	h := withRabbitMQ(onPostgres)(t)
	p := h.process(t, bus.Options{})
	hear(p, "chat", record)
	p.start()
	p.place("o1")
	p.drain()
	p.exec("chat", "ALTER SCHEMA chat RENAME TO away")
	for range 3 {
		p.place("o1")
	}
	// Nothing is done, and nothing is lost.
	time.Sleep(300 * time.Millisecond)
	back := h.open(t, "operator", p.routes, nil)
	defer func() { _ = back.Close() }()
	if err := back.Tx(t.Context(), func(tx *db.Tx) error { return tx.Exec("ALTER SCHEMA away RENAME TO chat").Error }); err != nil {
		t.Fatal(err)
	}
	patiently(t, "every event has its effect", func() bool { return p.count("chat", "SELECT COUNT(*) FROM effects") == 4 })
	p.want("chat", 1, 4)
	if letters, err := p.DeadLetters(t.Context(), "", 0); len(letters) != 0 || err != nil {
		t.Errorf("%d dead letters: %v", len(letters), err)
	}
}
