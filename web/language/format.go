package language

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	xlanguage "golang.org/x/text/language"

	"marketplace/platform/money"
)

// format is how a language writes dates and amounts. The separators of numbers, and the names of countries, come from the
// Unicode data.
type format struct {
	day    string // layouts of package time, with English months
	month  string
	exact  string
	behind bool // the symbol of a currency stands behind the amount
}

func formats() map[string]format {
	return map[string]format{
		"en": {day: "2 January 2006", month: "January 2006", exact: "2 Jan 2006, 15:04 UTC"},
		"de": {day: "2. January 2006", month: "January 2006", exact: "2. Jan 2006, 15:04 UTC", behind: true},
	}
}

// separators are what a language puts between groups of digits, and before decimals.
func separators(tag xlanguage.Tag) (group, decimal string) {
	before, after, _ := strings.Cut(message.NewPrinter(tag).Sprint(number.Decimal(1234.5)), "234")
	return strings.TrimPrefix(before, "1"), strings.TrimSuffix(after, "5")
}

// grouped puts the separator between groups of three digits.
func (l *Language) grouped(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + l.group + digits[i:]
	}
	return digits
}

// Number writes a whole number.
func (l *Language) Number(n int) string { return l.grouped(strconv.Itoa(n)) }

// Money writes an amount as people read it: $1,050.00, €9.99, 1,000.00 CHF; in German 1.050,00 $.
func (l *Language) Money(a money.Amount) string {
	digits, sign := a.Decimal(), ""
	if strings.HasPrefix(digits, "-") {
		digits, sign = digits[1:], "−"
	}
	whole, fraction, cut := strings.Cut(digits, ".")
	whole = l.grouped(whole)
	if cut {
		whole += l.decimal + fraction
	}
	symbol, ok := map[string]string{"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹"}[a.Currency]
	switch {
	case !ok:
		return sign + whole + "\u00a0" + a.Currency
	case l.format.behind:
		return sign + whole + "\u00a0" + symbol
	}
	return sign + symbol + whole
}

// Price is Money without decimals that are zero, where a glance must do.
func (l *Language) Price(a money.Amount) string {
	text := l.Money(a)
	if before, after, ok := strings.Cut(text, l.decimal+"00"); ok && (after == "" || !strings.ContainsAny(after[:1], "0123456789")) {
		return before + after
	}
	return text
}

// Day is the date, in UTC, as the other ones are.
func (l *Language) Day(t time.Time) string { return l.date(t, l.format.day) }

// Month is the month and the year.
func (l *Language) Month(t time.Time) string { return l.date(t, l.format.month) }

// Exact is the day and the time to the minute.
func (l *Language) Exact(t time.Time) string { return l.date(t, l.format.exact) }

// date writes the layout with the month in the words of the language.
func (l *Language) date(t time.Time, layout string) string {
	t = t.UTC()
	english := t.Format(layout)
	if l.disguise != nil {
		return l.disguise(english)
	}
	for _, month := range []string{t.Month().String(), t.Month().String()[:3]} {
		if strings.Contains(english, month) {
			return strings.Replace(english, month, l.Text(month), 1)
		}
	}
	return english
}

// Tenths writes tenths with one decimal: 49 is 4.9.
func (l *Language) Tenths(n int) string {
	return strconv.Itoa(n/10) + l.decimal + strconv.Itoa(n%10)
}

// Country is the name of a country by its code (ISO 3166-1 alpha-2), and whether it is known here.
func (l *Language) Country(code string) (string, bool) {
	region, err := xlanguage.ParseRegion(code)
	if err != nil || len(code) != 2 {
		return "", false
	}
	name := display.Regions(l.tag).Name(region)
	if l.disguise != nil {
		name = l.disguise(name)
	}
	return name, name != ""
}
