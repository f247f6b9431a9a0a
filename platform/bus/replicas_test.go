package bus_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"marketplace/platform/bus"
	"marketplace/platform/db"
)

// Row trap 4: with SKIP LOCKED instead of the lock, this order breaks.
func TestReplicasOnOneDatabaseKeepTheOrderAndHaveEachEffectOnce(t *testing.T) {
	t.Parallel()
	replicas(t, onPostgres(t), func(*harness) {})
}

func TestReplicasThatShareQueuesKeepTheOrderAndHaveEachEffectOnce(t *testing.T) {
	t.Parallel()
	replicas(t, withRabbitMQ(onPostgres)(t), func(*harness) {})
}

// What the broker had sent ahead to a replica that stops must not be overtaken when it comes to another.
func TestReplicasThatComeAndGoKeepTheOrder(t *testing.T) {
	t.Parallel()
	h := withRabbitMQ(onPostgres)(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := sometimes(seed)
	replica := func() *process {
		p := h.process(t, bus.Options{Attempts: 1000})
		hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
			return errors.Join(record(ctx, tx, e), dice())
		})
		return p
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			for ctx.Err() == nil {
				p := replica()
				stop := p.start()
				select {
				case <-ctx.Done():
				case <-time.After(700 * time.Millisecond):
				}
				stop()
				p.close()
			}
		})
	}
	placeMany(replica(), aggregatesMany, eventsEach)
	cancel()
	wait.Wait()
	last := replica()
	last.start()
	last.catchUp("chat", aggregatesMany*eventsEach)
	last.want("chat", aggregatesMany, eventsEach)
}

// The lock only spares work: what a replica does without noticing that it has lost it is refused by the inbox.
func TestReplicasKeepTheOrderWhenTheirLocksAreLost(t *testing.T) {
	t.Parallel()
	replicas(t, onPostgres(t), func(h *harness) {
		d := h.open(t, "chaos", nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		ended := 0
		wait.Go(func() {
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				<-tick.C
				var n int
				_ = d.Read(ctx).Raw("SELECT COUNT(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&n).Error
				ended += n
			}
		})
		t.Cleanup(func() {
			cancel()
			wait.Wait()
			if _ = d.Close(); ended < 10 {
				t.Errorf("only %d locks were lost, the test has shown nothing", ended)
			}
		})
	})
}

func replicas(t *testing.T, h *harness, disturb func(*harness)) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := sometimes(seed)
	var processes []*process
	for range 2 {
		p := h.process(t, bus.Options{Attempts: 1000})
		hear(p, "chat", func(ctx context.Context, tx *db.Tx, e placed) error {
			return errors.Join(record(ctx, tx, e), dice())
		})
		hear(p, "review", record)
		p.start()
		processes = append(processes, p)
	}
	disturb(h)
	var wait sync.WaitGroup
	for _, p := range processes {
		wait.Go(func() { placeMany(p, aggregatesMany, eventsEach) })
	}
	wait.Wait()
	for _, p := range processes {
		p.drain()
	}
	processes[0].want("chat", aggregatesMany, 2*eventsEach)
	processes[1].want("review", aggregatesMany, 2*eventsEach)
}
