package db

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"time"
)

// TryLock takes the named lock of this module unless another replica holds it; it does not wait. On PostgreSQL it is
// an advisory lock that ends with unlock, or with the connection; it uses one of eight connections kept for locks. A
// SQLite file belongs to one process: there it is always granted. It spares work; what must happen only once needs
// its own guard in the tables, because a connection can end while the work goes on.
func (d *DB) TryLock(ctx context.Context, name string) (unlock func(), ok bool, err error) {
	if !d.postgres {
		return func() {}, true, nil
	}
	conn, err := d.lockSQL.Conn(ctx)
	if err != nil {
		return nil, false, fmt.Errorf("lock %s: %w", name, err)
	}
	// Detached: a cancelled context would give the lock back while its holder finishes.
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		_ = conn.Close()
		return nil, false, fmt.Errorf("lock %s: %w", name, err)
	}
	unlock = func() {
		_ = tx.Rollback()
		_ = conn.Close()
	}
	// Advisory locks belong to the whole database, names to one module.
	row := tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", "marketplace/"+d.module+"/"+name)
	if err := row.Scan(&ok); err != nil {
		unlock()
		return nil, false, fmt.Errorf("lock %s: %w", name, err)
	}
	if !ok {
		unlock()
		return nil, false, nil
	}
	return unlock, true, nil
}

// lockPostgres waits for the named lock. It asks again and again, because a session that waits inside the database
// holds up CREATE INDEX CONCURRENTLY of the one that it waits for.
func (d *DB) lockPostgres(ctx context.Context, name string) (unlock func(), err error) {
	err = poll(ctx, func() (ok bool, err error) {
		unlock, ok, err = d.TryLock(ctx, name)
		return ok, err
	})
	return unlock, err
}

// lockFile waits for the lock of a file, which is made if it is missing.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = poll(ctx, func() (bool, error) {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == syscall.EWOULDBLOCK || err == syscall.EINTR {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = f.Close() }, nil
}

func poll(ctx context.Context, try func() (bool, error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := try(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
