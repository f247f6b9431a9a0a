package money_test

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"marketplace/platform/money"
)

func TestAPortionIsRoundedHalfUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor, whole := rapid.Int64Min(0).Draw(t, "minor"), rapid.Int64Min(1).Draw(t, "whole")
		part := rapid.Int64Range(0, whole).Draw(t, "part")
		want := new(big.Int).Mul(big.NewInt(minor), big.NewInt(part))
		want.Lsh(want, 1).Add(want, big.NewInt(whole)).Div(want, new(big.Int).Lsh(big.NewInt(whole), 1))
		got, err := money.Of(minor, "USD").Portion(part, whole)
		if err != nil || got.Minor != want.Int64() {
			t.Fatalf("%d of %d of %d: %v %v instead of %s", part, whole, minor, got, err, want)
		}
	})
}

func TestASplitAddsUpAndGivesTheRestToTheLargestRemainders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor := rapid.Int64Min(0).Draw(t, "minor")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1e9), 1, 9).Draw(t, "weights")
		parts, err := money.Of(minor, "USD").Split(weights...)
		if slices.Max(weights) == 0 {
			if err == nil {
				t.Fatalf("split by nothing: %v", parts)
			}
			return
		}
		var sum int64
		for i, p := range parts {
			if sum += p.Minor; p.Minor < 0 || weights[i] == 0 && p.Minor != 0 {
				t.Fatalf("part %d of %d is %d", i, minor, p.Minor)
			}
		}
		if err != nil || sum != minor {
			t.Fatalf("the parts of %d by %v are %v, %v", minor, weights, parts, err)
		}
	})
	parts, err := money.Of(100, "USD").Split(1, 1, 1)
	if err != nil || parts[0].Minor != 34 || parts[1].Minor != 33 || parts[2].Minor != 33 {
		t.Errorf("%v %v", parts, err)
	}
}
