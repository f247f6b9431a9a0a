package app_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/identity"
)

// diary keeps what happens in its order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

func (d *diary) has(line string) bool { return slices.Contains(d.read(), line) }

// get asks an internal or public address and returns what comes.
func get(t *testing.T, address net.Addr, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address.String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(body)
}

// slow is a module with a task and a reaction that are at work when the process is asked to stop.
func slow(d *diary, stopped <-chan struct{}) app.Module[any, struct{}] {
	return app.Module[any, struct{}]{
		Name:  "slow",
		Hears: []db.Event{sold{}},
		New: func(h *app.Host, _ struct{}) (any, error) {
			h.Every(time.Hour, "wait", func(ctx context.Context) error {
				d.add("task begins")
				<-ctx.Done()
				d.add("task ends")
				return nil
			})
			bus.Handle(h.Events, func(_ context.Context, tx *db.Tx, e sold) error {
				d.add("reaction begins")
				<-stopped
				patiently(func() bool { return d.has("task ends") })
				d.add("reaction ends")
				return tx.Exec("INSERT INTO sales (item) VALUES (?)", e.Item).Error
			})
			return h, prepare(h, "CREATE TABLE IF NOT EXISTS sales (item TEXT NOT NULL)")
		},
	}
}

// patiently waits like apptest.Eventually, outside of the test goroutine.
func patiently(check func() bool) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		if check() {
			return
		}
		<-tick.C
	}
}

// Architecture: listeners drain → background tasks → outbox workers → router → databases.
func TestAProcessStopsInAStrictOrder(t *testing.T) {
	d := &diary{}
	c := settings(t, nil)
	a := begin(t, app.Options{Config: c})
	stopped := make(chan struct{}) // the public side has been asked to stop
	h, _ := app.Use(a, slow(d, stopped), struct{}{}).(*app.Host)
	address, err := a.Serve("127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.add("request begins")
		<-stopped
		code, body := get(t, a.Address(app.Internal), "/readyz")
		if code != http.StatusServiceUnavailable || !strings.Contains(body, "stopping") {
			t.Errorf("while stopping: %d %s", code, body)
		}
		if err := h.DB.Ping(r.Context()); err != nil || d.has("task ends") {
			t.Errorf("the request is not finished, and %v, %v", err, d.read())
		}
		d.add("request ends")
		_, _ = io.WriteString(w, "done")
	}), func() { close(stopped) })
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, a)
	answers := make(chan string, 1)
	go func() {
		_, body := get(t, address, "/")
		answers <- body
	}()
	emit := func(tx *db.Tx) error { return tx.Emit(sold{Item: "pen"}) }
	if err := h.DB.Tx(identity.System(t.Context()), emit); err != nil {
		t.Fatal(err)
	}
	apptest.Eventually(t, func() bool {
		return d.has("request begins") && d.has("task begins") && d.has("reaction begins")
	})
	stop()
	if got := <-answers; got != "done" {
		t.Errorf("the running request got %q", got)
	}
	ends := slices.DeleteFunc(d.read(), func(line string) bool { return strings.HasSuffix(line, "begins") })
	if !slices.Equal(ends, []string{"request ends", "task ends", "reaction ends"}) {
		t.Errorf("%v", ends)
	}
	if h.DB.Ping(t.Context()) == nil {
		t.Error("the database is still open")
	}
	if code, _ := get(t, a.Address(app.Internal), "/healthz"); code != 0 {
		t.Error("the internal side still answers")
	}
	again := begin(t, app.Options{Config: c, Mode: app.Opening})
	after, err := again.Open("slow")
	var n int
	if err != nil || after.DB.Read(t.Context()).Raw("SELECT count(*) FROM sales").Scan(&n).Error != nil || n != 1 {
		t.Errorf("the reaction's effect was lost: %d, %v", n, err)
	}
}

func TestAProcessRunsOnceAndTellsWhatFailed(t *testing.T) {
	a := begin(t, app.Options{Config: settings(t, nil)})
	deaf := shopModule // it says that it hears, and has no handler
	deaf.New = func(h *app.Host, d shopDeps) (shop, error) { return localShop{h: h}, nil }
	app.Use(a, deaf, shopDeps{})
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "shop.sold.v1") {
		t.Errorf("%v", err)
	}
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "runs once") {
		t.Errorf("%v", err)
	}
}

func TestTasksRunAtTheStartAsTheSystemAndComeAgainAfterAFailure(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	a := begin(t, app.Options{Config: settings(t, nil), Log: zap.New(core)})
	seen, other := &diary{}, &diary{}
	app.Use(a, app.Module[any, struct{}]{Name: "busy", New: func(h *app.Host, _ struct{}) (any, error) {
		h.Every(time.Millisecond, "stumble", func(ctx context.Context) error {
			if !identity.From(ctx).System || !strings.HasPrefix(identity.Request(ctx), "task-") {
				t.Errorf("it runs as %+v, request %q", identity.From(ctx), identity.Request(ctx))
			}
			seen.add(identity.Request(ctx))
			switch len(seen.read()) {
			case 1:
				return errors.New("no paper")
			case 2:
				panic("no ink")
			}
			return nil
		})
		h.Every(time.Hour, "once", func(context.Context) error { other.add("once"); return nil })
		return h, nil
	}}, struct{}{})
	stop := run(t, a)
	apptest.Eventually(t, func() bool { return len(seen.read()) >= 6 && other.has("once") })
	stop()
	requests := slices.Sorted(slices.Values(seen.read()))
	if !slices.Equal(other.read(), []string{"once"}) {
		t.Errorf("the rare task ran %d times", len(other.read()))
	}
	if len(slices.Compact(requests)) != len(seen.read()) {
		t.Error("two runs have one request id")
	}
	failures := logs.FilterMessage("a background task failed").All()
	if len(failures) != 2 || failures[0].LoggerName != "busy" || failures[0].ContextMap()["labels.task"] != "stumble" {
		t.Fatalf("%d failures are in the log: %v", len(failures), failures)
	}
	first, second := failures[0].ContextMap()["error"], failures[1].ContextMap()["error"]
	if first != "no paper" || !strings.Contains(second.(string), "panic: no ink") || !strings.Contains(second.(string), "run_test.go") {
		t.Errorf("%v; %v", first, second)
	}
}

func TestTasksByHandTellEveryFailure(t *testing.T) {
	h := &app.Host{Name: "busy"}
	no := errors.New("no")
	ran := 0
	h.Every(time.Hour, "one", func(context.Context) error { ran++; return no })
	h.Every(time.Hour, "two", func(context.Context) error { ran++; panic("oh") })
	h.Every(time.Hour, "three", func(context.Context) error { ran++; return nil })
	err := h.RunTasks(t.Context())
	if ran != 3 || !errors.Is(err, no) || !strings.Contains(err.Error(), "task two of busy: panic: oh") {
		t.Errorf("%d, %v", ran, err)
	}
}

func TestHealthIsAboutThisProcess(t *testing.T) {
	a := begin(t, app.Options{Config: settings(t, nil)})
	assemble(a)
	h := a.Hosted()[0]
	ask := func(path string) (int, string) {
		w := httptest.NewRecorder()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if err != nil {
			t.Fatal(err)
		}
		a.Internal().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if code, body := ask("/readyz"); code != 503 || !strings.Contains(body, "starting") {
		t.Errorf("before Run: %d %s", code, body)
	}
	run(t, a)
	if code, body := ask("/readyz"); code != 200 || body != "{\"status\":\"ready\"}\n" {
		t.Errorf("%d %s", code, body)
	}
	if code, body := get(t, a.Address(app.Internal), "/metrics"); code != 200 || !strings.Contains(body, `marketplace_database_connections_in_use{module="stock"}`) {
		t.Errorf("%d %s", code, body)
	}
	if err := h.DB.Close(); err != nil {
		t.Fatal(err)
	}
	if code, body := ask("/readyz"); code != 503 || !strings.Contains(body, "the database of stock does not answer") {
		t.Errorf("without a database: %d %s", code, body)
	}
	if code, _ := ask("/healthz"); code != 200 {
		t.Errorf("the process lives: %d", code)
	}
	for path, want := range map[string]int{"/": 404, "/debug/pprof/": 404, "/rpc/stock/Take": 404} {
		if code, _ := ask(path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestAnAddressThatIsTakenIsToldAtOnce(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, err = app.New(t.Context(), app.Options{Config: settings(t, func(c *config.Config) { c.Internal = taken.Addr().String() })})
	if err == nil || !strings.Contains(err.Error(), "internal side on "+taken.Addr().String()) {
		t.Errorf("%v", err)
	}
	a := begin(t, app.Options{Config: settings(t, nil)})
	if _, err := a.Serve(taken.Addr().String(), http.NotFoundHandler()); err == nil {
		t.Error("the public side is on a taken address")
	}
}
