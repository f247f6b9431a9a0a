package language

import (
	"html/template"
	"strings"
	"testing"
	"time"

	"marketplace/platform/money"
)

func all(t *testing.T) *Languages {
	t.Helper()
	languages, err := Load(true)
	if err != nil {
		t.Fatal(err)
	}
	return languages
}

func TestTheNearestLanguageIsChosen(t *testing.T) {
	for _, tt := range []struct{ named, accepted, want string }{
		{"", "", "en"}, {"de", "en", "de"}, {"xx", "de", "de"}, {"", "de-CH, en;q=0.1", "de"}, {"", "ja, fr;q=0.9", "en"}, {"", "\x00", "en"}, {"", "ar", "en"}, {"ar-XB", "", "ar-XB"},
	} {
		if got := all(t).Choose(tt.named, tt.accepted).Tag; got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
	if production, err := Load(false); err != nil || production.Named(Pseudo) != nil {
		t.Errorf("the pseudo-language is everywhere: %v", err)
	}
}

func TestTextsAreFoundByTheirEnglish(t *testing.T) {
	de := all(t).Named("de")
	for english, want := range map[string]string{
		"Orders": "Aufträge", "Results for “calm logo”": "Ergebnisse für „calm logo“", "Use 3 to 30 characters.": "Verwenden Sie 3 bis 30 Zeichen.",
		"ana placed the order": "ana hat den Auftrag erteilt", "Nobody wrote this": "Nobody wrote this", "": "",
	} {
		if got := de.Text(english); got != want {
			t.Errorf("%q is said %q", english, got)
		}
	}
	if got := de.Fill("{} ago", de.CountAs("day away", 3, "day", "days")); got != "vor 3\u00a0Tagen" {
		t.Errorf("it was %q", got)
	}
	if got := English().Fill("{} ago", "3 days"); got != "3 days ago" {
		t.Errorf("in English it was %q", got)
	}
	if got := all(t).Named(Pseudo).Text("Orders"); got != "⟦Ordérs⟧" {
		t.Errorf("the pseudo-language says %q", got)
	}
}

func TestNounsFollowTheirNumber(t *testing.T) {
	de := all(t).Named("de")
	for n, want := range map[int]string{0: "0 Aufträge", 1: "1 Auftrag", 2: "2 Aufträge", 1234567: "1.234.567 Aufträge"} {
		if got := strings.ReplaceAll(de.Count(n, "order", "orders"), "\u00a0", " "); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestAmountsAndDatesAreWrittenAsReadersDo(t *testing.T) {
	de, en := all(t).Named("de"), English()
	for amount, want := range map[money.Amount][2]string{
		money.Of(123450, "USD"): {"$1,234.50", "1.234,50 $"}, money.Of(-999, "EUR"): {"−€9.99", "−9,99 €"}, money.Of(15000, "JPY"): {"¥15,000", "15.000 ¥"},
		money.Of(1500, "KWD"): {"1.500 KWD", "1,500 KWD"}, money.Of(100000, "CHF"): {"1,000.00 CHF", "1.000,00 CHF"},
	} {
		if got := [2]string{plain(en.Money(amount)), plain(de.Money(amount))}; got != want {
			t.Errorf("%v: %q", amount, got)
		}
	}
	for amount, want := range map[money.Amount]string{money.Of(4500, "USD"): "45 $", money.Of(4550, "USD"): "45,50 $", money.Of(1500, "KWD"): "1,500 KWD"} {
		if got := plain(de.Price(amount)); got != want {
			t.Errorf("%v at a glance: %q", amount, got)
		}
	}
	at := time.Date(2026, 3, 12, 14, 5, 0, 0, time.UTC)
	if de.Day(at) != "12. März 2026" || de.Month(at) != "März 2026" || de.Exact(at) != "12. März 2026, 14:05 UTC" || en.Exact(at) != "12 Mar 2026, 14:05 UTC" {
		t.Errorf("the day is %q, the month %q, exactly %q and %q", de.Day(at), de.Month(at), de.Exact(at), en.Exact(at))
	}
	if de.Tenths(49) != "4,9" || en.Tenths(49) != "4.9" {
		t.Error("tenths are wrong")
	}
	if name, ok := de.Country("DE"); !ok || name != "Deutschland" {
		t.Errorf("DE is %q", name)
	}
	for _, unknown := range []string{"", "d", "DEU", "; "} {
		if _, ok := de.Country(unknown); ok {
			t.Errorf("%q is a country", unknown)
		}
	}
}

func plain(text string) string { return strings.ReplaceAll(text, "\u00a0", " ") }

func TestOnlyWhatPeopleReadIsTranslated(t *testing.T) {
	source := `{{define "content"}}<p class="Name" title="Help">Orders <b>{{.}}</b> of 5</p>{{if .}}<a href="/Help">Help</a>{{else}}Search{{end}}` +
		`<script>Help</script><code>Help</code><input placeholder="Search" value="Search">{{template "x" (dict "Title" "Help" "Icon" "Help")}}` +
		`{{field . "Help" "Search" "help=Help" "type=Help"}}{{printf "Order %s" .}}{{or . "the seller"}}{{/* Help */}}{{end}}{{define "x"}}{{end}}`
	nothing := func(...any) string { return "" }
	page, err := template.New("page").Funcs(template.FuncMap{"dict": nothing, "field": nothing}).Parse(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := all(t).Named("de").Localize(page.Lookup("content")); err != nil {
		t.Fatal(err)
	}
	want := `<p class="Name" title="Hilfe">Aufträge <b>{{.}}</b> von 5</p>{{if .}}<a href="/Help">Hilfe</a>{{else}}Suchen{{end}}` +
		`<script>Help</script><code>Help</code><input placeholder="Suchen" value="Search">{{template "x" (dict "Title" "Hilfe" "Icon" "Help")}}` +
		`{{field . "Help" "Suchen" "help=Hilfe" "type=Help"}}{{printf "%s bestellen" .}}{{or . "der Verkäufer"}}`
	if got := page.Lookup("content").Tree.Root.String(); got != want {
		t.Errorf("it became\n%s, not\n%s", got, want)
	}
}

func TestAMessageWithAnotherNumberOfPartsIsRefused(t *testing.T) {
	if _, err := newPattern("Use {} to {} characters.", "Höchstens {}."); err == nil {
		t.Error("a part is lost")
	}
}
