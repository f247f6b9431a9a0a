package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.uber.org/zap"
)

// drainTime is how long running requests may take when the process stops; then they are cut off.
const drainTime = 20 * time.Second

// Run serves until ctx ends or something fails, and closes everything. It stops in a strict order, each step complete
// before the next: listeners drain, background tasks, outbox workers and router, the watch over the peers, databases. The internal listener stays
// to the end, so that whoever watches can see it happen.
func (a *App) Run(ctx context.Context) error {
	if err := a.runnable(); err != nil {
		return errors.Join(err, a.Close())
	}
	live := context.WithoutCancel(ctx)
	failed := make(chan error, 3+len(a.listeners))
	peers := start(live, failed, a.watchPeers)
	events := start(live, failed, a.bus.Run)
	tasks := start(live, failed, a.runTasks)
	for _, l := range a.listeners {
		go func() { failed <- l.serve() }()
		a.log.Info("listening", zap.String("labels.side", l.name), zap.String("server.address", l.bound.Addr().String()))
	}
	a.running.Store(true)
	for _, w := range a.Warnings() {
		a.log.Warn(w)
	}

	var errs []error
	select {
	case <-ctx.Done():
	case err := <-failed:
		errs = append(errs, err)
	}
	a.log.Info("stopping")
	a.stopping.Store(true)
	a.drain(live)
	errs = append(errs, tasks.stop(), events.stop(), peers.stop(), a.Close())
	a.log.Info("stopped")
	return errors.Join(errs...)
}

// watchPeers keeps an eye on the replicas of the modules elsewhere until ctx ends.
func (a *App) watchPeers(ctx context.Context) error {
	var wait sync.WaitGroup
	for _, c := range a.peers {
		wait.Go(func() { _ = c.Run(ctx) }) // ends with ctx, without an error
	}
	wait.Wait()
	return nil
}

func (a *App) runnable() error {
	switch {
	case a.mode != Serving:
		return errors.New("app: only a process that was put together for serving can run")
	case !a.started.CompareAndSwap(false, true):
		return errors.New("app: a process runs once")
	}
	return a.Err()
}

// drain lets the public and the private side finish, both at once. Somebody who does not come to an end is cut off: that
// is no failure of the process.
func (a *App) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, a.patience)
	defer cancel()
	var wait sync.WaitGroup
	for _, l := range a.listeners {
		if l.name == Internal {
			continue
		}
		wait.Go(func() {
			if err := l.drain(ctx); err != nil {
				a.log.Warn("requests were cut off", zap.String("labels.side", l.name), zap.Error(err))
			}
		})
	}
	wait.Wait()
}

// part is one thing that works in the background until it is stopped.
type part struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// start runs fn; if it ends with an error, failed hears of it.
func start(ctx context.Context, failed chan<- error, fn func(context.Context) error) *part {
	ctx, cancel := context.WithCancel(ctx)
	p := &part{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := fn(ctx); err != nil && ctx.Err() == nil {
			failed <- err
		} else if !errors.Is(err, context.Canceled) {
			p.err = err
		}
	}()
	return p
}

// stop ends it and waits until it has ended.
func (p *part) stop() error {
	p.cancel()
	<-p.done
	return p.err
}
