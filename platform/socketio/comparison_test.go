//go:build comparison

package socketio_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

var (
	serve  = flag.Bool("serve", false, "be the server of the comparison and print its port")
	rounds = flag.Int("rounds", 3, "how often each server is measured, in turns")
	figure = flag.String("figures", "", "the figures to take; all if empty")
)

// TestComparison measures this package beside the official server, in turns, each in a process of its own
// on one core; this process is the client. `make compare` runs it; docs/performance.md says how to read it.
func TestComparison(t *testing.T) {
	if *serve {
		comparisonServer(t)
		return
	}
	runtime.GOMAXPROCS(1) // leave the other core to the server
	results := map[string]map[string][]float64{}
	for range *rounds {
		for _, name := range []string{"ours", "node"} {
			for what, value := range measureAll(t, name) {
				if results[what] == nil {
					results[what] = map[string][]float64{}
				}
				results[what][name] = append(results[what][name], value)
			}
		}
	}
	for _, what := range slices.Sorted(keysOf(results)) {
		ours, node := median(results[what]["ours"]), median(results[what]["node"])
		t.Logf("%-50s ours %10.2f   node %10.2f   ratio %5.2f   all %v", what, ours, node, ours/node, results[what])
	}
}

func keysOf[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func median(values []float64) float64 {
	values = slices.Sorted(slices.Values(values))
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

// comparisonServer does what testdata/node/server.mjs does, until its standard input ends.
func comparisonServer(t *testing.T) {
	type message struct {
		To   string `json:"to,omitempty"`
		From string `json:"from,omitempty"`
		Text string `json:"text"`
	}
	s := socketio.New(socketio.Options{PingInterval: 100 * time.Second, OnError: func(err error) { t.Error(err) }})
	ns := s.Of("/")
	ns.Use(func(sk *socketio.Socket, auth json.RawMessage) error {
		var who struct{ Name, Room string }
		if err := json.Unmarshal(auth, &who); err != nil {
			return err
		}
		sk.Data = who.Name
		sk.Join("user:" + who.Name)
		if who.Room != "" {
			sk.Join(who.Room)
		}
		return nil
	})
	relay := func(prefix string) func(*socketio.Event) {
		return func(e *socketio.Event) {
			var m message
			if e.Bind(0, &m) == nil {
				_ = ns.To(prefix+m.To).Emit("message", message{From: e.Socket.Data.(string), Text: m.Text})
			}
		}
	}
	ns.On("send", relay("user:"))
	ns.On("say", relay(""))
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", s)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		for range 5 {
			debug.FreeOSMemory() // collects as well
		}
		_, _ = fmt.Fprint(w, resident(t))
	})
	listener := listen(t)
	fmt.Println(listener.Addr().String()[strings.LastIndexByte(listener.Addr().String(), ':')+1:])
	go func() { _ = http.Serve(listener, mux) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// resident is the memory that the process has from the system, in bytes.
func resident(t *testing.T) int {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// rival is a running server.
type rival struct {
	t       *testing.T
	process *exec.Cmd
	port    string
	stop    func()
}

// start runs a server on so many cores.
func start(t *testing.T, name string, cores int) *rival {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run", "^TestComparison$", "-serve", "-test.timeout", "10m")
	command.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(cores))
	if name == "node" {
		command = exec.Command("node", "--expose-gc", "server.mjs")
		command.Dir = "testdata/node"
	}
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	port, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("%s printed no port: %v", name, err)
	}
	return &rival{t, command, strings.TrimSpace(port), func() {
		_ = input.Close()
		_ = command.Process.Kill()
		_ = command.Wait()
	}}
}

// memory is what the server takes after a collection, in bytes.
func (r *rival) memory() float64 {
	res, err := http.Get("http://127.0.0.1:" + r.port + "/")
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, _ := io.ReadAll(res.Body)
	n, err := strconv.ParseFloat(string(body), 64)
	if err != nil {
		r.t.Fatalf("%q: %v", body, err)
	}
	return n
}

// cpu is the processor time that the server has taken.
func (r *rival) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.process.Process.Pid))
	if err != nil {
		r.t.Fatal(err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')'):]))
	user, _ := strconv.Atoi(fields[12])
	system, _ := strconv.Atoi(fields[13])
	return time.Duration(user+system) * 10 * time.Millisecond
}
