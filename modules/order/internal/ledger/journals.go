package ledger

import (
	"errors"
	"fmt"

	"marketplace/platform/money"
)

// Held is the money of one order, or of one line of it that was paid by itself, all in one currency: Price = what the
// seller gets + SellerFee. Refunded is how much of Price has gone back to the buyer before; the fees and the tax go back
// in proportion, rounded over everything that went back, so that parts add up to the whole.
type Held struct {
	OrderID      string
	Line         string // an extra, a custom offer or a milestone with escrow of its own; empty: the order
	SellerID     string
	Price        money.Amount // in escrow
	BuyerFee     money.Amount // in escrow, unearned
	SellerFee    money.Amount // the marketplace's part of Price at completion
	Tax          money.Amount // collected on top; zero: none
	Jurisdiction string       // of the tax
	Refunded     money.Amount // of Price, before; zero: nothing
}

// ErrTooMuch is returned for a refund of more than is left.
var ErrTooMuch = errors.New("ledger: more than is left would go back")

// Part is a part of what is held: the price with what belongs to it.
type Part struct{ Price, BuyerFee, SellerFee, Tax money.Amount }

// Total is what the buyer pays, or gets back.
func (p Part) Total() (money.Amount, error) {
	total, err := p.Price.Add(p.BuyerFee)
	if err != nil {
		return total, err
	}
	return total.Add(p.Tax)
}

// Earned is what the seller gets.
func (p Part) Earned() (money.Amount, error) { return p.Price.Sub(p.SellerFee) }

func (h Held) line() string {
	if h.Line != "" {
		return h.Line
	}
	return h.OrderID
}

// all is everything that was paid.
func (h Held) all() Part {
	if h.Tax.Currency == "" {
		h.Tax = money.Of(0, h.Price.Currency)
	}
	return Part{h.Price, h.BuyerFee, h.SellerFee, h.Tax}
}

func (h Held) refunded() money.Amount {
	if h.Refunded.Currency == "" {
		return money.Of(0, h.Price.Currency)
	}
	return h.Refunded
}

// first is what belongs to the first x of the price: rounded once, from zero.
func (h Held) first(x money.Amount) (Part, error) {
	p, all := Part{Price: x}, h.all()
	for _, f := range []struct {
		into  *money.Amount
		whole money.Amount
	}{{&p.BuyerFee, all.BuyerFee}, {&p.SellerFee, all.SellerFee}, {&p.Tax, all.Tax}} {
		var err error
		if *f.into, err = f.whole.Portion(x.Minor, h.Price.Minor); err != nil {
			return p, fmt.Errorf("share what belongs to %s of %s: %w", x, h.Price, err)
		}
	}
	return p, nil
}

func (p Part) sub(q Part) (Part, error) {
	var r Part
	var errs [4]error
	r.Price, errs[0] = p.Price.Sub(q.Price)
	r.BuyerFee, errs[1] = p.BuyerFee.Sub(q.BuyerFee)
	r.SellerFee, errs[2] = p.SellerFee.Sub(q.SellerFee)
	r.Tax, errs[3] = p.Tax.Sub(q.Tax)
	return r, errors.Join(errs[:]...)
}

// Left is what is still held.
func (h Held) Left() (Part, error) {
	gone, err := h.first(h.refunded())
	if err != nil {
		return Part{}, err
	}
	return h.all().sub(gone)
}

// Back is what a refund of r of the price takes along: fees and tax. ErrTooMuch if less than r is left.
func (h Held) Back(r money.Amount) (Part, error) {
	so, err := h.refunded().Add(r)
	if err != nil {
		return Part{}, err
	}
	if r.Minor <= 0 || so.Minor > h.Price.Minor {
		return Part{}, fmt.Errorf("%w: %s after %s of %s", ErrTooMuch, r, h.refunded(), h.Price)
	}
	before, err := h.first(h.refunded())
	if err != nil {
		return Part{}, err
	}
	after, err := h.first(so)
	if err != nil {
		return Part{}, err
	}
	return after.sub(before)
}

// Total is what the buyer pays.
func (h Held) Total() (money.Amount, error) { return h.all().Total() }

// Funded is journal 1: the provider has captured the buyer's money, and it is held. It is journal 14 for a line of its
// own, with a charge of its own.
func Funded(h Held, provider, charge string) (Journal, error) {
	total, err := h.Total()
	if err != nil {
		return Journal{}, err
	}
	return h.funded("psp:"+provider+":"+charge, debit(Clearing(provider), total)), nil
}

// FundedFromCredit is journal 1b: the buyer pays from store credit.
func FundedFromCredit(h Held, buyerID string) (Journal, error) {
	total, err := h.Total()
	if err != nil {
		return Journal{}, err
	}
	return h.funded("order:"+h.line()+":fund", debit(Credit(buyerID), total)), nil
}

// FundedPartly is journals 1 and 1b in one: so much comes from store credit, the rest has been captured by the provider.
func FundedPartly(h Held, provider, charge, buyerID string, stored money.Amount) (Journal, error) {
	total, err := h.Total()
	if err != nil {
		return Journal{}, err
	}
	rest, err := total.Sub(stored)
	if err != nil {
		return Journal{}, err
	}
	return h.funded("psp:"+provider+":"+charge, debit(Clearing(provider), rest), debit(Credit(buyerID), stored)), nil
}

func (h Held) funded(key string, from ...Entry) Journal {
	return h.journal("funded", key, append(from, credit(Escrow(h.line()), h.Price), credit(EscrowFee(h.line()), h.BuyerFee), credit(Tax(h.Jurisdiction), h.all().Tax))...)
}

// Released is journal 4: the order is completed; of what is left, the seller has earned, the marketplace too.
func Released(h Held) (Journal, error) {
	left, err := h.Left()
	if err != nil {
		return Journal{}, err
	}
	earned, err := left.Earned()
	if err != nil {
		return Journal{}, err
	}
	return h.journal("released", "order:"+h.line()+":release",
		debit(Escrow(h.line()), left.Price), debit(EscrowFee(h.line()), left.BuyerFee),
		credit(Pending(h.SellerID), earned), credit(SellerFees(), left.SellerFee), credit(BuyerFees(), left.BuyerFee)), nil
}

// Cleared is journal 5: the clearing period is over, the seller can withdraw all but what stays in the reserve. The earning
// is named by its order, or by its tip.
func Cleared(earning, sellerID string, amount, reserve money.Amount) (Journal, error) {
	rest, err := amount.Sub(reserve)
	if err != nil {
		return Journal{}, err
	}
	return Held{OrderID: earning}.journal("cleared", "earning:"+earning+":clear",
		debit(Pending(sellerID), amount), credit(Available(sellerID), rest), credit(HeldBack(sellerID), reserve)), nil
}

// ReserveEnded is journal 5b: what was kept in the reserve can be withdrawn.
func ReserveEnded(earning, sellerID string, amount money.Amount) Journal {
	return Held{OrderID: earning}.journal("reserve_ended", "earning:"+earning+":reserve",
		debit(HeldBack(sellerID), amount), credit(Available(sellerID), amount))
}

// RefundRequested is journal 9: all that is left is on its way back to the buyer. It is committed before the provider is asked.
func RefundRequested(h Held, refund string) (Journal, error) {
	left, err := h.Left()
	if err != nil {
		return Journal{}, err
	}
	return h.back(left, refund)
}

// PartRefunded is journal 10: r of the price, with what belongs to it, is on its way back while the work goes on. So that
// parts add up, Held.Refunded must be what went back before.
func PartRefunded(h Held, refund string, r money.Amount) (Journal, error) {
	part, err := h.Back(r)
	if err != nil {
		return Journal{}, err
	}
	return h.back(part, refund)
}

func (h Held) back(p Part, refund string) (Journal, error) {
	total, err := p.Total()
	if err != nil {
		return Journal{}, err
	}
	return h.journal("refund_requested", "refund:"+refund+":request", debit(Escrow(h.line()), p.Price),
		debit(EscrowFee(h.line()), p.BuyerFee), debit(Tax(h.Jurisdiction), p.Tax), credit(RefundPayable(refund), total)), nil
}

// RefundSettled is journal 9b: the provider has sent it back.
func RefundSettled(orderID, refund, provider string, amount money.Amount) Journal {
	return Held{OrderID: orderID}.journal("refund_settled", "refund:"+refund+":settled",
		debit(RefundPayable(refund), amount), credit(Clearing(provider), amount))
}

// RefundCredited is journal 9c: the provider cannot send it back, so it becomes the buyer's credit.
func RefundCredited(orderID, refund, buyerID string, amount money.Amount) Journal {
	return Held{OrderID: orderID}.journal("refund_credited", "refund:"+refund+":settled",
		debit(RefundPayable(refund), amount), credit(Credit(buyerID), amount))
}

// RefundToCredit is the part of journal 9b that was paid from store credit: it is credit again at once.
func RefundToCredit(orderID, refund, buyerID string, amount money.Amount) Journal {
	return Held{OrderID: orderID}.journal("refund_credited", "refund:"+refund+":credit",
		debit(RefundPayable(refund), amount), credit(Credit(buyerID), amount))
}

// RefundCovered is journal 9e: the buyer has so much of a refund from their bank, by the case, and it is not sent. It pays for
// what the provider has pulled, or makes good what the marketplace had borne of it (by is that account). A refund of which
// nothing is left has ended.
func RefundCovered(orderID, refund, cause string, by Account, amount money.Amount, ended bool) Journal {
	stage := ":covered:" + cause
	if ended {
		stage = ":settled"
	}
	return Held{OrderID: orderID}.journal("refund_covered", "refund:"+refund+stage, debit(RefundPayable(refund), amount), credit(by, amount))
}

// Split is journal 11: a dispute is decided. Of what is left, r of the price goes back to the buyer with what belongs to
// it, the rest is released. Zero r releases all, and the refund is not needed then.
func Split(h Held, dispute, refund string, r money.Amount) (Journal, error) {
	left, err := h.Left()
	if err != nil {
		return Journal{}, err
	}
	zero := money.Of(0, h.Price.Currency)
	back := Part{zero, zero, zero, zero}
	if r.Minor != 0 {
		if back, err = h.Back(r); err != nil {
			return Journal{}, err
		}
	}
	rest, err := left.sub(back)
	if err != nil {
		return Journal{}, err
	}
	total, err := back.Total()
	if err != nil {
		return Journal{}, err
	}
	earned, err := rest.Earned()
	if err != nil {
		return Journal{}, err
	}
	return h.journal("resolved", "dispute:"+dispute+":resolve", debit(Escrow(h.line()), left.Price), debit(EscrowFee(h.line()), left.BuyerFee),
		debit(Tax(h.Jurisdiction), back.Tax), credit(RefundPayable(refund), total),
		credit(Pending(h.SellerID), earned), credit(SellerFees(), rest.SellerFee), credit(BuyerFees(), rest.BuyerFee)), nil
}

func debit(a Account, amount money.Amount) Entry { return Entry{a, amount} }

func credit(a Account, amount money.Amount) Entry {
	return Entry{a, money.Of(-amount.Minor, amount.Currency)}
}

// journal leaves out entries of nothing: a marketplace may take no fee.
func (h Held) journal(kind, key string, entries ...Entry) Journal {
	j := newJournal(h.OrderID, kind, key, entries...)
	j.OrderID = h.OrderID
	return j
}

func newJournal(book, kind, key string, entries ...Entry) Journal {
	j := Journal{Book: book, Kind: kind, Key: key}
	for _, e := range entries {
		if e.Amount.Minor != 0 {
			j.Entries = append(j.Entries, e)
		}
	}
	return j
}
