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

// The child is this test binary. That a broker is away while it is killed, and comes back, is what the bus's tests stand on.
func TestABrokerIsGoneWithItsTestBinary(t *testing.T) {
	if os.Getenv("APPTEST_CHILD") != "" {
		b := NewBroker(t)
		first, second := b.URL(t), b.URL(t)
		if first == second {
			t.Error("the same virtual host twice")
		}
		if t.Failed() {
			return
		}
		if err := os.WriteFile(os.Getenv("APPTEST_CHILD"), []byte(b.dir+"\n"+second), 0o600); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	if _, err := rabbitServer(); err != nil {
		without(t, err)
	}
	path := filepath.Join(t.TempDir(), "note")
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env, child.Stdout, child.Stderr = append(os.Environ(), "APPTEST_CHILD="+path), os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var note []byte
	within(t, 180*time.Second, func() bool { note, _ = os.ReadFile(path); return strings.Contains(string(note), "amqp://") })
	_ = child.Process.Kill()
	_ = child.Wait()
	dir, address, _ := strings.Cut(string(note), "\n")
	u, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(filepath.Base(dir), "rabbitmq-") {
		t.Fatalf("the note says %q: %v", note, err)
	}
	within(t, 10*time.Second, func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) })
	within(t, 10*time.Second, func() bool { // its folder is gone a moment before it
		conn, err := net.Dial("tcp", u.Host)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}
