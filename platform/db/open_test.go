package db_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
)

// Row trap 7.
func TestGORMKeepsNoStatementsAndStartsNoTransactionsOfItsOwn(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		for _, g := range open(t, o).Handles() {
			if g.PrepareStmt || !g.SkipDefaultTransaction || !g.TranslateError {
				t.Errorf("PrepareStmt %v, SkipDefaultTransaction %v, TranslateError %v", g.PrepareStmt, g.SkipDefaultTransaction, g.TranslateError)
			}
		}
	})
}

// Row trap 8.
func TestThreeThatOpenAnEmptyDatabaseAtOnceAllSucceed(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				d, err := db.Open(t.Context(), o)
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				if err := d.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
		}
		wait.Wait()
		must(t, open(t, o), insert("a"))
	})
}

func TestOpeningAgainKeepsWhatIsThereAndRunsOnlyTheNewMigrations(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		must(t, open(t, o), insert("a"))
		o.Migrations[1].Files = files(things, "-- +goose Up\nALTER TABLE things ADD COLUMN extra TEXT;")
		d := open(t, o)
		if n := count(t, d, "SELECT COUNT(*) FROM things WHERE extra IS NULL"); n != 1 {
			t.Errorf("%d rows", n)
		}
		open(t, o)
	})
}

func TestADatabaseThatIsNewerThanTheProgramIsRefused(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		older := o.Migrations
		o.Migrations = []db.Migration{older[0], {Table: "goose_test", Files: files(things, "-- +goose Up\nALTER TABLE things ADD COLUMN extra TEXT;")}}
		open(t, o)
		o.Migrations = older
		if _, err := db.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "run the newer program") {
			t.Errorf("opened: %v", err)
		}
	})
}

func TestTheWordsOfMigrationsFitBothDatabases(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		o.Migrations[1].Files = files(things, `-- +goose Up
{{if .Postgres}}CREATE TABLE one (x JSONB);{{else}}CREATE TABLE one (x TEXT) STRICT;{{end}}`)
		d := open(t, o)
		bytes := []byte{0, 1, 255}
		must(t, d, func(tx *db.Tx) error { return tx.Exec("INSERT INTO things (name, raw) VALUES ('a', ?)", bytes).Error })
		must(t, d, insert("b"))
		var got []struct {
			Seq int
			Raw []byte
		}
		err := d.Read(t.Context()).Raw("SELECT seq, raw FROM things ORDER BY seq").Scan(&got).Error
		if err != nil || len(got) != 2 || got[0].Seq != 1 || got[1].Seq != 2 || string(got[0].Raw) != string(bytes) {
			t.Errorf("rows: %v, %v", got, err)
		}
		must(t, d, func(tx *db.Tx) error { return tx.Exec("INSERT INTO one VALUES ('{}')").Error })
	})
}

func TestAMigrationThatCannotRunSaysOfWhichSet(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		for _, text := range []string{"-- +goose Up\nCREATE TABLE {{.Nothing}} (x TEXT);", "-- +goose Up\nCREATE TABEL x (x TEXT);", "{{"} {
			o.Migrations[1].Files = files(text)
			if _, err := db.Open(t.Context(), o); err == nil || !strings.Contains(err.Error(), "goose_test") {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

func TestTheModulesOfOneDatabaseDoNotSeeEachOther(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		must(t, open(t, o), insert("a"))
		o.Module = "other"
		o.Migrations[1].Files = files("-- +goose Up\nCREATE TABLE mine (x TEXT);")
		d := open(t, o)
		if err := d.Tx(t.Context(), insert("b")); err == nil {
			t.Error("it wrote into another module's table")
		}
	})
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?c#d%20é")
	must(t, open(t, options(t, "", dir)), insert("a"))
	if _, err := os.Stat(filepath.Join(dir, "test.db")); err != nil {
		t.Error(err)
	}
}

func TestADatabaseThatIsNotThereIsAnErrorWithoutItsPassword(t *testing.T) {
	_, err := db.Open(t.Context(), options(t, "postgres://app:hunter2@127.0.0.1:1/none", ""))
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("opened: %v", err)
	}
	if f := fault.Of(err); f.Code != fault.Unavailable || f.RetryAfter == 0 {
		t.Errorf("callers are told %+v", f)
	}
	if _, err = db.Open(t.Context(), options(t, "postgres://app:hunter2@[::1", "")); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("opened: %v", err)
	}
}

func TestALockIsHeldByOneReplicaAtATime(t *testing.T) {
	o := options(t, apptest.Postgres(t), "")
	first, second := open(t, o), open(t, o)
	try := func(d *db.DB, name string) func() {
		t.Helper()
		unlock, ok, err := d.TryLock(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			return nil
		}
		return unlock
	}
	unlock := try(first, "work")
	if unlock == nil || try(second, "work") != nil {
		t.Fatal("the lock is not exclusive")
	}
	other := try(second, "other work")
	if other == nil {
		t.Fatal("another lock must be free")
	}
	other()
	unlock()
	if unlock = try(second, "work"); unlock == nil {
		t.Fatal("the lock was not given back")
	}
	unlock()
}
