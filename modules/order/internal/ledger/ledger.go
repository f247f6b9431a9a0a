// Package ledger keeps the books of the orders: double entry, append-only, every balance a sum of postings. It knows
// accounts and journals (docs/orders.md, "The books"), not what an order is.
//
// Debit is positive, credit negative; every journal sums to zero in each currency. Journals and postings are never
// changed: triggers of both databases refuse it, and a correction is a new journal with Reverses. The journals of one
// book (an order) are a chain of hashes, and Seal chains the books together; Verify checks all of it.
package ledger

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"marketplace/platform/db"
	"marketplace/platform/money"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
)

// The reasons why a journal is refused. Post wraps them with what is wrong.
var (
	ErrUnbalanced = errors.New("ledger: the journal does not sum to zero")
	ErrMalformed  = errors.New("ledger: the journal is not well formed")
	ErrShort      = errors.New("ledger: an account would be overdrawn")
)

// Journal is one movement of money. Key is the natural key of what moved it (order:<id>:release): it moves once.
type Journal struct {
	Book     string // whose chain it belongs to: an order
	Kind     string // funded, released, cleared, refund_requested, refund_settled, refund_credited
	Key      string
	OrderID  string
	Actor    string // the user, or system
	Cause    string // what made it happen: a line of the order's history, or a refund
	Reverses string // the journal that it corrects; empty for all others
	At       time.Time
	Entries  []Entry
}

// Entry is one posting: debit positive, credit negative, never zero.
type Entry struct {
	Account Account
	Amount  money.Amount
}

// Post writes a journal in the caller's transaction and returns its id. The caller holds the lock of the book (the
// order's row). The same Key a second time is a unique violation; an account that may not be overdrawn is ErrShort.
// Accounts are locked in the order of their codes.
func Post(tx *db.Tx, j Journal) (string, error) {
	if err := j.check(); err != nil {
		return "", fmt.Errorf("post %s: %w", j.Key, err)
	}
	_, span := trace.Step(tx.Context(), trace.Internal, "ledger "+j.Kind, trace.Text("market.module", "order"))
	defer span.End(nil)
	id, err := uuid.NewV7()
	if err != nil {
		return "", err
	}
	r := j.record(id.String())
	if err := post(tx, j, r); err != nil {
		return "", fmt.Errorf("post %s: %w", j.Key, err)
	}
	tx.Audit(j.act(r.ID))
	return r.ID, nil
}

// act is the journal in the record of audit: every movement of money is there (ASVS 16.3).
func (j Journal) act(id string) telemetry.Act {
	var moved money.Amount
	for _, e := range j.Entries {
		if e.Amount.Minor > 0 && (moved.Currency == "" || moved.Currency == e.Amount.Currency) {
			moved = money.Amount{Minor: moved.Minor + e.Amount.Minor, Currency: e.Amount.Currency}
		}
	}
	return telemetry.Act{Action: "money-" + strings.ReplaceAll(j.Kind, "_", "-"), By: j.Actor, Amount: moved,
		What: map[string]string{"journal_id": id, "order_id": j.OrderID, "book": j.Book}}
}

func post(tx *db.Tx, j Journal, r record) error {
	if err := move(tx, j); err != nil {
		return err
	}
	if err := chain(tx, &r); err != nil {
		return err
	}
	err := tx.Exec(`INSERT INTO journals (id, book, number, kind, idem, order_id, actor, cause, reverses, prev, hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Book, r.Number, r.Kind, r.Key, r.OrderID, r.Actor, r.Cause, r.Reverses, r.Prev, r.hash(), r.At).Error
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	if err := insertPostings(tx, r); err != nil {
		return fmt.Errorf("write the postings: %w", err)
	}
	if err := tx.Exec("INSERT INTO unsealed (journal_id) VALUES (?)", r.ID).Error; err != nil {
		return fmt.Errorf("note the journal for sealing: %w", err)
	}
	return recheck(tx, r.ID, len(r.Postings))
}

func insertPostings(tx *db.Tx, r record) error {
	marks, args := make([]string, len(r.Postings)), make([]any, 0, 5*len(r.Postings))
	for i, p := range r.Postings {
		marks[i] = "(?, ?, ?, ?, ?)"
		args = append(args, r.ID, i+1, p.Account, p.Currency, p.Amount)
	}
	return tx.Exec("INSERT INTO postings (journal_id, line, account, currency, amount) VALUES "+strings.Join(marks, ", "), args...).Error
}

// check refuses what can be seen without the database.
func (j Journal) check() error {
	switch {
	case j.Book == "" || j.Kind == "" || j.Key == "" || j.Actor == "" || j.Cause == "" || j.At.IsZero():
		return fmt.Errorf("%w: book, kind, key, actor, cause and time are needed", ErrMalformed)
	case len(j.Entries) < 2:
		return fmt.Errorf("%w: it has fewer than two postings", ErrMalformed)
	}
	sums := map[string]money.Amount{}
	for _, e := range j.Entries {
		if e.Account.name == "" || e.Amount.Minor == 0 || e.Amount.Currency == "" {
			return fmt.Errorf("%w: a posting needs an account, a currency and an amount that is not zero", ErrMalformed)
		}
		sum, ok := sums[e.Amount.Currency]
		if !ok {
			sum.Currency = e.Amount.Currency
		}
		sum, err := sum.Add(e.Amount)
		if err != nil {
			return err
		}
		sums[e.Amount.Currency] = sum
	}
	for _, sum := range sums {
		if sum.Minor != 0 {
			return fmt.Errorf("%w: %s are left over", ErrUnbalanced, sum)
		}
	}
	return nil
}

// recheck sums what the database has, inside the transaction: SQLite has no deferred trigger that could.
func recheck(tx *db.Tx, journal string, postings int) error {
	var found []struct{ Sum, Count int64 }
	err := tx.Raw("SELECT CAST(SUM(amount) AS BIGINT) AS sum, COUNT(*) AS count FROM postings WHERE journal_id = ? GROUP BY currency", journal).Scan(&found).Error
	if err != nil {
		return fmt.Errorf("check the journal: %w", err)
	}
	var count int64
	for _, f := range found {
		if count += f.Count; f.Sum != 0 {
			return fmt.Errorf("%w: %d minor units are left over in the database", ErrUnbalanced, f.Sum)
		}
	}
	if count != int64(postings) {
		return fmt.Errorf("%w: %d of %d postings are in the database", ErrUnbalanced, count, postings)
	}
	return nil
}

// record is a journal as it is stored and hashed.
type record struct {
	ID       string    `json:"id"`
	Book     string    `json:"book"`
	Number   int       `json:"number"`
	Kind     string    `json:"kind"`
	Key      string    `json:"key"`
	OrderID  string    `json:"order_id"`
	Actor    string    `json:"actor"`
	Cause    string    `json:"cause"`
	Reverses string    `json:"reverses"`
	Prev     string    `json:"prev"`
	At       time.Time `json:"at"`
	Postings []posting `json:"postings"`
}

type posting struct {
	Account  string `json:"account"`
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

func (j Journal) record(id string) record {
	r := record{ID: id, Book: j.Book, Kind: j.Kind, Key: j.Key, OrderID: j.OrderID, Actor: j.Actor, Cause: j.Cause,
		Reverses: j.Reverses, At: j.At.UTC().Truncate(time.Microsecond)}
	for _, e := range j.Entries {
		r.Postings = append(r.Postings, posting{e.Account.code(e.Amount.Currency), e.Amount.Currency, e.Amount.Minor})
	}
	return r
}

// hash covers everything that the journal says, and through Prev everything that its book said before.
func (r record) hash() string {
	r.At = r.At.UTC()
	text, err := json.Marshal(r)
	if err != nil { // texts, numbers and a time always have a JSON form
		panic(err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// chain gives the journal its place in its book.
func chain(tx *db.Tx, r *record) error {
	var last []struct {
		Number int
		Hash   string
	}
	err := tx.Raw("SELECT number, hash FROM journals WHERE book = ? ORDER BY number DESC LIMIT 1", r.Book).Scan(&last).Error
	if err != nil {
		return fmt.Errorf("read the end of the book: %w", err)
	}
	r.Number = 1
	if len(last) > 0 {
		r.Number, r.Prev = last[0].Number+1, last[0].Hash
	}
	return nil
}

// move changes the kept balances of the journal's accounts, in the order of their codes, so that two journals never wait
// for each other in a circle.
func move(tx *db.Tx, j Journal) error {
	entries := slices.Clone(j.Entries)
	slices.SortStableFunc(entries, func(a, b Entry) int {
		return strings.Compare(a.Account.code(a.Amount.Currency), b.Account.code(b.Amount.Currency))
	})
	for _, e := range entries {
		if err := moveOne(tx, e, j.At); err != nil {
			return fmt.Errorf("change the balance of %s: %w", e.Account.name, err)
		}
	}
	return nil
}

func moveOne(tx *db.Tx, e Entry, at time.Time) error {
	if !e.Account.kept {
		return open(tx, e, at)
	}
	changed, err := add(tx, e)
	if err != nil || changed {
		return err
	}
	if err := open(tx, e, at); err != nil {
		return err
	}
	if changed, err = add(tx, e); err == nil && !changed {
		err = errors.New("the account is not there")
	}
	return err
}

// add adds to a kept balance if the account is there and would not be overdrawn.
func add(tx *db.Tx, e Entry) (bool, error) {
	code := e.Account.code(e.Amount.Currency)
	delta := e.Account.own(e.Amount.Minor)
	done := tx.Exec("UPDATE accounts SET balance = balance + ? WHERE code = ? AND (min_balance IS NULL OR balance + ? >= min_balance)",
		delta, code, delta)
	if done.Error != nil || done.RowsAffected == 1 {
		return done.Error == nil, done.Error
	}
	var there int64
	if err := tx.Raw("SELECT COUNT(*) FROM accounts WHERE code = ?", code).Scan(&there).Error; err != nil {
		return false, err
	}
	if there == 1 {
		return false, fmt.Errorf("%w: %s", ErrShort, code)
	}
	return false, nil
}

func open(tx *db.Tx, e Entry, at time.Time) error {
	var balance, bound any
	if e.Account.kept {
		balance = 0
	}
	if e.Account.bounded {
		bound = 0
	}
	return tx.Exec(`INSERT INTO accounts (code, kind, currency, balance, min_balance, created_at) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (code) DO NOTHING`, e.Account.code(e.Amount.Currency), e.Account.kind, e.Amount.Currency, balance, bound, at).Error
}
