package ledger

import "marketplace/platform/money"

// Held is the money of one order, all in one currency: Price = what the seller gets + SellerFee.
type Held struct {
	OrderID   string
	SellerID  string
	Price     money.Amount // in escrow
	BuyerFee  money.Amount // in escrow, unearned
	SellerFee money.Amount // the marketplace's part of Price at completion
}

// Total is what the buyer pays.
func (h Held) Total() (money.Amount, error) { return h.Price.Add(h.BuyerFee) }

// Funded is journal 1: the provider has captured the buyer's money, and it is held.
func Funded(h Held, provider, charge string) (Journal, error) {
	total, err := h.Total()
	if err != nil {
		return Journal{}, err
	}
	return h.journal("funded", "psp:"+provider+":"+charge,
		debit(Clearing(provider), total), credit(Escrow(h.OrderID), h.Price), credit(EscrowFee(h.OrderID), h.BuyerFee)), nil
}

// Released is journal 4: the order is completed, the seller has earned, the marketplace too.
func Released(h Held) (Journal, error) {
	earned, err := h.Price.Sub(h.SellerFee)
	if err != nil {
		return Journal{}, err
	}
	return h.journal("released", "order:"+h.OrderID+":release",
		debit(Escrow(h.OrderID), h.Price), debit(EscrowFee(h.OrderID), h.BuyerFee),
		credit(Pending(h.SellerID), earned), credit(SellerFees(), h.SellerFee), credit(BuyerFees(), h.BuyerFee)), nil
}

// Cleared is journal 5: the clearing period is over, the seller can withdraw.
func Cleared(orderID, sellerID string, amount money.Amount) Journal {
	return Held{OrderID: orderID}.journal("cleared", "earning:"+orderID+":clear",
		debit(Pending(sellerID), amount), credit(Available(sellerID), amount))
}

// RefundRequested is journal 9: all of it is on its way back to the buyer. It is committed before the provider is asked.
func RefundRequested(h Held, refund string) (Journal, error) {
	total, err := h.Total()
	if err != nil {
		return Journal{}, err
	}
	return h.journal("refund_requested", "refund:"+refund+":request",
		debit(Escrow(h.OrderID), h.Price), debit(EscrowFee(h.OrderID), h.BuyerFee), credit(RefundPayable(refund), total)), nil
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

func debit(a Account, amount money.Amount) Entry { return Entry{a, amount} }

func credit(a Account, amount money.Amount) Entry {
	return Entry{a, money.Of(-amount.Minor, amount.Currency)}
}

// journal leaves out entries of nothing: a marketplace may take no fee.
func (h Held) journal(kind, key string, entries ...Entry) Journal {
	j := Journal{Book: h.OrderID, Kind: kind, Key: key, OrderID: h.OrderID}
	for _, e := range entries {
		if e.Amount.Minor != 0 {
			j.Entries = append(j.Entries, e)
		}
	}
	return j
}
