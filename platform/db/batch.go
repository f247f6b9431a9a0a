package db

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"marketplace/platform/fault"
)

// batchTakes is how long one transaction of a batch may take.
const batchTakes = 10 * time.Second

// Batch writes together what comes at the same time: what comes while a transaction runs waits for its end, and all of it
// is written in the next. One commit, for which the disk is waited for, and the few statements of a set then serve many.
// Nobody waits for company: what comes alone is written at once.
//
// Each Write ends when its item is durable. What is refused is said in the item itself; an error of the transaction is not
// known to be anybody's, so the items are written again, each in a transaction of its own, and only those that cannot be
// written even so have the error.
type Batch[T any] struct {
	db    *DB
	most  int
	write func(tx *Tx, items []T) error

	mu      sync.Mutex
	waiting []*brought[T]
	running bool
}

// brought is an item that somebody waits with.
type brought[T any] struct {
	item T
	ctx  context.Context
	done chan error
}

// NewBatch makes one of at most so many items a transaction. write is called with one item or more, in the order in which
// they came, and must change nothing but the database and what the items say of themselves: it may be called again with
// the same ones.
func NewBatch[T any](d *DB, most int, write func(tx *Tx, items []T) error) *Batch[T] {
	return &Batch[T]{db: d, most: most, write: write}
}

// Write returns nil when the item has been written, with whatever came at the same time. When ctx ends before its turn it
// is not written; when ctx ends later, nobody knows, as with every commit.
func (b *Batch[T]) Write(ctx context.Context, item T) error {
	if ctx.Value(inTx{b.db}) != nil {
		return ErrNested
	}
	w := &brought[T]{item: item, ctx: ctx, done: make(chan error, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, w)
	if !b.running {
		b.running = true
		go b.run()
	}
	b.mu.Unlock()
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		b.withdraw(w)
		return ctx.Err()
	}
}

func (b *Batch[T]) withdraw(w *brought[T]) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.waiting = slices.DeleteFunc(b.waiting, func(other *brought[T]) bool { return other == w })
}

// run writes until nothing waits.
func (b *Batch[T]) run() {
	for {
		some := b.next()
		if len(some) == 0 {
			return
		}
		b.together(some)
	}
}

// next takes what is written next; without anything, the running ends.
func (b *Batch[T]) next() []*brought[T] {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(len(b.waiting), b.most)
	some := slices.Clone(b.waiting[:n])
	b.waiting = slices.Delete(b.waiting, 0, n)
	b.running = n > 0
	return some
}

// together writes them in one transaction, or else one by one: not when the database is away, for which each would wait
// anew, and not when the commit itself has failed, after which the items may be there.
func (b *Batch[T]) together(some []*brought[T]) {
	committing, err := b.once(some)
	if err != nil && len(some) > 1 && !committing && !fault.Is(err, fault.Unavailable) && !errors.Is(err, context.DeadlineExceeded) {
		for _, w := range some {
			_, err := b.once([]*brought[T]{w})
			w.done <- err
		}
		return
	}
	for _, w := range some {
		w.done <- err
	}
}

// once writes them in one transaction, in the trace of the first. committing says whether it came to the commit.
func (b *Batch[T]) once(some []*brought[T]) (committing bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(some[0].ctx), batchTakes)
	defer cancel()
	defer func() {
		if p := recover(); p != nil { // of one item; it must not end the process
			committing, err = false, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	items := make([]T, len(some))
	for i, w := range some {
		items[i] = w.item
	}
	err = b.db.Tx(ctx, func(tx *Tx) error {
		committing = false
		if err := b.write(tx, items); err != nil {
			return err
		}
		committing = true
		return nil
	})
	return committing, err
}
