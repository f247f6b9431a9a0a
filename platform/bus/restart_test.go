package bus_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
)

// What happens when PostgreSQL goes and comes back.

// door stands before PostgreSQL's and counts who knocks, also while nobody is at home.
type door struct {
	home   string // PostgreSQL's socket
	knocks atomic.Int64
}

// newDoor returns a door and the address behind it.
func newDoor(t *testing.T, c *apptest.Cluster) (*door, string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "door-") // a socket's path is at most 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	d := &door{home: c.Socket()}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return // the test ends
			}
			go d.pass(in)
		}
	}()
	return d, strings.Replace(c.URL(t), filepath.Dir(d.home), dir, 1)
}

const cancelRequest = 80877102 // instead of a protocol version

func (d *door) pass(in net.Conn) {
	defer func() { _ = in.Close() }()
	var head [8]byte // the length of the first message, then the version of the protocol
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return
	}
	if binary.BigEndian.Uint32(head[4:]) != cancelRequest {
		d.knocks.Add(1)
	}
	out, err := net.Dial("unix", d.home)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(out, io.MultiReader(bytes.NewReader(head[:]), in))
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
}

// crowd is people who place orders all the time, and try again when they are told that it did not work.
type crowd struct {
	p       *process
	stop    context.CancelFunc
	wait    sync.WaitGroup
	refused atomic.Int64

	mu    sync.Mutex
	acked map[string]int // by order: what the database said yes to
}

func newCrowd(p *process, people int, pause time.Duration) *crowd {
	ctx, stop := context.WithCancel(p.t.Context())
	c := &crowd{p: p, stop: stop, acked: map[string]int{}}
	for g := range people {
		c.wait.Go(func() {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for n := 0; ctx.Err() == nil; n++ {
				<-tick.C
				c.try(fmt.Sprint("c", g, "-", n%10))
			}
		})
	}
	p.t.Cleanup(c.leave)
	return c
}

func (c *crowd) leave() {
	c.stop()
	c.wait.Wait()
}

func (c *crowd) try(order string) bool {
	if err := c.p.tryPlace(order); err != nil {
		c.refused.Add(1)
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acked[order]++
	return true
}

// restarted is a process that lives through a restart of its database.
type restarted struct {
	*process
	door  *door
	crowd *crowd
	log   *observer.ObservedLogs
	first time.Duration // from the server's return to the first order that is placed
	all   time.Duration // to the effect of that order in each module
}

func newRestarted(t *testing.T, c *apptest.Cluster, broker string) *restarted {
	t.Helper()
	r := &restarted{}
	h := &harness{postgres: true, amqp: broker, clock: clock.New()}
	r.door, h.url = newDoor(t, c)
	core, log := observer.New(zapcore.WarnLevel)
	r.log = log
	r.process = h.process(t, bus.Options{Log: zap.New(core)})
	hear(r.process, "chat", record)
	hear(r.process, "review", record)
	r.start()
	return r
}

// recover waits until an order can be placed and has its effects.
func (r *restarted) recover(back time.Time) {
	patiently(r.t, "an order is placed", func() bool { return r.crowd.try("first") })
	r.first = time.Since(back)
	patiently(r.t, "the order has its effects", func() bool {
		return r.seen("chat") && r.seen("review")
	})
	r.all = time.Since(back)
}

func (r *restarted) seen(module string) bool {
	n, err := r.tryCount(module, "SELECT COUNT(*) FROM effects WHERE aggregate = 'first'")
	return err == nil && n > 0
}

// Must show: PostgreSQL is stopped at once under load and started again. Nobody restarts anything of ours; 5 s later
// everything is as before, nothing that was acknowledged is lost, and nobody has knocked all the time.
func TestPostgreSQLThatRestartsUnderLoadIsFoundAgain(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: it starts a database server twice")
	}
	cluster := apptest.NewCluster(t)
	processes := map[string]*restarted{
		"in memory": newRestarted(t, cluster, ""), "on RabbitMQ": newRestarted(t, cluster, apptest.RabbitMQ(t))}
	for name, r := range processes {
		r.crowd = newCrowd(r.process, 4, crowdPause)
		patiently(t, "events are handled "+name, func() bool { return r.count("review", "SELECT COUNT(*) FROM effects") > 50 })
	}
	for _, r := range processes {
		r.door.knocks.Store(0)
	}
	cluster.Stop(t)
	stopped := time.Now()
	<-time.After(databaseAway)
	for name, r := range processes {
		r.knockedPolitely(name, time.Since(stopped))
	}
	cluster.Start(t)
	back := time.Now()
	for name, r := range processes {
		r.recover(back)
		t.Logf("%s: an order is placed after %v, has its effects after %v; %d orders were refused", name, r.first, r.all, r.crowd.refused.Load())
		if r.all > backWithin {
			t.Errorf("%s: it took %v", name, r.all)
		}
		if err := r.Ready(t.Context()); err != nil {
			t.Errorf("%s: not ready: %v", name, err)
		}
	}
	for name, r := range processes {
		r.crowd.leave()
		r.lostNothing(name)
	}
}

// knockedPolitely checks that what runs in the background asks for the database a few times a second, whatever the load
// is, and logs once what is the matter.
func (r *restarted) knockedPolitely(name string, away time.Duration) {
	knocks, refused, lines := r.door.knocks.Load(), r.crowd.refused.Load(), r.log.Len()
	r.t.Logf("%s: %d orders refused, %d connections tried, %d lines logged in %v", name, refused, knocks, lines, away)
	if most := refused + int64(40*(1+away.Seconds())); knocks > most {
		r.t.Errorf("%s: %d connections were tried, want %d at most", name, knocks, most)
	}
	if lines > 60 {
		r.t.Errorf("%s: %d lines were logged, such as %v", name, lines, r.log.All()[lines-1])
	}
}

func (r *restarted) lostNothing(name string) {
	total := r.count("order", "SELECT SUM(n) FROM orders")
	for _, module := range []string{"chat", "review"} {
		r.catchUp(module, total)
		r.wantOrders(module)
	}
	for order, acked := range r.crowd.acked {
		if n := r.count("order", "SELECT n FROM orders WHERE id = ?", order); n < acked {
			r.t.Errorf("%s: %d of %d acknowledged changes of %s are there", name, n, acked, order)
		}
	}
	if letters, err := r.DeadLetters(r.t.Context(), "", 0); len(letters) > 0 || err != nil {
		r.t.Errorf("%s: dead letters: %+v, %v", name, letters, err)
	}
}

// A handler whose database is away has not refused its event: however long that lasts, it is no dead letter.
func TestAnEventWaitsForTheDatabaseOfItsModule(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: it starts a database server twice")
	}
	cluster := apptest.NewCluster(t)
	for name, broker := range map[string]string{"in memory": "", "on RabbitMQ": apptest.RabbitMQ(t)} {
		h := onPostgres(t)
		h.amqp, h.urls = broker, map[string]string{"chat": cluster.URL(t)}
		core, log := observer.New(zapcore.ErrorLevel)
		p := h.process(t, bus.Options{Attempts: 2, Log: zap.New(core)})
		hear(p, "chat", record)
		hear(p, "review", record)
		p.start()
		p.place("o1")
		p.drain()
		cluster.Stop(t)
		for range 4 {
			p.place("o1")
			p.place("o2")
		}
		apptest.Eventually(t, func() bool { return log.Len() > 0 })
		apptest.Eventually(t, func() bool { return p.count("review", "SELECT COUNT(*) FROM effects") == 9 })
		cluster.Start(t)
		patiently(t, "every event has its effect", func() bool {
			n, err := p.tryCount("chat", "SELECT COUNT(*) FROM effects")
			return err == nil && n == 9
		})
		for order, n := range map[string]int{"o1": 5, "o2": 4} {
			if err := counts(p.effects("chat")[order], n); err != nil {
				t.Errorf("%s, %s: %v", name, order, err)
			}
		}
		if letters, err := p.DeadLetters(t.Context(), "", 0); len(letters) > 0 || err != nil {
			t.Errorf("%s: dead letters: %+v, %v", name, letters, err)
		}
	}
}
