package apptest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// server is the PostgreSQL of this test binary: started by the first test that asks, gone with the process.
var server struct {
	start   sync.Once
	cluster *Cluster
	err     error
}

// Postgres returns the URL of a fresh, empty PostgreSQL database, dropped when the test ends. With
// TEST_DATABASE (a URL whose user may create databases) it is made there; otherwise on a server that this
// test binary starts from the installed programs and takes with it when it ends, however it ends. Where there is no
// PostgreSQL the test is skipped; with CI=true it fails.
func Postgres(t testing.TB) string {
	t.Helper()
	return databaseOn(t, postgres(t), "template0")
}

// postgres is where databases are made.
func postgres(t testing.TB) (admin string) {
	t.Helper()
	if admin = os.Getenv("TEST_DATABASE"); admin != "" {
		return admin
	}
	server.start.Do(func() {
		if server.cluster, server.err = newCluster("off"); server.err == nil {
			server.err = server.cluster.run(context.WithoutCancel(t.Context()))
		}
	})
	if server.err != nil {
		withoutPostgres(t, server.err)
	}
	return server.cluster.admin()
}

func withoutPostgres(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("PostgreSQL: %v", err)
	}
	t.Skipf("skipped, this test needs PostgreSQL (install it, or set TEST_DATABASE to the URL of one): %v", err)
}

// databaseOn makes a copy of a database that is dropped when the test ends.
func databaseOn(t testing.TB, admin, template string) string {
	t.Helper()
	name := "test_" + uuid.NewString()[:8]
	if err := create(t.Context(), admin, name, template); err != nil {
		t.Fatalf("make a database for the test: %v", err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := statement(ctx, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	address, err := urlOf(admin, name)
	if err != nil {
		t.Fatalf("read TEST_DATABASE: %v", err)
	}
	return address
}

func create(ctx context.Context, admin, name, template string) error {
	return statement(ctx, admin, "CREATE DATABASE "+name+" ENCODING 'UTF8' TEMPLATE "+template)
}

// urlOf is the address of a database on the same server.
func urlOf(admin, name string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

func statement(ctx context.Context, admin, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, sql)
	return errors.Join(err, conn.Close(ctx))
}
