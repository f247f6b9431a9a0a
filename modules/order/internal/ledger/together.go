package ledger

import "marketplace/platform/money"

// Together is one journal that says what several say, under the key of the first: an order that was paid more than once is
// released, or decided about, in one movement.
func Together(first Journal, more ...Journal) Journal {
	type place struct{ account, currency string }
	entries, at := []Entry{}, map[place]int{}
	for _, j := range append([]Journal{first}, more...) {
		for _, e := range j.Entries {
			p := place{e.Account.name, e.Amount.Currency}
			i, there := at[p]
			if !there {
				i = len(entries)
				at[p] = i
				entries = append(entries, Entry{e.Account, money.Of(0, e.Amount.Currency)})
			}
			entries[i].Amount.Minor += e.Amount.Minor
		}
	}
	first.Entries = nil
	for _, e := range entries {
		if e.Amount.Minor != 0 {
			first.Entries = append(first.Entries, e)
		}
	}
	return first
}

// TipCleared is journal 5 of a tip, which has a clearing period of its own.
func TipCleared(orderID, tip, sellerID string, amount money.Amount) Journal {
	return Held{OrderID: orderID}.journal("cleared", "earning:"+tip+":clear", debit(Pending(sellerID), amount), credit(Available(sellerID), amount))
}
