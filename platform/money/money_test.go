package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"marketplace/platform/money"
)

// Row P4, money.md rule 4: against arithmetic that cannot overflow.
func TestAShareIsRoundedHalfUpOrRefused(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		minor, bips := rapid.Int64Min(0).Draw(t, "minor"), rapid.Int64Range(0, 20_000).Draw(t, "basis points")
		want := new(big.Int).Mul(big.NewInt(minor), big.NewInt(bips))
		want.Add(want, big.NewInt(5000)).Div(want, big.NewInt(10_000))
		got, err := money.Of(minor, "USD").Share(bips)
		if !want.IsInt64() {
			if !errors.Is(err, money.ErrOverflow) {
				t.Fatalf("%d at %d: %v instead of an overflow", minor, bips, got)
			}
			return
		}
		if err != nil || got.Minor != want.Int64() {
			t.Fatalf("%d at %d: %v %v instead of %s", minor, bips, got, err, want)
		}
	})
}

// V1.4.2: nothing wraps.
func TestArithmeticThatDoesNotFitIsRefused(t *testing.T) {
	most := money.Of(math.MaxInt64, "USD")
	if _, err := most.Add(money.Of(1, "USD")); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("adding: %v", err)
	}
	if _, err := money.Of(math.MinInt64, "USD").Sub(money.Of(1, "USD")); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("subtracting: %v", err)
	}
	if _, err := most.Times(2); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("multiplying: %v", err)
	}
	if _, err := most.Add(money.Of(1, "EUR")); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("two currencies: %v", err)
	}
}

func TestAmountsAreWrittenAndReadWithTheirPlaces(t *testing.T) {
	for _, c := range []struct {
		text, currency, decimal string
		minor                   int64
	}{
		{"105.5", "USD", "105.50", 10550}, {"105,50", "EUR", "105.50", 10550}, {"0.05", "USD", "0.05", 5}, {"1200", "JPY", "1200", 1200}, {"1.234", "KWD", "1.234", 1234},
	} {
		got, err := money.Parse(c.text, c.currency)
		if err != nil || got.Minor != c.minor || got.Decimal() != c.decimal {
			t.Errorf("%q %s: %v %v", c.text, c.currency, got, err)
		}
	}
	for _, text := range []string{"", "1.234", "-1", "+1", "1e3", "1 000", "0x10", ".", "1..2", "99999999999999999999", "١"} {
		if got, err := money.Parse(text, "USD"); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
	if got := money.Of(-5, "USD").Decimal(); got != "-0.05" {
		t.Errorf("minus five cents are %s", got)
	}
}
