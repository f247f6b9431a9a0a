package db_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"marketplace/platform/apptest"
	"marketplace/platform/db"
	"marketplace/platform/fault"
	"marketplace/platform/identity"
)

// ledge is a batch of names, whose first transaction waits until it may go on.
type ledge struct {
	*db.Batch[string]
	begun, goOn chan struct{}
	mu          sync.Mutex
	written     [][]string // each try
}

func newLedge(d *db.DB, most int, write func(tx *db.Tx, names []string) error) *ledge {
	l := &ledge{begun: make(chan struct{}), goOn: make(chan struct{})}
	l.Batch = db.NewBatch(d, most, func(tx *db.Tx, names []string) error {
		l.mu.Lock()
		l.written = append(l.written, slices.Clone(names))
		first := len(l.written) == 1
		l.mu.Unlock()
		if first {
			close(l.begun)
			<-l.goOn
		}
		return write(tx, names)
	})
	return l
}

func insertAll(tx *db.Tx, names []string) error {
	for _, name := range names {
		if err := insert(name)(tx); err != nil {
			return err
		}
	}
	return nil
}

// bring writes the first name, and the others, one after another, while that takes place; it returns who had which error.
func (l *ledge) bring(t *testing.T, first string, others ...string) map[string]error {
	t.Helper()
	var all sync.WaitGroup
	errs := map[string]error{}
	one := func(name string) {
		all.Go(func() {
			err := l.Write(t.Context(), name)
			l.mu.Lock()
			defer l.mu.Unlock()
			if err != nil {
				errs[name] = err
			}
		})
	}
	one(first)
	<-l.begun
	for i, name := range others {
		one(name)
		apptest.Eventually(t, func() bool { return l.Waiting() == i+1 })
	}
	close(l.goOn)
	all.Wait()
	return errs
}

func TestWhatComesDuringATransactionIsWrittenTogetherInTheNext(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		l := newLedge(d, 3, insertAll)
		if errs := l.bring(t, "a", "b", "c", "d", "e"); len(errs) != 0 {
			t.Error(errs)
		}
		if got := fmt.Sprint(l.written); got != "[[a] [b c d] [e]]" {
			t.Errorf("written were %s", got)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM things"); n != 5 {
			t.Errorf("%d things", n)
		}
		if err := l.Write(t.Context(), "alone"); err != nil || fmt.Sprint(l.written[3:]) != "[[alone]]" {
			t.Errorf("later: %v, %v", l.written, err)
		}
	})
}

func TestWhoCannotBeWrittenHarmsNobodyElse(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		d := open(t, o)
		must(t, d, insert("taken"))
		l := newLedge(d, 10, func(tx *db.Tx, names []string) error {
			if slices.Contains(names, "panic") {
				panic("broken")
			}
			return insertAll(tx, names)
		})
		errs := l.bring(t, "a", "b", "taken", "c", "panic", "d")
		if len(errs) != 2 || errs["taken"] == nil || errs["panic"] == nil || !strings.Contains(errs["panic"].Error(), "broken") {
			t.Errorf("%v", errs)
		}
		if got := fmt.Sprint(l.written); got != "[[a] [b taken c panic d] [b] [taken] [c] [panic] [d]]" {
			t.Errorf("written were %s", got)
		}
		if n := count(t, d, "SELECT COUNT(*) FROM things"); n != 5 {
			t.Errorf("%d things", n)
		}
	})
}

// A commit that failed may have happened: nothing is written a second time.
func TestNothingIsWrittenAgainAfterTheCommitHasFailed(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		o.Migrations[1].Files = files(things, `-- +goose Up
CREATE TABLE parts (name TEXT NOT NULL REFERENCES things (name) DEFERRABLE INITIALLY DEFERRED);`)
		d := open(t, o)
		l := newLedge(d, 10, func(tx *db.Tx, names []string) error {
			if slices.Contains(names, "part") {
				return tx.Exec("INSERT INTO parts (name) VALUES ('of nothing')").Error
			}
			return insertAll(tx, names)
		})
		if errs := l.bring(t, "a", "b", "part", "c"); len(errs) != 3 || errs["a"] != nil {
			t.Errorf("%v", errs)
		}
		if got := fmt.Sprint(l.written); got != "[[a] [b part c]]" {
			t.Errorf("written were %s", got)
		}
	})
}

// Each would wait for it anew.
func TestNobodyTriesAloneWhileTheDatabaseIsAway(t *testing.T) {
	d := open(t, options(t, "", t.TempDir()))
	l := newLedge(d, 10, func(_ *db.Tx, names []string) error {
		if len(names) > 1 {
			return fmt.Errorf("connect: %w", fault.Away())
		}
		return nil
	})
	if errs := l.bring(t, "a", "b", "c"); len(errs) != 2 || !fault.Is(errs["b"], fault.Unavailable) || len(l.written) != 2 {
		t.Errorf("%v, %v", errs, l.written)
	}
}

func TestWhoGivesUpBeforeTheirTurnIsNotWritten(t *testing.T) {
	d := open(t, options(t, "", t.TempDir()))
	l := newLedge(d, 10, insertAll)
	impatient, giveUp := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() {
		if err := l.Write(impatient, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("the first: %v", err)
		}
	})
	<-l.begun
	all.Go(func() {
		if err := l.Write(impatient, "b"); !errors.Is(err, context.Canceled) {
			t.Errorf("the second: %v", err)
		}
	})
	apptest.Eventually(t, func() bool { return l.Waiting() == 1 })
	giveUp()
	all.Wait()
	close(l.goOn)
	if err := l.Write(t.Context(), "c"); err != nil {
		t.Error(err)
	}
	if got := fmt.Sprint(l.written); got != "[[a] [c]]" {
		t.Errorf("written were %s", got)
	}
	if n := count(t, d, "SELECT COUNT(*) FROM things"); n != 2 { // the first had begun
		t.Errorf("%d things", n)
	}
}

func TestABatchIsNotWrittenInsideATransaction(t *testing.T) {
	d := open(t, options(t, "", t.TempDir()))
	b := db.NewBatch(d, 10, insertAll)
	err := d.Tx(t.Context(), func(tx *db.Tx) error { return b.Write(tx.Context(), "a") })
	if !errors.Is(err, db.ErrNested) {
		t.Error(err)
	}
}

func TestEventsOfABatchTellWhoseTheyAre(t *testing.T) {
	both(t, func(t *testing.T, o db.Options) {
		o.Routes = &db.Routes{}
		o.Routes.Add("chat", happened{})
		o.Routes.Add("review", happened{})
		var told []db.Emitted
		o.Committed = func(e []db.Emitted) { told = append(told, e...) }
		d := open(t, o)
		as := func(user, request string) db.Cause {
			return db.CauseOf(identity.WithRequest(identity.With(t.Context(), identity.Actor{UserID: user}), request))
		}
		must(t, d, func(tx *db.Tx) error {
			return tx.EmitCaused(db.Caused{Event: happened{"1"}, Cause: as("u1", "r1")}, db.Caused{Event: happened{"2"}, Cause: as("u2", "r2")})
		})
		if len(told) != 2 || fmt.Sprint(told[0].Headers, told[1].Headers) != "map[actor:u1 request_id:r1] map[actor:u2 request_id:r2]" {
			t.Errorf("%+v", told)
		}
		var order []string
		err := d.Read(t.Context()).Raw("SELECT d.aggregate || d.subscriber FROM outbox_deliveries AS d JOIN outbox_events AS e ON e.id = d.event_id ORDER BY d.seq").Scan(&order).Error
		if got := fmt.Sprint(order); err != nil || got != "[1chat 1review 2chat 2review]" {
			t.Errorf("delivered in the order %s, %v", got, err)
		}
	})
}
