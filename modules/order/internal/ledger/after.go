package ledger

import (
	"fmt"

	"marketplace/platform/money"
)

// What happens to money when an order is over: tips, money that is taken back, chargebacks, debts. The journals are those
// of docs/money.md.

// Taken is from where a seller's money is taken, or to where it returns: first what is still in the clearing period, then
// what can be withdrawn; the rest the seller owes. Zero amounts are left out.
type Taken struct {
	SellerID   string
	Pending    money.Amount
	Available  money.Amount
	Held       money.Amount // frozen before
	Receivable money.Amount // the seller has not got it: a debt
}

// Total is all of it.
func (t Taken) Total() int64 {
	return t.Pending.Minor + t.Available.Minor + t.Held.Minor + t.Receivable.Minor
}

func (t Taken) debits() []Entry {
	return []Entry{debit(Pending(t.SellerID), t.Pending), debit(Available(t.SellerID), t.Available),
		debit(HeldBack(t.SellerID), t.Held), debit(Receivable(t.SellerID), t.Receivable)}
}

func (t Taken) credits() []Entry {
	entries := t.debits()
	for i := range entries {
		entries[i].Amount.Minor = -entries[i].Amount.Minor
	}
	return entries
}

// TakenBack is journal 12, and 12b where the seller was paid out: what was released goes back to the buyer, from the
// seller and from the marketplace's fees. What is the part that goes back; its Earned is what from takes.
func TakenBack(h Held, refund string, what Part, from Taken) (Journal, error) {
	total, err := what.Total()
	if err != nil {
		return Journal{}, err
	}
	entries := append(from.debits(), debit(SellerFees(), what.SellerFee), debit(BuyerFees(), what.BuyerFee),
		debit(Tax(h.Jurisdiction), what.Tax), credit(RefundPayable(refund), total))
	return h.journal("taken_back", "refund:"+refund+":request", entries...), nil
}

// Tipped is journal 13: a tip was paid, and clears like an earning. Fee is the marketplace's part, usually nothing.
func Tipped(orderID, tip, sellerID, provider string, amount, fee money.Amount) (Journal, error) {
	earned, err := amount.Sub(fee)
	if err != nil {
		return Journal{}, err
	}
	return Held{OrderID: orderID}.journal("tipped", "tip:"+tip, debit(Clearing(provider), amount),
		credit(Pending(sellerID), earned), credit(SellerFees(), fee)), nil
}

// Chargeback is the buyer's bank taking a payment back.
type Chargeback struct {
	ID       string
	OrderID  string
	Provider string
	Amount   money.Amount // pulled by the provider
	Fee      money.Amount // the provider's, for the case
}

func (c Chargeback) journal(kind, stage string, entries ...Entry) Journal {
	return Held{OrderID: c.OrderID}.journal(kind, "cb:"+c.ID+":"+stage, entries...)
}

// ChargebackOpened is journal 15: the provider has pulled the money.
func ChargebackOpened(c Chargeback) (Journal, error) {
	pulled, err := c.Amount.Add(c.Fee)
	if err != nil {
		return Journal{}, err
	}
	return c.journal("chargeback_opened", "open", debit(Disputed(c.Provider), c.Amount), debit(ChargebackFees(), c.Fee), credit(Clearing(c.Provider), pulled)), nil
}

// Frozen is journal 15b: the seller's share is held until the case (a chargeback or a dispute) is decided. What the seller
// no longer has becomes a debt.
func Frozen(orderID, cause string, from Taken) Journal {
	from.Held = money.Amount{}
	return Held{OrderID: orderID}.journal("frozen", cause+":freeze", append(from.debits(), credit(HeldBack(from.SellerID), total(from)))...)
}

// Thawed returns what was frozen to where it came from.
func Thawed(orderID, cause string, to Taken) Journal {
	to.Held = money.Amount{}
	return Held{OrderID: orderID}.journal("thawed", cause+":thaw", append([]Entry{debit(HeldBack(to.SellerID), total(to))}, to.credits()...)...)
}

// total is the sum of the parts that are there.
func total(t Taken) money.Amount {
	for _, a := range []money.Amount{t.Pending, t.Available, t.Held, t.Receivable} {
		if a.Currency != "" {
			return money.Of(t.Total(), a.Currency)
		}
	}
	return money.Amount{}
}

// ChargebackLost is journal 16: the bank keeps the money. The frozen share and the marketplace's fees pay for it, and the
// marketplace bears what its policy does not take from the seller.
func ChargebackLost(c Chargeback, from Taken, what Part, borne money.Amount) Journal {
	return c.journal("chargeback_lost", "lost", append(from.debits(), debit(SellerFees(), what.SellerFee), debit(BuyerFees(), what.BuyerFee),
		debit(BadDebt(), borne), credit(Disputed(c.Provider), c.Amount))...)
}

// ChargebackLostInEscrow is journal 16 where the work was not finished: the money was still held for the order. What the buyer
// had paid from store credit is credit again; what the buyer had back before, the marketplace bears.
func ChargebackLostInEscrow(c Chargeback, h Held, buyerID string, stored money.Amount) (Journal, error) {
	left, err := h.Left()
	if err != nil {
		return Journal{}, err
	}
	there, err := left.Total()
	if err != nil {
		return Journal{}, err
	}
	gone, err := c.Amount.Add(stored)
	if err != nil {
		return Journal{}, err
	}
	borne, err := gone.Sub(there)
	if err != nil {
		return Journal{}, err
	}
	if borne.Minor < 0 {
		return Journal{}, fmt.Errorf("%w: the bank has kept %s of %s", ErrUnbalanced, c.Amount, there)
	}
	return c.journal("chargeback_lost", "lost", debit(Escrow(h.line()), left.Price), debit(EscrowFee(h.line()), left.BuyerFee),
		debit(Tax(h.Jurisdiction), left.Tax), debit(BadDebt(), borne), credit(Disputed(c.Provider), c.Amount), credit(Credit(buyerID), stored)), nil
}

// ChargebackBorne is journal 16 where the buyer had the money back before: nobody is left but the marketplace.
func ChargebackBorne(c Chargeback) Journal {
	return c.journal("chargeback_lost", "lost", debit(BadDebt(), c.Amount), credit(Disputed(c.Provider), c.Amount))
}

// ChargebackWon is journal 17: the bank returns the money, and the seller's share is free again.
func ChargebackWon(c Chargeback, to Taken) Journal {
	to.Held = money.Amount{}
	entries := []Entry{debit(Clearing(c.Provider), c.Amount), credit(Disputed(c.Provider), c.Amount)}
	if to.Total() != 0 {
		entries = append(append(entries, debit(HeldBack(to.SellerID), total(to))), to.credits()...)
	}
	return c.journal("chargeback_won", "won", entries...)
}

// DebtPaid is journal 18: what a seller earns next pays what the seller owes.
func DebtPaid(earning, sellerID string, amount money.Amount) Journal {
	return Held{OrderID: earning}.journal("debt_paid", "earning:"+earning+":debt",
		debit(Pending(sellerID), amount), credit(Receivable(sellerID), amount))
}

// DebtPaidFromAvailable is journal 18 where money comes back to who owes: a withdrawal that failed, a case that was won. It
// belongs to the book of what has brought it; cause names that, orderID is empty for a withdrawal.
func DebtPaidFromAvailable(book, orderID, cause, sellerID string, amount money.Amount) Journal {
	j := newJournal(book, "debt_paid", cause+":debt", debit(Available(sellerID), amount), credit(Receivable(sellerID), amount))
	j.OrderID = orderID
	return j
}

// WrittenOff is journal 19: the marketplace gives up a debt.
func WrittenOff(id, orderID, userID string, amount money.Amount) Journal {
	j := newJournal("write_off:"+id, "written_off", "write_off:"+id, debit(BadDebt(), amount), credit(Receivable(userID), amount))
	j.OrderID = orderID
	return j
}

// Goodwill is journal 20: an operator gives a buyer credit.
func Goodwill(id, orderID, userID string, amount money.Amount) Journal {
	j := newJournal("goodwill:"+id, "goodwill", "goodwill:"+id, debit(GoodwillGiven(), amount), credit(Credit(userID), amount))
	j.OrderID = orderID
	return j
}
