package ledger

import (
	"marketplace/platform/money"
)

// What happens to money between the marketplace, its providers and its bank: withdrawals, fees, settlements.

// Withdrawal is a seller's money on its way out: Amount leaves the seller, Amount − Fee arrives.
type Withdrawal struct {
	ID     string
	UserID string
	Amount money.Amount
	Fee    money.Amount
}

// Net is what arrives.
func (w Withdrawal) Net() (money.Amount, error) { return w.Amount.Sub(w.Fee) }

func (w Withdrawal) journal(kind, stage string, entries ...Entry) Journal {
	return newJournal("payout:"+w.ID, kind, "payout:"+w.ID+":"+stage, entries...)
}

// PayoutRequested is journal 6: the seller wants to have it. It is committed before anybody is asked to send it.
func PayoutRequested(w Withdrawal) (Journal, error) {
	net, err := w.Net()
	if err != nil {
		return Journal{}, err
	}
	return w.journal("payout_requested", "request", debit(Available(w.UserID), w.Amount), credit(Payout(w.ID), net), credit(PayoutFees(), w.Fee)), nil
}

// PayoutPaid is journal 7: it has arrived, from the bank or from what a provider holds.
func PayoutPaid(w Withdrawal, from Account) (Journal, error) {
	net, err := w.Net()
	if err != nil {
		return Journal{}, err
	}
	return w.journal("payout_paid", "paid", debit(Payout(w.ID), net), credit(from, net)), nil
}

// PayoutFailed is journal 8: it will not arrive, and the seller has it again, the fee too.
func PayoutFailed(w Withdrawal) (Journal, error) {
	net, err := w.Net()
	if err != nil {
		return Journal{}, err
	}
	return w.journal("payout_failed", "failed", debit(Payout(w.ID), net), debit(PayoutFees(), w.Fee), credit(Available(w.UserID), w.Amount)), nil
}

// PayoutReturned is journal 8 after journal 7: the receiving bank has sent back what was paid.
func PayoutReturned(w Withdrawal, to Account) (Journal, error) {
	net, err := w.Net()
	if err != nil {
		return Journal{}, err
	}
	return w.journal("payout_returned", "returned", debit(to, net), debit(PayoutFees(), w.Fee), credit(Available(w.UserID), w.Amount)), nil
}

// ProviderFee is journal 2: the provider has taken its fee, told by the transaction of its report.
func ProviderFee(provider, transaction string, fee money.Amount) Journal {
	return newJournal("psp:"+provider+":"+transaction, "provider_fee", "psp:"+provider+":"+transaction, debit(ProviderFees(), fee), credit(Clearing(provider), fee))
}

// Settled is journal 3: the provider has paid to the bank.
func Settled(provider, transaction string, amount money.Amount) Journal {
	return newJournal("psp:"+provider+":"+transaction, "settled", "psp:"+provider+":"+transaction, debit(Bank(), amount), credit(Clearing(provider), amount))
}

// Unmatched is journal 21: the provider has money that fits nothing.
func Unmatched(provider, transaction string, amount money.Amount) Journal {
	return newJournal("suspense:"+provider+":"+transaction, "unmatched", "suspense:"+provider+":"+transaction+":unmatched",
		debit(Clearing(provider), amount), credit(Suspense(provider), amount))
}

// Matched ends journal 21: it has been found out whose money it is.
func Matched(provider, transaction string, to Account, amount money.Amount) Journal {
	return newJournal("suspense:"+provider+":"+transaction, "matched", "suspense:"+provider+":"+transaction+":matched",
		debit(Suspense(provider), amount), credit(to, amount))
}

// Returned ends journal 21: the provider has sent it back to where it came from.
func Returned(provider, transaction string, amount money.Amount) Journal {
	return newJournal("suspense:"+provider+":"+transaction, "returned", "suspense:"+provider+":"+transaction+":matched",
		debit(Suspense(provider), amount), credit(Clearing(provider), amount))
}

// Exchanged is journal 22: a user's money becomes another currency, at a rate that somebody has agreed to.
func Exchanged(id, userID string, sold, bought money.Amount) Journal {
	return newJournal("fx:"+id, "exchanged", "fx:"+id, debit(Available(userID), sold), credit(Position(), sold), debit(Position(), bought), credit(Available(userID), bought))
}
