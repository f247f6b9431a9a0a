package site

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"marketplace/modules/gig"
	"marketplace/modules/order"
	"marketplace/platform/clock"
	"marketplace/platform/money"
	"marketplace/web/language"
)

// ASVS 3.7.2.
func TestOnlyLocalPathsAreReturnedTo(t *testing.T) {
	for _, good := range []string{"/", "/orders", "/gigs?q=a%2Fb&sort=rating#x", "/gigs/ä", "/a//b"} {
		if got := localPath(good, "/no"); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "orders", "//evil", "///evil", `/\evil`, `\/evil`, `\\evil`, "/%2fevil", "/%2Fevil", "%2f%2fevil", "/%5cevil", "/%5Cevil", "https://evil",
		"javascript:alert(1)", "data:text/html,x", "/\tevil", "/\n/evil", "/%0a/evil", "/%09/evil", "/x\x00", " /x", "/%zz", "http:///x", "//evil@x/", "/" + strings.Repeat("x", 2000),
	} {
		if got := localPath(bad, "/no"); got != "/no" {
			t.Errorf("%q is taken for local", bad)
		}
	}
}

func TestMoneyIsWrittenAsPeopleReadIt(t *testing.T) {
	tests := []struct {
		amount       money.Amount
		exact, short string
	}{
		{money.Of(0, "USD"), "$0.00", "$0"}, {money.Of(5, "USD"), "$0.05", "$0.05"}, {money.Of(4500, "USD"), "$45.00", "$45"},
		{money.Of(10550, "USD"), "$105.50", "$105.50"}, {money.Of(123456789, "EUR"), "€1,234,567.89", "€1,234,567.89"},
		{money.Of(100000, "EUR"), "€1,000.00", "€1,000"}, {money.Of(-250, "GBP"), "−£2.50", "−£2.50"}, {money.Of(15000, "JPY"), "¥15,000", "¥15,000"},
		{money.Of(100000, "CHF"), "1,000.00\u00a0CHF", "1,000\u00a0CHF"}, {money.Of(1500, "KWD"), "1.500\u00a0KWD", "1.500\u00a0KWD"},
		{money.Of(math.MaxInt64, "USD"), "$92,233,720,368,547,758.07", "$92,233,720,368,547,758.07"},
	}
	for _, tt := range tests {
		if got := showMoney(tt.amount); got != tt.exact {
			t.Errorf("%v is written %q, want %q", tt.amount, got, tt.exact)
		}
		if got := showPrice(tt.amount); got != tt.short {
			t.Errorf("%v is written %q at a glance, want %q", tt.amount, got, tt.short)
		}
	}
}

func TestTimesAreToldInWordsAndExactly(t *testing.T) {
	now := clock.New().Now()
	tests := []struct {
		ago  time.Duration
		want string
	}{
		{0, "just now"}, {59 * time.Second, "just now"}, {-30 * time.Second, "in a moment"}, {time.Minute, "1 minute ago"}, {90 * time.Minute, "1 hour ago"},
		{-3 * time.Hour, "in 3 hours"}, {49 * time.Hour, "2 days ago"}, {-13 * 24 * time.Hour, "in 13 days"},
		{-72*time.Hour + time.Second, "in 3 days"}, {-60 * time.Hour, "in 3 days"}, {-59 * time.Hour, "in 2 days"}, {71 * time.Hour, "2 days ago"},
		{-24*time.Hour + time.Minute, "in 1 day"}, {-23*time.Hour - time.Minute, "in 23 hours"}, {-3*time.Hour + time.Second, "in 3 hours"},
		{-time.Hour + time.Second, "in 1 hour"}, {-40 * time.Minute, "in 40 minutes"}, {-59 * time.Second, "in a moment"},
		{20 * 24 * time.Hour, now.Add(-20 * 24 * time.Hour).Format("2 January 2006")},
	}
	for _, tt := range tests {
		m := newMoment(language.English(), now.Add(-tt.ago), now)
		if got := strings.ReplaceAll(m.Words, "\u00a0", " "); got != tt.want {
			t.Errorf("%v is told %q, want %q", tt.ago, got, tt.want)
		}
	}
	zone := time.Date(2026, 3, 12, 14, 5, 0, 0, time.FixedZone("there", 3*3600))
	if m := newMoment(language.English(), zone, now); m.Exact != "12 Mar 2026, 11:05 UTC" || m.Machine != "2026-03-12T11:05:00Z" || m.Clock != "11:05" {
		t.Errorf("another zone is told %+v", m)
	}
}

func TestNumbersAgreeWithTheirNouns(t *testing.T) {
	for n, want := range map[int]string{0: "0 days", 1: "1 day", 2: "2 days", 1000: "1,000 days", 1234567: "1,234,567 days"} {
		if got := strings.ReplaceAll(plural(n, "day", "days"), "\u00a0", " "); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for n, want := range map[int]string{gig.Unlimited: "Unlimited revisions", 0: "No revisions", 1: "1 revision", 20: "20 revisions"} {
		if got := strings.ReplaceAll(showRevisions(language.English(), n), "\u00a0", " "); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for bytes, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 2048: "2 kB", 5 << 20: "5.0 MB"} {
		if got := showSize(bytes); got != want {
			t.Errorf("%d: %q", bytes, got)
		}
	}
	for n, want := range map[int]string{0: "0", 99: "99", 100: "99+"} {
		if got := badge(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	for bips, want := range map[int]string{0: "0 %", 550: "5.5 %", 2000: "20 %", 1234: "12.34 %", 5: "0.05 %"} {
		if got := strings.ReplaceAll(percent(bips), "\u00a0", " "); got != want {
			t.Errorf("%d: %q", bips, got)
		}
	}
}

func TestAveragesAreRoundedToATenth(t *testing.T) {
	for hundredths, want := range map[int]rating{487: {"4.9", 5, 3}, 500: {"5.0", 5, 3}, 345: {"3.5", 3, 3}, 349: {"3.5", 3, 3}, 350: {"3.5", 4, 3}, 100: {"1.0", 1, 3}} {
		if got := starsOf(hundredths, 3); got != want {
			t.Errorf("%d: %+v", hundredths, got)
		}
	}
}

func TestAGigComesBackFromItsForm(t *testing.T) {
	g := gig.Gig{
		Title: "I will draw", Description: "**All** of it", Category: "logo-design", Tags: []string{"a", "b c"},
		Packages: []gig.Package{
			{Name: "basic", Title: "One", Description: "d", Price: money.Of(4505, "USD"), DeliveryDays: 3, Revisions: 0, Includes: []string{"x", "y"}},
			{Name: "premium", Title: "All", Price: money.Of(100000, "USD"), DeliveryDays: 9, Revisions: gig.Unlimited, Includes: []string{}},
		},
		Extras:       []gig.Extra{{Title: "Faster", Price: money.Of(1250, "USD"), Days: -2}, {Title: "Again", Price: money.Of(99, "USD"), Revisions: 3}},
		Requirements: []gig.Requirement{{Question: "Which?", Type: "choice", Required: true, Choices: []string{"a", "b"}}, {Question: "What?", Type: "text"}},
		FAQ:          []gig.FAQ{{Question: "Whose?", Answer: "Yours."}, {Question: "When?", Answer: "Soon,\nI hope."}},
	}
	got := readGig(gigForm(g).Values, "USD")
	if len(got.Packages) != 2 || got.Packages[1].Name != "premium" || got.Packages[1].Revisions != gig.Unlimited || got.Packages[0].Price != money.Of(4505, "USD") ||
		len(got.Packages[0].Includes) != 2 || got.Title != g.Title || len(got.Tags) != 2 {
		t.Errorf("it became %+v", got)
	}
	if len(got.Requirements) != 2 || !got.Requirements[0].Required || len(got.Requirements[0].Choices) != 2 || got.Requirements[1].Required {
		t.Errorf("its questions became %+v", got.Requirements)
	}
	if !slices.Equal(got.Extras, g.Extras) {
		t.Errorf("its extras became %+v", got.Extras)
	}
	if !slices.Equal(got.FAQ, g.FAQ) {
		t.Errorf("its answers became %+v", got.FAQ)
	}
	for field, want := range map[string]string{
		"faq.1.answer": "faq.1.answer", "faq.5.answer": "faq.5.answer",
		"extras.1.price": "extras.1.price", "extras.9.price": "extras.9.price", "packages.1.price": "premium.price", "packages.0.includes.3": "basic.includes", "packages.7.price": "packages.7.price", "tags.2": "tags",
		"requirements.1.question": "requirements.1.question", "title": "title", "packages": "packages", "packages.x.y": "packages.x.y",
	} {
		if input := got.input(field); input != want {
			t.Errorf("%s is shown at %s, want %s", field, input, want)
		}
	}
}

func TestFormsThatAreNotGigsAreReadWithoutHarm(t *testing.T) {
	for _, values := range []url.Values{{}, {"basic.price": {"99999999999999999999"}, "basic.delivery_days": {"-1"}, "basic.revisions": {"x"}}, {"requirements.0.question": {""}}} {
		if got := readGig(values, "USD"); len(got.Packages) != 1 || got.Packages[0].Price.Minor != 0 || len(got.Requirements) != 0 {
			t.Errorf("%v became %+v", values, got)
		}
	}
}

// Every event of the process has a sentence of its own.
func TestTheTimelineTellsEveryEvent(t *testing.T) {
	for _, event := range []string{"place", "payment_confirmed", "payment_declined", "payment_expired", "payment_late", "payment_reversed", "buyer_cancel_unpaid", "submit_requirements",
		"skip_requirements", "requirements_reminder", "requirements_timeout", "buyer_cancel_unstarted", "deliver", "buyer_cancel_very_late", "late_auto_cancel",
		"request_revision", "accept", "completion_reminder", "auto_complete", "earning_cleared"} {
		if text, _ := happening(event); strings.HasPrefix(text, "noted") {
			t.Errorf("%s is told as %q", event, text)
		}
	}
	o := order.Order{BuyerUsername: "ana", SellerUsername: "ben", Timeline: []order.Entry{{Event: "place", Actor: "buyer"}, {Event: "new_thing", Actor: "marketplace"}}}
	lines := timelineOf(o, "seller")
	if lines[0].Text != "The marketplace noted: New thing" || lines[1].Text != "ana placed the order" {
		t.Errorf("the seller reads %q and %q", lines[0].Text, lines[1].Text)
	}
	if lines := timelineOf(o, "buyer"); lines[1].Text != "You placed the order" {
		t.Errorf("the buyer reads %q", lines[1].Text)
	}
}

func TestEveryStatusHasAWordAndAPlace(t *testing.T) {
	for _, s := range []order.Status{order.StatusPendingPayment, order.StatusAwaitingRequirements, order.StatusInProgress, order.StatusDelivered, order.StatusInRevision,
		order.StatusDisputed, order.StatusCompleted, order.StatusCancelled, order.StatusExpired} {
		if statusFor(s).Label == title(string(s)) && s != order.StatusDelivered && s != order.StatusCompleted && s != order.StatusCancelled && s != order.StatusExpired &&
			s != order.StatusInProgress && s != order.StatusInRevision && s != order.StatusDisputed {
			t.Errorf("%s has no word", s)
		}
		steps, over := stepsOf(order.Order{Status: s}), s == order.StatusCancelled || s == order.StatusExpired
		if (len(steps) == 0) != over {
			t.Errorf("%s has %d steps", s, len(steps))
		}
	}
}

func TestDevicesAreNamed(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                "Firefox on Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18 Mobile Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0":     "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36":                  "Chrome on Android",
		"curl/8": "curl/8", "": "",
	} {
		if got := device(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
	if got := device(strings.Repeat("ü", 500)); len([]rune(got)) != longestAgent {
		t.Errorf("a long agent keeps %d characters", len([]rune(got)))
	}
}

func TestCountriesAreKnownByTheirCodes(t *testing.T) {
	if got := countryName("DE"); got != "Germany" {
		t.Errorf("DE is %q", got)
	}
	if got := countryName("AD"); got != "Andorra" {
		t.Errorf("the first is %q", got)
	}
	for _, unknown := range []string{"", "XX", "d", "DEU", "; "} {
		if got := countryName(unknown); got != unknown {
			t.Errorf("%q is %q", unknown, got)
		}
	}
	if n := len(countryOptions()); n < 190 {
		t.Errorf("there are %d", n)
	}
}

func TestExcerptsAreOnePlainLine(t *testing.T) {
	if got := excerpt("# Hello\n\n**bold**   and `code`", 100); got != "Hello bold and code" {
		t.Errorf("got %q", got)
	}
	if got := excerpt(strings.Repeat("wörter ", 50), 20); len([]rune(got)) > 21 || !strings.HasSuffix(got, "…") || strings.Contains(got, "�") {
		t.Errorf("got %q", got)
	}
}

func FuzzMarkdownDoesNothing(f *testing.F) {
	for _, seed := range []string{"# a", "[x](javascript:alert(1))", "<script>x</script>", "![a](b)", "| a |\n|-|\n| b |", "<a href='javascript:x'>"} {
		f.Add(seed)
	}
	m := newMarkdown(pageLevels)
	f.Fuzz(func(t *testing.T, source string) {
		out := strings.ToLower(string(m.HTML(source)))
		for _, bad := range []string{"<script", "<iframe", "<img", "<style", "<svg", "<h1", "<h2", "<form", "<input", `href="javascript`, `href="data`} {
			if strings.Contains(out, bad) {
				t.Errorf("%q became %q", source, out)
			}
		}
	})
}
