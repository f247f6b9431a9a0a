package app_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marketplace/platform/app"
	"marketplace/platform/apptest"
	"marketplace/platform/bus"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/platform/rpc"
)

// Two small modules: a shop sells what the stock has.

type stock interface {
	Take(ctx context.Context, q takeRequest) (taken, error)
}

type takeRequest struct {
	Item string `json:"item"`
}

type taken struct {
	Left int    `json:"left"`
	For  string `json:"for"` // who has asked
}

type sold struct {
	Item string `json:"item"`
}

func (sold) Topic() string       { return "shop.sold.v1" }
func (e sold) Aggregate() string { return e.Item }

type shop interface {
	Sell(ctx context.Context, q sellRequest) (sale, error)
	Sales(ctx context.Context, q salesRequest) (int, error)
}

type sellRequest struct {
	Item string `json:"item"`
}

type salesRequest struct{}

type sale struct {
	Item string `json:"item"`
	Left int    `json:"left"`
	To   string `json:"to"`
}

type localStock struct{ h *app.Host }

func (s localStock) Take(ctx context.Context, q takeRequest) (t taken, err error) {
	actor, err := identity.User(ctx)
	if err != nil {
		return taken{}, err
	}
	err = s.h.DB.Tx(ctx, func(tx *db.Tx) error {
		left := tx.Exec("UPDATE things SET n = n - 1 WHERE item = ? AND n > 0", q.Item)
		if left.Error == nil && left.RowsAffected == 0 {
			return fault.Conflictf("There is nothing left of it.")
		}
		return errors.Join(left.Error, tx.Raw("SELECT n FROM things WHERE item = ?", q.Item).Scan(&t.Left).Error)
	})
	t.For = actor.Username
	return t, err
}

type remoteStock struct{ c *rpc.Client }

func (r remoteStock) Take(ctx context.Context, q takeRequest) (taken, error) {
	return rpc.Call[taken](ctx, r.c, "Take", q)
}

type localShop struct {
	h     *app.Host
	stock stock
}

func (s localShop) Sell(ctx context.Context, q sellRequest) (sale, error) {
	t, err := s.stock.Take(ctx, takeRequest(q))
	if err != nil {
		return sale{}, err
	}
	err = s.h.DB.Tx(ctx, func(tx *db.Tx) error { return tx.Emit(sold(q)) })
	return sale{Item: q.Item, Left: t.Left, To: t.For}, err
}

func (s localShop) Sales(ctx context.Context, _ salesRequest) (n int, err error) {
	err = s.h.DB.Read(ctx).Raw("SELECT count(*) FROM sales").Scan(&n).Error
	return n, err
}

func (s localShop) onSold(_ context.Context, tx *db.Tx, e sold) error {
	return tx.Exec("INSERT INTO sales (item) VALUES (?)", e.Item).Error
}

type remoteShop struct{ c *rpc.Client }

func (r remoteShop) Sell(ctx context.Context, q sellRequest) (sale, error) {
	return rpc.Call[sale](ctx, r.c, "Sell", q)
}

func (r remoteShop) Sales(ctx context.Context, q salesRequest) (int, error) {
	return rpc.Call[int](ctx, r.c, "Sales", q)
}

func prepare(h *app.Host, statements ...string) error {
	return h.DB.Tx(identity.System(context.Background()), func(tx *db.Tx) error {
		for _, s := range statements {
			if err := tx.Exec(s).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

var stockModule = app.Module[stock, struct{}]{
	Name: "stock",
	New: func(h *app.Host, _ struct{}) (stock, error) {
		return localStock{h}, prepare(h, "CREATE TABLE IF NOT EXISTS things (item TEXT PRIMARY KEY, n INTEGER NOT NULL)",
			"INSERT INTO things (item, n) VALUES ('pen', 2) ON CONFLICT DO NOTHING")
	},
	Remote: func(c *rpc.Client) stock { return remoteStock{c} },
}

type shopDeps struct{ Stock stock }

var shopModule = app.Module[shop, shopDeps]{
	Name: "shop",
	New: func(h *app.Host, d shopDeps) (shop, error) {
		s := localShop{h: h, stock: d.Stock}
		bus.Handle(h.Events, s.onSold)
		return s, prepare(h, "CREATE TABLE IF NOT EXISTS sales (item TEXT NOT NULL)")
	},
	Remote: func(c *rpc.Client) shop { return remoteShop{c} },
	Hears:  []db.Event{sold{}},
}

// assemble is the table of this small marketplace.
func assemble(a *app.App) shop {
	things := app.Use(a, stockModule, struct{}{})
	return app.Use(a, shopModule, shopDeps{Stock: things})
}

const secret = "0123456789abcdef0123456789abcdef"

// settings is a configuration that works, on free ports.
func settings(t *testing.T, change func(*config.Config)) config.Config {
	t.Helper()
	c := config.Defaults()
	c.Data, c.Listen, c.Internal = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0"
	if change != nil {
		change(&c)
	}
	return c
}

// begin puts a process together.
func begin(t *testing.T, o app.Options) *app.App {
	t.Helper()
	a, err := app.New(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// run runs the process until the test ends or stop is called, and waits until it is ready.
func run(t *testing.T, a *app.App) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan struct{})
	var failed error
	go func() {
		defer close(done)
		failed = a.Run(ctx)
	}()
	stopped := false
	stop = func() {
		cancel()
		<-done
		if failed != nil && !stopped {
			t.Errorf("the process says %v", failed)
		}
		stopped = true
	}
	t.Cleanup(stop)
	apptest.Eventually(t, func() bool {
		select {
		case <-done:
			return true
		default:
			return len(a.Ready(t.Context())) == 0
		}
	})
	return stop
}

// story is the same in every shape.
func story(t *testing.T, service shop) {
	t.Helper()
	ctx := apptest.As("u1", "ana")
	if _, err := service.Sell(apptest.Visitor(), sellRequest{Item: "pen"}); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("a visitor: %v", err)
	}
	for left := 1; left >= 0; left-- {
		got, err := service.Sell(ctx, sellRequest{Item: "pen"})
		if err != nil || got != (sale{Item: "pen", Left: left, To: "ana"}) {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	_, err := service.Sell(ctx, sellRequest{Item: "pen"})
	if f := fault.Of(err); f.Code != fault.Conflict || f.Message != "There is nothing left of it." {
		t.Errorf("%+v", f)
	}
	apptest.Eventually(t, func() bool {
		n, err := service.Sales(ctx, salesRequest{})
		return err == nil && n == 2
	})
}

func TestAllModulesInOneProcess(t *testing.T) {
	a := begin(t, app.Options{Config: settings(t, nil)})
	service := assemble(a)
	if err := a.Err(); err != nil {
		t.Fatal(err)
	}
	if _, ok := service.(localShop); !ok {
		t.Errorf("the shop is a %T", service)
	}
	run(t, a)
	story(t, service)
}

// apart is the configuration of a process that hosts one module and reaches the other. The transport between
// processes is not what is tested here: each has a bus of its own.
func apart(t *testing.T, module, other, address string) app.Options {
	t.Helper()
	b, err := bus.New(bus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return app.Options{Bus: b, Config: settings(t, func(c *config.Config) {
		c.Modules, c.Events = []string{module}, "amqp://marketplace@127.0.0.1"
		c.RPC = config.RPC{Listen: "127.0.0.1:0", Secrets: []private.Secret{secret}}
		c.Remotes = map[string][]string{other: {address}}
	})}
}

func TestTheSameStoryWithModulesInProcessesOfTheirOwn(t *testing.T) {
	one := begin(t, apart(t, "stock", "shop", "http://127.0.0.1:1"))
	assemble(one)
	run(t, one)

	two := begin(t, apart(t, "shop", "stock", "http://"+one.Address(app.Private).String()))
	assemble(two)
	run(t, two)

	c := apart(t, "web", "shop", "http://"+two.Address(app.Private).String())
	c.Config.Remotes["stock"] = []string{"http://" + one.Address(app.Private).String()}
	edge := begin(t, c)
	service := assemble(edge)
	if err := edge.Err(); err != nil {
		t.Fatal(err)
	}
	if _, ok := service.(remoteShop); !ok || !edge.Hosts("web") || edge.Hosts("shop") {
		t.Errorf("the shop is a %T", service)
	}
	story(t, service)
	if len(edge.Hosted()) != 0 {
		t.Error("the edge has opened a database")
	}
}

func TestAPeerThatIsAwayDoesNotMakeAProcessUnready(t *testing.T) {
	o := apart(t, "shop", "stock", "http://127.0.0.1:1")
	a := begin(t, o)
	service := assemble(a)
	run(t, a)
	if problems := a.Ready(t.Context()); len(problems) > 0 {
		t.Errorf("%v", problems)
	}
	if _, err := service.Sell(apptest.As("u1", "ana"), sellRequest{Item: "pen"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("%v", err)
	}
}

func TestWhatCannotRunIsRefusedWithASentence(t *testing.T) {
	remotes := map[string][]string{"stock": {"http://stock:9000"}}
	for says, change := range map[string]func(*config.Config){
		`there is no module "oder"`: func(c *config.Config) { c.Modules = []string{"stock", "shop", "web", "oder"}; c.Events = "amqp://u@h" },
		`there is no module "stok"`: func(c *config.Config) { c.Settings = map[string]any{"stok": map[string]any{}} },
		"remotes.stock must be set": func(c *config.Config) { c.Modules = []string{"shop", "web"}; c.Events = "amqp://u@h" },
		"memory does not leave": func(c *config.Config) {
			c.Modules, c.Remotes, c.RPC.Secrets = []string{"shop", "web"}, remotes, []private.Secret{secret}
		},
		"rpc.secrets must hold": func(c *config.Config) {
			c.Modules, c.Remotes, c.Events = []string{"shop", "web"}, remotes, "amqp://u@h"
		},
		"rpc.secrets must have":   func(c *config.Config) { c.RPC.Secrets = []private.Secret{"short"} },
		"data must name a folder": func(c *config.Config) { c.Data = "" },
	} {
		o := app.Options{Config: settings(t, change)}
		if o.Config.Events != config.Memory {
			o.Bus, _ = bus.New(bus.Options{})
		}
		a, err := app.New(t.Context(), o)
		if err == nil {
			assemble(a)
			err = a.Err()
			if runs := a.Run(t.Context()); runs == nil {
				t.Errorf("%s: it runs", says)
			}
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("not %q but: %v", says, err)
		}
	}
}

func TestAModuleThatCannotStartStopsTheProcess(t *testing.T) {
	a := begin(t, app.Options{Config: settings(t, nil)})
	broken := stockModule
	broken.New = func(*app.Host, struct{}) (stock, error) { return nil, errors.New("the shelf is empty") }
	things := app.Use(a, broken, struct{}{})
	after := shopModule
	after.New = func(*app.Host, shopDeps) (shop, error) {
		t.Error("a module was started with a dependency that is not there")
		return nil, nil
	}
	app.Use(a, after, shopDeps{Stock: things})
	if err := a.Err(); err == nil || !strings.Contains(err.Error(), "start the module stock: the shelf is empty") {
		t.Errorf("%v", err)
	}
	if err := a.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "the shelf is empty") {
		t.Errorf("%v", err)
	}
}

func TestAModuleIsInTheTableOnce(t *testing.T) {
	a := begin(t, app.Options{Config: settings(t, nil)})
	assemble(a)
	app.Use(a, stockModule, struct{}{})
	if err := a.Err(); err == nil || !strings.Contains(err.Error(), "twice") {
		t.Errorf("%v", err)
	}
}

func TestTwoProcessesCannotServeFromOneFolder(t *testing.T) {
	c := settings(t, nil)
	first := begin(t, app.Options{Config: c})
	assemble(first)
	if err := first.Err(); err != nil {
		t.Fatal(err)
	}
	second := begin(t, app.Options{Config: c})
	assemble(second)
	if err := second.Err(); err == nil || !strings.Contains(err.Error(), "another marketplace is serving from the data folder") {
		t.Errorf("%v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third := begin(t, app.Options{Config: c})
	assemble(third)
	if err := third.Err(); err != nil {
		t.Errorf("after the first has gone: %v", err)
	}
}

func TestOnPostgreSQLReplicasShareADatabase(t *testing.T) {
	c := settings(t, nil)
	c.Database = apptest.Postgres(t)
	for range 2 {
		a := begin(t, app.Options{Config: c})
		assemble(a)
		if err := a.Err(); err != nil {
			t.Fatal(err)
		}
		run(t, a)
	}
}

func TestACommandWorksBesideAServingProcess(t *testing.T) {
	c := settings(t, nil)
	serving := begin(t, app.Options{Config: c})
	assemble(serving)
	run(t, serving)
	command := begin(t, app.Options{Config: c, Mode: app.Opening})
	service := assemble(command)
	if err := command.Err(); err != nil {
		t.Fatal(err)
	}
	story(t, service) // the serving process delivers what the command has emitted
	if err := command.Run(t.Context()); err == nil {
		t.Error("a command serves")
	}
	if command.Address(app.Internal) != nil {
		t.Error("a command listens")
	}
}

func TestMigratingOnlyMakesTheTables(t *testing.T) {
	c := settings(t, nil)
	a := begin(t, app.Options{Config: c, Mode: app.Migrating})
	if assemble(a) != nil {
		t.Error("a module runs")
	}
	if err := a.Err(); err != nil {
		t.Fatal(err)
	}
	for _, h := range a.Hosted() {
		var n int
		if err := h.DB.Read(t.Context()).Raw("SELECT count(*) FROM outbox_events").Scan(&n).Error; err != nil || n != 0 {
			t.Errorf("%s: %d, %v", h.Name, n, err)
		}
	}
	if len(a.Hosted()) != 2 {
		t.Errorf("%d databases", len(a.Hosted()))
	}
	if err := errors.Join(a.Close(), a.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := os.Stat(filepath.Join(c.Data, "shop.db")); err != nil {
		t.Error(err)
	}
}

func TestThePagesSeeEventsWithoutADatabase(t *testing.T) {
	a := begin(t, app.Options{Config: settings(t, nil)})
	service := assemble(a)
	seen := make(chan sold, 10)
	bus.Watch(a.Events("web"), func(_ context.Context, e sold) { seen <- e })
	run(t, a)
	if _, err := service.Sell(apptest.As("u1", "ana"), sellRequest{Item: "pen"}); err != nil {
		t.Fatal(err)
	}
	select {
	case e := <-seen:
		if e.Item != "pen" {
			t.Errorf("%+v", e)
		}
	case <-time.After(10 * time.Second):
		t.Error("the edge has seen nothing")
	}
	if _, err := a.Serve("127.0.0.1:0", http.NotFoundHandler()); err == nil {
		t.Error("a side is added while the process runs")
	}
}
