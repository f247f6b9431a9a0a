package ledger

// Account is one account of the chart. Only the functions below make one, so the books have no account that the chart
// does not know. Its code ends with the currency: user:<id>:pending:USD.
type Account struct {
	name    string
	kind    kind
	bounded bool // never on the wrong side
	kept    bool // has one owner, so its balance is kept in its row; the others are summed
}

// kind is on which side of the books an account stands.
type kind string

const (
	asset     kind = "asset"
	liability kind = "liability"
	income    kind = "income"
)

// Clearing is money that a provider has captured and not yet settled.
func Clearing(provider string) Account {
	return Account{name: "psp:" + provider + ":clearing", kind: asset}
}

// Escrow is the price that is held for an order.
func Escrow(order string) Account { return owed("escrow:" + order) }

// EscrowFee is the buyer's fee of an order, unearned until completion.
func EscrowFee(order string) Account { return owed("escrow_fee:" + order) }

// RefundPayable is money on its way back to a buyer.
func RefundPayable(refund string) Account { return owed("refund_payable:" + refund) }

// Pending is what a user has earned, in the clearing period.
func Pending(user string) Account { return owed("user:" + user + ":pending") }

// Available is what a user can withdraw.
func Available(user string) Account { return owed("user:" + user + ":available") }

// Credit is a buyer's store credit.
func Credit(user string) Account { return owed("buyer:" + user + ":credit") }

// SellerFees are the marketplace's income from sellers.
func SellerFees() Account { return Account{name: "income:seller_fee", kind: income} }

// BuyerFees are the marketplace's income from buyers.
func BuyerFees() Account { return Account{name: "income:buyer_fee", kind: income} }

// owed is what the marketplace owes to one owner: credit only.
func owed(name string) Account {
	return Account{name: name, kind: liability, bounded: true, kept: true}
}

// Code is the account as postings name it.
func (a Account) Code(currency string) string { return a.code(currency) }

func (a Account) code(currency string) string { return a.name + ":" + currency }

// own turns a signed amount to the account's own side: what a liability owes is positive.
func (a Account) own(minor int64) int64 {
	if a.kind == asset {
		return minor
	}
	return -minor
}
