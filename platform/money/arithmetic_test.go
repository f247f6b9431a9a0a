package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"marketplace/platform/money"
)

// extremes are where whole numbers of 64 bits end, and what is near zero.
func extremes() []int64 {
	return []int64{0, 1, -1, 2, -2, 3, 10, -7, 9_999, math.MaxInt32, math.MinInt32, math.MaxInt64 / 2, math.MinInt64 / 2, math.MaxInt64 - 1, math.MaxInt64,
		math.MinInt64 + 1, math.MinInt64}
}

// Row P4: every sum, difference and product of extremes is right, or refused: against arithmetic that cannot overflow.
func TestArithmeticIsRightOrRefused(t *testing.T) {
	for _, a := range extremes() {
		for _, b := range extremes() {
			sum, errSum := money.Of(a, "USD").Add(money.Of(b, "USD"))
			fits(t, "+", a, b, sum, errSum, new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
			product, errProduct := money.Of(a, "USD").Times(b)
			fits(t, "×", a, b, product, errProduct, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)))
			if b == math.MinInt64 { // whose opposite does not exist: always refused
				if _, err := money.Of(a, "USD").Sub(money.Of(b, "USD")); !errors.Is(err, money.ErrOverflow) {
					t.Errorf("%d − %d: %v", a, b, err)
				}
				continue
			}
			difference, errDifference := money.Of(a, "USD").Sub(money.Of(b, "USD"))
			fits(t, "−", a, b, difference, errDifference, new(big.Int).Sub(big.NewInt(a), big.NewInt(b)))
		}
	}
	if _, err := money.Of(3, "USD").Sub(money.Of(1, "EUR")); !errors.Is(err, money.ErrCurrency) {
		t.Errorf("two currencies: %v", err)
	}
}

func fits(t *testing.T, sign string, a, b int64, got money.Amount, err error, want *big.Int) {
	t.Helper()
	switch {
	case !want.IsInt64() && !errors.Is(err, money.ErrOverflow):
		t.Errorf("%d %s %d is %v instead of an overflow", a, sign, b, got)
	case want.IsInt64() && (err != nil || got != money.Of(want.Int64(), "USD")):
		t.Errorf("%d %s %d is %v, %v instead of %s", a, sign, b, got, err, want)
	}
}

// The last share that fits, and the first that does not.
func TestSharesEndWhereAmountsEnd(t *testing.T) {
	for _, c := range []struct {
		minor, bips, want int64
		err               bool
	}{
		{0, 0, 0, false}, {math.MaxInt64, 0, 0, false}, {0, 10_000, 0, false}, {1, 5000, 1, false}, {1, 4999, 0, false},
		{math.MaxInt64, 10_000, math.MaxInt64, false}, {math.MaxInt64, 10_001, 0, true}, {math.MaxInt64, 20_000, 0, true}, {math.MaxInt64, 20_001, 0, true}, {math.MaxInt64, math.MaxInt64, 0, true}, {-1, 1, 0, true}, {1, -1, 0, true},
	} {
		if got, err := money.Of(c.minor, "USD").Share(c.bips); (err != nil) != c.err || got.Minor != c.want {
			t.Errorf("%d at %d: %v, %v", c.minor, c.bips, got, err)
		}
	}
}

// Rounded half up, within what belongs to nothing and to the whole.
func TestAPortionIsRoundedHalfUpOrRefused(t *testing.T) {
	for _, c := range [][4]int64{{100, 0, 3, 0}, {100, 1, 3, 33}, {100, 2, 3, 67}, {100, 3, 3, 100}, {1, 1, 2, 1}, {3, 1, 2, 2}, {1, 1, 3, 0}, {1, 2, 3, 1}, {0, 1, 1, 0}, {0, 0, 1, 0},
		{5, 1, 4, 1}, {6, 1, 4, 2}, {math.MaxInt64, 1, 1, math.MaxInt64}, {math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64}, {math.MaxInt64, 1, 2, math.MaxInt64/2 + 1}} {
		if got, err := money.Of(c[0], "USD").Portion(c[1], c[2]); err != nil || got != money.Of(c[3], "USD") {
			t.Errorf("%d of %d of %d is %v, %v", c[1], c[2], c[0], got, err)
		}
	}
	for _, c := range [][3]int64{{-1, 1, 2}, {1, -1, 2}, {1, 3, 2}, {1, 0, 0}, {0, 0, 0}, {1, 1, -1}, {1, -2, -1}} {
		if got, err := money.Of(c[0], "USD").Portion(c[1], c[2]); err == nil {
			t.Errorf("%d of %d of %d is %v", c[1], c[2], c[0], got)
		}
	}
}

// Largest remainder, ties to the earlier part.
func TestASplitGivesTheRestToTheLargestRemainders(t *testing.T) {
	for _, c := range []struct {
		minor         int64
		weights, want []int64
	}{
		{100, []int64{1, 1, 1}, []int64{34, 33, 33}}, {101, []int64{1, 1, 1}, []int64{34, 34, 33}}, {5, []int64{0, 1}, []int64{0, 5}}, {0, []int64{1, 2}, []int64{0, 0}},
		{10, []int64{1, 2, 4}, []int64{1, 3, 6}}, {7, []int64{5}, []int64{7}}, {2, []int64{1, 1, 1}, []int64{1, 1, 0}}, {1, []int64{1, 3}, []int64{0, 1}}, {3, []int64{2, 2}, []int64{2, 1}},
	} {
		parts, err := money.Of(c.minor, "USD").Split(c.weights...)
		if err != nil || len(parts) != len(c.want) {
			t.Fatalf("%d by %v: %v, %v", c.minor, c.weights, parts, err)
		}
		for i, want := range c.want {
			if parts[i] != money.Of(want, "USD") {
				t.Errorf("%d by %v is %v, want %v", c.minor, c.weights, parts, c.want)
			}
		}
	}
	for _, weights := range [][]int64{{}, {0}, {1, -1}, {-1, 2}, {math.MaxInt64, 1}, {0, 0}} {
		if parts, err := money.Of(5, "USD").Split(weights...); err == nil {
			t.Errorf("5 by %v is %v", weights, parts)
		}
	}
	if parts, err := money.Of(-1, "USD").Split(1); err == nil {
		t.Errorf("less than nothing is split into %v", parts)
	}
}

func TestAmountsOfEveryCurrencyAreWrittenWithTheirPlaces(t *testing.T) {
	for _, c := range []struct {
		minor    int64
		currency string
		want     string
	}{
		{0, "USD", "0.00"}, {7, "USD", "0.07"}, {-7, "USD", "-0.07"}, {100, "EUR", "1.00"}, {-12345, "EUR", "-123.45"}, {0, "JPY", "0"}, {-500, "JPY", "-500"},
		{1, "KWD", "0.001"}, {12345, "KWD", "12.345"}, {math.MaxInt64, "USD", "92233720368547758.07"}, {math.MinInt64, "USD", "-92233720368547758.08"},
	} {
		a := money.Of(c.minor, c.currency)
		if got := a.Decimal(); got != c.want || a.String() != c.want+" "+c.currency {
			t.Errorf("%d %s is written %s, %s", c.minor, c.currency, got, a)
		}
	}
	for currency, want := range map[string]int{"JPY": 0, "USD": 2, "KWD": 3} {
		if got, ok := money.Exponent(currency); got != want || !ok {
			t.Errorf("%s has %d places", currency, got)
		}
	}
	if _, ok := money.Exponent("XXX"); ok {
		t.Error("XXX is a currency")
	}
	if _, err := money.Parse("1", "XXX"); err == nil {
		t.Error("an amount of XXX was read")
	}
	if got, err := money.Parse(" 12.5 ", "KWD"); err != nil || got != money.Of(12500, "KWD") {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := money.Parse("92233720368547758.08", "USD"); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("one cent more than there can be: %v", err)
	}
}
