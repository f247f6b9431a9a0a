package apptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

// shared is the RabbitMQ of this test binary: started by the first test that asks, gone with the process.
var shared struct {
	start  sync.Once
	broker *Broker
	err    error
}

// RabbitMQ returns the URL of a fresh, empty virtual host. With TEST_AMQP (the URL of a broker whose management plugin
// listens on port 15672 and lets the same user make virtual hosts) it is made there, and deleted when the test ends;
// otherwise on a broker that this test binary starts from the installed programs and takes with it when it ends,
// however it ends. Where there is no RabbitMQ the test is skipped; with CI=true it fails.
func RabbitMQ(t testing.TB) string {
	t.Helper()
	if given := os.Getenv("TEST_AMQP"); given != "" {
		return virtualHostOn(t, given)
	}
	shared.start.Do(func() {
		if shared.broker, shared.err = newBroker(); shared.err == nil {
			shared.err = shared.broker.run(context.WithoutCancel(t.Context()))
		}
	})
	if shared.err != nil {
		without(t, shared.err)
	}
	return shared.broker.URL(t)
}

// Broker is a RabbitMQ of a test's own, which the test may kill. It takes some 5 s to start.
type Broker struct {
	server, names string // the programs
	dir           string
	port, admin   int // of AMQP, of its management plugin
	environment   []string
	watcher       *exec.Cmd
	held          io.WriteCloser // what the watcher reads from
}

// NewBroker starts a RabbitMQ of the test's own; it is gone when the test ends.
func NewBroker(t testing.TB) *Broker {
	t.Helper()
	b, err := newBroker()
	if err != nil {
		without(t, err)
	}
	b.Start(t)
	t.Cleanup(func() { _ = b.end("") })
	return b
}

func without(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("RabbitMQ: %v", err)
	}
	t.Skipf("skipped, this test needs RabbitMQ (install it, or set TEST_AMQP to the URL of one): %v", err)
}

// Start starts a broker that was killed again, with what it had stored, and waits until it answers.
func (b *Broker) Start(t testing.TB) {
	t.Helper()
	if err := b.run(context.WithoutCancel(t.Context())); err != nil {
		t.Fatalf("start RabbitMQ: %v", err)
	}
}

// Kill ends the broker with SIGKILL; what it has stored stays.
func (b *Broker) Kill(t testing.TB) {
	t.Helper()
	if err := b.end("keep\n"); err != nil {
		t.Fatalf("kill RabbitMQ: %v", err)
	}
}

// Control runs a command of rabbitmqctl.
func (b *Broker) Control(t testing.TB, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(b.server), "rabbitmqctl"), args...)
	c.Dir, c.Env = b.dir, b.environment
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("rabbitmqctl %v: %v: %s", args, err, out)
	}
}

// URL returns the address of a fresh virtual host.
func (b *Broker) URL(t testing.TB) string {
	t.Helper()
	name := "test_" + uuid.NewString()[:8]
	if err := manage(t.Context(), http.MethodPut, b.management(name)); err != nil {
		t.Fatalf("make a virtual host for the test: %v", err)
	}
	return fmt.Sprintf("amqp://guest:guest@127.0.0.1:%d/%s", b.port, name)
}

func (b *Broker) management(host string) string {
	return fmt.Sprintf("http://guest:guest@127.0.0.1:%d/api/vhosts/%s", b.admin, host)
}

func virtualHostOn(t testing.TB, given string) string {
	t.Helper()
	broker, err := url.Parse(given)
	if err != nil {
		t.Fatalf("read TEST_AMQP: %v", err)
	}
	broker.Path = "/test_" + uuid.NewString()[:8]
	admin := url.URL{Scheme: "http", User: broker.User, Host: net.JoinHostPort(broker.Hostname(), "15672"), Path: "/api/vhosts" + broker.Path}
	if err := manage(t.Context(), http.MethodPut, admin.String()); err != nil {
		t.Fatalf("make a virtual host for the test: %v", err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := manage(ctx, http.MethodDelete, admin.String()); err != nil {
			t.Errorf("delete the test's virtual host: %v", err)
		}
	})
	return broker.String()
}

// manage asks the management plugin for something. Who makes a virtual host may use it.
func manage(ctx context.Context, method, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s", method, r.URL.Path, answer.Status)
	}
	return nil
}

// newBroker finds the programs and makes the folder. Every port and the name server are the broker's own, so that any
// number of them run beside each other and beside the machine's.
func newBroker() (*Broker, error) {
	b := &Broker{}
	var err error
	if b.server, err = rabbitServer(); err != nil {
		return nil, err
	}
	if b.names, err = exec.LookPath("epmd"); err != nil {
		return nil, err
	}
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	b.port, b.admin = ports[0], ports[1]
	if b.dir, err = shortFolder("rabbitmq-"); err != nil {
		return nil, err
	}
	in := func(name string) string { return filepath.Join(b.dir, name) }
	b.environment = append(os.Environ(), "HOME="+b.dir, "RABBITMQ_MNESIA_BASE="+in("data"), "RABBITMQ_LOG_BASE="+in("logs"),
		"RABBITMQ_PID_FILE="+in("pid"), "RABBITMQ_CONFIG_FILE="+in("rabbitmq.conf"), "RABBITMQ_ENABLED_PLUGINS_FILE="+in("plugins"),
		fmt.Sprintf("RABBITMQ_NODENAME=test%d@localhost", b.port), fmt.Sprintf("RABBITMQ_NODE_PORT=%d", b.port),
		fmt.Sprintf("RABBITMQ_DIST_PORT=%d", ports[2]), fmt.Sprintf("ERL_EPMD_PORT=%d", ports[3]), "ERL_EPMD_ADDRESS=127.0.0.1",
		// Its schedulers sleep when they have nothing to do: others want the processors.
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}")
	settings := fmt.Sprintf("listeners.tcp.1 = 127.0.0.1:%d\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = %d\n"+
		"management_agent.disable_metrics_collector = true\nlog.file.level = error\ndisk_free_limit.absolute = 50MB\n", b.port, b.admin)
	err = errors.Join(os.WriteFile(in("rabbitmq.conf"), []byte(settings), 0o600),
		os.WriteFile(in("plugins"), []byte("[rabbitmq_management]."), 0o600))
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(b.dir))
	}
	return b, nil
}

// rabbitServer finds the program itself: the one in Debian's PATH insists on a user of its own.
func rabbitServer() (string, error) {
	found, err := filepath.Glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server")
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		return found[len(found)-1], nil
	}
	path, err := exec.LookPath("rabbitmq-server")
	if err != nil {
		return "", fmt.Errorf("no RabbitMQ is installed: %w", fs.ErrNotExist)
	}
	return path, nil
}

func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = l.Close() }()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// watchBroker is the parent of the broker and of its name server. It reads from a pipe that the test binary holds: when
// that says so or ends, even by SIGKILL, both are killed; the folder stays only when it is asked to. The broker has a
// session of its own, so that its whole group can be killed.
const watchBroker = `"$2" -port "$ERL_EPMD_PORT" -address 127.0.0.1 & names=$!
setsid "$1" & server=$!
trap '' INT TERM HUP
read -r last
kill -s KILL -- "-$server" "$names"
wait
[ "$last" = keep ] || rm -rf "$HOME"`

func (b *Broker) run(ctx context.Context) error {
	log, err := os.OpenFile(filepath.Join(b.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	b.watcher = exec.Command("/bin/sh", "-c", watchBroker, "sh", b.server, b.names)
	b.watcher.Dir, b.watcher.Env, b.watcher.Stdout, b.watcher.Stderr = b.dir, b.environment, log, log
	b.watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if b.held, err = b.watcher.StdinPipe(); err != nil {
		return err
	}
	if err := b.watcher.Start(); err != nil {
		return err
	}
	if err := b.answers(ctx); err != nil {
		out, _ := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("%w: %s", err, out), b.end(""))
	}
	return nil
}

// answers waits until the broker takes connections and its management plugin works, 90 s at most.
func (b *Broker) answers(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 1800 {
		<-tick.C
		if err = b.dial(); err != nil {
			continue
		}
		if err = manage(ctx, http.MethodPut, b.management("probe")); err == nil {
			return nil
		}
	}
	return err
}

func (b *Broker) dial() error {
	conn, err := net.Dial("tcp", "127.0.0.1:"+strconv.Itoa(b.port))
	if err != nil {
		return err
	}
	return conn.Close()
}

// end kills the broker and waits until it is gone.
func (b *Broker) end(word string) error {
	if b.watcher == nil {
		return nil
	}
	_, err := io.WriteString(b.held, word)
	_ = b.held.Close()
	err = errors.Join(err, b.watcher.Wait())
	b.watcher = nil
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 500 { // a process that was killed takes a moment to let go of its port
		if b.dial() != nil {
			return err
		}
		<-tick.C
	}
	return errors.Join(err, errors.New("the broker does not end"))
}
