package apptest

import (
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestEachCallGivesAVirtualHostOfItsOwn(t *testing.T) {
	if first, second := RabbitMQ(t), RabbitMQ(t); first == second {
		t.Fatal("the same virtual host twice")
	}
}

func TestAKilledBrokerIsAwayUntilItIsStartedAgain(t *testing.T) {
	b := NewBroker(t)
	u, err := url.Parse(b.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	b.Kill(t)
	if conn, err := net.Dial("tcp", u.Host); err == nil {
		_ = conn.Close()
		t.Error("it answers although it was killed")
	}
	b.Start(t)
	b.URL(t)
}

// The child is this test binary, killed with SIGKILL while its broker runs.
func TestTheBrokerAndItsFolderAreGoneWhenTheTestBinaryIsKilled(t *testing.T) {
	if os.Getenv("APPTEST_CHILD") != "" {
		b := NewBroker(t)
		note := b.dir + "\n" + b.URL(t)
		if err := os.WriteFile(os.Getenv("APPTEST_CHILD"), []byte(note), 0o600); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	if _, err := rabbitServer(); err != nil {
		without(t, err)
	}
	path := filepath.Join(t.TempDir(), "note")
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), "APPTEST_CHILD="+path)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var note []byte
	within(t, 90*time.Second, func() bool { note, _ = os.ReadFile(path); return strings.Contains(string(note), "amqp://") })
	_ = child.Process.Kill()
	_ = child.Wait()
	dir, address, _ := strings.Cut(string(note), "\n")
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(dir, "/tmp/rabbitmq-") {
		t.Fatalf("the note says %q: %v", note, err)
	}
	within(t, 10*time.Second, func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
	if conn, err := net.Dial("tcp", u.Host); err == nil {
		_ = conn.Close()
		t.Error("the broker outlives the test binary")
	}
}
