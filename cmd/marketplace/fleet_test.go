package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/identity"
)

// program builds the marketplace once for the tests that kill it.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "marketplace")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "marketplace")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// child is a process of the marketplace, which can be killed.
type child struct {
	path     string // of its configuration
	environ  []string
	internal string
	cmd      *exec.Cmd
	log      bytes.Buffer
}

// newChild prepares a process with such a configuration file.
func newChild(t testing.TB, file string, environ ...string) *child {
	t.Helper()
	c := &child{path: filepath.Join(t.TempDir(), "config.yaml"), environ: environ}
	c.configure(t, file)
	t.Cleanup(func() {
		c.kill()
		if t.Failed() {
			t.Logf("the last process of %s said:\n%s", c.path, c.log.Bytes()[max(0, c.log.Len()-4000):])
		}
	})
	return c
}

// configure writes the file that the next start reads.
func (c *child) configure(t testing.TB, file string) {
	t.Helper()
	if err := os.WriteFile(c.path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	c.internal = c.config(t).Internal
}

func (c *child) config(t testing.TB) config.Config {
	t.Helper()
	found, err := config.Load(config.Options{File: c.path, Environ: slices.Concat([]string{}, c.environ)})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// start starts the process and does not wait for it.
func (c *child) start(t testing.TB) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c.log.Reset()
	c.cmd = exec.Command(path, "serve", "--config", c.path)
	c.cmd.Env = append(c.environ, "PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME"), "TMPDIR="+os.Getenv("TMPDIR"))
	c.cmd.Stdout, c.cmd.Stderr = &c.log, &c.log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (c *child) awaitReady(t testing.TB) {
	t.Helper()
	apptest.Eventually(t, func() error { return ready(c.internal) })
}

// ready asks the process whose internal address this is.
func ready(internal string) error { return askReady(context.Background(), "http://"+internal) }

// kill ends the process at once; what it was doing stays half done.
func (c *child) kill() { c.end(syscall.SIGKILL) }

// stop asks the process to end, and waits.
func (c *child) stop() { c.end(syscall.SIGTERM) }

func (c *child) end(how syscall.Signal) {
	if c.cmd != nil {
		_ = c.cmd.Process.Signal(how)
		_ = c.cmd.Wait()
		c.cmd = nil
	}
}

// fleet is a marketplace of real processes under load, and what it has acknowledged.
type fleet struct {
	*market
	layout
	children []*child
	seller   *person
	buyers   []*person
	gig      string
	talks    map[*person]string // the conversation of each buyer with the seller
	yes      acknowledged
	patient  bool // requests are repeated, as by a proxy and a client that know what is safe to repeat
}

// newFleet starts the processes of a shape, with a seller, her gig and three buyers.
func newFleet(t *testing.T, s shape) *fleet {
	t.Helper()
	f := &fleet{market: newMarket(), layout: s.layout(t), talks: map[*person]string{}}
	f.client.Timeout = 10 * time.Second
	for _, file := range f.files {
		c := newChild(t, strings.Replace(file, "auth: {", "auth: {access_token_life: 1h, ", 1)) // five hundred kills take longer than 15m
		c.start(t)
		f.children = append(f.children, c)
		f.enter(c.config(t))
	}
	f.open(t)
	return f
}

// open lets people in: a seller with her gig, and three buyers who have begun to talk to her.
func (f *fleet) open(t *testing.T) {
	t.Helper()
	for _, c := range f.children {
		c.awaitReady(t)
	}
	f.seller = f.join(t, "sonja")
	f.gig = f.seller.sell()
	for _, name := range []string{"bert", "bella", "carl"} {
		b := f.join(t, name)
		f.talks[b] = b.post("/conversations", map[string]any{"gig_id": f.gig}).ok(201).text("id")
		f.buyers = append(f.buyers, b)
	}
}

// acknowledged is what the marketplace has said yes to.
type acknowledged struct {
	mu                      sync.Mutex
	placed, completed, said map[string]bool // ids of orders, and texts of messages
	asked, failed           int             // requests
	lastFailure             time.Time
	waiting                 int // for so many more acknowledgements, then enough is closed
	enough                  chan struct{}
}

func (a *acknowledged) note(of *map[string]bool, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if *of == nil {
		*of = map[string]bool{}
	}
	(*of)[id] = true
	if a.waiting--; a.waiting == 0 {
		close(a.enough)
	}
}

// count notes how a request went.
func (a *acknowledged) count(ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if !ok {
		a.failed++
		a.lastFailure = time.Now()
	}
}

// more waits for so many further acknowledgements.
func (a *acknowledged) more(t testing.TB, n int) {
	t.Helper()
	a.mu.Lock()
	enough := make(chan struct{})
	a.waiting, a.enough = n, enough
	a.mu.Unlock()
	select {
	case <-enough:
	case <-time.After(time.Minute):
		t.Fatalf("for a minute, the marketplace has not acknowledged %d things", n)
	}
}

// load lets the buyers order, pay, talk and accept until stop is called.
func (f *fleet) load() (stop func()) {
	done := make(chan struct{})
	var wait sync.WaitGroup
	for _, b := range f.buyers {
		wait.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if !f.oneOrder(b) {
					select { // as a client does that has been refused
					case <-done:
					case <-time.After(20 * time.Millisecond):
					}
				}
			}
		})
	}
	return func() { close(done); wait.Wait() }
}

// oneOrder takes an order as far as the marketplace answers, and talks about it.
func (f *fleet) oneOrder(buyer *person) bool {
	placed, ok := f.try(buyer, "POST", "/orders", map[string]any{"gig_id": f.gig, "package": "basic"}, "Idempotency-Key", unique())
	if !ok {
		return false
	}
	id, _ := placed["id"].(string)
	f.yes.note(&f.yes.placed, id)
	payment, _ := placed["payment"].(map[string]any)
	if _, ok := f.try(buyer, "POST", fmt.Sprint("/simulator/payments/", payment["id"], "/succeed"), nil); !ok {
		return false
	}
	if !f.paid(buyer, id) {
		return false
	}
	if _, ok := f.try(buyer, "POST", "/conversations/"+f.talks[buyer]+"/messages", map[string]any{"text": "About " + id, "client_id": id}); ok {
		f.yes.note(&f.yes.said, "About "+id)
	}
	if _, ok := f.try(f.seller, "POST", "/orders/"+id+"/deliveries", map[string]any{"message": "Here."}, "Idempotency-Key", unique()); !ok {
		return false
	}
	if _, ok := f.try(buyer, "POST", "/orders/"+id+"/accept", nil, "Idempotency-Key", unique()); !ok {
		return false
	}
	f.yes.note(&f.yes.completed, id)
	return true
}

// paid waits for the provider's webhook, which finds its way when the marketplace is back.
func (f *fleet) paid(buyer *person, id string) bool {
	for late := time.After(30 * time.Second); ; {
		o, ok := f.try(buyer, "GET", "/orders/"+id, nil)
		if !ok || o["status"] == "in_progress" {
			return ok
		}
		select {
		case <-late:
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// try sends a request to processes that may die: ok says whether it was acknowledged. All of them are safe to repeat.
func (f *fleet) try(p *person, method, path string, body any, headers ...string) (out map[string]any, ok bool) {
	defer func() { f.yes.count(ok) }()
	for late := time.After(30 * time.Second); ; {
		status, why := f.once(p, method, path, body, &out, headers...)
		if why == nil && status < 300 {
			return out, true
		}
		if !f.patient {
			return nil, false
		}
		if why == nil && status != http.StatusServiceUnavailable {
			p.t.Logf("%s %s: %d %v", method, path, status, out)
			return nil, false
		}
		select {
		case <-late:
			return nil, false
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (f *fleet) once(p *person, method, path string, body any, out *map[string]any, headers ...string) (status int, err error) {
	var data []byte
	if body != nil {
		if data, err = json.Marshal(body); err != nil {
			return 0, err
		}
	}
	r, err := http.NewRequest(method, f.gateway()+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer "+p.access)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := f.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	return response.StatusCode, json.NewDecoder(response.Body).Decode(out)
}

// expectIntact drains the events of the running processes and looks at everything that was promised.
func (f *fleet) expectIntact(t *testing.T) {
	t.Helper()
	p := process{config: load(t, f.whole, nil), log: zap.NewNop(), clock: clock.New(), out: &cobra.Command{}}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	a, services, err := p.open(ctx, app.Opening)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = a.Close() }()
	if err := a.Drained(ctx); err != nil {
		t.Fatalf("events stayed: %v", err)
	}
	if letters, err := a.Bus().DeadLetters(ctx, "", 10); err != nil || len(letters) > 0 {
		t.Errorf("dead letters: %v %v", letters, err)
	}
	report, err := services.Orders.VerifyLedger(identity.System(ctx), order.VerifyLedgerRequest{})
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("the books: %v %v", report.Problems, err)
	}
	completed := f.expectOrders(t)
	apptest.Eventually(t, func() error { // an event may be in a queue still
		if sales := f.seller.get("/me/gigs").ok(200).number("items", 0, "sales"); sales != completed {
			return fmt.Errorf("%d orders are completed, and the gig counts %d sales", completed, sales)
		}
		return nil
	})
	f.expectMessages(t)
	f.expectNotDoubled(t)
	t.Logf("%d orders placed, %d completed, %d messages; %d of %d requests failed",
		len(f.yes.placed), len(f.yes.completed), len(f.yes.said), f.yes.failed, f.yes.asked)
}

// expectOrders looks for what was placed and completed, and counts what is completed.
func (f *fleet) expectOrders(t *testing.T) (completed int) {
	t.Helper()
	found := map[string]string{}
	for _, b := range f.buyers {
		b.all("/orders", func(o map[string]any) {
			status, _ := o["status"].(string)
			found[o["id"].(string)] = status
			if status == "completed" {
				completed++
			}
		})
	}
	for id := range f.yes.placed {
		if found[id] == "" {
			t.Errorf("the acknowledged order %s is lost", id)
		}
	}
	for id := range f.yes.completed {
		if found[id] != "completed" {
			t.Errorf("the order %s was completed, and is %s", id, found[id])
		}
	}
	return completed
}

// expectMessages looks for what was said: once.
func (f *fleet) expectMessages(t *testing.T) {
	t.Helper()
	found := map[string]int{}
	f.seller.all("/conversations", func(c map[string]any) {
		f.seller.all("/conversations/"+c["id"].(string)+"/messages", func(m map[string]any) { found[fmt.Sprint(m["text"])]++ })
	})
	for text := range f.yes.said {
		if found[text] != 1 {
			t.Errorf("the acknowledged message %q is there %d times", text, found[text])
		}
	}
}

// expectNotDoubled looks for two notifications of one kind about one order.
func (f *fleet) expectNotDoubled(t *testing.T) {
	t.Helper()
	seen := map[string]bool{}
	f.seller.all("/notifications", func(n map[string]any) {
		key := fmt.Sprint(n["kind"], n["link"])
		if seen[key] && n["kind"] != "message" {
			t.Errorf("told twice: %s", key)
		}
		seen[key] = true
	})
}

// all goes through a list page by page.
func (p *person) all(path string, each func(map[string]any)) {
	p.t.Helper()
	for cursor := ""; ; {
		page := p.get(path + "?limit=100&cursor=" + cursor).ok(200)
		for _, item := range page.items() {
			each(item.(map[string]any))
		}
		if cursor = page.text("next_cursor"); cursor == "" {
			return
		}
	}
}

// runs says whether the process has not ended by itself.
func (c *child) runs() bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	return err == nil && !strings.Contains(string(state), ") Z ")
}
