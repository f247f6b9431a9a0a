package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/platform/app"
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

// child is the marketplace as a process of its own.
type child struct {
	*market
	args []string
	cmd  *exec.Cmd
	log  bytes.Buffer
}

func newChild(t *testing.T, s shape) *child {
	t.Helper()
	listen, internal, data := freeAddress(t), freeAddress(t), t.TempDir()
	c := &child{market: &market{url: "http://" + listen, client: &http.Client{Timeout: 10 * time.Second}}}
	c.args = []string{"serve", "--listen", listen, "--internal", internal, "--data", data}
	flags := map[string]any{"listen": listen, "internal": internal, "data": data}
	if url := s.database(t); url != "" {
		c.args = append(c.args, "--database", url)
		flags["database"] = url
	}
	empty := filepath.Join(t.TempDir(), "empty.yaml")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.args = append(c.args, "--config", empty)
	var err error
	if c.config, err = config.Load(config.Options{File: empty, Environ: []string{}, Flags: flags}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.kill() })
	return c
}

func (c *child) start(t *testing.T) {
	t.Helper()
	c.spawn(t)
	c.waitReady(t)
}

// spawn starts the process and does not wait for it.
func (c *child) spawn(t testing.TB) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	c.log.Reset()
	c.cmd = exec.Command(path, c.args...)
	c.cmd.Stdout, c.cmd.Stderr = &c.log, &c.log
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last process said:\n%s", tail(c.log.Bytes(), 4000))
		}
	})
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

func (c *child) kill() {
	if c.cmd != nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
		c.cmd = nil
	}
}

// acknowledged is what the marketplace has said yes to.
type acknowledged struct {
	mu                sync.Mutex
	placed, completed map[string]bool
	until             int // this many more, then enough is called
	enough            func()
}

func (a *acknowledged) note(of map[string]bool, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	of[id] = true
	if a.until--; a.until == 0 {
		go a.enough()
	}
}

// Rows X7, Z3, S13: fifty times kill -9 under an order load. Nothing acknowledged is lost, no journal is unbalanced, no
// effect is doubled, no event stays.
func TestFiftyKillsLoseNothingAndDoubleNothing(t *testing.T) {
	for _, s := range shapes()[:2] {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			c := newChild(t, s)
			c.start(t)
			seller, gig := c.join(t, "sonja"), ""
			gig = seller.sell()
			buyers := []*person{c.join(t, "bert"), c.join(t, "bella"), c.join(t, "carl")}
			seed := uint64(time.Now().UnixNano())
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			yes := &acknowledged{placed: map[string]bool{}, completed: map[string]bool{}}
			for range 50 {
				c.loadUntilKilled(seller, buyers, gig, yes, 3+random.IntN(8))
				c.start(t)
			}
			t.Logf("%d orders placed, %d completed", len(yes.placed), len(yes.completed))
			c.expectIntact(t, seller, buyers, yes)
		})
	}
}

// loadUntilKilled lets buyers order, pay and accept, and kills the process after so many acknowledgements, in the middle
// of whatever it is doing then.
func (c *child) loadUntilKilled(seller *person, buyers []*person, gig string, yes *acknowledged, acks int) {
	dead := make(chan struct{})
	yes.mu.Lock()
	yes.until, yes.enough = acks, func() { c.kill(); close(dead) }
	yes.mu.Unlock()
	var wait sync.WaitGroup
	for _, b := range buyers {
		wait.Go(func() {
			for {
				select {
				case <-dead:
					return
				default:
					c.oneOrder(seller, b, gig, yes)
				}
			}
		})
	}
	wait.Wait()
}

// oneOrder takes an order as far as the process lives.
func (c *child) oneOrder(seller, buyer *person, gig string, yes *acknowledged) {
	placed, ok := buyer.try("POST", "/orders", map[string]any{"gig_id": gig, "package": "basic"}, "Idempotency-Key", unique())
	if !ok {
		return
	}
	id, _ := placed["id"].(string)
	yes.note(yes.placed, id)
	payment, _ := placed["payment"].(map[string]any)
	if _, ok := buyer.try("POST", fmt.Sprint("/simulator/payments/", payment["id"], "/succeed"), nil); !ok {
		return
	}
	if _, ok := seller.try("POST", "/orders/"+id+"/deliveries", map[string]any{"message": "Here."}); !ok {
		return
	}
	if _, ok := buyer.try("POST", "/orders/"+id+"/accept", nil); ok {
		yes.note(yes.completed, id)
	}
}

// try sends a request to a process that may die: ok says whether it was acknowledged.
func (p *person) try(method, path string, body any, headers ...string) (map[string]any, bool) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, false
	}
	if body == nil {
		data = nil
	}
	r, err := http.NewRequest(method, p.m.url+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	r.Header.Set("Authorization", "Bearer "+p.access)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.m.client.Do(r)
	if err != nil {
		return nil, false
	}
	defer func() { _ = response.Body.Close() }()
	var out map[string]any
	if response.StatusCode >= 300 || json.NewDecoder(response.Body).Decode(&out) != nil {
		return nil, false
	}
	return out, true
}

// expectIntact drains the events of the running process and looks at everything that was promised.
func (c *child) expectIntact(t *testing.T, seller *person, buyers []*person, yes *acknowledged) {
	t.Helper()
	p := process{config: c.config, log: zap.NewNop(), clock: clock.New(), out: &cobra.Command{}}
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
	found, completed := map[string]string{}, 0
	for _, b := range buyers {
		for id, status := range b.allOrders() {
			found[id] = status
			if status == "completed" {
				completed++
			}
		}
	}
	for id := range yes.placed {
		if found[id] == "" {
			t.Errorf("the acknowledged order %s is lost", id)
		}
	}
	for id := range yes.completed {
		if found[id] != "completed" {
			t.Errorf("the order %s was completed, and is %s", id, found[id])
		}
	}
	if sales := seller.get("/me/gigs").ok(200).number("items", 0, "sales"); sales != completed {
		t.Errorf("%d orders are completed, and the gig counts %d sales", completed, sales)
	}
	seller.expectNotDoubled()
}

// allOrders are the person's orders with their statuses.
func (p *person) allOrders() map[string]string {
	p.t.Helper()
	all := map[string]string{}
	for cursor := ""; ; {
		page := p.get("/orders?limit=100&cursor=" + cursor).ok(200)
		for _, item := range page.items() {
			o := item.(map[string]any)
			all[o["id"].(string)], _ = o["status"].(string)
		}
		if cursor = page.text("next_cursor"); cursor == "" {
			return all
		}
	}
}

// expectNotDoubled looks for two notifications of one kind about one order.
func (p *person) expectNotDoubled() {
	p.t.Helper()
	seen := map[string]bool{}
	for cursor := ""; ; {
		page := p.get("/notifications?limit=100&cursor=" + cursor).ok(200)
		for _, item := range page.items() {
			n := item.(map[string]any)
			key := fmt.Sprint(n["kind"], n["link"])
			if seen[key] && n["kind"] != "message" {
				p.t.Errorf("told twice: %s", key)
			}
			seen[key] = true
		}
		if cursor = page.text("next_cursor"); cursor == "" {
			return
		}
	}
}
