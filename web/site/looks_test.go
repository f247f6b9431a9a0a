package site

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/money"
)

// What the process says of somebody is told to them as something to do; the sentences are those of the process.
func TestWhoseTurnItIsIsToldWhatToDo(t *testing.T) {
	files, err := filepath.Glob("../../modules/order/orderimpl/process*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var process strings.Builder
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		process.Write(source)
	}
	for says := range yourTurn() {
		if !strings.Contains(process.String(), `"`+says+`"`) {
			t.Errorf("the process does not say %q", says)
		}
	}
	o := order.Order{Next: &order.Next{Actor: "seller", Text: "The seller delivers."}}
	for role, want := range map[string]string{"seller": "Deliver your work.", "buyer": "The seller delivers.", "moderator": "The seller delivers."} {
		if got := nextSays(o, role); got != want {
			t.Errorf("%s is told %q", role, got)
		}
	}
	o.Next.Text = "Something new."
	if got := nextSays(o, "seller"); got != "Something new." {
		t.Errorf("%q", got)
	}
	if got := nextSays(order.Order{}, "seller"); got != "" {
		t.Errorf("%q", got)
	}
}

// Codes of the process are not shown to people.
func TestTheTimelineTellsTheReasonOfADisputeInWords(t *testing.T) {
	o := order.Order{BuyerUsername: "bert", Timeline: []order.Entry{{Event: "open_dispute", Actor: "buyer", Note: "not_as_described"}, {Event: "deliver", Actor: "seller", Note: "Here it is."}}}
	told := timelineOf(o, "buyer")
	if told[1].About != "It is not what was ordered" || told[0].About != "" || told[0].Note != "Here it is." {
		t.Errorf("%+v", told)
	}
	for _, reason := range order.DisputeReasons() {
		if disputeWords()[reason] == "" {
			t.Errorf("%s has no words", reason)
		}
	}
}

func TestSpansAreShort(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0 ms", 15 * time.Millisecond: "15 ms", time.Second: "1s", 10 * time.Second: "10s", time.Minute: "1m", 10 * time.Minute: "10m",
		time.Hour: "1h", 10 * time.Hour: "10h", 90 * time.Second: "1m30s", 65 * time.Minute: "1h5m", 2500 * time.Millisecond: "2.5s"} {
		if got := shortSpan(d); got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}

// An editor that is shown again does not grow by the rows that were left empty.
func TestEmptyRowsAreNotCounted(t *testing.T) {
	values := url.Values{"faq.0.question": {"?"}, "faq.0.answer": {""}, "faq.1.question": {""}, "faq.1.answer": {"!"}, "faq.2.question": {" "}, "faq.2.answer": {""}}
	if n := filledRows(values, "faq.%d.question", "faq.%d.answer"); n != 2 {
		t.Errorf("%d rows", n)
	}
	if n := filledRows(values, "faq.%d.question"); n != 1 {
		t.Errorf("%d rows of questions", n)
	}
	if n := filledRows(url.Values{}, "faq.%d.question"); n != 0 {
		t.Errorf("%d rows of nothing", n)
	}
}

func TestTheBestMonthIsAsHighAsTheChart(t *testing.T) {
	usd := func(minor int64) order.MonthEarned { return order.MonthEarned{Earned: money.Of(minor, "USD")} }
	drawn := bars([]order.MonthEarned{usd(5000), usd(10000), usd(-300), usd(1), usd(0)})
	for i, want := range []int{chartHeight / 2, chartHeight, 0, 2, 0} {
		if drawn[i].Height != want || drawn[i].Y+drawn[i].Height != chartHeight {
			t.Errorf("bar %d: %+v, want %d high", i, drawn[i], want)
		}
	}
}

func TestStyleSheetsLeaveWithoutCommentsAndIndentation(t *testing.T) {
	got := string(dense([]byte("@layer a {\n  /* why\n  it is so */\n  .b { content: \" · \" / \"\"; }\n\n}\n")))
	if got != "@layer a {\n.b { content: \" · \" / \"\"; }\n}\n" {
		t.Errorf("%q", got)
	}
}
