package language

import (
	"time"

	"marketplace/platform/money"
)

// Number writes a whole number.
func (l *Language) Number(n int) string { return l.locale.Number(n) }

// Money writes an amount as people read it: $1,050.00, €9.99, 1,000.00 CHF; in German 1.050,00 $.
func (l *Language) Money(a money.Amount) string { return l.locale.Money(a) }

// Price is Money without decimals that are zero, where a glance must do.
func (l *Language) Price(a money.Amount) string { return l.locale.Price(a) }

// Day is the date, in UTC, as the other ones are.
func (l *Language) Day(t time.Time) string { return l.marked(l.locale.Day(t)) }

// Month is the month and the year.
func (l *Language) Month(t time.Time) string { return l.marked(l.locale.Month(t)) }

// Exact is the day and the time to the minute.
func (l *Language) Exact(t time.Time) string { return l.marked(l.locale.Exact(t)) }

// Decimal is what stands before decimals.
func (l *Language) Decimal() string { return l.locale.Decimal() }

// Tenths writes tenths with one decimal: 49 is 4.9.
func (l *Language) Tenths(n int) string { return l.locale.Tenths(n) }

// Country is the name of a country by its code (ISO 3166-1 alpha-2), and whether it is known here.
func (l *Language) Country(code string) (string, bool) {
	name, ok := l.locale.Country(code)
	return l.marked(name), ok
}

// marked is what the pseudo-language makes of a text that is in the language already.
func (l *Language) marked(text string) string {
	if l.disguise == nil {
		return text
	}
	return l.disguise(text)
}
