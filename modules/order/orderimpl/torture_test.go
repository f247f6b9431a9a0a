//go:build torture

package orderimpl

import "testing"

// tortured says that tests may last.
const tortured = true

// Row O4: a hundred million steps.
func TestTortureTheRulesAgreeWithAnIndependentOracle(t *testing.T) { enough(t, 100_000_000) }
