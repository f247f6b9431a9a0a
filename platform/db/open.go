package db

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/libtnb/sqlite"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// gormConfig is one configuration for both databases: no implicit transaction around a single
// statement, driver errors as gorm.ErrDuplicatedKey and friends, times from our clock, no statement cache
// over pgx's own (it costs a third of the transactions).
func (d *DB) gormConfig() *gorm.Config {
	return &gorm.Config{
		SkipDefaultTransaction: true,
		TranslateError:         true,
		PrepareStmt:            false,
		DisableAutomaticPing:   true,
		NowFunc:                d.clock.Now,
		Logger:                 logger.Discard,
	}
}

// openSQLite opens one file twice: one connection that writes, beginning every transaction as a writer,
// and a few that only read. A deferred BEGIN would answer "database is locked" under load. Synchronous is
// FULL because the file holds money.
func (d *DB) openSQLite(o Options) error {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	dsn := func(more string) string {
		q := "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
			"&_time_format=sqlite&_texttotime=1&_inttotime=1" + more
		file := url.URL{Scheme: "file", Opaque: filepath.Join(o.Dir, o.Module+".db"), RawQuery: q}
		return file.String()
	}
	var err error
	if d.write, d.writeSQL, err = d.openFile(dsn("&_txlock=immediate"), 1); err != nil {
		return err
	}
	d.read, d.readSQL, err = d.openFile(dsn("&_pragma=query_only(1)"), max(4, runtime.NumCPU()))
	return err
}

func (d *DB) openFile(dsn string, connections int) (*gorm.DB, *sql.DB, error) {
	conn, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, nil, err
	}
	conn.SetMaxOpenConns(connections)
	conn.SetMaxIdleConns(connections)
	conn.SetConnMaxLifetime(0)
	if err := conn.Ping(); err != nil {
		return nil, conn, err
	}
	g, err := gorm.Open(sqlite.New(sqlite.Config{Conn: conn}), d.gormConfig())
	return g, conn, err
}

// openPostgres opens one pool whose search path is the module's schema, which is made if it is missing.
func (d *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := pgx.ParseConfig(o.URL)
	if err != nil {
		return fmt.Errorf("read the address: %w", err)
	}
	config.RuntimeParams["search_path"] = o.Module
	config.RuntimeParams["application_name"] = "marketplace/" + o.Module
	config.RuntimeParams["timezone"] = "UTC"
	conn := stdlib.OpenDB(*config)
	d.writeSQL, d.readSQL = conn, conn
	if o.Connections == 0 {
		o.Connections = 8
	}
	conn.SetMaxOpenConns(o.Connections)
	conn.SetMaxIdleConns(o.Connections)
	conn.SetConnMaxIdleTime(5 * time.Minute)
	if err := d.makeSchema(ctx, o.Module); err != nil {
		return err
	}
	d.write, err = gorm.Open(postgres.New(postgres.Config{Conn: conn}), d.gormConfig())
	d.read = d.write
	return err
}

// makeSchema makes the schema unless it is there, under a lock: replicas start at once, and CREATE SCHEMA IF NOT
// EXISTS fails for all but one of them.
func (d *DB) makeSchema(ctx context.Context, module string) error {
	tx, err := d.writeSQL.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext('marketplace.schema'))"); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{module}.Sanitize()); err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	return tx.Commit()
}
