package db

import (
	"slices"
	"strings"
)

// What a statement about a set is made of.

// Tuples are the marks of so many rows of so many values: (?, ?), (?, ?).
func Tuples(rows, values int) string {
	row := ", (?" + strings.Repeat(", ?", values-1) + ")"
	return strings.Repeat(row, rows)[2:]
}

// Distinct are the texts, each once, sorted: who locks rows in this order never waits for somebody who waits for them.
func Distinct(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }

// Rounded repeats the last of a list up to the next power of two. For what asks whether something is among them that is the
// same, and databases see few lengths of it: they understand a statement anew for each.
func Rounded[T any](list []T) []T {
	for n := len(list); n > 0 && len(list)&(len(list)-1) != 0; {
		list = append(list, list[n-1])
	}
	return list
}
