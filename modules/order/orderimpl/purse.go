package orderimpl

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"marketplace/modules/order"
	"marketplace/modules/order/internal/ledger"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

// An order may be paid more than once: its own price, and higher ones that both have agreed on. Each payment has a purse:
// escrow of its own, and its own part of what goes back, so that every refund is one of a payment.

// lineRow is what was paid beside the order's own price.
type lineRow struct {
	ID        string
	OrderID   string
	Kind      string // raise, surplus
	Text      string
	Price     int64
	Fee       int64
	SellerFee int64
	Refunded  int64 // of the price
	CreatedAt time.Time
	PaidAt    *time.Time
}

// TableName is lines.
func (lineRow) TableName() string { return "lines" }

const (
	lineRaise   = "raise"
	lineSurplus = "surplus"
)

func (l lineRow) held(of orderRow) ledger.Held {
	return ledger.Held{OrderID: of.ID, Line: l.ID, SellerID: of.SellerID, Price: of.amount(l.Price), BuyerFee: of.amount(l.Fee),
		SellerFee: of.amount(l.SellerFee), Refunded: of.amount(l.Refunded)}
}

// addLines reads the paid lines of orders.
func addLines(q *gorm.DB, rows []*orderRow) error {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var lines []lineRow
	err := q.Where("order_id IN ? AND kind = ? AND paid_at IS NOT NULL", ids, lineRaise).Order("paid_at, id").Find(&lines).Error
	if err != nil {
		return fmt.Errorf("read what was paid: %w", err)
	}
	for _, l := range lines {
		i := slices.Index(ids, l.OrderID)
		rows[i].Lines = append(rows[i].Lines, l)
	}
	return nil
}

// price is what the order is about: all prices.
func (r orderRow) price() int64 { return r.sum(r.Subtotal, func(l lineRow) int64 { return l.Price }) }

// gone is how much of the price has gone back.
func (r orderRow) gone() int64 { return r.sum(r.Refunded, func(l lineRow) int64 { return l.Refunded }) }

// fee is the buyer's, of all payments.
func (r orderRow) fee() int64 { return r.sum(r.Fee, func(l lineRow) int64 { return l.Fee }) }

// total is what the buyer has paid, or has to pay.
func (r orderRow) total() int64 { return r.price() + r.fee() }

func (r orderRow) sum(own int64, of func(lineRow) int64) int64 {
	for _, l := range r.Lines {
		own += of(l)
	}
	return own
}

// lines are what the price consists of.
func (r orderRow) lines(title string) []order.Line {
	lines := linesOf(title, r.Quantity, r.amount(r.Price), r.Extras)
	for _, l := range r.Lines {
		lines = append(lines, order.Line{Text: l.Text, Quantity: 1, Price: r.amount(l.Price), Amount: r.amount(l.Price)})
	}
	return lines
}

// returnPart notes that so much more of the price goes back: of the newest payment first.
func (r *orderRow) returnPart(minor int64) {
	r.Lines = slices.Clone(r.Lines)
	for i := len(r.Lines) - 1; i >= 0; i-- {
		l := &r.Lines[i]
		part := min(minor, l.Price-l.Refunded)
		l.Refunded += part
		minor -= part
	}
	r.Refunded += minor
}

// purses are the order's money, its own first.
func (r orderRow) purses() []ledger.Held {
	all := []ledger.Held{r.held(r.Refunded)}
	for _, l := range r.Lines {
		all = append(all, l.held(r))
	}
	return all
}

// left is what the buyer has paid and not got back, of all payments.
func (r orderRow) left() (ledger.Part, error) {
	zero := r.amount(0)
	sum := ledger.Part{Price: zero, BuyerFee: zero, SellerFee: zero, Tax: zero}
	for _, h := range r.purses() {
		left, err := h.Left()
		if err != nil {
			return left, err
		}
		sum.Price.Minor += left.Price.Minor
		sum.BuyerFee.Minor += left.BuyerFee.Minor
		sum.SellerFee.Minor += left.SellerFee.Minor
		sum.Tax.Minor += left.Tax.Minor
	}
	return sum, nil
}

// back is what goes back of one purse.
type back struct {
	held ledger.Held // as it was before
	part ledger.Part
	all  bool // nothing is left in it
}

// backs are what goes back with the step, of each payment.
func (st step) backs(row orderRow) ([]back, error) {
	var list []back
	for i, now := range row.purses() {
		was := now
		was.Refunded = st.purses[i].Refunded
		minor := now.Refunded.Minor - was.Refunded.Minor
		if minor == 0 {
			continue
		}
		part, err := was.Back(row.amount(minor))
		if err != nil {
			return nil, err
		}
		list = append(list, back{was, part, now.Refunded == now.Price})
	}
	return list, nil
}

// returned is what the buyer gets back with the step, fees included.
func (st step) returned(row orderRow) (money.Amount, error) {
	sum := row.amount(0)
	if row.PaidAt == nil {
		return sum, nil
	}
	backs, err := st.backs(row)
	for _, b := range backs {
		total, wrong := b.part.Total()
		if wrong != nil {
			return sum, wrong
		}
		sum.Minor += total.Minor
	}
	return sum, err
}

// updateLines writes what of the lines has gone back.
func updateLines(tx *db.Tx, row orderRow, was []ledger.Held) error {
	for i, l := range row.Lines {
		if l.Refunded == was[i+1].Refunded.Minor {
			continue
		}
		if err := tx.Exec("UPDATE lines SET refunded = ? WHERE id = ?", l.Refunded, l.ID).Error; err != nil {
			return fmt.Errorf("change what is left of a payment: %w", err)
		}
	}
	return nil
}
