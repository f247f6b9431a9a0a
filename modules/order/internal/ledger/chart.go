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
	expense   kind = "expense"
	technical kind = "technical"
)

// Clearing is money that a provider has captured and not yet settled.
func Clearing(provider string) Account {
	return Account{name: "psp:" + provider + ":clearing", kind: asset}
}

// Disputed is money that a provider has pulled back while a chargeback is decided.
func Disputed(provider string) Account {
	return Account{name: "psp:" + provider + ":disputed", kind: asset, bounded: true}
}

// Bank is the marketplace's own bank account.
func Bank() Account { return Account{name: "bank:main", kind: asset} }

// Receivable is what a user owes to the marketplace: a chargeback came after the payout.
func Receivable(user string) Account {
	return Account{name: "user:" + user + ":receivable", kind: asset, bounded: true, kept: true}
}

// Escrow is the price that is held for an order, or for one line of it.
func Escrow(line string) Account { return owed("escrow:" + line) }

// EscrowFee is the buyer's fee of an order, or of one line of it, unearned until completion.
func EscrowFee(line string) Account { return owed("escrow_fee:" + line) }

// RefundPayable is money on its way back to a buyer.
func RefundPayable(refund string) Account { return owed("refund_payable:" + refund) }

// Pending is what a user has earned, in the clearing period.
func Pending(user string) Account { return owed("user:" + user + ":pending") }

// Available is what a user can withdraw.
func Available(user string) Account { return owed("user:" + user + ":available") }

// HeldBack is what a user has earned, frozen by a dispute or a chargeback.
func HeldBack(user string) Account { return owed("user:" + user + ":held") }

// Payout is money on its way to a seller.
func Payout(payout string) Account { return owed("payout:" + payout) }

// Credit is a buyer's store credit.
func Credit(user string) Account { return owed("buyer:" + user + ":credit") }

// Tax is tax that was collected for a jurisdiction.
func Tax(jurisdiction string) Account { return Account{name: "tax:" + jurisdiction, kind: liability} }

// SellerFees are the marketplace's income from sellers.
func SellerFees() Account { return Account{name: "income:seller_fee", kind: income} }

// BuyerFees are the marketplace's income from buyers.
func BuyerFees() Account { return Account{name: "income:buyer_fee", kind: income} }

// PayoutFees are the marketplace's income from withdrawals.
func PayoutFees() Account { return Account{name: "income:payout_fee", kind: income} }

// ProviderFees are what payment providers take.
func ProviderFees() Account { return Account{name: "expense:psp_fee", kind: expense} }

// ChargebackFees are what payment providers take for a chargeback.
func ChargebackFees() Account { return Account{name: "expense:chargeback_fee", kind: expense} }

// GoodwillGiven is what the marketplace has given away.
func GoodwillGiven() Account { return Account{name: "expense:goodwill", kind: expense} }

// BadDebt is what users owed and will not pay.
func BadDebt() Account { return Account{name: "expense:bad_debt", kind: expense} }

// Suspense is money at a provider that fits nothing; it is zero at the end of the day.
func Suspense(provider string) Account { return Account{name: "suspense:" + provider, kind: asset} }

// Position is what the marketplace holds of a currency by exchanging.
func Position() Account { return Account{name: "fx:position", kind: technical} }

// Rounding is always zero: nothing is rounded but fees, and their counterpart is the difference.
func Rounding() Account { return Account{name: "rounding", kind: technical} }

// owed is what the marketplace owes to one owner: credit only.
func owed(name string) Account {
	return Account{name: name, kind: liability, bounded: true, kept: true}
}

// Code is the account as postings name it.
func (a Account) Code(currency string) string { return a.code(currency) }

func (a Account) code(currency string) string { return a.name + ":" + currency }

// own turns a signed amount to the account's own side: what a liability owes is positive.
func (a Account) own(minor int64) int64 {
	if a.kind == asset || a.kind == expense {
		return minor
	}
	return -minor
}
