package app

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"

	"marketplace/platform/identity"
	"marketplace/platform/telemetry"
)

type task struct {
	name     string
	interval time.Duration
	run      func(context.Context) error
	last     *lastRun
}

// lastRun is how a task ended when it last ran.
type lastRun struct {
	mu   sync.Mutex
	at   time.Time
	took time.Duration
	err  error
}

// Task is a background task as operators see it.
type Task struct {
	Module   string        `json:"module"` // empty: of the process itself
	Name     string        `json:"name"`
	Interval time.Duration `json:"interval"` // nanoseconds in JSON, like Took
	LastRun  time.Time     `json:"last_run"` // zero: it has not ended yet
	Took     time.Duration `json:"took"`
	Error    string        `json:"error"` // empty: it did not fail
}

// Tasks are the background tasks of this process.
func (a *App) Tasks() []Task {
	all := []Task{}
	for _, t := range a.tasks {
		all = append(all, t.state(""))
	}
	for _, h := range a.hosts {
		for _, t := range h.tasks {
			all = append(all, t.state(h.Name))
		}
	}
	return all
}

func (t task) state(module string) Task {
	t.last.mu.Lock()
	defer t.last.mu.Unlock()
	s := Task{Module: module, Name: t.name, Interval: t.interval, LastRun: t.last.at, Took: t.last.took}
	if t.last.err != nil {
		s.Error = t.last.err.Error()
	}
	return s
}

// Every runs a background task again and again while the process lives: once at the start, then as often as said after
// its end. An error or a panic is logged and the task comes again. It runs as the system itself (identity.System), and
// must return soon when its context ends. Every replica runs it, so what must happen once is guarded in the database.
// Call it in New.
func (h *Host) Every(interval time.Duration, name string, run func(context.Context) error) {
	h.tasks = append(h.tasks, task{name: name, interval: interval, run: run, last: &lastRun{}})
}

// Every is Host.Every for a task of the process itself, which belongs to no module. Call it before Run.
func (a *App) Every(interval time.Duration, name string, run func(context.Context) error) {
	a.tasks = append(a.tasks, task{name: name, interval: interval, run: run, last: &lastRun{}})
}

// RunTasks runs every background task of the module once, now, in the order in which they were made: for tests and
// commands.
func (h *Host) RunTasks(ctx context.Context) error {
	var errs []error
	for _, t := range h.tasks {
		if err := t.once(asSystem(ctx)); err != nil {
			errs = append(errs, fmt.Errorf("task %s of %s: %w", t.name, h.Name, err))
		}
	}
	return errors.Join(errs...)
}

// asSystem is what a task runs as: the system, under a request id of its own, so that what it causes can be found in the logs.
func asSystem(ctx context.Context) context.Context {
	return identity.WithRequest(identity.System(ctx), "task-"+uuid.NewString())
}

func (t task) once(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return t.run(ctx)
}

// runTasks runs the tasks of all hosted modules until ctx ends, and waits for those that are at work.
func (a *App) runTasks(ctx context.Context) error {
	var wait sync.WaitGroup
	for _, t := range a.tasks {
		wait.Go(func() { a.repeat(ctx, "process", a.log, t, 0) })
	}
	for _, h := range a.hosts {
		for i, t := range h.tasks {
			// All at once, each would open a connection to the database of its own.
			wait.Go(func() { a.repeat(ctx, h.Name, h.Log, t, time.Duration(i)*10*time.Millisecond) })
		}
	}
	wait.Wait()
	return nil
}

func (a *App) repeat(ctx context.Context, module string, log *zap.Logger, t task, pause time.Duration) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = t.interval
		begun, running := a.clock.Now(), asSystem(ctx)
		err := t.once(running)
		t.note(begun, a.clock.Now(), err)
		if ctx.Err() == nil {
			a.figures.ran(module, t.name, begun, a.clock.Now(), err)
		}
		if err != nil && ctx.Err() == nil {
			telemetry.For(running, log).Error("a background task failed", zap.String("labels.task", t.name), zap.Error(err))
		}
	}
}

func (t task) note(begun, ended time.Time, err error) {
	t.last.mu.Lock()
	defer t.last.mu.Unlock()
	t.last.at, t.last.took, t.last.err = ended, ended.Sub(begun), err
}
