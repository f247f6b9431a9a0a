//go:build !torture

package main

// kills is how often a process is killed under load, on each of the two databases.
func kills() int { return 25 }
