package db

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	modernc "modernc.org/sqlite"
)

// openKeeping opens a database with the things 1, 2 and 3.
func openKeeping(t testing.TB, connections int) *sql.DB {
	t.Helper()
	connect, err := modernc.NewConnector("file:" + filepath.Join(t.TempDir(), "x.db") + "?_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	d := sql.OpenDB(keeping{connect})
	d.SetMaxOpenConns(connections)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := d.Exec("CREATE TABLE things (n INTEGER PRIMARY KEY, name TEXT); INSERT INTO things (n) VALUES (1), (2), (3)"); err != nil {
		t.Fatal(err)
	}
	return d
}

// asker is a database, a transaction or a connection.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func numbers(t *testing.T, in asker, query string, args ...any) (all []int) {
	t.Helper()
	rows, err := in.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Error(err)
		}
		all = append(all, n)
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
	return all
}

// kept are the statements that a connection keeps, sorted.
func kept(t *testing.T, d *sql.DB) (all []string) {
	t.Helper()
	c, err := d.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	err = c.Raw(func(conn any) error {
		for query, s := range conn.(*keeper).kept {
			if s.busy {
				t.Errorf("nobody has given back %s", query)
			}
			all = append(all, query)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestAStatementIsPreparedOnceAndAnswersAnewInAndOutsideOfTransactions(t *testing.T) {
	d := openKeeping(t, 1)
	const query, insert = "SELECT n FROM things WHERE n > ?", "INSERT INTO things (n) VALUES (?)"
	for n := range 3 {
		tx, err := d.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(insert, 10+n); err != nil {
			t.Fatal(err)
		}
		if got := numbers(t, tx, query, 9); !slices.Contains(got, 10+n) || len(got) != n+1 {
			t.Errorf("inside: %v", got)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if got := numbers(t, d, query, 2); !slices.Equal(got, []int{3, 10, 11, 12}) {
		t.Errorf("outside: %v", got)
	}
	if _, err := d.Exec("ALTER TABLE things ADD COLUMN more TEXT; INSERT INTO things VALUES (20, 'a;b', '')"); err != nil {
		t.Fatal(err)
	}
	if got := numbers(t, d, query, 11); !slices.Equal(got, []int{12, 20}) {
		t.Errorf("after a change of the table: %v", got)
	}
	if got := kept(t, d); !slices.Equal(got, []string{insert, query}) {
		t.Errorf("kept are %q", got)
	}
}

func TestWhatComesOnceOrFailsIsNotKept(t *testing.T) {
	d := openKeeping(t, 1)
	var none int
	if err := d.QueryRow("SELECT none FROM things").Scan(&none); err == nil {
		t.Error("a column that is not there was found")
	}
	many := make([]any, mostValues+1)
	for _, query := range []string{"PRAGMA user_version", "SELECT n FROM things; SELECT n FROM things", "select n from things where n in (" +
		strings.Repeat("?, ", mostValues) + "?)"} {
		if strings.Contains(query, "?") {
			numbers(t, d, query, many...)
		} else {
			numbers(t, d, query)
		}
	}
	if got := kept(t, d); len(got) != 0 {
		t.Errorf("kept are %q", got)
	}
}

func TestAStatementThatFailedIsUsedAgain(t *testing.T) {
	d := openKeeping(t, 1)
	const insert, query = "INSERT INTO things (n) VALUES (?) RETURNING n", "SELECT n FROM things WHERE n < ?"
	for range 3 {
		var n int
		if err := d.QueryRow(insert, 1).Scan(&n); err == nil {
			t.Error("the same number twice")
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if err := d.QueryRowContext(over, query, 9).Scan(&n); err == nil {
			t.Error("the time was over")
		}
	}
	if got := numbers(t, d, insert, 4); !slices.Equal(got, []int{4}) {
		t.Errorf("inserted %v", got)
	}
	if got := numbers(t, d, query, 9); !slices.Equal(got, []int{1, 2, 3, 4}) {
		t.Errorf("there are %v", got)
	}
}

func TestAStatementWhoseRowsAreBeingReadIsAskedBesideThem(t *testing.T) {
	d := openKeeping(t, 1)
	tx, err := d.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	const query = "SELECT n FROM things WHERE n >= ? ORDER BY n"
	outer, err := tx.Query(query, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = outer.Close() }()
	for want := 1; outer.Next(); want++ {
		var n int
		if err := outer.Scan(&n); err != nil || n != want {
			t.Errorf("%d instead of %d, %v", n, want, err)
		}
		if got := numbers(t, tx, query, 3); !slices.Equal(got, []int{3}) {
			t.Errorf("beside it: %v", got)
		}
		for i := range mostKept { // all that is kept is forgotten meanwhile
			numbers(t, tx, fmt.Sprintf("SELECT n + %d FROM things", i))
		}
	}
	if err := outer.Err(); err != nil {
		t.Error(err)
	}
}

func TestStatementsAreForgottenBeforeTheyAreMany(t *testing.T) {
	d := openKeeping(t, 4)
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 2 * mostKept {
				if got := numbers(t, d, fmt.Sprintf("SELECT n + %d FROM things WHERE n = 1", i*(worker%2))); !slices.Equal(got, []int{1 + i*(worker%2)}) {
					t.Errorf("got %v", got)
				}
			}
		})
	}
	all.Wait()
	if n := len(kept(t, d)); n > mostKept {
		t.Errorf("%d statements are kept", n)
	}
}

// BenchmarkTransaction is a small change, ours against the driver's own way: of-bare is how many times as fast it is.
func BenchmarkTransaction(b *testing.B) {
	ours := openKeeping(b, 1)
	var path string
	if err := ours.QueryRow("SELECT file FROM pragma_database_list").Scan(&path); err != nil {
		b.Fatal(err)
	}
	bare, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = bare.Close() }()
	change := func(d *sql.DB) {
		tx, err := d.Begin()
		for i := range 10 {
			if err == nil {
				_, err = tx.Exec("UPDATE things SET name = ? WHERE n = ? AND EXISTS (SELECT 1 FROM things AS t WHERE t.n = things.n)", "x", i)
			}
		}
		if err == nil {
			err = tx.Commit()
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, d := range []struct {
		name string
		in   *sql.DB
	}{{"kept", ours}, {"bare", bare}} {
		b.Run(d.name, func(b *testing.B) {
			for b.Loop() {
				change(d.in)
			}
		})
	}
}
