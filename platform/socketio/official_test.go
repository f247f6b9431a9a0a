package socketio_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

// TestTheOfficialClientIsServed runs testdata/client/client.mjs, which needs node and `npm ci` in its
// folder. Without them it is skipped, but not in continuous integration.
func TestTheOfficialClientIsServed(t *testing.T) {
	folder := filepath.Join("testdata", "client")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "node_modules", "socket.io-client"))
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the official client is not installed: %v", err)
		}
		t.Skipf("the official client is not installed: %v", err)
	}
	h := officialServer(t)
	command := exec.Command(node, "client.mjs", h.url)
	command.Dir = folder
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	lines := 0
	for scanner := bufio.NewScanner(bytes.NewReader(output)); scanner.Scan(); lines++ {
	}
	if lines != 3*15+1 {
		t.Errorf("%d checks ran:\n%s", lines, output)
	}
	eventually(t, "everybody has left", func() bool { return h.Lives() == 0 && h.Transports() == 0 })
	if errs := h.reported(); len(errs) > 0 {
		t.Error(errs)
	}
}

// officialServer does what the script expects.
func officialServer(t *testing.T) *house {
	h := echoing(t, socketio.Options{PingInterval: 100 * time.Millisecond, PingTimeout: 2 * time.Second})
	h.Of("/custom").Use(func(_ *socketio.Socket, auth json.RawMessage) error {
		if string(auth) != `{"token":"123"}` {
			return &socketio.Refusal{Message: "Please sign in", Data: map[string]int{"status": 401}}
		}
		return nil
	})
	h.Of("/").OnConnect(func(sk *socketio.Socket) {
		sk.Join("guests")
		sk.On("evict-me", func(*socketio.Event) { h.Of("/").DisconnectRoom("guests") })
		sk.On("ask-me", func(e *socketio.Event) {
			_ = sk.EmitWithAck(200*time.Millisecond, func(args socketio.Args, err error) {
				if err != nil {
					_ = sk.Emit("answered", err.Error())
					return
				}
				_ = sk.Emit("answered", args...)
			}, "question", e.Args...)
		})
	})
	return h
}
