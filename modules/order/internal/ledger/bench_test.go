package ledger

import (
	"fmt"
	"sync/atomic"
	"testing"

	"marketplace/platform/apptest"
	"marketplace/platform/db"
)

// BenchmarkPost writes journal 1 of new orders, one transaction each; beside it the bare inserts of the same rows. The ratio
// of the two is what checks, balances and the chain cost.
//
//	go test ./modules/order/internal/ledger -run ^$ -bench Post
func BenchmarkPost(b *testing.B) {
	for name, h := range benches(b) {
		var n atomic.Int64
		b.Run(name+"/journals", func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					id := fmt.Sprintf("bench-%09d", n.Add(1))
					j, err := Funded(held(id), "sim", "charge-"+id)
					if err != nil {
						b.Error(err)
						return
					}
					if err := posted(b, h, j, nil); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
		b.Run(name+"/bare", func(b *testing.B) {
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if err := h.DB.Tx(b.Context(), func(tx *db.Tx) error { return bare(tx, fmt.Sprintf("bare-%09d", n.Add(1))) }); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkGrowth posts one journal after the other into books of 1,000, 10,000 and 100,000 journals: the time of one may grow
// with the depth of the indexes only.
//
//	go test ./modules/order/internal/ledger -run ^$ -bench Growth -benchtime 2000x
func BenchmarkGrowth(b *testing.B) {
	for name, h := range benches(b) {
		var n atomic.Int64
		there := int64(0)
		for _, size := range []int64{1_000, 10_000, 100_000} {
			fillUp(b, h, &n, size-there)
			there = size
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				for b.Loop() {
					id := fmt.Sprintf("growth-%09d", n.Add(1))
					j, err := Funded(held(id), "sim", "charge-"+id)
					mustPost(b, h, j, err)
				}
			})
		}
	}
}

func benches(b *testing.B) map[string]*apptest.Harness {
	b.Helper()
	return map[string]*apptest.Harness{"SQLite": apptest.Host(b, "order"), "PostgreSQL": apptest.Host(b, "order", postgres(b))}
}

// fillUp posts many journals in few transactions.
func fillUp(b *testing.B, h *apptest.Harness, n *atomic.Int64, journals int64) {
	b.Helper()
	for journals > 0 {
		batch := min(journals, 1000)
		err := h.DB.Tx(b.Context(), func(tx *db.Tx) error {
			for range batch {
				id := fmt.Sprintf("fill-%09d", n.Add(1))
				j, err := Funded(held(id), "sim", "charge-"+id)
				if err != nil {
					return err
				}
				j.Actor, j.Cause, j.At = "bea", "bench", tx.Now()
				if _, err := Post(tx, j); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		journals -= batch
	}
}

// bare inserts what one Post inserts, and nothing else.
func bare(tx *db.Tx, id string) error {
	statements := []struct {
		sql  string
		args []any
	}{
		{"INSERT INTO accounts (code, kind, currency, balance, min_balance, created_at) VALUES (?, 'liability', 'USD', 100, 0, ?), (?, 'liability', 'USD', 5, 0, ?)",
			[]any{"escrow:" + id, tx.Now(), "escrow_fee:" + id, tx.Now()}},
		{"INSERT INTO accounts (code, kind, currency, created_at) VALUES ('psp:sim:clearing:USD', 'asset', 'USD', ?) ON CONFLICT DO NOTHING", []any{tx.Now()}},
		{"INSERT INTO journals (id, book, number, kind, idem, order_id, actor, cause, reverses, prev, hash, created_at) VALUES (?, ?, 1, 'funded', ?, ?, 'bea', 'bench', '', '', 'hash', ?)",
			[]any{id, id, id, id, tx.Now()}},
		{"INSERT INTO postings (journal_id, line, account, currency, amount) VALUES (?, 1, 'psp:sim:clearing:USD', 'USD', 105), (?, 2, ?, 'USD', -100), (?, 3, ?, 'USD', -5)",
			[]any{id, id, "escrow:" + id, id, "escrow_fee:" + id}},
		{"INSERT INTO unsealed (journal_id) VALUES (?)", []any{id}},
	}
	for _, s := range statements {
		if err := tx.Exec(s.sql, s.args...).Error; err != nil {
			return err
		}
	}
	return nil
}
