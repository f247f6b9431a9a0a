package ledger

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"

	"marketplace/platform/apptest"
	"marketplace/platform/config"
	"marketplace/platform/db"
	"marketplace/platform/money"
)

func both(t *testing.T, run func(t *testing.T, h *apptest.Harness)) {
	apptest.Databases(t, func(t *testing.T, open func(string, ...apptest.Option) *apptest.Harness) { run(t, open("order")) })
}

func usd(minor int64) money.Amount { return money.Of(minor, "USD") }

// held is the example of docs/orders.md.
func held(order string) Held {
	return Held{OrderID: order, SellerID: "sam", Price: usd(10000), BuyerFee: usd(550), SellerFee: usd(2000)}
}

func posted(t testing.TB, h *apptest.Harness, j Journal, err error) error {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if j.Actor == "" {
		j.Actor = "bea"
	}
	j.Cause, j.At = "test", h.Clock.Now()
	return h.DB.Tx(t.Context(), func(tx *db.Tx) error { _, err := Post(tx, j); return err })
}

func mustPost(t testing.TB, h *apptest.Harness, j Journal, err error) {
	t.Helper()
	if err := posted(t, h, j, err); err != nil {
		t.Fatal(err)
	}
}

func funded(t testing.TB, h *apptest.Harness, order string) {
	t.Helper()
	j, err := Funded(held(order), "sim", "charge-"+order)
	mustPost(t, h, j, err)
}

func problems(t testing.TB, h *apptest.Harness) []string {
	t.Helper()
	r, err := Verify(func(into any, sql string, args ...any) error {
		return h.DB.Read(t.Context()).Raw(sql, args...).Scan(into).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{}
	for _, p := range r.Problems {
		texts = append(texts, p.Text)
	}
	return texts
}

func balances(t testing.TB, h *apptest.Harness) string {
	t.Helper()
	var rows []struct {
		Account string
		Sum     int64
	}
	err := h.DB.Read(t.Context()).Raw("SELECT account, CAST(SUM(amount) AS BIGINT) AS sum FROM postings GROUP BY account HAVING SUM(amount) <> 0 ORDER BY account").Scan(&rows).Error
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, r := range rows {
		text = append(text, fmt.Sprintf("%s %d", r.Account, r.Sum))
	}
	return strings.Join(text, ", ")
}

// The figures of the table of journals in docs/orders.md.
func TestJournalsMoveWhatTheDocumentSays(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "o")
		if got := balances(t, h); got != "escrow:o:USD -10000, escrow_fee:o:USD -550, psp:sim:clearing:USD 10550" {
			t.Errorf("after journal 1: %s", got)
		}
		j, err := Released(held("o"))
		mustPost(t, h, j, err)
		if got := balances(t, h); got != "income:buyer_fee:USD -550, income:seller_fee:USD -2000, psp:sim:clearing:USD 10550, user:sam:pending:USD -8000" {
			t.Errorf("after journal 4: %s", got)
		}
		mustPost(t, h, cleared("o", "sam", usd(8000)), nil)
		if got := balances(t, h); !strings.Contains(got, "user:sam:available:USD -8000") || strings.Contains(got, "pending") {
			t.Errorf("after journal 5: %s", got)
		}
		funded(t, h, "p")
		j, err = RefundRequested(held("p"), "r")
		mustPost(t, h, j, err)
		if got := balances(t, h); !strings.Contains(got, "refund_payable:r:USD -10550") || strings.Contains(got, "escrow") {
			t.Errorf("after journal 9: %s", got)
		}
		mustPost(t, h, RefundSettled("p", "r", "sim", usd(10550)), nil)
		if got := balances(t, h); strings.Contains(got, "refund") || !strings.Contains(got, "psp:sim:clearing:USD 10550") {
			t.Errorf("after journal 9b: %s", got)
		}
		if p := problems(t, h); len(p) > 0 {
			t.Error(p)
		}
	})
}

func TestARefundThatTheProviderRejectsBecomesCredit(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "p")
		j, err := RefundRequested(held("p"), "r")
		mustPost(t, h, j, err)
		mustPost(t, h, RefundCredited("p", "r", "bea", usd(10550)), nil)
		if got := balances(t, h); got != "buyer:bea:credit:USD -10550, psp:sim:clearing:USD 10550" {
			t.Error(got)
		}
	})
}

func TestAMarketplaceWithoutFeesPostsNoZeros(t *testing.T) {
	h := apptest.Host(t, "order")
	free := held("o")
	free.BuyerFee, free.SellerFee = usd(0), usd(0)
	j, err := Funded(free, "sim", "c")
	mustPost(t, h, j, err)
	j, err = Released(free)
	mustPost(t, h, j, err)
	if got := balances(t, h); got != "psp:sim:clearing:USD 10000, user:sam:pending:USD -10000" {
		t.Error(got)
	}
}

func TestAJournalThatDoesNotBalanceIsRefused(t *testing.T) {
	h := apptest.Host(t, "order")
	for name, j := range map[string]Journal{
		"a cent too much":  {Book: "o", Kind: "k", Key: "1", OrderID: "o", Entries: []Entry{{Escrow("o"), usd(-100)}, {Clearing("sim"), usd(101)}}},
		"two currencies":   {Book: "o", Kind: "k", Key: "2", OrderID: "o", Entries: []Entry{{Escrow("o"), usd(-100)}, {Clearing("sim"), money.Of(100, "EUR")}}},
		"one posting":      {Book: "o", Kind: "k", Key: "3", OrderID: "o", Entries: []Entry{{Escrow("o"), usd(-100)}}},
		"nothing":          {Book: "o", Kind: "k", Key: "4", OrderID: "o", Entries: []Entry{{Escrow("o"), usd(0)}, {Clearing("sim"), usd(0)}}},
		"no account":       {Book: "o", Kind: "k", Key: "5", OrderID: "o", Entries: []Entry{{Account{}, usd(-100)}, {Clearing("sim"), usd(100)}}},
		"no key":           {Book: "o", Kind: "k", OrderID: "o", Entries: []Entry{{Escrow("o"), usd(-100)}, {Clearing("sim"), usd(100)}}},
		"more than int64":  {Book: "o", Kind: "k", Key: "6", OrderID: "o", Entries: []Entry{{Clearing("sim"), usd(1<<63 - 1)}, {Clearing("sim"), usd(1)}, {Escrow("o"), usd(-1 << 63)}}},
		"no book to be in": {Kind: "k", Key: "7", OrderID: "o", Entries: []Entry{{Escrow("o"), usd(-100)}, {Clearing("sim"), usd(100)}}},
	} {
		err := posted(t, h, j, nil)
		if !errors.Is(err, ErrUnbalanced) && !errors.Is(err, ErrMalformed) && !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := balances(t, h); got != "" {
		t.Errorf("something was posted: %s", got)
	}
}

// What Go would let pass, by a mistake, the database does not.
func TestPostgreSQLDoesNotCommitAJournalThatDoesNotBalance(t *testing.T) {
	h := apptest.Host(t, "order", postgres(t))
	for name, amounts := range map[string][]int64{"a cent too much": {-100, 101}, "one posting": {-100}, "none": {}} {
		err := h.DB.Tx(t.Context(), func(tx *db.Tx) error { return handmade(tx, "bad", amounts...) })
		if err == nil {
			t.Errorf("%s: committed", name)
		}
	}
	funded(t, h, "o")
	err := h.DB.Tx(t.Context(), func(tx *db.Tx) error { // one more posting into a journal that was good
		return tx.Exec("INSERT INTO postings (journal_id, line, account, currency, amount) SELECT id, 9, 'psp:sim:clearing:USD', 'USD', 5 FROM journals").Error
	})
	if err == nil {
		t.Error("a posting was added to an old journal")
	}
	if p := problems(t, h); len(p) > 0 {
		t.Error(p)
	}
}

func postgres(t testing.TB) apptest.Option {
	url := apptest.Postgres(t)
	return apptest.Config(func(c *config.Config) { c.Database = url })
}

// handmade writes a journal around Post.
func handmade(tx *db.Tx, id string, amounts ...int64) error {
	err := tx.Exec("INSERT INTO accounts (code, kind, currency, created_at) VALUES ('x:USD', 'asset', 'USD', ?) ON CONFLICT DO NOTHING", tx.Now()).Error
	if err == nil {
		err = tx.Exec(`INSERT INTO journals (id, book, number, kind, idem, order_id, actor, cause, reverses, prev, hash, created_at)
			VALUES (?, ?, 1, 'k', ?, 'o', 'a', 'c', '', '', '', ?)`, id, id, id, tx.Now()).Error
	}
	for i, a := range amounts {
		if err == nil {
			err = tx.Exec("INSERT INTO postings (journal_id, line, account, currency, amount) VALUES (?, ?, 'x:USD', 'USD', ?)", id, i, a).Error
		}
	}
	return err
}

func TestTheBooksCannotBeChanged(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "o")
		if err := h.DB.Tx(t.Context(), func(tx *db.Tx) error { _, err := Seal(tx); return err }); err != nil {
			t.Fatal(err)
		}
		statements := []string{"UPDATE journals SET kind = 'x'", "DELETE FROM journals", "UPDATE postings SET amount = amount + 1", "DELETE FROM postings",
			"UPDATE seals SET hash = ''", "DELETE FROM sealed"}
		if h.DB.Postgres() {
			statements = append(statements, "TRUNCATE postings", "TRUNCATE journals CASCADE")
		}
		for _, s := range statements {
			err := h.DB.Tx(t.Context(), func(tx *db.Tx) error { return tx.Exec(s).Error })
			if err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", s, err)
			}
		}
		if p := problems(t, h); len(p) > 0 {
			t.Error(p)
		}
	})
}

func TestAKeyMovesMoneyOnce(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "o")
		j, err := Funded(held("o"), "sim", "charge-o")
		if err := posted(t, h, j, err); !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("the second time: %v", err)
		}
		if got := balances(t, h); !strings.Contains(got, "psp:sim:clearing:USD 10550") {
			t.Error(got)
		}
	})
}

func TestNobodyIsOverdrawn(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		funded(t, h, "o")
		twice := held("o")
		twice.Price = usd(10001)
		j, err := Released(twice)
		if err := posted(t, h, j, err); !errors.Is(err, ErrShort) {
			t.Errorf("more than is in escrow: %v", err)
		}
		if err := posted(t, h, cleared("o", "nobody", usd(1)), nil); err == nil {
			t.Error("money was taken from an account that never had any")
		}
		err = h.DB.Tx(t.Context(), func(tx *db.Tx) error {
			return tx.Exec("UPDATE accounts SET balance = -1 WHERE code = 'escrow:o:USD'").Error
		})
		if err == nil {
			t.Error("the database keeps a balance on the wrong side")
		}
		if p := problems(t, h); len(p) > 0 {
			t.Error(p)
		}
	})
}

func TestJournalsOfManyBooksArePostedAtOnceWithoutDeadlock(t *testing.T) {
	both(t, func(t *testing.T, h *apptest.Harness) {
		var wait sync.WaitGroup
		for i := range 8 {
			wait.Go(func() {
				for n := range 10 {
					id := fmt.Sprintf("o%d-%d", i, n)
					funded(t, h, id)
					j, err := Released(held(id)) // all for one seller
					mustPost(t, h, j, err)
				}
			})
		}
		wait.Wait()
		if got := balances(t, h); !strings.Contains(got, "user:sam:pending:USD -640000") {
			t.Error(got)
		}
		sealAll(t, h)
		if p := problems(t, h); len(p) > 0 {
			t.Error(p)
		}
	})
}

func sealAll(t testing.TB, h *apptest.Harness) {
	t.Helper()
	for {
		n := 0
		err := h.DB.Tx(t.Context(), func(tx *db.Tx) (err error) { n, err = Seal(tx); return err })
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// Somebody with the rights of the database's owner can switch the triggers off. Then Verify finds what they did.
func TestVerifyFindsWhatWasTamperedWith(t *testing.T) {
	for name, c := range map[string]struct{ statement, problem string }{
		"an amount":          {"UPDATE postings SET amount = amount + 1 WHERE line = 1", "does not sum to zero"},
		"a shifted amount":   {"UPDATE postings SET amount = amount + CASE line WHEN 1 THEN 5 ELSE -5 END WHERE line <= 2", "is broken"},
		"a kept balance":     {"UPDATE accounts SET balance = balance + 1 WHERE code = 'escrow:a:USD'", "kept balance of escrow:a:USD"},
		"who did it":         {"UPDATE journals SET actor = 'ann' WHERE book = 'a'", "chain of the book a is broken"},
		"when":               {"UPDATE journals SET created_at = '2020-01-01 00:00:00+00:00' WHERE book = 'a'", "chain of the book a is broken"},
		"a hash":             {"UPDATE journals SET hash = 'x' WHERE book = 'a' AND number = 1", "chain of the book a is broken"},
		"a missing journal":  {"DELETE FROM postings WHERE journal_id IN (SELECT id FROM journals WHERE book = 'b'); DELETE FROM journals WHERE book = 'b'", "seal 2 does not fit"},
		"a missing seal":     {"DELETE FROM sealed WHERE seal = 1; DELETE FROM seals WHERE number = 1", "does not fit"},
		"an unsealed one":    {"DELETE FROM sealed WHERE position = 1", "never handed to the seals"},
		"a foreign currency": {"UPDATE postings SET currency = 'EUR' WHERE line = 1", "does not sum to zero"},
	} {
		t.Run(name, func(t *testing.T) {
			h := apptest.Host(t, "order")
			funded(t, h, "a")
			j, err := Released(held("a"))
			mustPost(t, h, j, err)
			sealAll(t, h)
			funded(t, h, "b")
			funded(t, h, "c")
			sealAll(t, h)
			if len(problems(t, h)) > 0 {
				t.Fatal("the books were not in order before")
			}
			tamper(t, h, c.statement)
			found := strings.Join(problems(t, h), "\n")
			if !strings.Contains(found, c.problem) {
				t.Errorf("found %q, want %q", found, c.problem)
			}
		})
	}
}

// tamper drops the triggers and runs the statements.
func tamper(t testing.TB, h *apptest.Harness, statements string) {
	t.Helper()
	var triggers []string
	if err := h.DB.Read(t.Context()).Raw("SELECT name FROM sqlite_master WHERE type = 'trigger'").Scan(&triggers).Error; err != nil {
		t.Fatal(err)
	}
	all := []string{"PRAGMA defer_foreign_keys = 1"}
	for _, name := range triggers {
		all = append(all, "DROP TRIGGER "+name)
	}
	err := h.DB.Tx(t.Context(), func(tx *db.Tx) error {
		for _, s := range append(all, strings.Split(statements, "; ")...) {
			if err := tx.Exec(s).Error; err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
