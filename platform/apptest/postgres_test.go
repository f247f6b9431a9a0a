package apptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestEachCallGivesAnEmptyDatabaseOfItsOwn(t *testing.T) {
	first, second := Postgres(t), Postgres(t)
	if first == second {
		t.Fatal("the same database twice")
	}
	for _, address := range []string{first, second} {
		conn, err := pgx.Connect(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), "CREATE TABLE probe (id TEXT)"); err != nil {
			t.Error(err)
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// The child is this test binary, killed with SIGKILL while its server runs.
func TestTheServerAndItsFolderAreGoneWhenTheTestBinaryIsKilled(t *testing.T) {
	if os.Getenv("APPTEST_CHILD") != "" {
		address := Postgres(t)
		if err := os.WriteFile(os.Getenv("APPTEST_CHILD"), []byte(address), 0o600); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	if os.Getenv("TEST_DATABASE") != "" {
		t.Skip("skipped: with TEST_DATABASE no server is started")
	}
	Postgres(t) // skips here where there is no PostgreSQL
	note := filepath.Join(t.TempDir(), "address")
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "APPTEST_CHILD="+note)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var address []byte
	within(t, 30*time.Second, func() bool { address, _ = os.ReadFile(note); return len(address) > 0 })
	_ = child.Process.Kill()
	_ = child.Wait()
	_, dir, _ := strings.Cut(string(address), "host=")
	if !strings.HasPrefix(filepath.Base(dir), "pg-") {
		t.Fatalf("no folder in %q", address)
	}
	within(t, 10*time.Second, func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
}

func within(t *testing.T, limit time.Duration, done func() bool) {
	t.Helper()
	tick, stop := time.NewTicker(20*time.Millisecond), time.After(limit)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-stop:
			t.Fatalf("not within %s", limit)
		}
	}
}
