//go:build !torture

package main

// kills is how often a process is killed under load.
const kills = 50
