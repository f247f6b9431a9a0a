package order

// Invariant is one rule of the books with what breaks it.
type Invariant struct {
	Number   int      `json:"number"` // in docs/money.md
	Rule     string   `json:"rule"`
	Problems []string `json:"problems,omitempty"` // none is what is wanted
}

// Invariants are the rules that VerifyLedger checks, by their numbers from 1.
func Invariants() []Invariant {
	rules := []string{
		"each journal sums to zero in each currency",
		"all postings sum to zero in each currency",
		"every kept balance is the sum of its postings",
		"no bounded account is on the wrong side",
		"what an order was funded with is in escrow, refunded or released",
		"an order that has ended has nothing in escrow",
		"an order in work has its price in escrow",
		"money is funded, released, refunded and cleared at most once",
		"what was released is completed or decided in its history",
		"what is pending for a seller is the sum of the earnings that have not cleared",
		"no refund and no withdrawal is under way for more than three days",
		"what a provider holds is what it has captured, less what it has sent",
		"suspense and rounding are zero",
		"every journal names who, why and for which order",
		"the chains of journals and the seals over them are unbroken",
		"nothing is half done: what was refused left nothing behind",
		"the commission is that of the fees that the order was placed under",
		"no buyer is the seller",
		"all postings of an order and of an account are in one currency",
		"every event that moves money has moved it exactly once",
	}
	all := make([]Invariant, len(rules))
	for i, rule := range rules {
		all[i] = Invariant{Number: i + 1, Rule: rule}
	}
	return all
}
