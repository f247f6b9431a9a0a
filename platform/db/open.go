package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/libtnb/sqlite"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	modernc "modernc.org/sqlite"

	"marketplace/platform/fault"
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
// FULL because the file holds money. Times are written as text in UTC, so that they sort as they are.
func (d *DB) openSQLite(ctx context.Context, o Options) error {
	path := url.URL{Path: filepath.Join(o.Dir, o.Module+".db")}
	dsn := func(more string) string {
		return "file:" + path.EscapedPath() +
			"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(" + o.synchronous() + ")&_pragma=foreign_keys(1)" +
			"&_time_format=sqlite&_texttotime=1&_inttotime=1&_timezone=UTC" + more
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, filepath.Join(o.Dir, o.Module+".migrate.lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if d.write, d.writeSQL, err = d.openFile(dsn("&_txlock=immediate"), 1); err != nil {
		return err
	}
	if d.read, d.readSQL, err = d.openFile(dsn("&_pragma=query_only(1)"), max(4, runtime.NumCPU())); err != nil {
		return err
	}
	return d.migrate(ctx, o.Migrations)
}

func (o Options) synchronous() string {
	if o.Hasty {
		return "OFF"
	}
	return "FULL"
}

func (d *DB) openFile(dsn string, connections int) (*gorm.DB, *sql.DB, error) {
	connect, err := modernc.NewConnector(dsn)
	if err != nil {
		return nil, nil, err
	}
	conn := sql.OpenDB(keeping{connect})
	conn.SetMaxOpenConns(connections)
	conn.SetMaxIdleConns(connections)
	conn.SetConnMaxLifetime(0)
	if err := conn.Ping(); err != nil {
		return nil, conn, err
	}
	g, err := gorm.Open(sqlite.New(sqlite.Config{Conn: conn}), d.gormConfig())
	if err == nil {
		err = g.Use(tracing{d.module, "sqlite"})
	}
	return g, conn, err
}

// openPostgres opens one pool whose search path is the module's schema, which is made if it is missing, and a small
// one for TryLock, so that a lock that is held never takes a connection from the module's work.
func (d *DB) openPostgres(ctx context.Context, o Options) error {
	config, err := connection(o.Module, o.URL)
	if err != nil {
		return fmt.Errorf("read the address: %w", err)
	}
	if o.Connections == 0 {
		o.Connections = 8
	}
	conn := pool(config, o.Connections, o.Connections)
	d.writeSQL, d.readSQL, d.lockSQL = conn, conn, pool(config, 8, 1)
	unlock, err := d.lockPostgres(ctx, "migrate")
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := conn.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{o.Module}.Sanitize()); err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	if d.write, err = gorm.Open(postgres.New(postgres.Config{Conn: conn}), d.gormConfig()); err != nil {
		return err
	}
	if err := d.write.Use(tracing{d.module, "postgresql"}); err != nil {
		return err
	}
	d.read = d.write
	if o.Replica != "" {
		if err := d.openReplica(o); err != nil {
			return err
		}
	}
	return d.migrate(ctx, o.Migrations)
}

// connection is how the module's connections to a server behave.
func connection(module, address string) (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["search_path"] = module
	config.RuntimeParams["application_name"] = "marketplace/" + module
	config.RuntimeParams["timezone"] = "UTC"
	return config, nil
}

// pool opens connections that answer times in UTC; pgx would answer in the machine's time zone.
func pool(config *pgx.ConnConfig, most, idle int) *sql.DB {
	conn := sql.OpenDB(connector{stdlib.GetConnector(*config, stdlib.OptionAfterConnect(func(_ context.Context, c *pgx.Conn) error {
		c.TypeMap().RegisterType(&pgtype.Type{
			Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
		})
		return nil
	}))})
	conn.SetMaxOpenConns(most)
	conn.SetMaxIdleConns(idle)
	conn.SetConnMaxIdleTime(5 * time.Minute)
	return conn
}

// connector makes a fault of a server that is away or has too many connections: it is not our mistake, and it passes.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil && ctx.Err() == nil {
		return nil, away{err}
	}
	return conn, err
}

// away has the text of its cause, for the log, and is a fault to callers.
type away struct{ error }

func (a away) Unwrap() []error { return []error{a.error, fault.Away()} }
