package db

import (
	"context"
	"database/sql"
	"sync"
)

// mostPrepared is how many statements of one database are kept prepared. A module has some dozens; lists of many lengths
// (IN) make more.
const mostPrepared = 200

// prepared keeps the queries of a SQLite handle prepared: SQLite takes several times longer to understand a typical query
// than to answer it. pgx does the same for PostgreSQL by itself.
type prepared struct {
	*sql.DB
	mu         sync.Mutex
	statements map[string]*statement
}

type statement struct {
	*sql.Stmt
	users   int
	dropped bool // the last user closes it
}

func newPrepared(conn *sql.DB) *prepared {
	return &prepared{DB: conn, statements: map[string]*statement{}}
}

// GetDBConn is how GORM finds what is below.
func (p *prepared) GetDBConn() (*sql.DB, error) { return p.DB, nil }

// QueryContext is that of sql.DB.
func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := p.take(ctx, query)
	if err != nil {
		return nil, err
	}
	defer p.leave(s)                    // rows that are still being read keep what they need
	return s.QueryContext(ctx, args...) //nolint:sqlclosecheck // the caller closes the rows, the last user the statement
}

func (p *prepared) take(ctx context.Context, query string) (*statement, error) {
	p.mu.Lock()
	s := p.statements[query]
	if s != nil {
		s.users++
	}
	p.mu.Unlock()
	if s != nil {
		return s, nil
	}
	made, err := p.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return p.keep(query, made), nil
}

// keep remembers the statement, and forgets all before they become too many. Of two that were prepared at the same moment,
// the second is used once.
func (p *prepared) keep(query string, made *sql.Stmt) *statement {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.statements) >= mostPrepared {
		for _, old := range p.statements {
			old.drop()
		}
		clear(p.statements)
	}
	s := &statement{Stmt: made, users: 1}
	if _, there := p.statements[query]; there {
		s.dropped = true
	} else {
		p.statements[query] = s
	}
	return s
}

// leave ends a use.
func (p *prepared) leave(s *statement) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.users--; s.dropped {
		s.drop()
	}
}

// drop closes the statement when nobody uses it.
func (s *statement) drop() {
	s.dropped = true
	if s.users == 0 {
		_ = s.Close()
	}
}
