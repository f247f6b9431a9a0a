// Package locale writes numbers, amounts, dates and the names of countries as the readers of a language do. It says no
// sentence: those are the product's (web/language, and the mails of the module notification).
package locale

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"marketplace/platform/money"
)

// Locale is how one language writes. It is safe for many at once.
type Locale struct {
	tag     language.Tag
	format  format
	group   string // between groups of digits
	decimal string // before decimals

	// How programs write an amount, and a number, into a sentence.
	amount, thousands *regexp.Regexp
}

// format is how a language writes dates and amounts. The separators of numbers, and the names of countries, come from the
// Unicode data.
type format struct {
	day    string // layouts of package time, with English months
	month  string
	exact  string
	moment string
	months []string // twelve, then their short forms; empty: English
	behind bool     // the symbol of a currency stands behind the amount
}

func formatOf(tag string) format {
	if tag == "de" {
		return format{
			day: "2. January 2006", month: "January 2006", exact: "2. Jan 2006, 15:04 UTC", moment: "2. January 2006, 15:04 UTC", behind: true,
			months: strings.Fields("Januar Februar März April Mai Juni Juli August September Oktober November Dezember " +
				"Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez."),
		}
	}
	return format{day: "2 January 2006", month: "January 2006", exact: "2 Jan 2006, 15:04 UTC", moment: "2 January 2006, 15:04 UTC"}
}

// Of is the locale of a language (BCP 47). One that is not known here is English.
func Of(tag string) *Locale {
	parsed, err := language.Parse(tag)
	if err != nil {
		parsed = language.English
	}
	l := &Locale{
		tag: parsed, format: formatOf(tag),
		amount: regexp.MustCompile(`^(-?\d+(?:\.\d+)?) ([A-Z]{3})$`), thousands: regexp.MustCompile(`^\d{1,3}(,\d{3})+$`),
	}
	before, after, _ := strings.Cut(message.NewPrinter(parsed).Sprint(number.Decimal(1234.5)), "234")
	l.group, l.decimal = strings.TrimPrefix(before, "1"), strings.TrimSuffix(after, "5")
	return l
}

// grouped puts the separator between groups of three digits.
func (l *Locale) grouped(digits string) string {
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + l.group + digits[i:]
	}
	return digits
}

// Number writes a whole number.
func (l *Locale) Number(n int) string { return l.grouped(strconv.Itoa(n)) }

// Money writes an amount as people read it: $1,050.00, €9.99, 1,000.00 CHF; in German 1.050,00 $.
func (l *Locale) Money(a money.Amount) string {
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
func (l *Locale) Price(a money.Amount) string {
	text := l.Money(a)
	if before, after, ok := strings.Cut(text, l.decimal+"00"); ok && (after == "" || !strings.ContainsAny(after[:1], "0123456789")) {
		return before + after
	}
	return text
}

// Day is the date, in UTC, as the other ones are.
func (l *Locale) Day(t time.Time) string { return l.date(t, l.format.day) }

// Month is the month and the year.
func (l *Locale) Month(t time.Time) string { return l.date(t, l.format.month) }

// Exact is the day and the time to the minute, short.
func (l *Locale) Exact(t time.Time) string { return l.date(t, l.format.exact) }

// Moment is the day and the time to the minute, as it stands in a sentence.
func (l *Locale) Moment(t time.Time) string { return l.date(t, l.format.moment) }

// date writes the layout with the month in the words of the language.
func (l *Locale) date(t time.Time, layout string) string {
	t = t.UTC()
	written := t.Format(layout)
	if len(l.format.months) == 0 {
		return written
	}
	for i, month := range []string{t.Month().String(), t.Month().String()[:3]} {
		if strings.Contains(written, month) {
			return strings.Replace(written, month, l.format.months[12*i+int(t.Month())-1], 1)
		}
	}
	return written
}

// Tenths writes tenths with one decimal: 49 is 4.9.
func (l *Locale) Tenths(n int) string {
	return strconv.Itoa(n/10) + l.decimal + strconv.Itoa(n%10)
}

// Decimal is what stands before decimals.
func (l *Locale) Decimal() string { return l.decimal }

// Country is the name of a country by its code (ISO 3166-1 alpha-2), and whether it is known here.
func (l *Locale) Country(code string) (string, bool) {
	region, err := language.ParseRegion(code)
	if err != nil || len(code) != 2 {
		return "", false
	}
	name := display.Regions(l.tag).Name(region)
	return name, name != ""
}

// Value writes again what a program has written into an English sentence: 12.50 USD, 5,000, 2 January 2006, 15:04 UTC.
// Anything else stays.
func (l *Locale) Value(english string) string {
	if parts := l.amount.FindStringSubmatch(english); parts != nil {
		if a, err := money.Parse(strings.TrimPrefix(parts[1], "-"), parts[2]); err == nil {
			if strings.HasPrefix(parts[1], "-") {
				a.Minor = -a.Minor
			}
			return l.Money(a)
		}
	}
	if l.thousands.MatchString(english) {
		return l.grouped(strings.ReplaceAll(english, ",", ""))
	}
	for _, layout := range []string{"2 January 2006, 15:04 UTC", "2 January 2006"} {
		if at, err := time.Parse(layout, english); err == nil {
			if layout == "2 January 2006" {
				return l.Day(at)
			}
			return l.Moment(at)
		}
	}
	return english
}
