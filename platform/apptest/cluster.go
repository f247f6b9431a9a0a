package apptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Cluster is a PostgreSQL server of a test's own, which the test may stop. The pipe that its parent reads from is kept
// in it, because a forgotten one is closed by the garbage collector.
type Cluster struct {
	programs string              // the folder of initdb and postgres
	dir      string              // of the data and the socket
	commit   string              // synchronous_commit: with "off" a server that is stopped at once forgets what it has just committed
	who      *syscall.Credential // whom the server runs as; nil: as ourselves
	watcher  *exec.Cmd
	held     io.WriteCloser // what the watcher reads from
}

// NewCluster starts a PostgreSQL of the test's own, which keeps what it has committed when it is stopped; it is gone
// when the test ends. It takes some 2 s to start.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	c, err := newCluster("on")
	if err != nil {
		withoutPostgres(t, err)
	}
	t.Cleanup(func() { _ = c.end("") })
	c.Start(t)
	return c
}

// Start starts a server that was stopped again, and waits until it answers.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	if err := c.run(context.WithoutCancel(t.Context())); err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
}

// Stop ends the server as pg_ctl's immediate mode does: nobody is asked to finish, and the next start recovers what was
// committed.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	if err := c.end("keep\n"); err != nil {
		t.Fatalf("stop PostgreSQL: %v", err)
	}
}

// URL returns the address of a fresh, empty database. The server must run when the test ends, or be stopped for good.
func (c *Cluster) URL(t testing.TB) string {
	t.Helper()
	return databaseOn(t, c.admin(), "template0")
}

// Socket is the path on which the server listens.
func (c *Cluster) Socket() string { return filepath.Join(c.dir, ".s.PGSQL.5432") }

// admin is the URL of the database in which databases are made.
func (c *Cluster) admin() string {
	return "postgres://postgres@/postgres?sslmode=disable&host=" + c.dir
}

// newCluster makes the files of a server. Root may not run PostgreSQL, so root runs it as the user postgres.
func newCluster(commit string) (*Cluster, error) {
	c := &Cluster{commit: commit}
	var err error
	if c.programs, err = postgresPrograms(); err != nil {
		return nil, err
	}
	if c.who, err = unprivileged(); err != nil {
		return nil, err
	}
	if c.dir, err = shortFolder("pg-"); err != nil {
		return nil, err
	}
	if err = c.initialise(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.dir))
	}
	return c, nil
}

// shortFolder makes a folder where temporary files are, or in /tmp if that is far down: a socket's path is at most 107 bytes.
func shortFolder(name string) (string, error) {
	in := os.TempDir()
	if len(in) > 60 {
		in = "/tmp"
	}
	return os.MkdirTemp(in, name)
}

func (c *Cluster) initialise() error {
	if c.who != nil {
		if err := os.Chown(c.dir, int(c.who.Uid), int(c.who.Gid)); err != nil {
			return err
		}
	}
	initdb := exec.Command(filepath.Join(c.programs, "initdb"), "-D", filepath.Join(c.dir, "data"), "-U", "postgres",
		"--auth=trust", "--no-sync", "--no-instructions", "--encoding=UTF8", "--locale=C.UTF-8")
	initdb.Dir, initdb.SysProcAttr = c.dir, c.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (c *Cluster) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: c.who, Setpgid: true}
}

// watchPostgres is the parent of the server: it reads from a pipe that the test binary holds, so when the binary ends, even
// by SIGKILL, the read returns, the server is stopped at once, and its folder removed unless it is asked to stay.
const watchPostgres = `"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=1500 \
	-c fsync=off -c synchronous_commit="$3" -c full_page_writes=off -c shared_buffers=64MB -c jit=off & pid=$!
trap '' INT TERM HUP
read -r last
kill -QUIT $pid
wait $pid
[ "$last" = keep ] || rm -rf "$2"`

// run starts the server on a unix socket: no port to choose.
func (c *Cluster) run(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(c.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	// Not this process's output: `go test` would wait for the server to close it.
	c.watcher = exec.Command("/bin/sh", "-c", watchPostgres, "sh", c.programs, c.dir, c.commit)
	c.watcher.Dir, c.watcher.SysProcAttr, c.watcher.Stdout, c.watcher.Stderr = c.dir, c.attributes(), log, log
	if c.held, err = c.watcher.StdinPipe(); err != nil {
		return err
	}
	if err := c.watcher.Start(); err != nil {
		return err
	}
	if err := c.answers(ctx); err != nil {
		out, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("start the server: %w: %s", err, out), c.end(""))
	}
	return nil
}

// answers waits until the server takes connections, 20 s at most.
func (c *Cluster) answers(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 2000 {
		if err = statement(ctx, c.admin(), "SELECT 1"); err == nil {
			return nil
		}
		<-tick.C
	}
	return err
}

// end stops the server and waits until it is gone.
func (c *Cluster) end(word string) error {
	if c.watcher == nil {
		return nil
	}
	_, err := io.WriteString(c.held, word)
	err = errors.Join(err, c.held.Close())
	var exit *exec.ExitError
	if ended := c.watcher.Wait(); !errors.As(ended, &exit) { // the server's own status says nothing
		err = errors.Join(err, ended)
	}
	c.watcher = nil
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
