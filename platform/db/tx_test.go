package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"marketplace/platform/apptest"
	"marketplace/platform/db"
)

func TestAnErrorOrAPanicRollsEverythingBack(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		o.Routes = &db.Routes{}
		o.Routes.Add("chat", happened{})
		o.Committed = func([]db.Emitted) { t.Error("nothing was committed") }
		d := open(t, o)
		change := func(tx *db.Tx) error { return errors.Join(insert("a")(tx), tx.Emit(happened{"1"})) }
		no := errors.New("no")
		if err := d.Tx(t.Context(), func(tx *db.Tx) error { return errors.Join(change(tx), no) }); !errors.Is(err, no) {
			t.Errorf("the error is lost: %v", err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic is lost")
				}
			}()
			_ = d.Tx(t.Context(), func(tx *db.Tx) error { _ = change(tx); panic("broken") })
		}()
		for _, table := range []string{"things", "outbox_events", "outbox_deliveries"} {
			if n := count(t, d, "SELECT COUNT(*) FROM "+table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
		o.Committed = nil
		must(t, d, insert("a")) // and the connection is usable
	})
}

func TestATransactionInsideATransactionIsRefused(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			if err := d.Tx(tx.Context(), insert("b")); !errors.Is(err, db.ErrNested) {
				t.Errorf("Tx: %v", err)
			}
			var n int
			if err := d.Read(tx.Context()).Raw("SELECT COUNT(*) FROM things").Scan(&n).Error; !errors.Is(err, db.ErrNested) {
				t.Errorf("Read: %v", err)
			}
			if err := d.Read(tx.Context()).Table("things").Select("n").Take(&n).Error; !errors.Is(err, db.ErrNested) {
				t.Errorf("Take: %v", err)
			}
			return insert("a")(tx)
		})
		if err != nil {
			t.Error(err)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM things"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

func TestTransactionsOfTwoModulesMayBeNested(t *testing.T) {
	o := options(t, "", t.TempDir())
	first := open(t, o)
	o.Module = "other"
	second := open(t, o)
	must(t, first, func(tx *db.Tx) error { return second.Tx(tx.Context(), insert("a")) })
}

func TestADeadlockIsTriedAgain(t *testing.T) {
	d := open(t, options(t, apptest.Postgres(t), ""))
	must(t, d, func(tx *db.Tx) error { return errors.Join(insert("a")(tx), insert("b")(tx)) })
	var first, second sync.WaitGroup
	first.Add(2)
	attempts := make(chan bool, 10)
	lock := func(one, two string) {
		met := false
		err := d.Tx(t.Context(), func(tx *db.Tx) error {
			attempts <- true
			if err := tx.Exec("UPDATE things SET n = n + 1 WHERE name = ?", one).Error; err != nil {
				return err
			}
			if !met { // both have their first lock: the second is a deadlock
				met = true
				first.Done()
				first.Wait()
			}
			return tx.Exec("UPDATE things SET n = n + 1 WHERE name = ?", two).Error
		})
		if err != nil {
			t.Errorf("the deadlock is not resolved: %v", err)
		}
	}
	second.Go(func() { lock("a", "b") })
	second.Go(func() { lock("b", "a") })
	second.Wait()
	if len(attempts) < 3 {
		t.Error("there was no deadlock, the test has shown nothing")
	}
	if n := count(t, d, "SELECT SUM(n) FROM things"); n != 4 {
		t.Errorf("%d changes, want 4", n)
	}
}

func TestTheReadHandleOfSQLiteRefusesToWrite(t *testing.T) {
	d := open(t, options(t, "", t.TempDir()))
	if err := d.Read(t.Context()).Exec("INSERT INTO things (name) VALUES ('a')").Error; err == nil {
		t.Error("it wrote")
	}
}

// Row trap 5: transactions that read and then write, beside readers and the writers of a second process.
func TestConcurrentWritersNeverSeeALockedDatabase(t *testing.T) {
	o := options(t, "", t.TempDir())
	handles := []*db.DB{open(t, o), open(t, o)}
	must(t, handles[0], insert("a"))
	var wait sync.WaitGroup
	for _, d := range handles {
		for range 4 {
			wait.Go(func() {
				for range 50 {
					err := d.Tx(t.Context(), func(tx *db.Tx) error {
						var n int
						if err := tx.Raw("SELECT n FROM things").Scan(&n).Error; err != nil {
							return err
						}
						return tx.Exec("UPDATE things SET n = ?", n+1).Error
					})
					if err != nil {
						t.Errorf("write: %v", err)
						return
					}
				}
			})
			wait.Go(func() {
				for range 50 {
					var n int
					if err := d.Read(t.Context()).Raw("SELECT n FROM things").Scan(&n).Error; err != nil {
						t.Errorf("read: %v", err)
						return
					}
				}
			})
		}
	}
	wait.Wait()
	if n := count(t, handles[0], "SELECT n FROM things"); n != 400 {
		t.Errorf("%d of 400 changes", n)
	}
}

// The machine's time zone and that of the value make no difference; microseconds survive; the text of SQLite sorts.
func TestTimesSurviveInUTCWithMicroseconds(t *testing.T) {
	here := time.Local
	time.Local = time.FixedZone("east", 9*3600)
	defer func() { time.Local = here }()
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		times := []time.Time{
			time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
			time.Date(2026, 1, 2, 3, 4, 5, 120_000_000, time.UTC),
			time.Date(2026, 1, 2, 12, 4, 5, 123_456_000, time.Local),
			time.Date(2026, 1, 1, 22, 4, 6, 0, time.FixedZone("west", -5*3600)),
			d.Now(),
		}
		for i, at := range times {
			must(t, d, func(tx *db.Tx) error {
				return tx.Exec("INSERT INTO things (name, at) VALUES (?, ?)", fmt.Sprint(i), at).Error
			})
		}
		var got []time.Time
		if err := d.Read(t.Context()).Raw("SELECT at FROM things ORDER BY at").Scan(&got).Error; err != nil {
			t.Fatal(err)
		}
		for i, at := range times {
			if !got[i].Equal(at) || got[i].Location() != time.UTC {
				t.Errorf("%v came back as %v", at, got[i])
			}
			if n := count(t, d, "SELECT COUNT(*) FROM things WHERE at <= ?", at); n != i+1 {
				t.Errorf("%d rows until %v, want %d", n, at, i+1)
			}
		}
	})
}

func TestADuplicateIsTheSameErrorOnBothDatabases(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		must(t, d, insert("a"))
		if err := d.Tx(t.Context(), insert("a")); !errors.Is(err, gorm.ErrDuplicatedKey) {
			t.Errorf("a duplicate is %v", err)
		}
	})
}

func TestACancelledTransactionChangesNothing(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Tx(ctx, func(tx *db.Tx) error {
			defer cancel()
			return insert("a")(tx)
		})
		if err == nil || count(t, d, "SELECT COUNT(*) FROM things") != 0 {
			t.Errorf("committed although cancelled: %v", err)
		}
	})
}

func TestLikeFindsTheTextItself(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		for _, name := range []string{`100% wool`, `1000 wool`, `a_b`, `axb`, `c\d`} {
			must(t, d, insert(name))
		}
		for text, want := range map[string]string{`0%`: `100% wool`, `a_b`: `a_b`, `\`: `c\d`} {
			var found []string
			err := d.Read(t.Context()).Raw(`SELECT name FROM things WHERE name LIKE ? ESCAPE '\'`, db.Like(text)).Scan(&found).Error
			if err != nil || strings.Join(found, "|") != want {
				t.Errorf("%q finds %q, want %q (%v)", text, found, want, err)
			}
		}
	})
}
