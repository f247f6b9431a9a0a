package db_test

import (
	"context"
	"testing"
	"testing/fstest"

	"marketplace/migrations"
	"marketplace/platform/apptest"
	"marketplace/platform/clock"
	"marketplace/platform/db"
)

const things = `-- +goose Up
CREATE TABLE things (seq {{.ID}}, name TEXT NOT NULL UNIQUE, n INTEGER NOT NULL DEFAULT 0, at {{.Time}}, raw {{.Bytes}});
-- +goose Down
DROP TABLE things;`

func files(texts ...string) fstest.MapFS {
	set := fstest.MapFS{}
	for i, text := range texts {
		set["0000"+string(rune('1'+i))+"_test.sql"] = &fstest.MapFile{Data: []byte(text)}
	}
	return set
}

type happened struct{ ID string }

func (happened) Topic() string       { return "test.happened.v1" }
func (e happened) Aggregate() string { return e.ID }

// options open a module's database with the table things and the event tables.
func options(t testing.TB, url, dir string) db.Options {
	t.Helper()
	events, err := migrations.Events()
	if err != nil {
		t.Fatal(err)
	}
	return db.Options{Module: "test", URL: url, Dir: dir, Clock: clock.New(),
		Migrations: []db.Migration{{Table: "goose_events", Files: events}, {Table: "goose_test", Files: files(things)}}}
}

func open(t testing.TB, o db.Options) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// both runs a test on an empty database of each system.
func both(t *testing.T, test func(t *testing.T, o db.Options)) {
	t.Run("SQLite", func(t *testing.T) { test(t, options(t, "", t.TempDir())) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, options(t, apptest.Postgres(t), "")) })
}

func insert(name string) func(tx *db.Tx) error {
	return func(tx *db.Tx) error { return tx.Exec("INSERT INTO things (name) VALUES (?)", name).Error }
}

func must(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Tx(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func count(t testing.TB, d *db.DB, query string, args ...any) (n int) {
	t.Helper()
	if err := d.Read(context.WithoutCancel(t.Context())).Raw(query, args...).Scan(&n).Error; err != nil {
		t.Fatal(err)
	}
	return n
}
