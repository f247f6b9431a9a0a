package ledger

import (
	"fmt"
	"time"
)

// Query reads rows into a slice or a value. All queries of one Verify must see the same moment: hand in those of one
// transaction that reads a snapshot.
type Query func(into any, sql string, args ...any) error

// Report is what Verify has found. No problem is what is wanted.
type Report struct {
	Journals int
	Postings int
	Problems []Problem
}

// Problem is one case in which an invariant does not hold.
type Problem struct {
	Invariant int    // its number in docs/money.md
	Text      string // one sentence
}

func (r *Report) add(invariant int, format string, args ...any) {
	r.Problems = append(r.Problems, Problem{invariant, fmt.Sprintf(format, args...)})
}

// listed is how many cases of one problem are told.
const listed = 20

// Verify checks what can be seen in the books alone (docs/money.md, invariants 1 to 4, 8, 13, 15 and a part of 14):
// journals that sum to zero, balances that are sums, nobody overdrawn, no key twice, unbroken chains. It reads everything.
func Verify(q Query) (Report, error) {
	var r Report
	if err := q(&r.Journals, "SELECT COUNT(*) FROM journals"); err != nil {
		return r, fmt.Errorf("count the journals: %w", err)
	}
	if err := q(&r.Postings, "SELECT COUNT(*) FROM postings"); err != nil {
		return r, fmt.Errorf("count the postings: %w", err)
	}
	for _, s := range sums() {
		var found []string
		if err := q(&found, s.sql, listed); err != nil {
			return r, fmt.Errorf("check invariant %d: %w", s.invariant, err)
		}
		for _, what := range found {
			r.add(s.invariant, s.problem, what)
		}
	}
	if err := r.chains(q); err != nil {
		return r, fmt.Errorf("check the chains: %w", err)
	}
	if err := r.seals(q); err != nil {
		return r, fmt.Errorf("check the seals: %w", err)
	}
	return r, nil
}

// sum is an invariant as a query that returns what breaks it.
type sum struct {
	invariant    int
	problem, sql string
}

// ownSide is a posting on its account's own side.
const ownSide = "CASE WHEN a.kind IN ('asset', 'expense') THEN p.amount ELSE -p.amount END"

func sums() []sum {
	return []sum{
		{1, "The journal %s does not sum to zero.",
			`SELECT journal_id FROM postings GROUP BY journal_id, currency HAVING SUM(amount) <> 0 ORDER BY journal_id LIMIT ?`},
		{1, "The journal %s has fewer than two postings.",
			`SELECT j.id FROM journals j LEFT JOIN postings p ON p.journal_id = j.id GROUP BY j.id HAVING COUNT(p.line) < 2 ORDER BY j.id LIMIT ?`},
		{2, "All postings in %s do not sum to zero.",
			`SELECT currency FROM postings GROUP BY currency HAVING SUM(amount) <> 0 ORDER BY currency LIMIT ?`},
		{3, "The kept balance of %s is not the sum of its postings.",
			`SELECT a.code FROM accounts a LEFT JOIN postings p ON p.account = a.code WHERE a.balance IS NOT NULL GROUP BY a.code, a.kind, a.balance
			HAVING a.balance <> COALESCE(SUM(` + ownSide + `), 0) ORDER BY a.code LIMIT ?`},
		{4, "The account %s is on the wrong side.",
			`SELECT a.code FROM accounts a JOIN postings p ON p.account = a.code WHERE a.min_balance IS NOT NULL GROUP BY a.code, a.kind, a.min_balance
			HAVING SUM(` + ownSide + `) < a.min_balance ORDER BY a.code LIMIT ?`},
		{4, "The account %s has lost its bound.",
			`SELECT code FROM accounts WHERE min_balance IS NULL AND (code LIKE 'user:%' OR code LIKE 'escrow%' OR code LIKE 'buyer:%'
			OR code LIKE 'payout:%' OR code LIKE 'refund_payable:%' OR code LIKE 'psp:%:disputed:%') ORDER BY code LIMIT ?`},
		{19, "The account %s has a posting in another currency.",
			`SELECT DISTINCT a.code FROM accounts a JOIN postings p ON p.account = a.code WHERE p.currency <> a.currency ORDER BY a.code LIMIT ?`},
		{3, "A posting names the account %s, which is not there.",
			`SELECT DISTINCT p.account FROM postings p LEFT JOIN accounts a ON a.code = p.account WHERE a.code IS NULL ORDER BY p.account LIMIT ?`},
		{8, "The key %s has moved money more than once.",
			`SELECT idem FROM journals GROUP BY idem HAVING COUNT(*) > 1 ORDER BY idem LIMIT ?`},
		{8, "An order has more than one journal of one kind for the same money: %s.",
			`SELECT j.book || ' ' || j.kind || ' ' || p.account FROM journals j JOIN postings p ON p.journal_id = j.id
			WHERE j.kind IN ('funded', 'released', 'resolved') AND j.reverses = '' AND p.account LIKE 'escrow:%'
			GROUP BY j.book, j.kind, p.account HAVING COUNT(*) > 1 ORDER BY 1 LIMIT ?`},
		{13, "The account %s is not zero.",
			`SELECT p.account FROM postings p JOIN journals j ON j.id = p.journal_id WHERE (p.account LIKE 'suspense:%' OR p.account LIKE 'rounding:%')
			GROUP BY p.account HAVING SUM(p.amount) <> 0 ORDER BY p.account LIMIT ?`},
		{14, "The journal %s does not say who or what caused it.",
			`SELECT id FROM journals WHERE actor = '' OR cause = '' OR (order_id = '' AND kind NOT IN ('payout_requested', 'payout_paid', 'payout_failed',
			'payout_returned', 'provider_fee', 'settled', 'unmatched', 'matched', 'returned', 'exchanged', 'goodwill', 'written_off', 'debt_paid')) ORDER BY id LIMIT ?`},
	}
}

// page is how many journals are held in memory at a time.
const page = 500

type journalRow struct {
	ID, Book, Kind, Idem, OrderID, Actor, Cause, Reverses, Prev, Hash string
	Number                                                            int
	CreatedAt                                                         time.Time
}

// chains computes every hash again, book by book.
func (r *Report) chains(q Query) error {
	book, number, prev := "", 0, ""
	for {
		var rows []journalRow
		err := q(&rows, `SELECT id, book, number, kind, idem, order_id, actor, cause, reverses, prev, hash, created_at FROM journals
			WHERE (book, number) > (?, ?) ORDER BY book, number LIMIT ?`, book, number, page)
		if err != nil || len(rows) == 0 {
			return err
		}
		postings, err := postingsOf(q, rows)
		if err != nil {
			return err
		}
		for _, j := range rows {
			if j.Book != book {
				book, number, prev = j.Book, 0, ""
			}
			if j.Number != number+1 || j.Prev != prev || j.Hash != j.record(postings[j.ID]).hash() {
				r.add(15, "The chain of the book %s is broken at journal %d.", j.Book, j.Number)
			}
			number, prev = j.Number, j.Hash
		}
	}
}

func postingsOf(q Query, rows []journalRow) (map[string][]posting, error) {
	ids := make([]string, len(rows))
	for i, j := range rows {
		ids[i] = j.ID
	}
	var found []struct {
		JournalID string
		Account   string
		Currency  string
		Amount    int64
	}
	if err := q(&found, "SELECT journal_id, account, currency, amount FROM postings WHERE journal_id IN ? ORDER BY journal_id, line", ids); err != nil {
		return nil, err
	}
	of := map[string][]posting{}
	for _, p := range found {
		of[p.JournalID] = append(of[p.JournalID], posting{p.Account, p.Currency, p.Amount})
	}
	return of, nil
}

func (j journalRow) record(postings []posting) record {
	return record{ID: j.ID, Book: j.Book, Number: j.Number, Kind: j.Kind, Key: j.Idem, OrderID: j.OrderID, Actor: j.Actor,
		Cause: j.Cause, Reverses: j.Reverses, Prev: j.Prev, At: j.CreatedAt, Postings: postings}
}

// seals computes every seal again, and finds journals that are neither sealed nor waiting for it.
func (r *Report) seals(q Query) error {
	last := seal{}
	for {
		var next []seal
		if err := q(&next, "SELECT number, journals, prev, hash FROM seals WHERE number > ? ORDER BY number LIMIT ?", last.Number, page); err != nil {
			return err
		}
		if len(next) == 0 {
			return r.loose(q)
		}
		var found []struct {
			Seal      int
			JournalID string
			Hash      string
		}
		err := q(&found, `SELECT s.seal, s.journal_id, COALESCE(j.hash, '') AS hash FROM sealed s LEFT JOIN journals j ON j.id = s.journal_id
			WHERE s.seal BETWEEN ? AND ? ORDER BY s.seal, s.position`, next[0].Number, next[len(next)-1].Number)
		if err != nil {
			return err
		}
		covered := map[int][]sealed{}
		for _, f := range found {
			covered[f.Seal] = append(covered[f.Seal], sealed{f.JournalID, f.Hash})
		}
		for _, s := range next {
			journals := covered[s.Number]
			if s.Number != last.Number+1 || s.Prev != last.Hash || s.Journals != len(journals) || s.Hash != sealHash(s.Prev, journals) {
				r.add(15, "The seal %d does not fit the journals that it covers: some were changed or removed.", s.Number)
			}
			last = s
		}
	}
}

func (r *Report) loose(q Query) error {
	var loose []string
	err := q(&loose, `SELECT j.id FROM journals j LEFT JOIN sealed s ON s.journal_id = j.id LEFT JOIN unsealed u ON u.journal_id = j.id
		WHERE s.journal_id IS NULL AND u.journal_id IS NULL ORDER BY j.id LIMIT ?`, listed)
	for _, id := range loose {
		r.add(15, "The journal %s was never handed to the seals.", id)
	}
	return err
}
