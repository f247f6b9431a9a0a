// Package db gives a module a database handle that sees only its own tables: one file a module on
// SQLite, one schema a module on PostgreSQL. Changes and the events that announce them are written in
// one transaction (Tx, Emit); reads that need no transaction use Read.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"go.uber.org/zap"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"marketplace/platform/clock"
	"marketplace/platform/telemetry"
	"marketplace/platform/trace"
)

// ErrNested is returned by Tx and Read when the context already belongs to a transaction of this database: a second
// transaction would wait for the first until its deadline, and a read beside it would not see what it wrote.
var ErrNested = errors.New("db: use the transaction that is running, not the database beside it")

// Options say which database to open and for whom.
type Options struct {
	Module      string          // names the schema, or the file
	URL         string          // postgres://…; empty for SQLite
	Replica     string          // postgres://… of a read replica, for ReadStale; empty: none
	Dir         string          // where the SQLite files are
	Hasty       bool            // SQLite does not wait for the disk: for what is made again when the power fails meanwhile
	Connections int             // most open connections on PostgreSQL; 0 is 8
	Migrations  []Migration     // run in order when the database is opened; none is fine
	Routes      *Routes         // who hears what; nil: nobody hears anything
	Committed   func([]Emitted) // called after a transaction that emitted has committed; may be nil
	Clock       *clock.Clock
	Log         *zap.Logger
}

// Migration is one set of SQL files with the table that remembers how far it is.
type Migration struct {
	Table string
	Files fs.FS
}

// DB is one module's database.
type DB struct {
	module    string
	postgres  bool
	write     *gorm.DB
	read      *gorm.DB
	writeSQL  *sql.DB
	readSQL   *sql.DB
	lockSQL   *sql.DB // PostgreSQL only: the connections of TryLock
	routes    *Routes
	committed func([]Emitted)
	clock     *clock.Clock
	log       *zap.Logger

	replica    *gorm.DB // nil: none
	replicaSQL *sql.DB
}

// Open connects, and brings the tables up to date. Replicas that open at once wait for each other: an advisory lock on
// PostgreSQL, a file lock on SQLite. A database that is newer than the program is an error.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Routes == nil {
		o.Routes = &Routes{}
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	d := &DB{module: o.Module, postgres: o.URL != "", routes: o.Routes, committed: o.Committed, clock: o.Clock, log: o.Log}
	var err error
	if d.postgres {
		err = d.openPostgres(ctx, o)
	} else {
		err = d.openSQLite(ctx, o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database of %s: %w", o.Module, err), d.Close())
	}
	return d, nil
}

// Module is whose database this is.
func (d *DB) Module() string { return d.module }

// Postgres says whether the database is PostgreSQL; SQLite otherwise. For the few statements that differ.
func (d *DB) Postgres() bool { return d.postgres }

// Now is the present time of the database's clock.
func (d *DB) Now() time.Time { return d.clock.Now() }

// Read returns a handle for reading. On SQLite it never waits for a writer, and refuses to write. With the context of
// a transaction of this database everything that is asked of it fails with ErrNested.
func (d *DB) Read(ctx context.Context) *gorm.DB {
	g := d.read.WithContext(ctx)
	if ctx.Value(inTx{d}) != nil {
		_ = g.AddError(ErrNested)
	}
	return g
}

// Ping answers whether the database does.
func (d *DB) Ping(ctx context.Context) error { return d.readSQL.PingContext(ctx) }

// Stats are the figures of the connection pools, writing and reading; on PostgreSQL they are one pool.
func (d *DB) Stats() (write, read sql.DBStats) { return d.writeSQL.Stats(), d.readSQL.Stats() }

// Close waits for what is running and closes the connections.
func (d *DB) Close() error {
	var errs []error
	for _, s := range []*sql.DB{d.writeSQL, d.readSQL, d.lockSQL, d.replicaSQL} {
		if s != nil {
			errs = append(errs, s.Close())
		}
	}
	return errors.Join(errs...)
}

// Tx is one transaction. Everything that GORM offers is there, on this module's tables.
type Tx struct {
	*gorm.DB
	db      *DB
	ctx     context.Context
	emitted []Emitted
	after   []func()
}

// Now is the present time of the database's clock.
func (tx *Tx) Now() time.Time { return tx.db.clock.Now() }

// Postgres says whether the database is PostgreSQL; SQLite otherwise.
func (tx *Tx) Postgres() bool { return tx.db.postgres }

// ForUpdate begins a query whose rows are locked until the transaction ends, so that two changes of one row wait for each
// other. SQLite has one writer at a time: nothing is to be locked there.
func (tx *Tx) ForUpdate() *gorm.DB {
	if !tx.db.postgres {
		return tx.DB
	}
	return tx.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate})
}

type inTx struct{ db *DB }

// Tx runs fn in one transaction: committed when fn returns nil, rolled back when it returns an error or
// panics. On PostgreSQL it runs again, five times in all, when the database asks for that (a deadlock or a serialization
// failure), so fn must change nothing but the database. Do not call a peer inside.
func (d *DB) Tx(ctx context.Context, fn func(tx *Tx) error) error {
	if ctx.Value(inTx{d}) != nil {
		return ErrNested
	}
	for attempt := 1; ; attempt++ {
		tx, err := d.once(context.WithValue(ctx, inTx{d}, true), fn)
		if err == nil {
			if d.committed != nil && len(tx.emitted) > 0 {
				d.committed(tx.emitted)
			}
			for _, fn := range tx.after {
				fn()
			}
			return nil
		}
		if attempt == 5 || !retryable(err) {
			return err
		}
		// At once, it would take its first lock again before the other side wakes, and meet it in the same deadlock.
		select {
		case <-time.After(time.Duration(attempt) * 20 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func (d *DB) once(ctx context.Context, fn func(tx *Tx) error) (_ *Tx, err error) {
	ctx, span := trace.Step(ctx, trace.Internal, "transaction", trace.Text("market.module", d.module))
	defer func() { span.End(err) }()
	tx := &Tx{db: d, ctx: ctx}
	err = d.write.WithContext(ctx).Transaction(func(g *gorm.DB) error {
		tx.DB = g
		return fn(tx)
	})
	return tx, err
}

// Audit writes an act into the record of audit (telemetry.Audit) when the transaction has committed, and not at all if it
// does not.
func (tx *Tx) Audit(a telemetry.Act) {
	tx.AfterCommit(func() { telemetry.Audit(tx.ctx, tx.db.log, a) })
}

// AfterCommit calls fn when the transaction has committed, and not at all if it does not: for what is told or counted. It
// must not take long, and may not happen at all if the process ends meanwhile.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Context is the transaction's context; Tx refuses it, so it cannot start a second transaction.
func (tx *Tx) Context() context.Context { return tx.ctx }

func retryable(err error) bool {
	var state interface{ SQLState() string }
	return errors.As(err, &state) && (state.SQLState() == "40001" || state.SQLState() == "40P01")
}

// Like prepares a text for LIKE … ESCAPE '\': the text itself is found, wildcards in it are letters.
func Like(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
