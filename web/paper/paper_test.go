package paper_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"marketplace/modules/order"
	"marketplace/platform/money"
	"marketplace/web/paper"
)

// shown are the texts that a PDF shows, in their order: what is between parentheses in its streams.
func shown(t *testing.T, pdf []byte) string {
	t.Helper()
	var all strings.Builder
	for _, m := range regexp.MustCompile(`(?s)stream\n(.*?)\nendstream`).FindAllSubmatch(pdf, -1) {
		z, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range regexp.MustCompile(`\(((?:\\.|[^()\\])*)\) ?Tj`).FindAllSubmatch(text, -1) {
			all.WriteString(strings.NewReplacer(`\(`, "(", `\)`, ")", `\\`, `\`).Replace(string(s[1])) + "\n")
		}
	}
	return all.String()
}

func invoice(kind string) order.Invoice {
	usd := func(minor int64) money.Amount { return money.Of(minor, "USD") }
	return order.Invoice{Number: "INV-K7QX2", Kind: kind, OrderNumber: "K7QX2", Marketplace: "Marktplatz Zürich (Süd)", From: "Sam", To: "Bea",
		PaidAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Lines: []order.InvoiceLine{{Text: "I will draw " + strings.Repeat("a very long line of words ", 12), Quantity: 3, Price: usd(3333), Amount: usd(9999)},
			{Text: "Service fee", Quantity: 1, Price: usd(550), Amount: usd(550)}},
		Total: usd(10549), Refunded: usd(42), Provider: "stripe", Reference: "pi_1"}
}

// Row P5: the figures of the paper are those of the page.
func TestAnInvoiceShowsTheFiguresOfTheOrder(t *testing.T) {
	pdf, err := paper.Invoice(invoice("invoice"))
	if err != nil {
		t.Fatal(err)
	}
	text := shown(t, pdf)
	for _, want := range []string{"Invoice\n", "INV-K7QX2\n", "33.33 USD\n", "99.99 USD\n", "5.50 USD\n", "105.49 USD\n", "0.42 USD\n", "stripe pi_1\n", "Z\xfcrich (S\xfcd)\n", "2026-03-01 12:00 UTC\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("the PDF does not show %q:\n%s", want, text)
		}
	}
	again, err := paper.Invoice(invoice("invoice"))
	if err != nil || !bytes.Equal(pdf, again) {
		t.Error("the same figures give other bytes")
	}
	receipt, err := paper.Invoice(invoice("receipt"))
	if err != nil || !strings.Contains(shown(t, receipt), "Receipt\n") {
		t.Errorf("a receipt: %v", err)
	}
}
