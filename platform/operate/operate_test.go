package operate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"marketplace/platform/app"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/config"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/private"
	"marketplace/platform/rpc/rpctest"
)

func TestRemote(t *testing.T) { rpctest.Contract[Service](t, newRemote) }

func operator() context.Context {
	return identity.With(context.Background(), identity.Actor{UserID: "u-ops", Verified: true, Roles: []string{"operator"}})
}

// start runs a process that hosts nothing but a private port, and returns its address.
func start(t *testing.T, change func(*config.Config), checks ...Check) (address string, a *app.App, s Service) {
	t.Helper()
	c := config.Defaults()
	c.Data, c.Internal, c.RPC = t.TempDir(), "127.0.0.1:0", config.RPC{Listen: "127.0.0.1:0", Secrets: []private.Secret{private.Secret(strings.Repeat("s", 32))}}
	change(&c)
	ctx, stop := context.WithCancel(context.Background())
	a, err := app.New(ctx, app.Options{Config: c, Mode: app.Serving, Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	s = Here(Options{App: a, Version: "1.2.3", Clock: clock.New(), Log: zap.NewNop(), Checks: checks})
	if err := app.Expose(a, Name, s); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return "http://" + a.Address(app.Private).String(), a, s
}

// Every process answers for itself, also what is wrong with it, and one that is away is told apart.
func TestTheFleetIsDescribedWithWhoIsAway(t *testing.T) {
	looks := 0
	first, _, _ := start(t, func(*config.Config) {}, Check{"mail", func(context.Context) (string, error) { looks++; return "", errors.New("the server\nis away") }})
	second, _, _ := start(t, func(*config.Config) {}, Check{"disk", func(context.Context) (string, error) { return "5 GiB are free", nil }})
	_, own, here := start(t, func(c *config.Config) {
		c.Modules, c.Events = []string{"web"}, "amqp://localhost:1"
		c.Remotes = map[string][]string{"gig": {first}, "user": {first}, "order": {second, "http://127.0.0.1:1"}}
	})
	peers, err := own.Peers(Name)
	if err != nil {
		t.Fatal(err)
	}
	f := NewFleet(here, peers)
	for range 3 {
		all, away, err := f.Processes(operator())
		if err != nil || len(all) != 3 || len(away) != 1 || away[0].Address != "http://127.0.0.1:1" || away[0].Error == "" {
			t.Fatalf("%d processes, away are %+v, %v", len(all), away, err)
		}
		found := map[string]Dependency{}
		for _, p := range all {
			if p.Version != "1.2.3" || p.StartedAt.IsZero() || p.MemoryBytes < 1<<20 || p.Goroutines < 1 {
				t.Errorf("%+v", p)
			}
			for _, d := range p.Dependencies {
				found[d.Name] = d
			}
		}
		if found["mail"].OK || found["mail"].Finding != "the server is away" || !found["disk"].OK || found["disk"].Finding != "5 GiB are free" {
			t.Errorf("the dependencies: %+v", found)
		}
	}
	if looks != 1 {
		t.Errorf("the mail server was bothered %d times", looks)
	}
	lines, next, err := f.Lines(operator(), LinesRequest{Kind: "errors"})
	if err != nil || len(lines.Items) != 0 || next != "" || len(lines.Missing) != 1 {
		t.Errorf("%+v %q %v", lines, next, err)
	}
	if err := f.Retry(operator(), RetryRequest{ID: "order/1"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a letter that may be with who is away: %v", err)
	}
}

func TestNobodyButOperatorsLearnsAnything(t *testing.T) {
	_, _, s := start(t, func(*config.Config) {})
	f := NewFleet(s, nil)
	moderator := identity.With(context.Background(), identity.Actor{UserID: "u-mod", Verified: true, Roles: []string{"moderator"}})
	for _, ctx := range []context.Context{context.Background(), moderator} {
		_, _, err := f.Processes(ctx)
		_, _, lines := f.Lines(ctx, LinesRequest{})
		_, _, events := f.Events(ctx, bus.Wanted{})
		_, _, letters := f.DeadLetters(ctx, bus.Wanted{})
		_, _, discarded := f.Discarded(ctx, bus.Wanted{})
		for _, err := range []error{err, lines, events, letters, discarded, f.Retry(ctx, RetryRequest{ID: "order/1"}), f.Discard(ctx, DiscardRequest{ID: "order/1", Reason: "x"})} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("the answer is %v", err)
			}
		}
	}
	if err := f.Discard(operator(), DiscardRequest{ID: "order/1", Reason: ""}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	if err := f.Discard(operator(), DiscardRequest{ID: "order/1", Reason: "It is over."}); !fault.Is(err, fault.NotFound) {
		t.Errorf("without a letter: %v", err)
	}
}

// stub is a process with events of its own.
type stub struct {
	Service
	ids []string
}

func (s stub) Events(_ context.Context, q bus.Wanted) (Events, error) {
	var items []bus.Record
	for _, id := range s.ids {
		if q.After == "" || id < q.After {
			items = append(items, bus.Record{ID: id, Waiting: []string{"of " + s.ids[0]}})
		}
	}
	return Events{Items: bus.Newest(items, q.Limit, nil)}, nil
}

// Pages over several lists skip nothing and show nothing twice.
func TestPagesGoOverAllProcesses(t *testing.T) {
	a, b := stub{}, stub{}
	var want []string
	for i := 19; i >= 0; i-- {
		id := fmt.Sprintf("%02d", i)
		want = append(want, id)
		switch i % 3 {
		case 0:
			a.ids = append(a.ids, id)
		case 1:
			b.ids = append(b.ids, id)
		default: // both have it
			a.ids, b.ids = append(a.ids, id), append(b.ids, id)
		}
	}
	var got []string
	for after, pages := "", 0; pages < 10; pages++ {
		q := bus.Wanted{After: after, Limit: 3}
		one, _ := a.Events(operator(), q)
		two, _ := b.Events(operator(), q)
		items := bus.Newest(slices.Concat(one.Items, two.Items), q.Limit, mergeRecords)
		for _, r := range items {
			got = append(got, r.ID)
			if both := r.ID[1]%3 == 2; both && r.ID < "10" && len(r.Waiting) != 2 {
				t.Errorf("%s waits for %v", r.ID, r.Waiting)
			}
		}
		if after = behind(items, q.Limit); after == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages have\n%v instead of\n%v", got, want)
	}
}

func TestATaskThatFailsSaysSo(t *testing.T) {
	c := config.Defaults()
	c.Data, c.Internal = t.TempDir(), "127.0.0.1:0"
	ctx, stop := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer stop()
	a, err := app.New(ctx, app.Options{Config: c, Mode: app.Serving})
	if err != nil {
		t.Fatal(err)
	}
	a.Every(time.Hour, "count stars", func(context.Context) error { return errors.New("it is cloudy") })
	_ = a.Run(ctx)
	if tasks := a.Tasks(); len(tasks) != 1 || tasks[0].Name != "count stars" || tasks[0].Error != "it is cloudy" || tasks[0].LastRun.IsZero() || tasks[0].Module != "" {
		t.Errorf("%+v", tasks)
	}
}
