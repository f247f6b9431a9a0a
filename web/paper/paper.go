// Package paper writes what people keep: invoices and receipts as PDF, from the same figures as the pages show.
package paper

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-pdf/fpdf"

	"marketplace/modules/order"
	"marketplace/platform/money"
)

// The page is A4; lengths are millimetres.
const (
	margin = 20
	width  = 170 // between the margins
	line   = 7
)

// Invoice writes an invoice or a receipt. The same figures give the same bytes. Letters beyond Western European ones are
// written as dots, since the built-in fonts have no others; figures always are as they are.
func Invoice(i order.Invoice) ([]byte, error) {
	p := fpdf.New("P", "mm", "A4", "")
	p.SetMargins(margin, margin, margin)
	p.SetCreationDate(i.PaidAt)
	p.SetModificationDate(i.PaidAt)
	p.SetCatalogSort(true)
	p.SetTitle(i.Number, true)
	p.SetLang("en")
	p.AddPage()
	say := p.UnicodeTranslatorFromDescriptor("")
	heading, paid := "Invoice", "Paid"
	if i.Kind == "receipt" {
		heading, paid = "Receipt", "Order paid"
	}
	p.SetFont("Helvetica", "B", 20)
	p.CellFormat(width, 12, say(heading), "", 1, "L", false, 0, "")
	p.SetFont("Helvetica", "", 10)
	facts := [][2]string{{"Number", i.Number}, {"Order", i.OrderNumber}, {paid, i.PaidAt.UTC().Format("2006-01-02 15:04 UTC")},
		{"Marketplace", i.Marketplace}, {"From", i.From}, {"To", i.To}}
	if i.Reference != "" {
		facts = append(facts, [2]string{"Payment", i.Provider + " " + i.Reference})
	}
	for _, f := range facts {
		p.CellFormat(35, 6, say(f[0]), "", 0, "L", false, 0, "")
		p.MultiCell(width-35, 6, say(f[1]), "", "L", false)
	}
	p.Ln(line)
	table(p, say, i)
	var out bytes.Buffer
	if err := p.Output(&out); err != nil {
		return nil, fmt.Errorf("write the PDF of %s: %w", i.Number, err)
	}
	return out.Bytes(), nil
}

// table writes the lines and the sums.
func table(p *fpdf.Fpdf, say func(string) string, i order.Invoice) {
	columns := []float64{width - 85, 15, 35, 35}
	p.SetFont("Helvetica", "B", 10)
	for n, head := range []string{"What", "Count", "Price", "Amount"} {
		p.CellFormat(columns[n], line, head, "B", 0, side(n), false, 0, "")
	}
	p.Ln(line)
	p.SetFont("Helvetica", "", 10)
	for _, l := range i.Lines {
		texts := p.SplitLines([]byte(say(l.Text)), columns[0]-2)
		if len(texts) == 0 {
			texts = [][]byte{nil}
		}
		cells := []string{string(texts[0]), strconv.Itoa(l.Quantity), l.Price.String(), l.Amount.String()}
		for n, cell := range cells {
			p.CellFormat(columns[n], line, cell, "", 0, side(n), false, 0, "")
		}
		p.Ln(line)
		for _, more := range texts[1:] {
			p.CellFormat(columns[0], line, string(more), "", 1, "L", false, 0, "")
		}
	}
	sum := func(text string, a money.Amount, style string) {
		p.SetFont("Helvetica", style, 10)
		p.CellFormat(width-35, line, say(text), "T", 0, "R", false, 0, "")
		p.CellFormat(35, line, a.String(), "T", 1, "R", false, 0, "")
	}
	sum("Total", i.Total, "B")
	if i.Refunded.Minor != 0 {
		sum("Returned since", i.Refunded, "")
	}
}

func side(column int) string {
	if column == 0 {
		return "L"
	}
	return "R"
}
