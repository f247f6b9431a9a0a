package db

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

func openPrepared(t *testing.T) *prepared {
	t.Helper()
	conn, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+"?_pragma=journal_mode(WAL)")
	if err != nil {
		t.Fatal(err)
	}
	conn.SetMaxOpenConns(4)
	t.Cleanup(func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := conn.ExecContext(t.Context(), "CREATE TABLE things (n INTEGER); INSERT INTO things VALUES (1), (2), (3)"); err != nil {
		t.Fatal(err)
	}
	return newPrepared(conn)
}

func (p *prepared) sum(t *testing.T, query string, args ...any) (sum int) {
	t.Helper()
	rows, err := p.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var n int
		if err := rows.Scan(&n); err != nil {
			t.Error(err)
		}
		sum += n
	}
	return sum
}

func TestAQueryIsPreparedOnceAndAnswersAnew(t *testing.T) {
	p := openPrepared(t)
	const query = "SELECT n FROM things WHERE n > ?"
	if a, b := p.sum(t, query, 1), p.sum(t, query, 2); a != 5 || b != 3 || len(p.statements) != 1 {
		t.Errorf("%d, %d, %d statements", a, b, len(p.statements))
	}
	if _, err := p.ExecContext(t.Context(), "ALTER TABLE things ADD COLUMN more TEXT; INSERT INTO things VALUES (10, '')"); err != nil {
		t.Fatal(err)
	}
	if got := p.sum(t, query, 2); got != 13 {
		t.Errorf("after a change of the table: %d", got)
	}
	if _, err := p.take(t.Context(), "SELECT none FROM things"); err == nil || len(p.statements) != 1 {
		t.Errorf("a query that fails is kept: %v", err)
	}
}

func TestStatementsAreForgottenBeforeTheyAreManyWhileTheyAreUsed(t *testing.T) {
	p := openPrepared(t)
	rows, err := p.QueryContext(t.Context(), "SELECT n FROM things ORDER BY n")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			for i := range 2 * mostPrepared {
				if got := p.sum(t, fmt.Sprintf("SELECT n + %d FROM things WHERE n = 1", i*(worker%2))); got != 1+i*(worker%2) {
					t.Errorf("got %d", got)
				}
			}
		})
	}
	all.Wait()
	if len(p.statements) > mostPrepared {
		t.Errorf("%d statements are kept", len(p.statements))
	}
	n := 1
	for rows.Next() {
		n++
	}
	if err := rows.Err(); n != 3 || err != nil {
		t.Errorf("rows of a forgotten statement: %d, %v", n, err)
	}
}
