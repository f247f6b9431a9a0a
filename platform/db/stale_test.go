package db_test

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/identity"
)

// replicated opens a database whose replica is another one with other rows, so that a test sees where it has read.
func replicated(t *testing.T, replica func(t *testing.T, url string) string) *db.DB {
	t.Helper()
	url := apptest.Postgres(t)
	other := open(t, options(t, url, ""))
	must(t, other, insert("replica"))
	o := options(t, apptest.Postgres(t), "")
	o.Replica = replica(t, url)
	d := open(t, o)
	must(t, d, insert("primary"))
	return d
}

func itself(_ *testing.T, url string) string { return url }

func names(t testing.TB, g *gorm.DB) string {
	t.Helper()
	var found []string
	if err := g.Raw("SELECT name FROM things ORDER BY name").Scan(&found).Error; err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, " ")
}

func TestVisitorsReadTheReplicaAndEverybodyTheirOwnWrites(t *testing.T) {
	d := replicated(t, itself)
	for who, ctx := range map[string]context.Context{"a visitor": apptest.Visitor(), "somebody": apptest.As("u1", "ana"), "the system": apptest.System()} {
		want := "primary"
		if who == "a visitor" {
			want = "replica"
		}
		if got := names(t, d.ReadStale(ctx)); got != want {
			t.Errorf("%s reads %s", who, got)
		}
		if got := names(t, d.Read(ctx)); got != "primary" {
			t.Errorf("%s reads %s without asking for it", who, got)
		}
	}
	var count int64
	if err := d.ReadStale(t.Context()).Table("things").Where("name = ?", "replica").Count(&count).Error; err != nil || count != 1 {
		t.Errorf("counted %d: %v", count, err)
	}
	if err := d.ReadStale(t.Context()).Raw("SELECT count(*) FROM things WHERE name = 'replica'").Row().Scan(&count); err != nil || count != 1 {
		t.Errorf("one row: counted %d: %v", count, err)
	}
}

func TestAReplicaIsNeverWrittenTo(t *testing.T) {
	d := replicated(t, itself)
	if err := d.ReadStale(t.Context()).Exec("INSERT INTO things (name) VALUES ('x')").Error; err == nil {
		t.Error("a write was accepted")
	}
	var name string
	if err := d.ReadStale(t.Context()).Raw("INSERT INTO things (name) VALUES ('y') RETURNING name").Scan(&name).Error; err == nil {
		t.Error("a write that looks like a query was accepted")
	}
	if got := names(t, d.Read(t.Context())); got != "primary" {
		t.Errorf("the database has %s", got)
	}
	if got := names(t, d.ReadStale(t.Context())); got != "replica" {
		t.Errorf("the replica has %s", got)
	}
}

func TestAReadInATransactionIsRefusedOnTheReplicaToo(t *testing.T) {
	d := replicated(t, itself)
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		var n int
		return d.ReadStale(tx.Context()).Raw("SELECT 1").Scan(&n).Error
	})
	if err == nil {
		t.Error("it was accepted")
	}
}

func TestTheDatabaseIsReadWhileTheReplicaIsAway(t *testing.T) {
	for what, address := range map[string]string{
		"a server that is not there":    "postgres://u:p@127.0.0.1:1/none",
		"a database that is not there":  "",
		"a server that does not answer": "postgres://u:p@" + silent(t) + "/none",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			d := replicated(t, func(_ *testing.T, url string) string {
				if address == "" {
					return strings.Replace(url, "/test_", "/gone_", 1)
				}
				return address
			})
			for range 3 {
				if got := names(t, d.ReadStale(t.Context())); got != "primary" {
					t.Errorf("read %s", got)
				}
				var name string
				if err := d.ReadStale(t.Context()).Raw("SELECT name FROM things").Row().Scan(&name); err != nil || name != "primary" {
					t.Errorf("one row: %q %v", name, err)
				}
			}
		})
	}
}

// silent takes connections and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var held atomic.Int32
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
			held.Add(1)
		}
	}()
	return l.Addr().String()
}

// A replica that has not yet a migration, or refuses one query, is asked again the next time.
func TestWhatTheReplicaCannotAnswerIsAskedOfTheDatabase(t *testing.T) {
	d := replicated(t, itself)
	must(t, d, func(tx *db.Tx) error { return tx.Exec("CREATE TABLE newer AS SELECT 'primary' AS name").Error })
	var name string
	if err := d.ReadStale(t.Context()).Raw("SELECT name FROM newer").Scan(&name).Error; err != nil || name != "primary" {
		t.Errorf("%q %v", name, err)
	}
	if got := names(t, d.ReadStale(t.Context())); got != "replica" {
		t.Errorf("then it reads %s", got)
	}
	if err := d.ReadStale(t.Context()).Raw("SELECT nothing FROM nowhere").Scan(&name).Error; err == nil {
		t.Error("a query that nobody can answer passes")
	}
}

func TestACallerWhoHasGoneDoesNotMakeTheReplicaLookAway(t *testing.T) {
	d := replicated(t, itself)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	var n int
	if err := d.ReadStale(gone).Raw("SELECT 1").Scan(&n).Error; err == nil {
		t.Error("somebody who has gone got an answer")
	}
	if got := names(t, d.ReadStale(t.Context())); got != "replica" {
		t.Errorf("the next one reads %s", got)
	}
}

func TestWithoutAReplicaEverythingIsReadFromTheDatabase(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		must(t, d, insert("primary"))
		if got := names(t, d.ReadStale(identity.With(t.Context(), identity.Actor{}))); got != "primary" {
			t.Errorf("read %s", got)
		}
	})
}
