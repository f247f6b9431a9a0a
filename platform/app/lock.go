package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockData makes the data folder this process's alone for as long as it lives: the memory bus and the files of SQLite
// have one serving process. The lock goes with the process, however it ends.
func (a *App) lockData() error {
	if a.lock != nil {
		return nil
	}
	path := filepath.Join(a.config.Data, "serve.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("another marketplace is serving from the data folder %s: stop it, or give this one another folder or a PostgreSQL database", a.config.Data)
		}
		return fmt.Errorf("lock %s: %w", path, err)
	}
	a.lock = f
	return nil
}
