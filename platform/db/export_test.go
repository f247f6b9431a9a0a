package db

import "gorm.io/gorm"

// Handles are the GORM handles for writing and reading, to look at their configuration.
func (d *DB) Handles() []*gorm.DB { return []*gorm.DB{d.write, d.read} }

// Waiting is how many items wait for their turn.
func (b *Batch[T]) Waiting() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}
