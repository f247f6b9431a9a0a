// Package money holds amounts as whole minor units of one currency. Nothing here, and nothing that
// handles money, uses a float (row P4).
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is a sum of money: Minor units (cents for USD) of a Currency (ISO 4217, upper case).
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// The faults of arithmetic. They are programming or input errors, never rounded away.
var (
	ErrOverflow = errors.New("money: the amount is too large")
	ErrCurrency = errors.New("money: the currencies differ")
)

// Of is shorthand for an Amount.
func Of(minor int64, currency string) Amount { return Amount{Minor: minor, Currency: currency} }

// Exponent is how many decimal places the currency has: JPY 0, USD 2, KWD 3. ok is false for a currency
// that the marketplace does not know.
func Exponent(currency string) (places int, ok bool) {
	switch currency {
	case "JPY", "KRW", "VND", "CLP", "ISK":
		return 0, true
	case "USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "INR", "BRL", "MXN", "SGD", "HKD", "ZAR", "TRY", "ILS", "AED":
		return 2, true
	case "KWD", "BHD", "OMR", "JOD", "TND":
		return 3, true
	}
	return 0, false
}

// Add returns a+b, or ErrCurrency, or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrCurrency
	}
	sum := a.Minor + b.Minor
	if (sum > a.Minor) != (b.Minor > 0) { // it has wrapped
		return Amount{}, ErrOverflow
	}
	return Of(sum, a.Currency), nil
}

// Sub returns a-b, or ErrCurrency, or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	if b.Minor == math.MinInt64 {
		return Amount{}, ErrOverflow
	}
	return a.Add(Of(-b.Minor, b.Currency))
}

// Times returns a*n, or ErrOverflow.
func (a Amount) Times(n int64) (Amount, error) {
	p := a.Minor * n
	if a.Minor != 0 && (p/a.Minor != n || (a.Minor == -1 && n == math.MinInt64)) {
		return Amount{}, ErrOverflow
	}
	return Of(p, a.Currency), nil
}

// Share returns basisPoints/10,000 of a non-negative amount, rounded half up: the one rounding rule for
// fees (money.md, rule 4). The other side is always the difference, so nothing leaks.
func (a Amount) Share(basisPoints int64) (Amount, error) {
	if a.Minor < 0 || basisPoints < 0 {
		return Amount{}, fmt.Errorf("money: a share of %d at %d basis points is not defined", a.Minor, basisPoints)
	}
	hi, lo := bits.Mul64(uint64(a.Minor), uint64(basisPoints))
	lo, carry := bits.Add64(lo, 5000, 0)
	if hi += carry; hi >= 10000 {
		return Amount{}, ErrOverflow
	}
	q, _ := bits.Div64(hi, lo, 10000)
	if q > math.MaxInt64 {
		return Amount{}, ErrOverflow
	}
	return Of(int64(q), a.Currency), nil
}

// Decimal writes the amount without its currency, with the currency's places: 105.50.
func (a Amount) Decimal() string {
	places, _ := Exponent(a.Currency)
	if places == 0 {
		return strconv.FormatInt(a.Minor, 10)
	}
	sign, n := "", uint64(a.Minor)
	if a.Minor < 0 {
		sign, n = "-", -n
	}
	digits := fmt.Sprintf("%0*d", places+1, n)
	return sign + digits[:len(digits)-places] + "." + digits[len(digits)-places:]
}

// String writes the amount for logs and mails: 105.50 USD.
func (a Amount) String() string { return a.Decimal() + " " + a.Currency }

// Parse reads what a person typed (105, 105.5, 105,50) as an amount of the currency.
func Parse(text, currency string) (Amount, error) {
	places, ok := Exponent(currency)
	if !ok {
		return Amount{}, fmt.Errorf("money: the currency %q is not supported", currency)
	}
	text = strings.ReplaceAll(strings.TrimSpace(text), ",", ".")
	whole, fraction, _ := strings.Cut(text, ".")
	if whole == "" || len(fraction) > places || strings.ContainsAny(whole+fraction, ".+-_ ") {
		return Amount{}, fmt.Errorf("money: write an amount with at most %d decimals", places)
	}
	minor, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", places-len(fraction)), 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		return Amount{}, ErrOverflow
	}
	if err != nil {
		return Amount{}, fmt.Errorf("money: write an amount in digits")
	}
	return Of(minor, currency), nil
}
