package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"marketplace/modules/order"
	"marketplace/platform/alert"
	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/identity"
	"marketplace/web"
	"marketplace/web/edge"
)

// shape is a way to deploy the marketplace. Every story is told in every shape.
type shape struct {
	name     string
	database func(testing.TB) string // empty: SQLite
	broker   func(testing.TB) string // nil: events in memory
	parts    [][]string              // the modules of each process; nil: all in one
	replicas int                     // of each part; 0 is 1
}

func shapes() []shape {
	return []shape{
		{name: "one process on SQLite", database: func(testing.TB) string { return "" }},
		{name: "one process on PostgreSQL", database: postgres},
		{name: "one process on PostgreSQL and RabbitMQ", database: postgres, broker: apptest.RabbitMQ},
		{name: "eight processes", database: postgres, broker: apptest.RabbitMQ, parts: each(everyModule())},
		twoReplicas(),
	}
}

func twoReplicas() shape {
	return shape{name: "two replicas of each", database: postgres, broker: apptest.RabbitMQ, parts: each(everyModule()), replicas: 2}
}

// postgres is a database with everybody's tables.
func postgres(t testing.TB) string {
	return apptest.PostgresWith(t, everyModule()[:7]...)
}

// each puts every module into a process of its own.
func each(modules []string) (parts [][]string) {
	for _, m := range modules {
		parts = append(parts, []string{m})
	}
	return parts
}

func inShapes(t *testing.T, shapes []shape, story func(t *testing.T, m *market)) {
	t.Helper()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			story(t, start(t, s))
		})
	}
}

// market is a running marketplace.
type market struct {
	url       string
	others    []string // the addresses of further gateways
	cast      string   // at the end of the names of who joins, to tell several stories in one marketplace
	calls     *atomic.Int64
	internals []string // where each process answers whether it is ready
	clock     *clock.Clock
	told      *told // nil: nobody hears what the processes tell
	services  edge.Services
	apps      []*app.App // one a process
	watchers  []*alert.Watcher
	processes []process // as they were started
	web       *web.Web
	config    config.Config
	client    *http.Client
	missing   string // the address of a further process, which operators miss
	spare     string // the configuration of a further gateway; empty where everything is in one process
}

// start runs the marketplace until the test ends, and checks its books then.
func start(t testing.TB, s shape) *market { t.Helper(); return startTelling(t, s, nil) }

// startTelling is start, and somebody hears all that the processes tell about themselves.
func startTelling(t testing.TB, s shape, o *told) *market {
	t.Helper()
	m, l := newMarket(), s.layout(t)
	m.told = o
	for _, file := range l.files {
		m.run(t, load(t, file, nil))
	}
	m.spare = l.spare
	m.waitReady(t)
	t.Cleanup(func() { m.verifyLedger(t) })
	return m
}

func startWith(t testing.TB, flags map[string]any) *market {
	t.Helper()
	return startWithTelling(t, flags, nil)
}

func startWithTelling(t testing.TB, flags map[string]any, o *told) *market {
	t.Helper()
	all := map[string]any{"listen": freeAddress(t), "internal": freeAddress(t), "log.level": "error"}
	for key, value := range flags {
		if value != "" {
			all[key] = value
		}
	}
	m := newMarket()
	m.told = o
	m.run(t, load(t, "", all))
	m.waitReady(t)
	t.Cleanup(func() { m.verifyLedger(t) })
	return m
}

func newMarket() *market {
	return &market{clock: clock.New(), client: &http.Client{Timeout: 60 * time.Second}, calls: new(atomic.Int64)}
}

// with is the same marketplace for people whose names end so.
func (m *market) with(cast string) *market {
	other := *m
	other.cast = cast
	return &other
}

// gateway is the address for the next call: each in turn.
func (m *market) gateway() string {
	if len(m.others) == 0 {
		return m.url
	}
	n := int(m.calls.Add(1)) % (len(m.others) + 1)
	return append(m.others, m.url)[n]
}

// load reads a configuration from the text of a file and flags, as the program does.
func load(t testing.TB, file string, flags map[string]any) config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{File: path, Environ: []string{}, Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs one process until the test ends, or is told to stop.
func (m *market) run(t testing.TB, c config.Config) (stop func()) {
	t.Helper()
	log := zap.NewNop()
	if os.Getenv("TEST_LOG") != "" {
		log = zap.Must(zap.NewDevelopment())
	}
	for _, module := range everyModule()[:7] {
		if c.Hosts(module) && c.DatabaseOf(module) == "" {
			apptest.Tables(t, c.Data, module)
		}
	}
	p := process{config: c, log: log, clock: m.clock, out: &cobra.Command{}}
	if m.told != nil {
		m.told.hear(t, &p)
	}
	ctx, cancel := context.WithCancel(context.Background())
	a, services, err := p.open(ctx, app.Serving)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := p.oversee(a, services.Notifications)
	if err != nil {
		t.Fatal(err)
	}
	m.watchers, m.processes = append(m.watchers, seen.watcher), append(m.processes, p)
	if m.missing != "" {
		seen.fleet = p.withMissing(t, a, seen.watcher, m.missing)
	}
	pages, err := p.publish(ctx, a, services, seen.fleet)
	if err != nil {
		t.Fatal(err)
	}
	m.apps = append(m.apps, a)
	m.internals = append(m.internals, c.Internal)
	if m.enter(c); pages != nil {
		m.web, m.services, m.config = pages, services, c
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("a process did not stop well: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// runSpare runs a further gateway, which no story is sent to, until it is told to stop.
func (m *market) runSpare(t testing.TB) (gateway string, stop func()) {
	t.Helper()
	c, further := load(t, m.spare, nil), newMarket()
	further.clock = m.clock
	stop = further.run(t, c)
	further.waitReady(t)
	return further.url, stop
}

// enter lets calls go to the process too, if it is a gateway.
func (m *market) enter(c config.Config) {
	if !c.Hosts("web") {
		return
	}
	if m.url != "" {
		m.others = append(m.others, m.url)
	}
	m.url = "http://" + c.Listen
}

// drain waits until every event has had its effect, in all processes.
func (m *market) drain(t testing.TB) {
	t.Helper()
	for range 3 { // an effect in one process may be an event for another
		for _, a := range m.apps {
			if err := a.Drained(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func (m *market) waitReady(t testing.TB) {
	t.Helper()
	for _, internal := range m.internals {
		apptest.Within(t, 2*time.Minute, func() error { return ready(internal) }) // a broker makes many queues first
	}
}

// verifyLedger fails the test when the books are not in order.
func (m *market) verifyLedger(t testing.TB) {
	t.Helper()
	report, err := m.services.Orders.VerifyLedger(identity.System(context.Background()), order.VerifyLedgerRequest{})
	if err != nil || len(report.Problems) > 0 {
		t.Errorf("the books: %v %v", report.Problems, err)
	}
}

// nextPort begins somewhere below the ports that the system gives to clients, so that tests beside each other, and their
// connections, do not take each other's.
var nextPort = func() *atomic.Int32 {
	var n atomic.Int32
	n.Store(int32(10_000 + os.Getpid()*97%15_000))
	return &n
}()

func freeAddress(t testing.TB) string {
	t.Helper()
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", nextPort.Add(1))
		l, err := net.Listen("tcp", address)
		if err == nil {
			_ = l.Close()
			return address
		}
	}
	t.Fatal("no port is free")
	return ""
}

// person is a client of the API, signed in or not.
type person struct {
	m        *market
	t        testing.TB
	username string
	access   string
	refresh  string
}

// reply is an answer of the API.
type reply struct {
	t      testing.TB
	what   string
	status int
	header http.Header
	raw    []byte
	json   map[string]any
}

// visitor is somebody without an account.
func (m *market) visitor(t testing.TB) *person { return &person{m: m, t: t} }

// call sends one request; a string body is sent as it is, anything else as JSON.
func (p *person) call(method, path string, body any, headers ...string) reply {
	p.t.Helper()
	var reader io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		reader = strings.NewReader(b)
	case []byte:
		reader = bytes.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			p.t.Fatal(err)
		}
		reader = bytes.NewReader(data)
	}
	r, err := http.NewRequest(method, p.m.gateway()+"/api/v1"+path, reader)
	if err != nil {
		p.t.Fatal(err)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if p.access != "" {
		r.Header.Set("Authorization", "Bearer "+p.access)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := p.m.client.Do(r)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatalf("%s %s: %v", method, path, err)
	}
	out := reply{t: p.t, what: method + " " + path, status: response.StatusCode, header: response.Header, raw: raw}
	if len(raw) > 0 {
		_ = json.Unmarshal(raw, &out.json)
	}
	return out
}

func (p *person) get(path string) reply { p.t.Helper(); return p.call("GET", path, nil) }
func (p *person) post(path string, body any, h ...string) reply {
	p.t.Helper()
	return p.call("POST", path, body, h...)
}

// ok demands a status.
func (r reply) ok(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d instead of %d: %s", r.what, r.status, status, r.raw)
	}
	return r
}

// at digs a value out: at("packages", 0, "price", "minor").
func (r reply) at(path ...any) any {
	r.t.Helper()
	var v any = r.json
	for _, step := range path {
		switch s := step.(type) {
		case string:
			object, ok := v.(map[string]any)
			if !ok {
				r.t.Fatalf("%s: no object on the way to %v in %s", r.what, path, r.raw)
			}
			v = object[s]
		case int:
			array, ok := v.([]any)
			if !ok || len(array) <= s {
				r.t.Fatalf("%s: no element %d on the way to %v in %s", r.what, s, path, r.raw)
			}
			v = array[s]
		}
	}
	return v
}

func (r reply) text(path ...any) string { r.t.Helper(); s, _ := r.at(path...).(string); return s }
func (r reply) number(path ...any) int  { r.t.Helper(); f, _ := r.at(path...).(float64); return int(f) }
func (r reply) items() []any            { r.t.Helper(); items, _ := r.at("items").([]any); return items }

const password = "correct horse battery"

// join signs up, opens the link in the mail, and logs in.
func (m *market) join(t testing.TB, username string) *person {
	t.Helper()
	p := m.visitor(t)
	p.username = username + m.cast
	p.post("/auth/signup", map[string]any{"username": p.username, "email": p.email(), "password": password}).ok(201)
	p.post("/auth/verify-email", map[string]any{"token": m.mailedToken(t, p.email(), "verify")}).ok(200)
	p.logIn(p.username, password)
	apptest.Eventually(t, func() bool { return m.visitor(t).get("/users/"+p.username).status == http.StatusOK }) // others can address them
	return p
}

func (p *person) email() string { return strings.ToLower(p.username) + "@example.com" }

func (p *person) logIn(login, word string) {
	p.t.Helper()
	r := p.post("/auth/login", map[string]any{"login": login, "password": word}).ok(200)
	p.access, p.refresh = r.text("access_token"), r.text("refresh_token")
}

// mailedToken waits for a mail whose subject or link has the word, and takes the token out of its link.
func (m *market) mailedToken(t testing.TB, to, word string) (token string) {
	t.Helper()
	apptest.Eventually(t, func() error {
		for _, item := range m.visitor(t).get("/dev/mail?to=" + url.QueryEscape(to)).ok(200).items() {
			links, _ := item.(map[string]any)["links"].([]any)
			for _, l := range links {
				u, err := url.Parse(l.(string))
				if err == nil && u.Query().Get("token") != "" && strings.Contains(u.Path, word) {
					token = u.Query().Get("token")
					return nil
				}
			}
		}
		return fmt.Errorf("no mail to %s with a link to %s", to, word)
	})
	return token
}

// sell makes the person a seller with a published gig, and returns its id.
func (p *person) sell(requirements ...map[string]any) string {
	p.t.Helper()
	title := "I will draw a lasting logo"
	if p.m.cast != "" { // to find it among those of other stories
		title += " by " + p.username
	}
	p.call("PUT", "/me/seller", map[string]any{
		"headline": "Logos that last", "description": "Ten years of drawing marks for small companies.",
		"skills": []string{"logo", "branding"}, "languages": []any{"English", map[string]any{"name": "German", "level": "native"}}, "country": "DE",
	}).ok(200)
	price := func(minor int) map[string]any { return map[string]any{"minor": minor, "currency": "USD"} }
	gig := p.post("/gigs", map[string]any{
		"title": title, "description": "A hand drawn **logo** with all its files.", "category": "logo-design",
		"tags": []string{"logo", "vector"}, "requirements": requirements,
		"extras": []map[string]any{{"title": "All source files", "price": price(2500), "days": 2, "revisions": 1}},
		"packages": []map[string]any{
			{"name": "basic", "title": "Mark", "description": "One mark.", "price": price(5000), "delivery_days": 3, "revisions": 1, "includes": []string{"PNG"}},
			{"name": "standard", "title": "Logo", "description": "Mark and word.", "price": price(10000), "delivery_days": 5, "revisions": 2, "includes": []string{"PNG", "SVG"}},
			{"name": "premium", "title": "Identity", "description": "All of it.", "price": price(25000), "delivery_days": 9, "revisions": -1, "includes": []string{"PNG", "SVG", "Guide"}},
		},
	}).ok(201).text("id")
	p.post("/gigs/"+gig+"/publish", nil).ok(200)
	return gig
}

// order places an order and pays it.
func (p *person) order(gig, pack string) string {
	p.t.Helper()
	placed := p.post("/orders", map[string]any{"gig_id": gig, "package": pack}, "Idempotency-Key", unique()).ok(201)
	p.post("/simulator/payments/"+placed.text("payment", "id")+"/succeed", nil).ok(200)
	p.awaitStatus(placed.text("id"), "awaiting_requirements", "in_progress")
	return placed.text("id")
}

func (p *person) awaitStatus(order string, wanted ...string) {
	p.t.Helper()
	apptest.Eventually(p.t, func() error {
		status := p.get("/orders/" + order).ok(200).text("status")
		for _, w := range wanted {
			if status == w {
				return nil
			}
		}
		return fmt.Errorf("the order is %s, not %v", status, wanted)
	})
}
