package db_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"marketplace/platform/apptest"
	"marketplace/platform/db"
)

// Must show: three instances start at once on an empty database; one migrates, all run. They are this test binary; they
// begin when their standard input is closed.
func TestThreeProcessesThatStartAtOnceOnAnEmptyDatabaseAllRunAndOneMigrates(t *testing.T) {
	if who := os.Getenv("DB_CHILD"); who != "" {
		if err := os.WriteFile(filepath.Join(os.Getenv("DB_READY"), who), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(os.Stdin); err != nil {
			t.Fatal(err)
		}
		d := openMigratedOnce(t, os.Getenv("DB_URL"), os.Getenv("DB_DIR"))
		for range 20 {
			must(t, d, func(tx *db.Tx) error {
				return tx.Exec("INSERT INTO things (name, n) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = things.n + 1", who).Error
			})
		}
		return
	}
	for name, where := range map[string][2]string{"SQLite": {"", t.TempDir()}, "PostgreSQL": {apptest.Postgres(t), ""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			startTogether(t, where[0], where[1])
			d := openMigratedOnce(t, where[0], where[1])
			if n := count(t, d, "SELECT COUNT(*) FROM things WHERE name = 'migrated'"); n != 1 {
				t.Errorf("it was migrated %d times", n)
			}
			if n := count(t, d, "SELECT COUNT(*) FROM things WHERE n = 20"); n != 3 {
				t.Errorf("%d of 3 processes have run", n)
			}
		})
	}
}

func openMigratedOnce(t *testing.T, url, dir string) *db.DB {
	t.Helper()
	o := options(t, url, dir)
	o.Migrations[1].Files = files(things, "-- +goose Up\nINSERT INTO things (name) VALUES ('migrated');")
	return open(t, o)
}

func startTogether(t *testing.T, url, dir string) {
	t.Helper()
	type child struct {
		*exec.Cmd
		begin io.Closer
		out   bytes.Buffer
	}
	var children []*child
	ready := t.TempDir()
	for _, who := range []string{"a", "b", "c"} {
		name, _, _ := strings.Cut(t.Name(), "/")
		c := &child{Cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+name+"$", "-test.v")}
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		c.Env = append(os.Environ(), "DB_CHILD="+who, "DB_URL="+url, "DB_DIR="+dir, "DB_READY="+ready)
		c.Stdout, c.Stderr = &c.out, &c.out
		var err error
		if c.begin, err = c.StdinPipe(); err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		children = append(children, c)
	}
	apptest.Eventually(t, func() bool {
		found, err := os.ReadDir(ready)
		return err == nil && len(found) == len(children)
	})
	for _, c := range children {
		if err := c.begin.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, c := range children {
		if err := c.Wait(); err != nil {
			t.Errorf("%v\n%s", err, c.out.String())
		}
	}
}
