package ledger

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

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

// BenchmarkTPCB is what the same server does of PostgreSQL's own benchmark, with as many clients: a transaction of it changes three
// balances and writes one line of history.
//
//	go test ./modules/order/internal/ledger -run ^$ -bench TPCB -benchtime 1x
func BenchmarkTPCB(b *testing.B) {
	programs, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(programs) == 0 {
		b.Skip("pgbench is not installed")
	}
	url, program := apptest.Postgres(b), programs[len(programs)-1]
	if out, err := exec.CommandContext(b.Context(), program, "-i", "-q", "-s", "2", url).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	clients := strconv.Itoa(runtime.GOMAXPROCS(0))
	for b.Loop() {
		out, err := exec.CommandContext(b.Context(), program, "-n", "-c", clients, "-j", clients, "-T", "10", url).CombinedOutput()
		found := regexp.MustCompile(`tps = ([\d.]+)`).FindSubmatch(out)
		if err != nil || found == nil {
			b.Fatalf("%v\n%s", err, out)
		}
		tps, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(tps, "transactions/s")
	}
}

// BenchmarkGrowth posts one journal after the other into books of 1,000 to 1,000,000 journals: the time of one may grow
// with the depth of the indexes only.
//
//	go test ./modules/order/internal/ledger -run ^$ -bench Growth/PostgreSQL -benchtime 500x -timeout 10m (-short: to 100,000)
func BenchmarkGrowth(b *testing.B) {
	for name, h := range benches(b) {
		b.Run(name, func(b *testing.B) {
			var n atomic.Int64
			there := int64(0)
			sizes := []int64{1_000, 10_000, 100_000, 1_000_000}
			if testing.Short() {
				sizes = sizes[:3]
			}
			for _, size := range sizes {
				fillUp(b, h, &n, size-there)
				there = size
				b.Run(strconv.FormatInt(size, 10), func(b *testing.B) {
					var took []time.Duration // the middle one says more than the mean where other programs run
					for b.Loop() {
						began := time.Now()
						id := fmt.Sprintf("growth-%09d", n.Add(1))
						j, err := Funded(held(id), "sim", "charge-"+id)
						mustPost(b, h, j, err)
						took = append(took, time.Since(began))
					}
					slices.Sort(took)
					b.ReportMetric(float64(took[len(took)/2].Microseconds()), "µs-median")
				})
			}
		})
	}
}

func benches(b *testing.B) map[string]*apptest.Harness {
	b.Helper()
	return map[string]*apptest.Harness{"SQLite": apptest.Host(b, "order"), "PostgreSQL": apptest.Host(b, "order", postgres(b))}
}

// fillUp writes rows as those of many journals, each in a book of its own, without posting them.
func fillUp(b *testing.B, h *apptest.Harness, n *atomic.Int64, journals int64) {
	b.Helper()
	const ids = "WITH RECURSIVE n(i) AS (SELECT CAST(? AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
	for journals > 0 {
		batch := min(journals, 10_000)
		last := n.Add(batch)
		err := h.DB.Tx(b.Context(), func(tx *db.Tx) error {
			if tx.Postgres() { // the rows fit together: the triggers would look at a million of them one by one
				if err := tx.Exec("SET LOCAL session_replication_role = replica").Error; err != nil {
					return err
				}
			}
			for _, s := range []string{
				"INSERT INTO accounts (code, kind, currency, balance, min_balance, created_at) SELECT 'escrow:fill-' || i, 'liability', 'USD', 100, 0, CURRENT_TIMESTAMP FROM n",
				"INSERT INTO accounts (code, kind, currency, balance, min_balance, created_at) SELECT 'escrow_fee:fill-' || i, 'liability', 'USD', 5, 0, CURRENT_TIMESTAMP FROM n",
				"INSERT INTO accounts (code, kind, currency, created_at) SELECT 'psp:sim:clearing:USD', 'asset', 'USD', CURRENT_TIMESTAMP FROM n WHERE i < 0 OR i = (SELECT MIN(i) FROM n) ON CONFLICT DO NOTHING",
				"INSERT INTO journals (id, book, number, kind, idem, order_id, actor, cause, reverses, prev, hash, created_at) SELECT 'fill-' || i, 'fill-' || i, 1, 'funded', 'fill-' || i, 'fill-' || i, 'bea', 'bench', '', '', 'hash', CURRENT_TIMESTAMP FROM n",
				"INSERT INTO postings (journal_id, line, account, currency, amount) SELECT 'fill-' || i, 1, 'psp:sim:clearing:USD', 'USD', 105 FROM n",
				"INSERT INTO postings (journal_id, line, account, currency, amount) SELECT 'fill-' || i, 2, 'escrow:fill-' || i, 'USD', -100 FROM n",
				"INSERT INTO postings (journal_id, line, account, currency, amount) SELECT 'fill-' || i, 3, 'escrow_fee:fill-' || i, 'USD', -5 FROM n",
			} {
				if err := tx.Exec(ids+s, last-batch+1, last).Error; err != nil {
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
	err := h.DB.Tx(b.Context(), func(tx *db.Tx) error { // as the server does by itself, in a minute
		if tx.Postgres() {
			if err := tx.Exec("CHECKPOINT").Error; err != nil {
				return err
			}
		}
		return tx.Exec("ANALYZE").Error
	})
	if err != nil {
		b.Fatal(err)
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
