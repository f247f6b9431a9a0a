package db

import "gorm.io/gorm"

// Handles are the GORM handles for writing and reading, to look at their configuration.
func (d *DB) Handles() []*gorm.DB { return []*gorm.DB{d.write, d.read} }
