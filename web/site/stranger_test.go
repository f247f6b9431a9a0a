package site

import (
	"errors"
	"slices"
	"testing"

	"marketplace/web/edge"
)

// Row Z14: without auth people see what visitors see, and why.
func TestWhoCannotBeLookedUpIsToldSo(t *testing.T) {
	if got := stranger(t.Context()); got != nil {
		t.Errorf("a visitor misses %v", got)
	}
	if got := stranger(edge.WithDoubt(t.Context(), errors.New("auth is away"))); !slices.Equal(got, missing{"your account"}) {
		t.Errorf("somebody misses %v", got)
	}
}
