package orderimpl

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
	"marketplace/platform/money"
)

// Invoice is documented in the contract: the figures are the order's own, which were shown, charged and posted (row P5).
func (s *service) Invoice(ctx context.Context, q order.InvoiceRequest) (order.Invoice, error) {
	who, err := identity.User(ctx)
	if err != nil {
		return order.Invoice{}, err
	}
	row, role, err := s.find(ctx, q.OrderID, who)
	if err != nil {
		return order.Invoice{}, err
	}
	if row.PaidAt == nil {
		return order.Invoice{}, fault.NotFoundf("There is no invoice before the order is paid.")
	}
	i := order.Invoice{OrderNumber: row.Number, Marketplace: s.name, PaidAt: *row.PaidAt, Refunded: row.amount(0)}
	if role == seller {
		return s.receipt(ctx, row, i)
	}
	return s.invoice(ctx, row, i)
}

func (s *service) invoice(ctx context.Context, row orderRow, i order.Invoice) (order.Invoice, error) {
	i.Number, i.Kind, i.From, i.To = "INV-"+row.Number, "invoice", row.SellerUsername, row.BuyerUsername
	i.Lines, i.Total = row.invoiceLines(), row.amount(row.total())
	if fee := row.amount(row.fee()); fee.Minor != 0 {
		i.Lines = append(i.Lines, order.InvoiceLine{Text: "Service fee", Quantity: 1, Price: fee, Amount: fee})
	}
	read := s.db.Read(ctx)
	if err := addTip(read, row, &i); err != nil {
		return i, err
	}
	i.Credit = row.amount(row.Credit)
	var pay []paymentRow
	if err := read.Where("order_id = ? AND line = ''", row.ID).Find(&pay).Error; err != nil {
		return i, fmt.Errorf("read the payment: %w", err)
	}
	for _, p := range pay {
		i.Provider, i.Reference = p.Provider, p.Charge
	}
	err := read.Raw(`SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM refunds WHERE order_id = ? AND payment_id NOT IN
		(SELECT p.id FROM payments p JOIN lines l ON l.id = p.line WHERE p.order_id = ? AND l.kind = ?)`, row.ID, row.ID, lineSurplus).Scan(&i.Refunded.Minor).Error
	if err != nil {
		return i, fmt.Errorf("sum the refunds: %w", err)
	}
	return i, nil
}

// addTip adds the tip that was paid: the buyer has paid it, the seller has got it.
func addTip(q *gorm.DB, row orderRow, i *order.Invoice) error {
	t, paid, err := paidTip(q, row)
	if err != nil || !paid {
		return err
	}
	given := row.amount(t.Amount)
	i.Lines = append(i.Lines, order.InvoiceLine{Text: "Tip", Quantity: 1, Price: given, Amount: given})
	i.Total.Minor += given.Minor
	return nil
}

// invoiceLines are what was bought: the package, then its extras, then what was added to the price.
func (r orderRow) invoiceLines() []order.InvoiceLine {
	var lines []order.InvoiceLine
	for _, l := range r.lines(r.GigTitle + ", " + r.PackageTitle) {
		lines = append(lines, order.InvoiceLine(l))
	}
	return lines
}

// receipt tells the seller what the order has brought.
func (s *service) receipt(ctx context.Context, row orderRow, i order.Invoice) (order.Invoice, error) {
	var earned []earningRow
	if err := s.db.Read(ctx).Where("order_id = ?", row.ID).Find(&earned).Error; err != nil {
		return i, fmt.Errorf("read the earning: %w", err)
	}
	if len(earned) == 0 {
		return i, fault.NotFoundf("There is no receipt before the order has brought you something.")
	}
	i.Credit = row.amount(0) // it is none of the seller's business
	i.Number, i.Kind, i.From, i.To = "REC-"+row.Number, "receipt", s.name, row.SellerUsername
	left, err := row.left()
	if err != nil {
		return i, err
	}
	i.Lines = row.invoiceLines()
	add := func(text string, a money.Amount) {
		if a.Minor != 0 {
			i.Lines = append(i.Lines, order.InvoiceLine{Text: text, Quantity: 1, Price: a, Amount: a})
		}
	}
	add("Returned to the buyer", row.amount(left.Price.Minor-row.price()))
	add("Commission", row.amount(-left.SellerFee.Minor))
	i.Total = row.amount(row.earned())
	lost, err := s.lostOf(ctx, row) // what staff took back is in the lines
	if err != nil {
		return i, err
	}
	i.Refunded = row.amount(lost)
	return i, addTip(s.db.Read(ctx), row, &i)
}
