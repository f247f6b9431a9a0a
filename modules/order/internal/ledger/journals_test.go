package ledger

import (
	"errors"
	"strings"
	"testing"

	"marketplace/platform/apptest"
	"marketplace/platform/money"
)

// posts is one journal with the balances that it must leave behind.
type posts struct {
	name string
	make func() (Journal, error)
	want string
}

// sequence posts journals one after the other and compares all balances after each, as signed sums of postings.
func sequence(t *testing.T, h *apptest.Harness, all []posts) {
	t.Helper()
	for _, p := range all {
		j, err := p.make()
		mustPost(t, h, j, err)
		if got := balances(t, h); got != p.want {
			t.Errorf("after journal %s:\n got %s\nwant %s", p.name, got, p.want)
		}
		if again := posted(t, h, j, nil); again == nil {
			t.Errorf("journal %s was posted twice", p.name)
		}
	}
	sealAll(t, h)
	if found := problems(t, h); len(found) > 0 {
		t.Error(found)
	}
}

func sure(j Journal) func() (Journal, error) { return func() (Journal, error) { return j, nil } }

func withdrawal(id string) Withdrawal {
	return Withdrawal{ID: id, UserID: "sam", Amount: usd(8000), Fee: usd(100)}
}

// earned leads the example of docs/money.md to where the seller can withdraw 80.00.
func earned(t *testing.T, h *apptest.Harness, order string) {
	t.Helper()
	funded(t, h, order)
	j, err := Released(held(order))
	mustPost(t, h, j, err)
	mustPost(t, h, cleared(order, "sam", usd(8000)), nil)
}

// Journals 2, 3, 6, 7 and 8.
func TestMoneyLeavesThroughTheProviderAndTheBank(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		earned(t, h, "o")
		const income = "income:buyer_fee:USD -550, "
		sequence(t, h, []posts{
			{"2", sure(ProviderFee("sim", "txn_1", usd(336))), "expense:psp_fee:USD 336, " + income + "income:seller_fee:USD -2000, psp:sim:clearing:USD 10214, user:sam:available:USD -8000"},
			{"3", sure(Settled("sim", "txn_2", usd(10214))), "bank:main:USD 10214, expense:psp_fee:USD 336, " + income + "income:seller_fee:USD -2000, user:sam:available:USD -8000"},
			{"6", func() (Journal, error) { return PayoutRequested(withdrawal("w1")) },
				"bank:main:USD 10214, expense:psp_fee:USD 336, " + income + "income:payout_fee:USD -100, income:seller_fee:USD -2000, payout:w1:USD -7900"},
			{"8", func() (Journal, error) { return PayoutFailed(withdrawal("w1")) },
				"bank:main:USD 10214, expense:psp_fee:USD 336, " + income + "income:seller_fee:USD -2000, user:sam:available:USD -8000"},
			{"6 again", func() (Journal, error) { return PayoutRequested(withdrawal("w2")) },
				"bank:main:USD 10214, expense:psp_fee:USD 336, " + income + "income:payout_fee:USD -100, income:seller_fee:USD -2000, payout:w2:USD -7900"},
			{"7", func() (Journal, error) { return PayoutPaid(withdrawal("w2"), Bank()) },
				"bank:main:USD 2314, expense:psp_fee:USD 336, " + income + "income:payout_fee:USD -100, income:seller_fee:USD -2000"},
			{"8 after 7", func() (Journal, error) { return PayoutReturned(withdrawal("w2"), Bank()) },
				"bank:main:USD 10214, expense:psp_fee:USD 336, " + income + "income:seller_fee:USD -2000, user:sam:available:USD -8000"},
		})
	})
}

// Journals 10, 11 and 1b.
func TestPartsGoBackAndDisputesAreSplit(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "o")
		funded(t, h, "p")
		part := held("o")
		part.Refunded = usd(3000)
		sequence(t, h, []posts{
			{"10", func() (Journal, error) { return PartRefunded(held("o"), "r", usd(3000)) },
				"escrow:o:USD -7000, escrow:p:USD -10000, escrow_fee:o:USD -385, escrow_fee:p:USD -550, psp:sim:clearing:USD 21100, refund_payable:r:USD -3165"},
			{"11", func() (Journal, error) { return Split(held("p"), "d", "s", usd(4000)) },
				"escrow:o:USD -7000, escrow_fee:o:USD -385, income:buyer_fee:USD -330, income:seller_fee:USD -1200, psp:sim:clearing:USD 21100, " +
					"refund_payable:r:USD -3165, refund_payable:s:USD -4220, user:sam:pending:USD -4800"},
			{"4 of the rest", func() (Journal, error) { return Released(part) },
				"income:buyer_fee:USD -715, income:seller_fee:USD -2600, psp:sim:clearing:USD 21100, refund_payable:r:USD -3165, refund_payable:s:USD -4220, user:sam:pending:USD -10400"},
			{"9c", sure(RefundCredited("p", "s", "bea", usd(4220))),
				"buyer:bea:credit:USD -4220, income:buyer_fee:USD -715, income:seller_fee:USD -2600, psp:sim:clearing:USD 21100, refund_payable:r:USD -3165, user:sam:pending:USD -10400"},
			{"1b", func() (Journal, error) {
				return FundedFromCredit(Held{OrderID: "q", SellerID: "sam", Price: usd(4000), BuyerFee: usd(220), SellerFee: usd(800)}, "bea")
			}, "escrow:q:USD -4000, escrow_fee:q:USD -220, income:buyer_fee:USD -715, income:seller_fee:USD -2600, psp:sim:clearing:USD 21100, " +
				"refund_payable:r:USD -3165, user:sam:pending:USD -10400"},
		})
		if _, err := PartRefunded(part, "x", usd(7001)); !errors.Is(err, ErrTooMuch) {
			t.Errorf("more than is left went back: %v", err)
		}
	})
}

// Journals 12, 12b, 18 and 19.
func TestWhatWasReleasedIsTakenBackAndDebtsAreWorkedOff(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "o")
		j, err := Released(held("o"))
		mustPost(t, h, j, err)
		all := Part{usd(10000), usd(550), usd(2000), usd(0)}
		sequence(t, h, []posts{
			{"12", func() (Journal, error) {
				return TakenBack(held("o"), "r", all, Taken{SellerID: "sam", Pending: usd(8000)})
			},
				"psp:sim:clearing:USD 10550, refund_payable:r:USD -10550"},
			{"9b", sure(RefundSettled("o", "r", "sim", usd(10550))), ""},
		})
		earned(t, h, "p")
		j, err = PayoutRequested(Withdrawal{ID: "w", UserID: "sam", Amount: usd(5000), Fee: usd(0)})
		mustPost(t, h, j, err)
		sequence(t, h, []posts{
			{"12b", func() (Journal, error) {
				return TakenBack(held("p"), "s", all, Taken{SellerID: "sam", Available: usd(3000), Receivable: usd(5000)})
			}, "payout:w:USD -5000, psp:sim:clearing:USD 10550, refund_payable:s:USD -10550, user:sam:receivable:USD 5000"},
		})
		funded(t, h, "q")
		j, err = Released(held("q"))
		mustPost(t, h, j, err)
		mustPost(t, h, DebtPaid("q", "sam", usd(4000)), nil)
		mustPost(t, h, WrittenOff("x", "o", "sam", usd(1000)), nil)
		if got := balances(t, h); strings.Contains(got, "receivable") || !strings.Contains(got, "user:sam:pending:USD -4000") || !strings.Contains(got, "expense:bad_debt:USD 1000") {
			t.Errorf("after 18 and 19: %s", got)
		}
		if err := posted(t, h, WrittenOff("y", "o", "sam", usd(1)), nil); !errors.Is(err, ErrShort) {
			t.Errorf("a debt that is not there was written off: %v", err)
		}
	})
}

// Journals 15, 15b, 16 and 17.
func TestAChargebackFreezesAndIsWonOrLost(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "o")
		j, err := Released(held("o"))
		mustPost(t, h, j, err)
		c := Chargeback{ID: "c", OrderID: "o", Provider: "sim", Amount: usd(10550), Fee: usd(1500)}
		d := c
		d.ID = "d"
		from := Taken{SellerID: "sam", Pending: usd(8000)}
		const frozen = "expense:chargeback_fee:USD 1500, income:buyer_fee:USD -550, income:seller_fee:USD -2000, psp:sim:clearing:USD -1500, psp:sim:disputed:USD 10550, user:sam:held:USD -8000"
		sequence(t, h, []posts{
			{"15", func() (Journal, error) { return ChargebackOpened(c) },
				"expense:chargeback_fee:USD 1500, income:buyer_fee:USD -550, income:seller_fee:USD -2000, psp:sim:clearing:USD -1500, psp:sim:disputed:USD 10550, user:sam:pending:USD -8000"},
			{"15b", sure(Frozen("o", "cb:c", from)), frozen},
			{"17", sure(ChargebackWon(c, from)),
				"expense:chargeback_fee:USD 1500, income:buyer_fee:USD -550, income:seller_fee:USD -2000, psp:sim:clearing:USD 9050, user:sam:pending:USD -8000"},
			{"15 again", func() (Journal, error) { return ChargebackOpened(d) },
				"expense:chargeback_fee:USD 3000, income:buyer_fee:USD -550, income:seller_fee:USD -2000, psp:sim:clearing:USD -3000, psp:sim:disputed:USD 10550, user:sam:pending:USD -8000"},
			{"15b again", sure(Frozen("o", "cb:d", Taken{SellerID: "sam", Pending: usd(6000), Receivable: usd(2000)})),
				"expense:chargeback_fee:USD 3000, income:buyer_fee:USD -550, income:seller_fee:USD -2000, psp:sim:clearing:USD -3000, psp:sim:disputed:USD 10550, " +
					"user:sam:held:USD -8000, user:sam:pending:USD -2000, user:sam:receivable:USD 2000"},
			{"16", sure(ChargebackLost(d, Taken{SellerID: "sam", Held: usd(8000)}, Part{SellerFee: usd(2000), BuyerFee: usd(550)}, usd(0))),
				"expense:chargeback_fee:USD 3000, psp:sim:clearing:USD -3000, user:sam:pending:USD -2000, user:sam:receivable:USD 2000"},
		})
		funded(t, h, "p")
		e := Chargeback{ID: "e", OrderID: "p", Provider: "sim", Amount: usd(10550), Fee: usd(0)}
		j, err = ChargebackOpened(e)
		mustPost(t, h, j, err)
		j, err = ChargebackLostInEscrow(e, held("p"), "bea", usd(0))
		mustPost(t, h, j, err)
		if got := balances(t, h); strings.Contains(got, "escrow") || strings.Contains(got, "disputed") {
			t.Errorf("after 16 in escrow: %s", got)
		}
	})
}

// Journal 16 in escrow: the escrow pays what is there; what had gone back, and what was paid from credit.
func TestALostChargebackInEscrowIsBorneAsFarAsNothingIsThere(t *testing.T) {
	part := held("o")
	part.Refunded = usd(3000)
	for _, c := range []struct{ amount, stored, borne int64 }{{10550, 0, 3165}, {7385, 0, 0}, {4385, 3000, 0}, {5385, 3000, 1000}} {
		j, err := ChargebackLostInEscrow(Chargeback{ID: "c", OrderID: "o", Provider: "sim", Amount: usd(c.amount), Fee: usd(0)}, part, "bea", usd(c.stored))
		got := map[string]int64{}
		for _, e := range j.Entries {
			got[e.Account.Code("USD")] = e.Amount.Minor
		}
		if err != nil || got["expense:bad_debt:USD"] != c.borne || got["escrow:o:USD"] != 7000 || got["escrow_fee:o:USD"] != 385 ||
			got["buyer:bea:credit:USD"] != -c.stored || got["psp:sim:disputed:USD"] != -c.amount {
			t.Errorf("%+v: %v, %v", c, got, err)
		}
	}
	if _, err := ChargebackLostInEscrow(Chargeback{ID: "c", OrderID: "o", Amount: usd(7384)}, part, "bea", usd(0)); !errors.Is(err, ErrUnbalanced) {
		t.Errorf("less than what is there was kept: %v", err)
	}
}

// A dispute about a completed order freezes the earning, and returns it.
func TestWhatIsFrozenThaws(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		earned(t, h, "o")
		before := balances(t, h)
		from := Taken{SellerID: "sam", Available: usd(8000)}
		mustPost(t, h, Frozen("o", "dispute:d", from), nil)
		if got := balances(t, h); !strings.Contains(got, "user:sam:held:USD -8000") || strings.Contains(got, "available") {
			t.Error(got)
		}
		mustPost(t, h, Thawed("o", "dispute:d", from), nil)
		if got := balances(t, h); got != before {
			t.Error(got)
		}
	})
}

// Journals 13, 14, 20, 21 and 22, and the tax of journal 1.
func TestTipsLinesTaxGoodwillSuspenseAndExchange(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		line := Held{OrderID: "o", Line: "o.m1", SellerID: "sam", Price: usd(5000), BuyerFee: usd(275), SellerFee: usd(1000), Tax: usd(400), Jurisdiction: "DE"}
		sequence(t, h, []posts{
			{"14", func() (Journal, error) { return Funded(line, "sim", "ch_2") }, "escrow:o.m1:USD -5000, escrow_fee:o.m1:USD -275, psp:sim:clearing:USD 5675, tax:DE:USD -400"},
			{"10 with tax", func() (Journal, error) { return PartRefunded(line, "r", usd(2500)) },
				"escrow:o.m1:USD -2500, escrow_fee:o.m1:USD -137, psp:sim:clearing:USD 5675, refund_payable:r:USD -2838, tax:DE:USD -200"},
			{"9 with tax", func() (Journal, error) {
				rest := line
				rest.Refunded = usd(2500)
				return RefundRequested(rest, "s")
			}, "psp:sim:clearing:USD 5675, refund_payable:r:USD -2838, refund_payable:s:USD -2837"},
			{"9b", sure(RefundSettled("o", "r", "sim", usd(2838))), "psp:sim:clearing:USD 2837, refund_payable:s:USD -2837"},
			{"9b again", sure(RefundSettled("o", "s", "sim", usd(2837))), ""},
			{"13", func() (Journal, error) { return Tipped("o", "t", "sam", "sim", usd(1000), usd(0)) }, "psp:sim:clearing:USD 1000, user:sam:pending:USD -1000"},
			{"5 of the tip", sure(cleared("t", "sam", usd(1000))), "psp:sim:clearing:USD 1000, user:sam:available:USD -1000"},
			{"20", sure(Goodwill("g", "o", "bea", usd(500))), "buyer:bea:credit:USD -500, expense:goodwill:USD 500, psp:sim:clearing:USD 1000, user:sam:available:USD -1000"},
			{"22", sure(Exchanged("f", "sam", usd(1000), money.Of(920, "EUR"))),
				"buyer:bea:credit:USD -500, expense:goodwill:USD 500, fx:position:EUR 920, fx:position:USD -1000, psp:sim:clearing:USD 1000, user:sam:available:EUR -920"},
		})
		mustPost(t, h, Unmatched("sim", "txn_9", usd(700)), nil)
		if found := strings.Join(problems(t, h), " "); !strings.Contains(found, "suspense:sim:USD is not zero") {
			t.Errorf("money in suspense is not told: %s", found)
		}
		mustPost(t, h, Returned("sim", "txn_9", usd(700)), nil)
		mustPost(t, h, Unmatched("sim", "txn_10", usd(700)), nil)
		mustPost(t, h, Matched("sim", "txn_10", Credit("bea"), usd(700)), nil)
		if found := problems(t, h); len(found) > 0 {
			t.Error(found)
		}
	})
}

func TestNobodyOwesLessThanNothing(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		if err := posted(t, h, DebtPaid("o", "sam", usd(1)), nil); err == nil {
			t.Error("a debt that is not there was paid")
		}
		if err := posted(t, h, cleared("o", "nobody", usd(1)), nil); !errors.Is(err, ErrShort) { // an account that was not there before
			t.Errorf("what was never earned has cleared: %v", err)
		}
		c := Chargeback{ID: "c", OrderID: "o", Provider: "sim", Amount: usd(5), Fee: usd(0)}
		mustPost(t, h, ChargebackWon(c, Taken{}), nil)
		if found := strings.Join(problems(t, h), " "); !strings.Contains(found, "psp:sim:disputed:USD is on the wrong side") {
			t.Errorf("a chargeback that was never opened was won, and nobody noticed: %s", found)
		}
	})
}

// cleared is journal 5 without a reserve.
func cleared(earning, sellerID string, amount money.Amount) Journal {
	j, err := Cleared(earning, sellerID, amount, usd(0))
	if err != nil {
		panic(err)
	}
	return j
}
