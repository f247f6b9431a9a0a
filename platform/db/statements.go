package db

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

const (
	// mostKept is how many statements a connection keeps prepared. A module has some dozens; lists of many lengths (IN)
	// make more.
	mostKept = 200
	// mostValues is how many values a statement has that is kept: longer ones are long lists, seldom twice of the same length.
	mostValues = 256
)

// keeping makes connections of SQLite that keep their statements prepared: SQLite takes several times longer to understand
// a typical statement than to carry it out. pgx does the same for PostgreSQL by itself.
type keeping struct{ driver.Connector }

// Connect is that of driver.Connector.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := made.(sqliteConn)
	if !ok {
		return nil, errors.Join(errors.New("the driver of SQLite cannot do what it could"), made.Close())
	}
	return &keeper{sqliteConn: conn, kept: map[string]*statement{}}, nil
}

// sqliteConn is everything that a connection of the driver can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// sqliteStmt is a statement that it has prepared.
type sqliteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// sqliteRows are an answer.
type sqliteRows interface {
	driver.Rows
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	driver.RowsColumnTypeScanType
}

// keeper is such a connection. Like every connection it is used by one goroutine at a time.
type keeper struct {
	sqliteConn
	kept map[string]*statement
}

// statement is one that is kept.
type statement struct {
	sqliteStmt
	busy    bool // its rows are still being read
	dropped bool // then it is closed
}

// ExecContext is that of driver.ExecerContext.
func (k *keeper) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.take(ctx, query, len(args))
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.sqliteConn.ExecContext(ctx, query, args)
	}
	defer s.leave()
	return s.ExecContext(ctx, args)
}

// QueryContext is that of driver.QueryerContext.
func (k *keeper) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.take(ctx, query, len(args))
	if err != nil {
		return nil, err
	}
	if s == nil {
		return k.sqliteConn.QueryContext(ctx, query, args)
	}
	answer, err := s.QueryContext(ctx, args)
	if err != nil {
		s.leave()
		return nil, err
	}
	rows, ok := answer.(sqliteRows)
	if !ok {
		s.leave()
		return nil, errors.Join(errors.New("the driver of SQLite does not answer as it did"), answer.Close())
	}
	return &answerOf{rows, s}, nil
}

// Close closes what is kept, too.
func (k *keeper) Close() error {
	k.forget()
	return k.sqliteConn.Close()
}

// take returns the statement, prepared and for the caller alone; nil for what is not worth it.
func (k *keeper) take(ctx context.Context, query string, values int) (*statement, error) {
	s := k.kept[query]
	switch {
	case s != nil && s.busy, s == nil && (values > mostValues || !isSingle(query)):
		return nil, nil
	case s == nil:
		made, err := k.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		prepared, ok := made.(sqliteStmt)
		if !ok {
			return nil, made.Close()
		}
		if len(k.kept) >= mostKept {
			k.forget()
		}
		s = &statement{sqliteStmt: prepared}
		k.kept[query] = s
	}
	s.busy = true
	return s, nil
}

// isSingle says whether this is one statement that reads or changes rows. What else there is, migrations above all, comes
// once.
func isSingle(query string) bool {
	verb, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	switch strings.ToUpper(verb) {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return !strings.Contains(query, ";")
	}
	return false
}

func (k *keeper) forget() {
	for _, s := range k.kept {
		s.dropped = true
		s.leaveIfDropped()
	}
	clear(k.kept)
}

func (s *statement) leave() {
	s.busy = false
	s.leaveIfDropped()
}

// leaveIfDropped closes it as soon as nobody reads its rows.
func (s *statement) leaveIfDropped() {
	if s.dropped && !s.busy {
		_ = s.Close()
	}
}

// answerOf are the rows of a statement that is kept.
type answerOf struct {
	sqliteRows
	of *statement
}

// Close lets the next one have the statement.
func (a *answerOf) Close() error {
	err := a.sqliteRows.Close()
	if a.of != nil {
		a.of.leave()
		a.of = nil
	}
	return err
}
