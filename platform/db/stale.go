package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"marketplace/platform/clock"
	"marketplace/platform/identity"
)

const (
	replicaPatience = 2 * time.Second // for the first row, and for a connection
	replicaPause    = 5 * time.Second // until a replica that was away is asked again
	readOnlyState   = "25006"         // somebody tried to write
)

var errSlow = errors.New("the replica took too long")

// ReadStale is Read for what may be a moment old: on the read replica (Options.Replica) if there is one and it answers, on
// the database itself otherwise. Only visitors read there: they have written nothing that they could miss, so everybody
// sees their own writes. Use it for what many people read and nobody decides by: the public catalogue.
func (d *DB) ReadStale(ctx context.Context) *gorm.DB {
	actor := identity.From(ctx)
	if d.replica == nil || actor.SignedIn() || actor.System || ctx.Value(inTx{d}) != nil {
		return d.Read(ctx)
	}
	return d.replica.WithContext(ctx)
}

// openReplica prepares the pool of the read replica. It does not connect: the replica may come later, and go.
func (d *DB) openReplica(o Options) error {
	config, err := connection(o.Module, o.Replica)
	if err != nil {
		return fmt.Errorf("read the address of the replica: %w", err)
	}
	config.RuntimeParams["default_transaction_read_only"] = "on"
	config.ConnectTimeout = replicaPatience
	s := &standby{replica: pool(config, o.Connections, o.Connections), primary: d.readSQL, clock: clock.New(), log: o.Log}
	d.replicaSQL = s.replica
	if d.replica, err = gorm.Open(postgres.New(postgres.Config{Conn: s}), d.gormConfig()); err != nil {
		return fmt.Errorf("prepare the replica: %w", err)
	}
	return d.replica.Use(tracing{d.module, "postgresql"})
}

// standby is what GORM asks: the replica, or the primary while the replica is away. It only reads.
type standby struct {
	replica, primary *sql.DB
	clock            *clock.Clock // the system's: it is about the network's time, not the product's
	log              *zap.Logger
	until            atomic.Int64 // the replica is not asked before; nanoseconds, 0 while it answers
}

// QueryContext asks the replica, or the primary (standby.answers).
func (s *standby) QueryContext(ctx context.Context, query string, args ...any) (rows *sql.Rows, err error) {
	if s.answers(ctx, func(ctx context.Context) error {
		rows, err = s.replica.QueryContext(ctx, query, args...) //nolint:rowserrcheck,sqlclosecheck // the caller's
		return err
	}) {
		return rows, err
	}
	return s.primary.QueryContext(ctx, query, args...) //nolint:sqlclosecheck // the caller's
}

// QueryRowContext asks the replica, or the primary (standby.answers).
func (s *standby) QueryRowContext(ctx context.Context, query string, args ...any) (row *sql.Row) {
	if s.answers(ctx, func(ctx context.Context) error {
		row = s.replica.QueryRowContext(ctx, query, args...)
		return row.Err()
	}) {
		return row
	}
	return s.primary.QueryRowContext(ctx, query, args...)
}

// answers asks the replica and says whether what comes back is for the caller. It is not when the replica is away, is slow,
// cancels what is in the way of its recovery, or does not have a migration yet: then the primary is asked.
func (s *standby) answers(ctx context.Context, ask func(context.Context) error) bool {
	until := s.until.Load()
	if until > s.clock.Now().UnixNano() {
		return false
	}
	err := s.inTime(ctx, ask)
	switch {
	case err == nil && until != 0 && s.until.CompareAndSwap(until, 0):
		s.log.Info("the read replica answers again")
		return true
	case err == nil, ctx.Err() != nil, stateOf(err) == readOnlyState:
		return true
	}
	if isAway(err) && s.until.Swap(s.clock.Now().Add(replicaPause).UnixNano()) == 0 {
		s.log.Warn("the read replica is away: the database itself is asked", zap.Error(err))
	}
	return false
}

// inTime does not wait longer than replicaPatience for the first row. What is answered in time ends with the caller's
// context; rows that come too late end with their own, which gives their connection back.
func (s *standby) inTime(ctx context.Context, ask func(context.Context) error) error {
	asking, giveUp := context.WithCancel(ctx)
	late := time.AfterFunc(replicaPatience, giveUp)
	err := ask(asking)
	if late.Stop() && err == nil {
		return nil
	}
	giveUp()
	return errors.Join(err, errSlow)
}

// isAway says whether the next query would fail as well: there was no answer, or one of a server that is starting,
// stopping, full, or has no such database.
func isAway(err error) bool {
	state := stateOf(err)
	if state == "" {
		return true
	}
	for _, class := range []string{"08", "28", "3D", "53", "57"} {
		if strings.HasPrefix(state, class) {
			return true
		}
	}
	return false
}

// stateOf is what PostgreSQL calls the error; empty if it is not one of its own.
func stateOf(err error) string {
	var state interface{ SQLState() string }
	if errors.As(err, &state) {
		return state.SQLState()
	}
	return ""
}

var errReadOnly = errors.New("db: ReadStale only reads")

// ExecContext refuses: whoever changes something uses Tx.
func (s *standby) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, errReadOnly
}

// PrepareContext refuses: statements are not prepared (gormConfig).
func (s *standby) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, errReadOnly }
