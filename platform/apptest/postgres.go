package apptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// server is the PostgreSQL of this test binary: started by the first test that asks, gone with the process. The pipe
// that the server's parent reads from is kept here, because a forgotten one is closed by the garbage collector.
var server struct {
	start sync.Once
	admin string // the URL of the database in which databases are made
	held  io.Closer
	err   error
}

// Postgres returns the URL of a fresh, empty PostgreSQL database, dropped when the test ends. With
// TEST_DATABASE (a URL whose user may create databases) it is made there; otherwise on a server that this
// test binary starts from the installed programs and takes with it when it ends, however it ends. Where there is no
// PostgreSQL the test is skipped; with CI=true it fails.
func Postgres(t testing.TB) string {
	t.Helper()
	admin := os.Getenv("TEST_DATABASE")
	if admin == "" {
		server.start.Do(func() { server.err = startPostgres(context.WithoutCancel(t.Context())) })
		if server.err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("PostgreSQL: %v", server.err)
			}
			t.Skipf("skipped, this test needs PostgreSQL (install it, or set TEST_DATABASE to the URL of one): %v", server.err)
		}
		admin = server.admin
	}
	name := "test_" + uuid.NewString()[:8]
	if err := statement(t.Context(), admin, "CREATE DATABASE "+name+" TEMPLATE template0 ENCODING 'UTF8'"); err != nil {
		t.Fatalf("make a database for the test: %v", err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := statement(ctx, admin, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("read TEST_DATABASE: %v", err)
	}
	u.Path = "/" + name
	return u.String()
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

// watch is the parent of the server: it reads from a pipe that the test binary holds, so when the binary ends, even
// by SIGKILL, the read returns, the server is stopped at once and its folder removed.
const watch = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=400 \
	-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=64MB & pid=$!
trap '' INT TERM HUP
read -r _
kill -QUIT $pid
wait $pid
rm -rf "$2"`

// startPostgres makes a cluster in a short folder (a socket's path is at most 107 bytes) and starts it on a unix
// socket: no port to choose. Root may not run PostgreSQL, so root runs it as the user postgres.
func startPostgres(ctx context.Context) error {
	bin, err := postgresPrograms()
	if err != nil {
		return err
	}
	who, err := unprivileged()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("/tmp", "pg-")
	if err != nil {
		return err
	}
	if who != nil {
		err = os.Chown(dir, int(who.Uid), int(who.Gid))
	}
	if err == nil {
		err = runPostgres(ctx, bin, dir, who)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	return nil
}

func runPostgres(ctx context.Context, bin, dir string, who *syscall.Credential) error {
	attributes := &syscall.SysProcAttr{Credential: who, Setpgid: true}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres",
		"--auth=trust", "--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8")
	initdb.Dir, initdb.SysProcAttr = dir, attributes
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	// Not this process's output: `go test` would wait for the server to close it.
	sh := exec.Command("/bin/sh", "-c", watch, "sh", bin, dir)
	sh.Dir, sh.SysProcAttr, sh.Stdout, sh.Stderr = dir, attributes, log, log
	if server.held, err = sh.StdinPipe(); err != nil {
		return err
	}
	if err := sh.Start(); err != nil {
		return err
	}
	server.admin = "postgres://postgres@/postgres?sslmode=disable&host=" + dir
	if err := answers(ctx, server.admin); err != nil {
		out, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("start the server: %w: %s", err, out), server.held.Close(), sh.Wait())
	}
	return nil
}

// answers waits until the server takes connections, 20 s at most.
func answers(ctx context.Context, admin string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 2000 {
		if err = statement(ctx, admin, "SELECT 1"); err == nil {
			return nil
		}
		<-tick.C
	}
	return err
}

// postgresPrograms finds the newest installed version: Debian keeps them outside of the PATH.
func postgresPrograms() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		initdb, err := exec.LookPath("initdb")
		if err != nil {
			return "", fmt.Errorf("no PostgreSQL is installed: %w", fs.ErrNotExist)
		}
		return filepath.Dir(initdb), nil
	}
	version := func(path string) int {
		v, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return v
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })
	return filepath.Dir(newest), nil
}

// unprivileged is whom the server runs as: nil means as ourselves.
func unprivileged() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
