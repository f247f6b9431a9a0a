package operate

import (
	"context"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"marketplace/platform/alert"
	"marketplace/platform/app"
	"marketplace/platform/bus"
	"marketplace/platform/clock"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
	"marketplace/platform/text"
)

const (
	lookAgain    = 10 * time.Second // after the dependencies were last looked at
	lookPatience = 3 * time.Second  // with one of them
)

// Check looks at one thing that the process depends on, and says how it is.
type Check struct {
	Name string
	Look func(context.Context) (string, error)
}

// Options are what a process tells of itself.
type Options struct {
	App     *app.App
	Version string
	Clock   *clock.Clock
	Log     *zap.Logger
	Recent  *telemetry.Recent // nil: no lines
	Watcher *alert.Watcher    // nil: no conditions
	Checks  []Check           // besides the databases
}

// here is this process.
type here struct {
	Options
	started time.Time

	mu     sync.Mutex
	looked time.Time
	found  []Dependency
}

// Here is the service of this process.
func Here(o Options) Service { return &here{Options: o, started: o.Clock.Now(), found: []Dependency{}} }

// allowed refuses everybody but operators and the marketplace itself.
func allowed(ctx context.Context) error {
	if who := identity.From(ctx); !who.System && !who.Is("operator") {
		return fault.NotFoundf("There is nothing here.")
	}
	return nil
}

func (h *here) Describe(ctx context.Context, _ DescribeRequest) (Process, error) {
	if err := allowed(ctx); err != nil {
		return Process{}, err
	}
	p := Process{Name: h.App.Name(), Version: h.Version, Modules: h.App.Modules(), StartedAt: h.started, Problems: h.App.Ready(ctx), Tasks: h.App.Tasks(),
		Dependencies: h.dependencies(ctx), Conditions: []Condition{}, Goroutines: runtime.NumGoroutine(), MemoryBytes: memory()}
	if p.Problems == nil {
		p.Problems = []string{}
	}
	var err error
	if p.Waiting, err = h.App.Bus().Lag(ctx); err != nil || p.Waiting == nil { // a database that is away is among the dependencies
		p.Waiting = []bus.Lag{}
	}
	if h.Watcher != nil {
		for _, c := range h.Watcher.Conditions() {
			p.Conditions = append(p.Conditions, Condition{Rule: c.Rule.Name, Value: c.Rule.Say(c.Value), Limit: c.Rule.SayLimit(), Since: c.Since, Firing: c.Firing})
		}
	}
	return p, nil
}

// memory is what the process holds of the system's memory.
func memory() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64() - sample[1].Value.Uint64()) //nolint:gosec // far from the limit
}

// dependencies looks at all of them at once, unless that was just done.
func (h *here) dependencies(ctx context.Context) []Dependency {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.Clock.Now(); now.Sub(h.looked).Abs() < lookAgain {
		return h.found
	}
	var checks []Check
	for _, host := range h.App.Hosted() {
		checks = append(checks, Check{"database of " + host.Name, func(ctx context.Context) (string, error) {
			kind := "SQLite"
			if host.DB.Postgres() {
				kind = "PostgreSQL"
			}
			return kind + " answers", host.DB.Ping(ctx)
		}})
	}
	checks = append(checks, Check{"delivery of events", func(ctx context.Context) (string, error) { return "runs", h.App.Bus().Ready(ctx) }})
	checks = append(checks, h.Checks...)
	found := make([]Dependency, len(checks))
	var wait sync.WaitGroup
	for i, c := range checks {
		wait.Go(func() { found[i] = h.examine(ctx, c) })
	}
	wait.Wait()
	if ctx.Err() == nil { // otherwise it is the caller who had no time
		h.found, h.looked = found, h.Clock.Now()
	}
	return found
}

func (h *here) examine(ctx context.Context, c Check) Dependency {
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	begun := h.Clock.Now()
	finding, err := c.Look(ctx)
	d := Dependency{Name: c.Name, OK: err == nil, Finding: finding, Milliseconds: h.Clock.Now().Sub(begun).Milliseconds()}
	if err != nil {
		d.Finding = strings.Join(strings.Fields(err.Error()), " ")
	}
	return d
}

func (h *here) Lines(ctx context.Context, q LinesRequest) (Lines, error) {
	if err := allowed(ctx); err != nil {
		return Lines{}, err
	}
	all := h.Recent.Errors()
	if q.Kind == "slow" {
		all = h.Recent.Slow()
	}
	var behind []telemetry.Line
	for _, l := range all {
		if q.After == "" || l.Place() < q.After {
			behind = append(behind, l)
		}
	}
	return Lines{Items: bus.Newest(behind, limitOf(q.Limit), nil), Missing: []string{}}, nil
}

func limitOf(limit int) int {
	if limit <= 0 || limit > 100 {
		return 100
	}
	return limit
}

func (h *here) Events(ctx context.Context, q bus.Wanted) (Events, error) {
	if err := allowed(ctx); err != nil {
		return Events{}, err
	}
	items, err := h.App.Bus().Records(ctx, q)
	return Events{items, []string{}}, err
}

func (h *here) DeadLetters(ctx context.Context, q bus.Wanted) (DeadLetters, error) {
	if err := allowed(ctx); err != nil {
		return DeadLetters{}, err
	}
	items, err := h.App.Bus().LatestDeadLetters(ctx, q)
	return DeadLetters{items, []string{}}, err
}

func (h *here) Discarded(ctx context.Context, q bus.Wanted) (Discarded, error) {
	if err := allowed(ctx); err != nil {
		return Discarded{}, err
	}
	items, err := h.App.Bus().Discarded(ctx, q)
	return Discarded{items, []string{}}, err
}

func (h *here) Retry(ctx context.Context, q RetryRequest) (Done, error) {
	if err := allowed(ctx); err != nil {
		return Done{}, err
	}
	if err := h.App.Bus().Retry(ctx, q.ID); err != nil {
		return Done{}, err
	}
	h.tell(ctx, "dead-letter-retry", q.ID)
	return Done{}, nil
}

func (h *here) Discard(ctx context.Context, q DiscardRequest) (Done, error) {
	if err := allowed(ctx); err != nil {
		return Done{}, err
	}
	var c fault.Check
	reason := text.Line(&c, "reason", q.Reason, 1, 500)
	if err := c.Err(); err != nil {
		return Done{}, err
	}
	by := identity.From(ctx).UserID
	if by == "" {
		by = "system"
	}
	if err := h.App.Bus().Discard(ctx, q.ID, by, reason); err != nil {
		return Done{}, err
	}
	h.tell(ctx, "dead-letter-discard", q.ID)
	return Done{}, nil
}

// tell puts on record what an operator did. The reason is kept with the letter: it is what a person wrote.
func (h *here) tell(ctx context.Context, action, letter string) {
	telemetry.Audit(ctx, h.Log, telemetry.Act{Action: action, Kind: telemetry.Configuration, What: map[string]string{"dead_letter": letter}})
}
