//go:build !torture

package orderimpl

// tortured says that tests may last.
const tortured = false
