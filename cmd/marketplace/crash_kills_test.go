//go:build !torture

package main

// kills is how often a process is killed under load.
func kills() int { return 50 }
