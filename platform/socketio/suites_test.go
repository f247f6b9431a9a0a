package socketio_test

import (
	"flag"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"marketplace/platform/socketio"
)

var suites = flag.String("suites", "", "folder with the public protocol suites: engine/, socket/ and their node_modules")

// TestThePublicSuitesPass runs the protocols' own test suites, which are no part of this repository:
//
//	go test ./platform/socketio -run PublicSuites -suites FOLDER
//
// FOLDER/engine and FOLDER/socket are docs/engine.io-protocol/v4-test-suite and
// docs/socket.io-protocol/v5-test-suite of github.com/socketio/socket.io, with their packages installed.
// They want a server on localhost:3000.
func TestThePublicSuitesPass(t *testing.T) {
	if *suites == "" {
		t.Skip("needs -suites, a folder with the public protocol suites")
	}
	options := quick()
	options.ConnectTimeout = time.Second
	engine := socketio.NewEcho(quick())
	sockets := echoing(t, options)
	mux := http.NewServeMux()
	mux.Handle("/engine.io/", engine)
	mux.Handle("/socket.io/", sockets.Server)
	listener, err := net.Listen("tcp", "localhost:3000")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	defer func() { _ = web.Close() }()
	go func() { _ = web.Serve(listener) }()
	mocha, err := filepath.Abs(filepath.Join(*suites, "node_modules", ".bin", "mocha"))
	if err != nil {
		t.Fatal(err)
	}
	for folder, tests := range map[string]string{"engine": "25 passing", "socket": "32 passing"} {
		command := exec.Command(mocha, "test-suite.js")
		command.Dir = filepath.Join(*suites, folder)
		output, err := command.CombinedOutput()
		if err != nil || !strings.Contains(string(output), tests) {
			t.Errorf("%s: %v\n%s", folder, err, output)
		}
	}
}
